/**
 * What charts have in common: their options and axes, named lines, and labels
 * that keep apart.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { clearest, spread, textWidth } from "./labels.ts";
import { inkOf, PAPER } from "../page/colors.ts";
import type { FrameOptions } from "../page/html.ts";

/** What every chart takes besides its numbers. */
export interface ChartOptions extends FrameOptions {
  width?: number;
  xDomain?: readonly [number, number];
  /** Lines at named numbers. */
  lines?: readonly ReferenceLine[];
}

/** x and y. */
export type Point = readonly [number, number];

/** A line at a number that has a name: chance, limit, reference. */
export interface ReferenceLine {
  value: number;
  label: string;
  color?: string;
}

/**
 * The horizontal axis, with its name in the middle, or the vertical one, with
 * its name at the top. `format` is that of a logarithmic axis.
 */
export function axis(
  side: "x" | "y",
  { label, domain, log = false, format, ...more }:
    & { label?: string; domain?: readonly number[] }
    & { log?: boolean; format?: string }
    & Pick<Plot.ScaleOptions, "ticks" | "inset">,
): Plot.ScaleOptions {
  return {
    label: label ?? null,
    labelAnchor: side === "x" ? "center" : "top",
    labelArrow: "none",
    tickSize: side === "x" ? 4 : 0,
    type: log ? "log" : "linear",
    domain: domain as number[] | undefined,
    ...(log ? { tickFormat: format } : {}),
    ...more,
  };
}

/** A domain a little wider than its numbers; `share` of its length on a side. */
export function padded(
  [low, high]: Point,
  { share, log = false }: { share: number; log?: boolean },
): Point {
  if (log) return [low * 0.9, high * 1.1];
  const pad = (high - low || Math.abs(high) || 1) * share;
  return [low - pad, high + pad];
}

/** Draws a mark after `move` has told where, in pixels. */
export function moved(
  move: (
    index: readonly number[],
    values: Plot.ChannelValues,
    dimensions: Plot.Dimensions,
    scales: Record<"x" | "y", (value: number) => number>,
  ) => { x?: ArrayLike<number>; y?: ArrayLike<number> },
): Plot.RenderFunction {
  return (index, scales, values, dimensions, context, next) => {
    const to = move(index, values, dimensions, scales as never);
    const there = Object.assign({}, values, to);
    return next!(index, scales, there, dimensions, context);
  };
}

/**
 * Draws labels that keep apart along an axis: label i takes `size(i)` of the
 * `room`, in pixels.
 */
export function apart(
  along: "x" | "y",
  size: (i: number) => number,
  room: (dimensions: Plot.Dimensions) => number,
): Plot.RenderFunction {
  return moved((index, values, dimensions) => {
    const to = Array.from(values[along]!);
    const at = index.map((i) => to[i]);
    spread(at, index.map(size), 0, room(dimensions))
      .forEach((position, k) => to[index[k]] = position);
    return { [along]: to };
  });
}

/** Dashed lines across, each with its name where the data leave room. */
export function namedLines(
  lines: readonly ReferenceLine[],
  points: readonly Point[],
): Plot.Markish[] {
  return lines.flatMap((line) => [
    Plot.ruleY([line.value], {
      stroke: line.color ?? "currentColor",
      strokeDasharray: "3,3",
      strokeOpacity: 0.8,
    }),
    Plot.text([line], {
      y: "value",
      text: "label",
      frameAnchor: "left",
      textAnchor: "start",
      fill: line.color ? inkOf(line.color) : "currentColor",
      stroke: PAPER,
      strokeWidth: 3,
      render: moved((_index, _values, dimensions, { x, y }) => {
        const at = y(line.value);
        const spot = clearest(points.map(([a, b]) => [x(a), y(b)] as const), {
          y: at,
          width: textWidth(line.label),
          left: dimensions.marginLeft + 3,
          right: dimensions.width - dimensions.marginRight - 3,
        });
        return { x: [spot.x], y: [at + (spot.above ? -9 : 10)] };
      }),
    }),
  ]);
}
