/**
 * Clouds of points: in the plane, coloured by a cause, with the mean of y
 * given x; and in space, turned by hand.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { type ColorMap, colorOf, hex } from "./color_map.ts";
import { extent } from "../../lib/numeric/statistics.ts";
import { figureOf } from "./figure.ts";
import { textWidth } from "./labels.ts";
import { axis, type ChartOptions, namedLines, type Point } from "./marks.ts";
import { described, escape, type Html } from "../page/html.ts";
import { pngDataUri } from "../page/png.ts";
import { colorAt, inkOf, PAPER } from "../page/colors.ts";
import { significant } from "../page/numbers.ts";

/** Numbers of a column, one a point. */
export type Values = ArrayLike<number>;

/** How points are coloured. */
export interface PointColor {
  /** One value a point: a number, or the name or index of a category. */
  by?: ArrayLike<number | string>;
  /** Default: "category" for names, else "sequential". */
  scale?: "category" | "sequential" | "cyclic" | "diverging";
  /** Numbers at the scale's ends; default: least and largest. */
  colorDomain?: readonly [number, number];
  /** What the colour means, for the key. */
  colorLabel?: string;
  /** Names of categories 0, 1, …, where `by` holds indices. */
  categories?: readonly string[];
}

/** What {@link scatter} takes besides the points. */
export interface ScatterOptions extends PointColor, ChartOptions {
  height?: number;
  /** Names of the axes. */
  xLabel?: string;
  yLabel?: string;
  yDomain?: readonly [number, number];
  /** Equal scales on both axes. */
  square?: boolean;
  /** Draws the mean of y in this many bins of x. */
  meanBins?: number;
  /** Name of that mean, written at its end; default "E[y | x]". */
  meanLabel?: string;
  /** The line y = x. */
  diagonal?: boolean;
  /** Radius in pixels; default by the number of points. */
  radius?: number;
  /** At most this many points are drawn, evenly chosen; default 1,500. */
  limit?: number;
}

/**
 * Draws points (x[i], y[i]).
 *
 * Throws `RangeError` when the columns differ in length.
 *
 * @example
 * ```ts
 * import { scatter } from "./scatter.ts";
 * scatter([0, 1, 2], [0, 1, 4], { xLabel: "x", yLabel: "x²", meanBins: 3 });
 * ```
 */
export function scatter(
  x: Values,
  y: Values,
  options: ScatterOptions = {},
): Html {
  requireEqual({ x, y, by: options.by });
  const kept = evenly(x.length, options.limit ?? 1500)
    .filter((i) => Number.isFinite(x[i]) && Number.isFinite(y[i]));
  const radius = options.radius ??
    (kept.length > 800 ? 1.6 : kept.length > 200 ? 2.2 : 3);
  const paint = pointPaint(options, x.length);
  const points: Point[] = kept.map((i) => [x[i], y[i]] as const);
  const mean = options.meanBins ? conditionalMean(x, y, options.meanBins) : [];
  const meanLabel = options.meanLabel ?? "E[y | x]";
  const inside = { ticks: 5, inset: 6 };
  const { square, height, xLabel, yLabel } = options;
  const { width = square ? 380 : 560 } = options;
  const alt = described(
    options,
    `${yLabel ?? "y"} against ${xLabel ?? "x"}, ${kept.length} points`,
    "Scatter",
  );
  const rows = kept.map((i) => ({
    [xLabel || "x"]: x[i],
    [yLabel || "y"]: y[i],
    ...options.by ? { [options.colorLabel || "by"]: options.by[i] } : {},
  }));
  return figureOf(
    { ...options, alt, width, key: paint.key, rows },
    (width) => ({
      width,
      height: height ?? (square ? undefined : 340),
      aspectRatio: square ? 1 : undefined,
      marginTop: yLabel ? 26 : 10,
      marginRight: mean.length > 0 ? textWidth(meanLabel, 12, true) + 14 : 16,
      marginBottom: xLabel ? 42 : 28,
      x: axis("x", { label: xLabel, domain: options.xDomain, ...inside }),
      y: axis("y", { label: yLabel, domain: options.yDomain, ...inside }),
      marks: [
        Plot.gridX({ ticks: 5, strokeOpacity: 0.1 }),
        Plot.gridY({ ticks: 5, strokeOpacity: 0.1 }),
        ...(options.diagonal ? [diagonalMark(x, y)] : []),
        dots(kept, {
          x: (i) => x[i],
          y: (i) => y[i],
          color: paint.color,
          radius,
          opacity: kept.length > 300 ? 0.6 : 0.85,
        }),
        ...namedLines(options.lines ?? [], points),
        ...meanMarks(mean, meanLabel),
      ],
    }),
  );
}

/**
 * Dots as a few paths instead of an element each: a sixth of the size. Each
 * colour has three paths, so that crowded places still look darker.
 */
function dots(
  index: readonly number[],
  options: {
    x: (i: number) => number;
    y: (i: number) => number;
    color: (i: number) => string;
    radius: number;
    opacity: number;
  },
): Plot.Markish {
  return Plot.dot(index as number[], {
    x: options.x,
    y: options.y,
    render: (shown, _scales, values, _dimensions, context) => {
      const paths = new Map<string, string>();
      for (const k of shown) {
        const key = `${k % 3} ${options.color(index[k])}`;
        const [px, py] = [values.x![k], values.y![k]]
          .map((v) => Math.round(v * 10) / 10);
        paths.set(key, `${paths.get(key) ?? ""}M${px},${py}h0`);
      }
      const group = svgElement(context, "g", {
        fill: "none",
        "stroke-linecap": "round",
        "stroke-width": String(2 * options.radius),
        "stroke-opacity": String(options.opacity),
      });
      for (const [key, d] of paths) {
        group.append(svgElement(context, "path", {
          d,
          stroke: key.split(" ")[1],
        }));
      }
      return group;
    },
  });
}

