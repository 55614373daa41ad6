/**
 * Pictures as strings of SVG: cheap enough to draw again for every frame, and
 * the same in a notebook's cell and on the reader's page. Lines and words take
 * the colour of the text around them, so light and dark pages both work.
 *
 * @module
 */
import { COLORS, inkOf } from "../page/colors.ts";
import { escape } from "../page/html.ts";

/** A rectangle of the picture with the ranges that it shows. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  /** Values at the left and right edges. */
  x: readonly [number, number];
  /** Values at the bottom and top edges. */
  y: readonly [number, number];
}

/** Two decimals suffice on a screen, and keep the markup small. */
function short(value: number): string {
  const rounded = Math.round(value * 10) / 10;
  return Number.isFinite(rounded) ? String(rounded) : "0";
}

/** Where the value x stands, in pixels. */
export function px({ left, width, x: [low, high] }: Frame, x: number): number {
  return left + width * (x - low) / (high - low);
}

/** Where the value y stands, in pixels. */
export function py({ top, height, y: [low, high] }: Frame, y: number): number {
  return top + height * (high - y) / (high - low);
}

/** Where the point (x, y) stands, in pixels; at the edge if it lies outside. */
export function place(frame: Frame, x: number, y: number): [number, number] {
  const clip = (value: number, [low, high]: readonly [number, number]) =>
    Math.max(low, Math.min(high, value));
  return [px(frame, clip(x, frame.x)), py(frame, clip(y, frame.y))];
}

/** One SVG element. Its words are 12 px at its own width. */
export function svg(
  width: number,
  height: number,
  label: string,
  ...parts: readonly string[]
): string {
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${
    escape(label)
  }" font-family="system-ui,sans-serif" font-size="12" fill="currentColor">${
    parts.join("")
  }</svg>`;
}

/** Words at (x, y) in pixels. */
export function words(
  x: number,
  y: number,
  text: string,
  options: {
    anchor?: "start" | "middle" | "end";
    color?: string;
    bold?: boolean;
    dim?: boolean;
  } = {},
): string {
  const { anchor = "start", color, bold, dim } = options;
  return `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}"` +
    (color ? ` style="fill:${inkOf(color)}"` : "") +
    (bold ? ' font-weight="600"' : "") + (dim ? ' opacity=".75"' : "") +
    `>${escape(text)}</text>`;
}

/** A path through points in pixels. */
export function path(
  points: readonly (readonly [number, number])[],
  color: string,
  options: { width?: number; dash?: string; opacity?: number } = {},
): string {
  const { width = 1.5, dash, opacity } = options;
  if (points.length === 0) return "";
  const d = points.map(([x, y]) => `${short(x)} ${short(y)}`).join("L");
  return `<path d="M${d}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linejoin="round" stroke-linecap="round"` +
    (dash ? ` stroke-dasharray="${dash}"` : "") +
    (opacity ? ` opacity="${opacity}"` : "") + "/>";
}

/** Dots at points in pixels: one path of round caps, so hundreds are cheap. */
export function dots(
  points: readonly (readonly [number, number])[],
  color: string,
  size = 4,
  opacity = 0.8,
): string {
  if (points.length === 0) return "";
  const d = points.map(([x, y]) => `M${short(x)} ${short(y)}h0`).join("");
  return `<path d="${d}" fill="none" stroke="${color}" stroke-width="${size}" stroke-linecap="round" opacity="${opacity}"/>`;
}

/** A filled rectangle in pixels. */
export function box(
  x: number,
  y: number,
  width: number,
  height: number,
  color: string,
  options: { opacity?: number; outline?: boolean } = {},
): string {
  const paint = options.outline
    ? `fill="none" stroke="${color}" stroke-width="1.5"`
    : `fill="${color}"`;
  return `<rect x="${short(x)}" y="${short(y)}" width="${
    short(Math.max(0, width))
  }" height="${short(Math.max(0, height))}" ${paint}` +
    (options.opacity ? ` opacity="${+options.opacity.toFixed(2)}"` : "") +
    "/>";
}

