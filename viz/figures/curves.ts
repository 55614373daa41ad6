/**
 * Training curves: lines named at their ends, reference lines named on the
 * line, many seeds as thin lines with their mean.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { extent } from "../../lib/numeric/statistics.ts";
import { figureOf } from "./figure.ts";
import { textWidth, wrapText } from "./labels.ts";
import {
  apart,
  axis,
  type ChartOptions,
  namedLines,
  padded,
  type Point,
} from "./marks.ts";
import { colorAt, inkOf } from "../page/colors.ts";
import type { CsvRow } from "../page/csv.ts";
import { described, type Html } from "../page/html.ts";

/** One measured curve, or the same curve of several seeds. */
export interface Series {
  /** Its name, written at its end. */
  label: string;
  /** Points, or one array of points a seed (thin lines, with their mean). */
  points: readonly Point[] | readonly (readonly Point[])[];
  color?: string;
  /** Dashed, for controls. */
  dashed?: boolean;
}

/** What {@link curves} takes besides the series. */
export interface CurveOptions extends ChartOptions {
  height?: number;
  /** Names of the axes. */
  x?: string;
  y?: string;
  /** Logarithmic axes. */
  logX?: boolean;
  logY?: boolean;
  yDomain?: readonly [number, number];
  /** Vertical lines at named steps. */
  marks?: readonly { x: number; label: string }[];
}

/**
 * Points of a history: `series(rows, "step", "loss")`. Rows in which the value
 * is not a finite number are left out.
 */
export function pointsOf<Row extends object>(
  rows: readonly Row[],
  x: keyof Row,
  y: keyof Row,
): Point[] {
  return rows.map((row) => [Number(row[x]), Number(row[y])] as const)
    .filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
}

/** From the first to the last, where all are whole: no tick stands between. */
function wholeSteps(points: readonly Point[]): number {
  const [first, last] = extent(points.map(([x]) => x));
  const whole = last > first && points.every(([x]) => Number.isInteger(x));
  return whole ? last - first : Infinity;
}

/** The points of a run as rows, under the names of the axes. */
function rowsOfRun(
  run: readonly Point[],
  of: CsvRow,
  { x, y }: CurveOptions,
): CsvRow[] {
  return run.map(([a, b]) => ({ ...of, [x || "x"]: a, [y || "y"]: b }));
}

/**
 * Draws curves.
 *
 * @example
 * ```ts
 * import { curves } from "./curves.ts";
 * curves([{ label: "training", points: [[0, 3], [10, 1]] }], {
 *   x: "epoch",
 *   y: "loss (nats)",
 *   lines: [{ value: 0.8, label: "entropy of the data" }],
 * });
 * ```
 */
export function curves(
  series: readonly Series[],
  options: CurveOptions = {},
): Html {
  const { lines = [], marks = [] } = options;
  const runs = series.map((s) => runsOf(s.points));
  const drawn: Drawn[] = series.map((s, i) => ({
    label: s.label,
    color: s.color ?? colorAt(i),
    dashed: s.dashed ?? false,
    thin: runs[i].length > 1 ? runs[i] : [],
    main: runs[i].length > 1 ? meanRun(runs[i]) : runs[i][0] ?? [],
  }));
  const points = drawn.flatMap((s) => [...s.main, ...s.thin.flat()]);
  if (!points.some(([x, y]) => Number.isFinite(x) && Number.isFinite(y))) {
    throw new RangeError(
      `Cannot draw curves as at least one series must hold a finite point: current value is ${points.length} points`,
    );
  }
  const { logX, logY } = options;
  const heights = [points.map((p) => p[1]), lines.map((l) => l.value)];
  const usable = heights.map((all) => all.filter((y) => !logY || y > 0));
  const domain = options.yDomain ??
    padded(extent(...usable), { share: 0.05, log: logY });
  const alt = described(options, describe(drawn, options));
  const rows = runs.flatMap((all, i) =>
    all.flatMap((run, k) =>
      rowsOfRun(run, {
        ...series.length > 1 || series[i].label
          ? { series: series[i].label }
          : {},
        ...all.length > 1 ? { run: k + 1 } : {},
      }, options)
    )
  );
  return figureOf({ ...options, alt, rows }, (width) => {
    const labels = endLabels(drawn, width);
    return {
      width,
      height: options.height ?? (width < 420 ? 260 : 320),
      marginRight: Math.max(
        16,
        ...labels.map((l) => textWidth(l.text, 12, true) + 12),
      ),
      marginTop: (marks.length > 0 ? 14 : 0) + (options.y ? 26 : 12),
      marginBottom: options.x ? 40 : 28,
      x: axis("x", {
        label: options.x,
        domain: options.xDomain,
        ticks: Math.min(
          wholeSteps(points),
          Math.max(3, Math.round(width / 90)),
        ),
        log: logX,
        format: "~s",
      }),
      y: axis("y", {
        label: options.y,
        domain,
        ticks: 5,
        log: logY,
        format: "~g",
      }),
      marks: [
        Plot.gridY({ ticks: 5, strokeOpacity: 0.12 }),
        ...namedLines(lines, points),
        ...namedSteps(marks),
        ...drawn.flatMap(lineMarks),
        endMarks(labels),
      ],
    };
  });
}

