/**
 * Hinton diagrams: a weight is a square whose area is its size and whose
 * colour is its sign.
 *
 * @module
 */

import { domainOf } from "./color_map.ts";
import { shortNumber } from "./figure.ts";
import { described, escape, frame } from "../page/html.ts";
import type { FrameOptions, Html } from "../page/html.ts";
import { textWidth } from "./labels.ts";
import { picture } from "../page/picture.ts";
import { significant } from "../page/numbers.ts";
import { FONT } from "../page/style_sheet.ts";

/** What {@link hintonDiagram} takes besides the weights. */
export interface HintonOptions extends FrameOptions {
  /** Rows and columns of the matrix. */
  rows: number;
  columns: number;
  /** Size of the largest square's weight; default: the largest there is. */
  max?: number;
  /** Pixels a cell; default: so that the diagram is some 460 wide. */
  cell?: number;
  /** "grey": white and black on grey, as in the papers; "color": red, blue. */
  style?: "grey" | "color";
  rowLabels?: readonly string[];
  columnLabels?: readonly string[];
  /** What rows and columns are, along the sides. */
  rowTitle?: string;
  columnTitle?: string;
}

/** Positive and negative squares, and the ground under them. */
const INK = {
  grey: { positive: "#ffffff", negative: "#000000", ground: "#8a8a8a" },
  color: { positive: "#d6604d", negative: "#4393c3", ground: "none" },
};

/**
 * Draws the matrix `weights`, flat, row by row.
 *
 * Throws `RangeError` when it does not hold rows × columns numbers.
 *
 * @example
 * ```ts
 * import { hintonDiagram } from "./hinton_diagram.ts";
 * hintonDiagram([1, -0.5, 0.2, 2], { rows: 2, columns: 2 });
 * ```
 */
export function hintonDiagram(
  weights: ArrayLike<number>,
  options: HintonOptions,
): Html {
  const { rows, columns, rowLabels, columnLabels } = options;
  if (weights.length !== rows * columns) {
    throw new RangeError(
      `Cannot draw a Hinton diagram as its matrix must hold rows × columns = ${rows} × ${columns} weights: current value is ${weights.length}`,
    );
  }
  const cell = options.cell ??
    Math.max(6, Math.min(24, Math.floor(460 / columns)));
  const max = options.max ?? domainOf("diverging", [weights])[1];
  const style = options.style ?? "grey";
  const left =
    (rowLabels ? Math.max(...rowLabels.map((l) => textWidth(l, 11))) + 6 : 0) +
    (options.rowTitle ? 16 : 0);
  const top = (columnLabels ? 15 : 0) + (options.columnTitle ? 16 : 0);
  const width = columns * cell;
  const height = rows * cell;
  const total = [left + width + 1, top + height + 1].map(shortNumber);
  const said = `${rows} × ${columns} weights, the largest ${significant(max)}`;
  const alt = described(options, said, "Hinton diagram");
  const markup =
    `<svg role="img" aria-label="${escape(alt)}" width="${total[0]}" height="${
      total[1]
    }" viewBox="0 0 ${total[0]} ${
      total[1]
    }" fill="currentColor" font-size="11" font-family="${FONT}">` +
    `<g transform="translate(${shortNumber(left)},${top})">` +
    `<rect width="${width}" height="${height}" fill="${
      INK[style].ground
    }" stroke="currentColor" stroke-opacity=".35" stroke-width=".75"/>` +
    squares(weights, { columns, cell, max, style }) + `</g>` +
    sideText(options, { left, top, cell, width, height }) + `</svg>`;
  const body = `<div class="hc-scroll">${
    picture(markup, {
      alt,
      rows: Array.from(weights, (weight, i) => ({
        row: rowLabels?.[Math.floor(i / columns)] ?? Math.floor(i / columns),
        column: columnLabels?.[i % columns] ?? i % columns,
        weight,
      })),
    })
  }</div>`;
  const key = `<div class="hc-key"><span>largest square: |w| = ${
    escape(significant(max))
  }</span><span>${
    style === "grey"
      ? "white positive, black negative"
      : "red positive, blue negative"
  }</span></div>`;
  return frame(body + key, { ...options, alt });
}

/** One path a sign: the squares of all cells. */
function squares(
  weights: ArrayLike<number>,
  layout: {
    columns: number;
    cell: number;
    max: number;
    style: keyof typeof INK;
  },
): string {
  const { columns, cell, max, style } = layout;
  const paths = { positive: "", negative: "" };
  for (let i = 0; i < weights.length; i++) {
    const part = Math.min(1, Math.abs(weights[i]) / max);
    const side = Math.round(10 * Math.sqrt(part) * (cell - 1)) / 10;
    if (!(side >= 0.3)) continue;
    const x = shortNumber((i % columns) * cell + (cell - side) / 2);
    const y = shortNumber(Math.floor(i / columns) * cell + (cell - side) / 2);
    const sign = weights[i] > 0 ? "positive" : "negative";
    paths[sign] += `M${x},${y}h${side}v${side}h-${side}z`;
  }
  return (["positive", "negative"] as const).filter((sign) => paths[sign])
    .map((sign) => `<path fill="${INK[style][sign]}" d="${paths[sign]}"/>`)
    .join("");
}

function sideText(
  options: HintonOptions,
  at: {
    left: number;
    top: number;
    cell: number;
    width: number;
    height: number;
  },
): string {
  const { left, top, cell, width, height } = at;
  const text = (x: number, y: number, content: string, more = ""): string =>
    `<text x="${shortNumber(x)}" y="${shortNumber(y)}"${more}>${
      escape(content)
    }</text>`;
  const end = ' text-anchor="end"';
  const middle = ' text-anchor="middle"';
  const titleY = shortNumber(top + height / 2);
  return [
    ...(options.rowLabels ?? []).map((label, i) =>
      text(left - 5, top + (i + 0.5) * cell + 4, label, end)
    ),
    ...(options.columnLabels ?? []).map((label, i) =>
      text(left + (i + 0.5) * cell, top - 4, label, middle)
    ),
    options.columnTitle
      ? text(left + width / 2, 11, options.columnTitle, middle)
      : "",
    options.rowTitle
      ? text(
        11,
        top + height / 2,
        options.rowTitle,
        `${middle} transform="rotate(-90,11,${titleY})"`,
      )
      : "",
  ].join("");
}
