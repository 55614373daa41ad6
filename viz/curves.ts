/**
 * Training curves: lines named at their ends, reference lines named on the
 * line, many seeds as thin lines with their mean.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { figure, textWidth } from "./figure.ts";
import type { Html } from "./html.ts";
import { colorAt, COLORS, inkOf, PAPER } from "./theme.ts";

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

/** x and y. */
export type Point = readonly [number, number];

/** A horizontal line at a number that has a name: chance, limit, reference. */
export interface ReferenceLine {
  value: number;
  label: string;
  color?: string;
}

/** What {@link curves} takes besides the series. */
export interface CurveOptions {
  title?: string;
  caption?: string;
  alt?: string;
  width?: number;
  height?: number;
  /** Names of the axes. */
  x?: string;
  y?: string;
  /** Logarithmic axes. */
  logX?: boolean;
  logY?: boolean;
  xDomain?: readonly [number, number];
  yDomain?: readonly [number, number];
  /** Lines at named numbers. */
  lines?: readonly ReferenceLine[];
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
  const drawn = series.map((s, i) => ({
    label: s.label,
    color: s.color ?? colorAt(i),
    dashed: s.dashed ?? false,
    thin: runs[i].length > 1 ? runs[i] : [],
    main: runs[i].length > 1 ? meanRun(runs[i]) : runs[i][0] ?? [],
  }));
  const height = options.height ?? 320;
  const xs = drawn.flatMap((s) => [...s.main, ...s.thin.flat()]).map((p) =>
    p[0]
  );
  const ys = [
    ...drawn.flatMap((s) => [...s.main, ...s.thin.flat()]).map((p) => p[1]),
    ...lines.map((l) => l.value),
  ];
  const domain = options.yDomain ?? extent(ys, options.logY ?? false);
  const labels = place(
    drawn.filter((s) => s.main.length > 0).map((s) => ({
      text: s.label,
      color: s.color,
      at: s.main[s.main.length - 1],
    })),
    { domain, height: height - 60, log: options.logY ?? false },
  );
  const right = Math.max(
    20,
    ...drawn.map((s) => textWidth(s.label, 12) + 16),
  );
  const left = Math.min(...xs);
  return figure({
    title: options.title,
    caption: options.caption,
    alt: options.alt ??
      [options.title, describe(drawn, options), options.caption]
        .filter(Boolean).join(". "),
    width: options.width,
    height,
    marginRight: right,
    marginTop: 26,
    x: {
      label: options.x ?? null,
      type: options.logX ? "log" : "linear",
      domain: options.xDomain as number[] | undefined,
      nice: false,
      tickSize: 4,
      labelAnchor: "right",
      labelArrow: "none",
      ...(options.logX ? { tickFormat: "~s" } : {}),
    },
    y: {
      label: options.y ?? null,
      type: options.logY ? "log" : "linear",
      domain: domain as unknown as number[],
      tickSize: 0,
      labelArrow: "none",
      grid: true,
      ticks: 5,
      ...(options.logY ? { tickFormat: "~g" } : {}),
    },
    marks: [
      ...lines.map((l) =>
        Plot.ruleY([l.value], {
          stroke: l.color ?? "currentColor",
          strokeWidth: 1,
          strokeDasharray: "3,3",
          strokeOpacity: 0.75,
        })
      ),
      ...marks.map((m) =>
        Plot.ruleX([m.x], { stroke: "currentColor", strokeOpacity: 0.4 })
      ),
      ...marks.map((m) =>
        Plot.text([m], {
          x: "x",
          text: "label",
          frameAnchor: "top",
          textAnchor: "start",
          dx: 4,
          dy: -14,
        })
      ),
      ...drawn.flatMap((s) => [
        ...s.thin.map((run) =>
          Plot.line(run as Point[], {
            stroke: s.color,
            strokeWidth: 0.75,
            strokeOpacity: 0.4,
          })
        ),
        Plot.line(s.main as Point[], {
          stroke: s.color,
          strokeWidth: s.thin.length > 0 ? 2.5 : 1.75,
          strokeDasharray: s.dashed ? "5,3" : undefined,
        }),
      ]),
      ...lines.map((l) =>
        Plot.text([l], {
          x: () => left,
          y: "value",
          text: "label",
          textAnchor: "start",
          lineAnchor: "bottom",
          dx: 3,
          dy: -3,
          fill: l.color ? inkOf(l.color) : "currentColor",
          stroke: PAPER,
          strokeWidth: 3,
        })
      ),
      ...labels.map((l) =>
        Plot.text([l], {
          x: (d: typeof l) => d.at[0],
          y: (d: typeof l) => d.at[1],
          text: "text",
          textAnchor: "start",
          dx: 7,
          dy: l.dy,
          fill: inkOf(l.color),
          fontWeight: 600,
        })
      ),
    ],
  });
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

function extent(values: readonly number[], log: boolean): [number, number] {
  const usable = values.filter((v) => Number.isFinite(v) && (!log || v > 0));
  const low = Math.min(...usable);
  const high = Math.max(...usable);
  if (log) return [low * 0.9, high * 1.1];
  const pad = (high - low || Math.abs(high) || 1) * 0.05;
  return [low - pad, high + pad];
}

interface Label {
  text: string;
  color: string;
  at: Point;
}

/** Moves labels apart vertically until they are a line's height from another. */
function place(
  labels: readonly Label[],
  scale: { domain: readonly [number, number]; height: number; log: boolean },
): (Label & { dy: number })[] {
  const line = 14;
  const to = (v: number): number => scale.log ? Math.log10(v) : v;
  const [low, high] = scale.domain.map(to);
  const placed = labels.map((label) => {
    const y = scale.height * (1 - (to(label.at[1]) - low) / (high - low));
    return { ...label, y, target: y };
  }).sort((a, b) => a.y - b.y);
  for (let pass = 0; pass < 50; pass++) {
    for (let i = 1; i < placed.length; i++) {
      const overlap = line - (placed[i].y - placed[i - 1].y);
      if (overlap <= 0) continue;
      placed[i].y += overlap / 2;
      placed[i - 1].y -= overlap / 2;
    }
  }
  return placed.map(({ y, target, ...label }) => ({
    ...label,
    dy: Math.round(y - target),
  }));
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

/** Re-exported for callers that draw their own marks. */
export { COLORS };