interface Drawn {
  label: string;
  color: string;
  dashed: boolean;
  thin: readonly (readonly Point[])[];
  main: readonly Point[];
}

function lineMarks(s: Drawn): Plot.Markish[] {
  const thin = s.thin.map((run) =>
    Plot.line(run as Point[], {
      stroke: s.color,
      strokeWidth: 0.75,
      strokeOpacity: 0.45,
    })
  );
  const main = Plot.line(s.main as Point[], {
    stroke: s.color,
    strokeWidth: thin.length > 0 ? 2.5 : 1.75,
    strokeDasharray: s.dashed ? "5,3" : undefined,
  });
  return [...thin, main];
}

interface EndLabel {
  text: string;
  color: string;
  at: Point;
}

function endLabels(drawn: readonly Drawn[], width: number): EndLabel[] {
  return drawn.filter((s) => s.main.length > 0 && s.label !== "").map((s) => ({
    text: wrapText(s.label, width < 420 ? 84 : 150),
    color: s.color,
    at: s.main[s.main.length - 1],
  }));
}

/** The names of the curves at their ends, kept apart. */
function endMarks(labels: readonly EndLabel[]): Plot.Markish {
  return Plot.text(labels as EndLabel[], {
    x: (l: EndLabel) => l.at[0],
    y: (l: EndLabel) => l.at[1],
    text: "text",
    textAnchor: "start",
    dx: 7,
    fill: (l: EndLabel) => inkOf(l.color),
    fontWeight: 600,
    lineHeight: 1.1,
    render: apart(
      "y",
      (i) => 14 * labels[i].text.split("\n").length,
      ({ height }) => height - 20,
    ),
  });
}

/** Thin vertical lines with their names above the frame. */
function namedSteps(
  marks: readonly { x: number; label: string }[],
): Plot.Markish[] {
  return [
    Plot.ruleX(marks.map((m) => m.x), {
      stroke: "currentColor",
      strokeOpacity: 0.4,
    }),
    Plot.text(marks as { x: number; label: string }[], {
      x: "x",
      text: "label",
      frameAnchor: "top",
      textAnchor: "middle",
      dy: -10,
    }),
  ];
}

function runsOf(points: Series["points"]): Point[][] {
  const nested = points.length > 0 && Array.isArray(points[0][0]);
  return (nested ? points : [points]) as Point[][];
}

/** Mean over runs at each x that every run has. */
function meanRun(runs: readonly (readonly Point[])[]): Point[] {
  const sums = new Map<number, { n: number; sum: number }>();
  for (const [x, y] of runs.flat()) {
    const entry = sums.get(x) ?? { n: 0, sum: 0 };
    entry.n++;
    entry.sum += y;
    sums.set(x, entry);
  }
  return [...sums].filter(([, entry]) => entry.n === runs.length)
    .map(([x, entry]) => [x, entry.sum / entry.n] as Point)
    .sort((a, b) => a[0] - b[0]);
}

function describe(
  drawn: readonly { label: string; main: readonly Point[] }[],
  options: CurveOptions,
): string {
  const parts = drawn.filter((s) => s.main.length > 0).map((s) =>
    `${s.label}: from ${s.main[0][1].toPrecision(3)} to ${
      s.main[s.main.length - 1][1].toPrecision(3)
    }`
  );
  return [options.y ?? "", ...parts].filter(Boolean).join("; ");
}
