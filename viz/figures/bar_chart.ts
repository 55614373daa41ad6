/**
 * Numbers side by side: bars with error bars, and strips of dots over seeds,
 * with lines for chance and limits.
 *
 * Both run horizontally: names are read without turning the head, and a phone
 * has room for them.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { extent, mean } from "../../lib/numeric/statistics.ts";
import { figureOf } from "./figure.ts";
import { textWidth, wrapText } from "./labels.ts";
import {
  apart,
  axis,
  type ChartOptions,
  moved,
  padded,
  type ReferenceLine,
} from "./marks.ts";
import type { CsvRow } from "../page/csv.ts";
import { described, type Html } from "../page/html.ts";
import { COLORS, inkOf, PAPER } from "../page/colors.ts";
import { significant } from "../page/numbers.ts";

/** One bar. */
export interface Bar {
  label: string;
  value: number;
  /** Half the length of the error bar, as a standard deviation. */
  sd?: number;
  color?: string;
}

/** One strip of dots: a value a seed. */
export interface Strip {
  label: string;
  values: readonly number[];
  color?: string;
}

/** What {@link barChart} and {@link strips} take besides the numbers. */
export interface BarOptions extends ChartOptions {
  /** Name of the horizontal axis. */
  x?: string;
  /** Writes a number; default three significant digits. */
  format?: (value: number) => string;
  /** Logarithmic axis, for strips. */
  log?: boolean;
}

/**
 * Draws one bar for each of `items`, from 0, its number at its end. Where 0 is
 * outside `xDomain` or the axis is logarithmic a bar would lie about its
 * length: there a dot marks the value.
 *
 * @example
 * ```ts
 * import { barChart } from "./bar_chart.ts";
 * barChart([{ label: "ours", value: 0.86, sd: 0.02 }], {
 *   x: "accuracy",
 *   lines: [{ value: 0.554, label: "chance" }],
 * });
 * ```
 */
export function barChart(
  items: readonly Bar[],
  options: BarOptions = {},
): Html {
  const write = options.format ?? ((v: number) => significant(v));
  const end = (b: Bar): number =>
    b.value + (b.value < 0 ? -1 : 1) * (b.sd ?? 0);
  const color = (b: Bar): string => b.color ?? COLORS.blue;
  const [low, high] = options.xDomain ?? [0, 0];
  const fromZero = !options.log && low <= 0 && high >= 0;
  return rows(items.map((b) => b.label), options, {
    kept: items.map(({ label, value, sd }) => ({
      label,
      [options.x || "value"]: value,
      ...sd === undefined ? {} : { sd },
    })),
    values: fromZero ? [0, ...items.map(end)] : items.map(end),
    room: Math.max(...items.map((b) => textWidth(write(b.value)))) + 10,
    alt: items.map((b) =>
      `${b.label} ${write(b.value)}${b.sd ? ` ± ${write(b.sd)}` : ""}`
    ).join(", "),
    marks: [
      fromZero
        ? Plot.barX(items as Bar[], {
          x1: 0,
          x2: "value",
          y: "label",
          fill: color,
          fillOpacity: 0.85,
          insetTop: 4,
          insetBottom: 4,
        })
        : Plot.dot(items as Bar[], {
          x: "value",
          y: "label",
          r: 5,
          fill: color,
          stroke: "none",
        }),
      Plot.link(items.filter((b) => b.sd), {
        x1: (b: Bar) => b.value - b.sd!,
        x2: (b: Bar) => b.value + b.sd!,
        y: "label",
        stroke: "currentColor",
        strokeWidth: 1.5,
      }),
    ],
    words: [1, -1].map((side) =>
      Plot.text(items.filter((b) => (b.value < 0 ? -1 : 1) === side), {
        x: end,
        y: "label",
        text: (b: Bar) => write(b.value),
        textAnchor: side > 0 ? "start" : "end",
        dx: (fromZero ? 6 : 9) * side,
        stroke: PAPER,
        strokeWidth: 4,
        fill: "currentColor",
        fontVariant: "tabular-nums",
      })
    ),
    zero: fromZero,
  });
}

/**
 * Draws the values of each of `items` as dots on one strip, their mean as a
 * tick. Dots that would hide one another are moved apart vertically.
 *
 * @example
 * ```ts
 * import { strips } from "./bar_chart.ts";
 * strips([{ label: "ten seeds", values: [0.85, 0.86, 0.88] }], {
 *   x: "accuracy",
 * });
 * ```
 */