/** A frame with a title above it, its end values and the name of its x axis. */
export function axes(
  frame: Frame,
  title: string,
  options: { xLabel?: string; xTicks?: boolean; yTicks?: boolean } = {},
): string {
  const { left, top, width, height, x, y } = frame;
  const { xLabel = "", xTicks = true, yTicks = true } = options;
  const bottom = top + height;
  const parts = [
    `<rect x="${left}" y="${top}" width="${short(width)}" height="${
      short(height)
    }" fill="none" stroke="currentColor" opacity=".25"/>`,
    words(left, top - 7, title, { bold: true }),
  ];
  const end = { dim: true };
  if (xTicks) {
    parts.push(
      words(left, bottom + 15, endTick(x[0]), end),
      words(left + width, bottom + 15, endTick(x[1]), {
        ...end,
        anchor: "end",
      }),
    );
  }
  if (xLabel) {
    parts.push(
      words(left + width / 2, bottom + 15, xLabel, {
        ...end,
        anchor: "middle",
      }),
    );
  }
  if (yTicks) {
    parts.push(
      words(left - 5, top + 10, endTick(y[1]), { ...end, anchor: "end" }),
      words(left - 5, bottom, endTick(y[0]), { ...end, anchor: "end" }),
    );
  }
  return parts.join("");
}

/** A number at the end of an axis, where there is room for some six signs. */
export function endTick(value: number): string {
  const exact = Number(value.toPrecision(3));
  const size = Math.abs(exact);
  const text = size > 0 && size < 1e-3
    ? exact.toExponential(1)
    : String(size < 0.1 ? Number(value.toPrecision(2)) : exact);
  return text.replaceAll("-", "−");
}

/** A number in a figure: at most three digits. */
export function tick(value: number): string {
  const text = String(Number(value.toPrecision(3)));
  return text.replace("-", "−");
}

/** Rows as points in pixels, clipped to the frame: at most some 300. */
export function trace<Row extends { step: number }>(
  frame: Frame,
  rows: readonly Row[],
  value: (row: Row) => number,
): [number, number][] {
  const stride = Math.max(1, Math.ceil(rows.length / 300));
  return rows.filter((_, i) => i % stride === 0 || i === rows.length - 1)
    .map((row) => place(frame, row.step, value(row)));
}

/** A colour from blue over grey to vermilion for t from −1 to 1. */
export function diverging(t: number): string {
  const share = Math.min(1, Math.abs(t));
  const end = t < 0 ? [0, 114, 178] : [213, 94, 0];
  const at = end.map((channel) => Math.round(150 + (channel - 150) * share));
  return `rgb(${at.join(",")})`;
}

/** Pixels (0xRRGGBB, `columns` a row) as a picture of that size. */
export function pixels(
  { left, top, width, height }: Omit<Frame, "x" | "y">,
  colors: ArrayLike<number>,
  columns: number,
): string {
  const href = bitmap(colors, columns);
  return `<image href="${href}" x="${short(left)}" y="${short(top)}" width="${
    short(width)
  }" height="${
    short(height)
  }" preserveAspectRatio="none" style="image-rendering:pixelated"/>`;
}

/**
 * Pixels as the address of an uncompressed bitmap (BMP, 24 bits): larger than a
 * PNG, but made in no time, for every frame, and by no package.
 */
function bitmap(colors: ArrayLike<number>, columns: number): string {
  const rows = colors.length / columns;
  const stride = 4 * Math.ceil(3 * columns / 4); // rows end at whole words
  const bytes = new Uint8Array(54 + rows * stride);
  const header = new DataView(bytes.buffer);
  const words = [bytes.length, 0, 54, 40, columns, -rows]; // from the top
  bytes.set([66, 77]); // "BM"
  words.forEach((word, i) => header.setInt32(2 + 4 * i, word, true));
  bytes.set([1, 0, 24], 26); // one plane, bits a pixel
  for (let i = 0; i < colors.length; i++) {
    const at = 54 + Math.floor(i / columns) * stride + 3 * (i % columns);
    const color = colors[i];
    bytes[at] = color & 255;
    bytes[at + 1] = color >> 8 & 255;
    bytes[at + 2] = color >> 16 & 255;
  }
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return `data:image/bmp;base64,${btoa(text)}`;
}

/** A dashed line across the frame with its name, as chance or a limit has. */
export function level(frame: Frame, value: number, label: string): string {
  const [low, high] = frame.y;
  if (!(value >= low && value <= high)) return "";
  const { left, width } = frame;
  const y = py(frame, value);
  const up = y - frame.top > 16 ? y - 4 : y + 13;
  return path([[left, y], [left + width, y]], COLORS.grey, { dash: "4 3" }) +
    words(left + 6, up, `${label} ${tick(value)}`, { dim: true });
}
