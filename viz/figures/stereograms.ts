/**
 * Stereograms with their matching dots, and surfaces along a scan line.
 *
 * @module
 */
import { figure, grid, type Html, Plot } from "./figure.ts";
import type { FrameOptions } from "../page/html.ts";
import { PALETTE } from "../page/colors.ts";

/** A strip and its hidden disparity. */
export interface ShownStrip {
  /** Left pixels, then right pixels. */
  pixels: ArrayLike<number>;
  disparity: number;
}

/**
 * Draws strips, the left eye above the right. A line joins each dot of the
 * left eye with the place where the right eye sees it; a dot without a line
 * leaves the right eye's view.
 */
export function stereograms(
  strips: readonly ShownStrip[],
  options: FrameOptions = {},
): Html {
  return grid(strips.map(stereogram), { columns: 2, ...options });
}

function stereogram({ pixels, disparity }: ShownStrip): Html {
  const width = pixels.length / 2;
  const dots = Array.from({ length: 2 * width }, (_, i) => ({
    x: i % width,
    y: i < width ? 1 : 0,
    value: pixels[i],
  }));
  const matches = dots.slice(0, width)
    .map(({ x }) => ({ x1: x, x2: x + disparity }))
    .filter(({ x2 }) => x2 >= 0 && x2 <= width - 1);
  const d = disparity.toFixed(Number.isInteger(disparity) ? 0 : 1)
    .replace("-", "−");
  return figure({
    title: `d = ${d}`,
    alt: `A strip at disparity ${d}, ${matches.length} matching dots`,
    width: 280,
    height: 110,
    x: { domain: [-0.6, width - 0.4], axis: null },
    y: {
      domain: [-0.35, 1.35],
      ticks: [0, 1],
      tickFormat: (v: number) => v ? "left" : "right",
      tickSize: 0,
      label: null,
    },
    marks: [
      Plot.link(matches, {
        x1: "x1",
        x2: "x2",
        y1: 0.8,
        y2: 0.2,
        stroke: PALETTE[0],
        strokeOpacity: 0.8,
      }),
      Plot.rect(dots, {
        x1: (dot: { x: number }) => dot.x - 0.45,
        x2: (dot: { x: number }) => dot.x + 0.45,
        y1: (dot: { y: number }) => dot.y - 0.19,
        y2: (dot: { y: number }) => dot.y + 0.19,
        fill: (dot: { value: number }) => grey(dot.value),
        stroke: "currentColor",
        strokeOpacity: 0.35,
      }),
    ],
  });
}

// −1 is black, +1 white.
function grey(value: number): string {
  const level = Math.max(0, Math.min(255, Math.round(127.5 * (1 + value))));
  return `rgb(${level}, ${level}, ${level})`;
}

/** One scan line: the truth, and what was made of it. */
export interface ShownSurface {
  /** The disparity at each module. */
  truth: ArrayLike<number>;
  /** Name → a value for each module, NaN where there is none. */
  found: Readonly<Record<string, ArrayLike<number>>>;
  /** Position of a discontinuity in modules, or NaN. */
  breakAt?: number;
}

/** Draws surfaces, a panel a scan line: the truth as a line, the rest as dots. */
export function surfaces(
  lines: readonly ShownSurface[],
  { limit, ...options }: FrameOptions & { limit: number },
): Html {
  const palette = PALETTE.slice(1);
  return grid(
    lines.map(({ truth, found, breakAt = NaN }, i) => {
      const line = Array.from(truth, (d, m) => ({ m, d }));
      return figure({
        title: `surface ${i + 1}`,
        alt: `Surface ${i + 1} with ${Object.keys(found).join(" and ")}`,
        width: 280,
        height: 190,
        x: { label: "module", ticks: 5 },
        y: { label: "disparity (pixels)", domain: [-limit, limit] },
        color: {
          domain: ["truth", ...Object.keys(found)],
          range: [PALETTE[0], ...palette],
          legend: i === 0,
        },
        marks: [
          Plot.line(line, { x: "m", y: "d", stroke: PALETTE[0] }),
          ...(Number.isNaN(breakAt)
            ? []
            : [Plot.ruleX([breakAt], { strokeDasharray: "3,3" })]),
          ...Object.values(found).map((values, k) =>
            Plot.dot(
              Array.from(values, (v, m) => ({ m, v }))
                .filter(({ v }) => Number.isFinite(v)),
              {
                x: "m",
                y: "v",
                stroke: palette[k],
                symbol: k ? "plus" : "circle",
                r: 3,
              },
            )
          ),
        ],
      });
    }),
    { columns: 2, ...options },
  );
}