export function strips(
  items: readonly Strip[],
  options: BarOptions = {},
): Html {
  const write = options.format ?? ((v: number) => significant(v));
  const dots = items.flatMap((strip) =>
    strip.values.filter(Number.isFinite).map((value) => ({ ...strip, value }))
  );
  const means = items.map((strip) => ({
    ...strip,
    mean: mean(strip.values.filter(Number.isFinite)),
  })).filter((strip) => Number.isFinite(strip.mean));
  const color = (s: Strip): string => s.color ?? COLORS.blue;
  return rows(items.map((s) => s.label), options, {
    kept: dots.map(({ label, value }) => (
      { label, [options.x || "value"]: value }
    )),
    values: dots.map((d) => d.value),
    room: 12,
    alt: means.map((s) =>
      `${s.label}: mean ${write(s.mean)} of ${s.values.length}`
    ).join(", "),
    marks: [
      Plot.tickX(means, {
        x: "mean",
        y: "label",
        stroke: "currentColor",
        strokeWidth: 2,
        insetTop: 5,
        insetBottom: 5,
      }),
      Plot.dot(dots, {
        x: "value",
        y: "label",
        r: 3.5,
        fill: color,
        fillOpacity: 0.75,
        stroke: "none",
        render: moved((index, values) => {
          const y = values.y!.slice();
          for (const [i, shift] of swarm(index, values.x!, y)) y[i] += shift;
          return { y };
        }),
      }),
    ],
    words: [],
    zero: false,
  });
}

/** Vertical shifts, at most 9 pixels, that keep dots of a strip apart. */
function swarm(
  index: ArrayLike<number>,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): Map<number, number> {
  const shifts = new Map<number, number>();
  const order = Array.from(index).sort((a, b) => x[a] - x[b] || a - b);
  const steps = [0, 5, -5, 9, -9];
  for (const i of order) {
    const near = [...shifts.keys()].filter((j) =>
      y[j] === y[i] && Math.abs(x[j] - x[i]) < 6
    );
    const free = steps.find((step) =>
      near.every((j) => Math.abs(shifts.get(j)! - step) >= 5)
    );
    shifts.set(i, free ?? 0);
  }
  return shifts;
}

interface Rows {
  /** What is drawn, to keep. */
  kept: readonly CsvRow[];
  values: readonly number[];
  room: number;
  alt: string;
  marks: readonly Plot.Markish[];
  /** Marks above the lines. */
  words: readonly Plot.Markish[];
  zero: boolean;
}

function rows(
  labels: readonly string[],
  options: BarOptions,
  content: Rows,
): Html {
  const { lines = [], log = false, x: label } = options;
  const { zero } = content;
  const [low, high] = extent(content.values, lines.map((l) => l.value));
  const share = zero && low < 0 ? 0.12 : 0.04;
  const [from, to] = padded([low, high], { share, log });
  const domain = options.xDomain ??
    [zero && low === 0 ? 0 : from, zero && high === 0 ? 0 : to];
  const said = [label, content.alt].filter(Boolean).join(". ");
  const { width = 560 } = options;
  const alt = described(options, said);
  return figureOf({ ...options, alt, width, rows: content.kept }, (width) => {
    const ticks = Math.max(3, Math.round(width / 110));
    const wrapped = labels.map((l) => wrapText(l, width < 420 ? 100 : 210));
    const tall = Math.max(...wrapped.map((l) => l.split("\n").length));
    return {
      width,
      height: labels.length * Math.max(28, 14 * tall + 8) +
        (lines.length > 0 ? 26 : 8) + (label ? 40 : 26),
      marginTop: lines.length > 0 ? 26 : 8,
      marginBottom: label ? 40 : 26,
      marginLeft: Math.max(...wrapped.map((l) => textWidth(l))) + 12,
      marginRight: content.room,
      x: axis("x", { label, domain, ticks, log, format: "~g" }),
      y: {
        label: null,
        domain: labels as string[],
        tickSize: 0,
        tickFormat: (_: string, i: number) => wrapped[i],
        padding: 0,
      },
      marks: [
        Plot.gridX({ ticks, strokeOpacity: 0.12 }),
        ...content.marks,
        ...(zero
          ? [Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.5 })]
          : []),
        ...uprights(lines),
        ...content.words,
      ],
    };
  });
}

/** Named vertical lines; the names stand above the frame, kept apart. */
function uprights(lines: readonly ReferenceLine[]): Plot.Markish[] {
  return [
    Plot.ruleX(lines as ReferenceLine[], {
      x: "value",
      stroke: (l: ReferenceLine) => l.color ?? "currentColor",
      strokeDasharray: "3,3",
      strokeOpacity: 0.85,
    }),
    Plot.text(lines as ReferenceLine[], {
      x: "value",
      text: "label",
      frameAnchor: "top",
      dy: -12,
      fill: (l: ReferenceLine) => l.color ? inkOf(l.color) : "currentColor",
      render: apart(
        "x",
        (i) => textWidth(lines[i].label) + 10,
        ({ width }) => width,
      ),
    }),
  ];
}