function svgElement(
  context: Plot.Context,
  name: string,
  attributes: Record<string, string>,
): SVGElement {
  const element = context.document.createElementNS(
    "http://www.w3.org/2000/svg",
    name,
  );
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  return element as SVGElement;
}

function diagonalMark(x: Values, y: Values): Plot.Markish {
  const ranges = [extent(x), extent(y)];
  const low = Math.max(...ranges.map(([least]) => least));
  const high = Math.min(...ranges.map(([, most]) => most));
  return Plot.line([[low, low], [high, high]], {
    stroke: "currentColor",
    strokeOpacity: 0.5,
    strokeDasharray: "3,3",
  });
}

function meanMarks(mean: readonly Point[], label: string): Plot.Markish[] {
  if (mean.length === 0) return [];
  return [
    Plot.line(mean as Point[], {
      stroke: PAPER,
      strokeWidth: 5,
      strokeOpacity: 0.8,
    }),
    Plot.line(mean as Point[], { stroke: "currentColor", strokeWidth: 2 }),
    Plot.text([mean[mean.length - 1]], {
      text: () => label,
      textAnchor: "start",
      dx: 12,
      fontWeight: 600,
      stroke: PAPER,
      strokeWidth: 3,
      fill: "currentColor",
    }),
  ];
}

/**
 * The mean of y in `bins` bins of x with equal width: points at the mean x of
 * each bin that holds a finite point.
 */
export function conditionalMean(x: Values, y: Values, bins: number): Point[] {
  const [low, high] = extent(x);
  const width = (high - low) / bins || 1;
  const sums = Array.from({ length: bins }, () => [0, 0, 0]);
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    const bin = sums[Math.min(bins - 1, Math.floor((x[i] - low) / width))];
    bin[0]++;
    bin[1] += x[i];
    bin[2] += y[i];
  }
  return sums.filter(([n]) => n > 0).map(([n, a, b]) => [a / n, b / n]);
}

/** The colour of each point, and the key that explains it. */
export interface PointPaint {
  color(i: number): string;
  key: string;
}

/** Colours for `n` points. */
export function pointPaint(options: PointColor, n: number): PointPaint {
  const { by, colorLabel = "" } = options;
  if (by === undefined || n === 0) return { color: () => colorAt(0), key: "" };
  const named = typeof by[0] === "string";
  const scale = options.scale ?? (named ? "category" : "sequential");
  if (scale === "category") {
    const values = [...new Set(Array.from(by))];
    if (!named) values.sort((a, b) => Number(a) - Number(b));
    const names = values.map((v) =>
      typeof v === "number" ? options.categories?.[v] ?? String(v) : v
    );
    return {
      color: (i) => colorAt(values.indexOf(by[i])),
      key: categoryKey(names, colorLabel),
    };
  }
  const numbers = by as ArrayLike<number>;
  const [low, high] = options.colorDomain ?? extent(numbers);
  const map = MAPS[scale];
  return {
    // 32 colours: the eye sees no steps, and dots share their paths.
    color: (i) => {
      const t = (numbers[i] - low) / (high - low || 1);
      return hex(colorOf(map, Math.round(31 * t) / 31));
    },
    key: rampKey(map, [low, high], colorLabel),
  };
}

/** Colour maps whose every colour shows on white and on black. */
const MAPS = {
  sequential: "ramp",
  cyclic: "cyclic",
  diverging: "tilt",
} as const;

function categoryKey(names: readonly string[], label: string): string {
  const entries = names.map((name, i) =>
    `<span style="white-space:nowrap;color:${
      inkOf(colorAt(i))
    };font-weight:600">` +
    `<span aria-hidden="true" style="color:${colorAt(i)}">● </span>${
      escape(name)
    }</span>`
  ).join(" ");
  return `<div class="hc-key">${
    label ? `<span>${escape(label)}:</span> ` : ""
  }${entries}</div>`;
}

function rampKey(
  map: ColorMap,
  [low, high]: readonly [number, number],
  label: string,
): string {
  const colors = Array.from({ length: 64 }, (_, i) => colorOf(map, i / 63));
  const uri = pngDataUri({ width: 64, height: 1, colors });
  return `<div class="hc-key">${label ? `<span>${escape(label)}</span>` : ""}` +
    `<span>${escape(significant(low, 2))}</span>` +
    `<img src="${uri}" width="96" height="10" alt="" style="width:96px;height:10px;image-rendering:auto;outline:0;border-radius:2px">` +
    `<span>${escape(significant(high, 2))}</span></div>`;
}

/** At most `limit` of 0 … n − 1, evenly chosen. */
export function evenly(n: number, limit: number): number[] {
  const kept = Math.min(n, limit);
  return Array.from({ length: kept }, (_, k) => Math.floor(k * n / kept));
}

/** Checks that all columns that are there have the same length. */
export function requireEqual(
  columns: Record<string, ArrayLike<unknown> | undefined>,
): void {
  const [first, ...rest] = Object.entries(columns)
    .filter(([, column]) => column !== undefined);
  for (const [name, column] of rest) {
    if (column!.length !== first[1]!.length) {
      throw new RangeError(
        `Cannot draw points as ${name} must hold ${
          first[1]!.length
        } values, as ${first[0]} does: current value is ${column!.length}`,
      );
    }
  }
}
