/**
 * Figures: Observable Plot drawn into the one document of this project, as an
 * SVG inside a `<figure>`.
 *
 * No other module creates a document. Text and axes take the colour of the
 * page, so a figure is legible on light and dark. Coordinates are rounded to a
 * hundredth of a pixel, which keeps outputs small and equal on every run.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { contentHash, described, escape, frame } from "../page/html.ts";
import type { FrameOptions, Html } from "../page/html.ts";
import { parseColor } from "./color_map.ts";
import { textWidth } from "./labels.ts";
import type { CsvRow } from "../page/csv.ts";
import { picture } from "../page/picture.ts";
import { pngDataUri } from "../page/png.ts";
import { PALETTE, PAPER } from "../page/colors.ts";
import { FONT } from "../page/style_sheet.ts";

export { Plot };
export type { Html };

/** What {@link figure} takes besides the options of `Plot.plot`. */
export interface FigureOptions
  extends Omit<Plot.PlotOptions, "style" | keyof FrameOptions>, FrameOptions {
  /**
   * Also draw a narrow version for phones; default: when the figure is wider
   * than a phone and its drawing is small.
   */
  phone?: boolean;
  /** What is drawn, for a reader to keep as CSV. */
  rows?: readonly CsvRow[];
}

/** Width in pixels of a phone's drawing. */
const NARROW = 330;
/** Above this many characters a second drawing costs more than it gives. */
const NARROW_CAP = 40_000;

const { document } = parseHTML("<!doctype html><html><body></body></html>");
giveCanvas();

/**
 * Draws a figure: all options of `Plot.plot`, and `title`, `caption`, `alt`.
 * The left margin grows until the tick labels fit, unless it is given.
 *
 * @example
 * ```ts
 * import { figure, Plot } from "./figure.ts";
 * figure({
 *   title: "A line",
 *   marks: [Plot.line([[0, 1], [1, 3]])],
 * });
 * ```
 */
export function figure(options: FigureOptions): Html {
  const { title, caption, phone, rows, ...plot } = options;
  const { width } = plot;
  return figureOf(
    { title, caption, alt: described(options), width, phone, rows },
    (width) => ({ ...plot, width }),
  );
}

/**
 * Draws a figure whose marks depend on its width, as those of labels do:
 * `plot` is called for each drawing. `key` is markup above the drawing.
 */
export function figureOf(
  options: FrameOptions & {
    width?: number;
    phone?: boolean;
    key?: string;
    rows?: readonly CsvRow[];
  },
  plot: (width: number) => Plot.PlotOptions,
): Html {
  const { width = 600, phone, rows } = options;
  const alt = options.alt || options.title || "no title";
  const { legend, svg: wide } = parts(drawing({ ...plot(width), width }, alt));
  const twice = phone ?? (width > 420 && wide.length < NARROW_CAP);
  const narrow = twice
    ? parts(drawing({ ...plot(NARROW), width: NARROW }, alt)).svg
    : undefined;
  const body = `<div class="hc-scroll">${
    picture(wide, { alt, narrow, rows })
  }</div>`;
  return frame((options.key ?? "") + legend + body, options);
}

/** Plot's legends, where it draws any, and its drawing. */
function parts(drawn: string): { legend: string; svg: string } {
  const at = drawn.lastIndexOf("<svg role=");
  const svg = drawn.slice(at, drawn.lastIndexOf("</svg>") + 6);
  const legend = drawn.slice(0, at).replace(/<figure[^>]*>/, "")
    .replaceAll(
      /<svg[^>]*class="hc-plot-ramp"[^]*?<\/svg>/g,
      (ramp) => picture(ramp, { alt: "colour scale" }),
    );
  return { legend, svg };
}

/** What {@link grid} takes besides the figures. */
export interface GridOptions extends FrameOptions {
  /** At most this many side by side; fewer where the page is narrow. */
  columns?: number;
}

/** Small multiples: `figures` side by side, wrapping on narrow pages. */
export function grid(
  figures: readonly Html[],
  options: GridOptions = {},
): Html {
  const { columns } = options;
  const widths = figures.map(naturalWidth);
  // At most `columns` fit into this width; on a phone fewer do. Each gives way
  // by a twentieth: two of 420 pixels stand side by side in VS Code, where an
  // output has 844 of a window's 1280 beside the side bar.
  const limit = columns
    ? `max-width:${columns * (Math.max(...widths) + 24)}px;`
    : "";
  const cells = figures.map((item, i) =>
    `<div style="flex:1 1 ${Math.round(0.95 * widths[i])}px;max-width:${
      widths[i]
    }px;min-width:min(100%,${Math.min(widths[i], 300)}px)">${item.html}</div>`
  ).join("");
  const said = figures.map(({ text }) => text.replace(/^Figure: /, ""));
  return frame(
    `<div class="hc-grid" style="${limit}align-items:flex-start">${cells}</div>`,
    options,
    said.filter(Boolean).join("; "),
  );
}

/** Width of the first drawing or image in `item`, in pixels. */
function naturalWidth(item: Html): number {
  const width = (/<img class="hc-svg"[^>]*\swidth="(\d+)/.exec(item.html) ??
    /<img[^>]*\swidth="(\d+)/.exec(item.html))?.[1];
  return width === undefined ? 240 : Number(width);
}

/**
 * The SVG of a plot as text, with an accessible name. Margins that are not
 * given grow until tick labels and the name of the horizontal axis fit.
 */
function drawing(options: Plot.PlotOptions, alt: string): string {
  const first = draw(options);
  if (options.margin !== undefined) return finish(first, alt);
  const grown: Plot.PlotOptions = {};
  const left = marginFor(first);
  if (options.marginLeft === undefined && left > 40) grown.marginLeft = left;
  if (
    options.marginBottom === undefined &&
    first.includes('aria-label="x-axis label"')
  ) grown.marginBottom = 40;
  const fits = Object.keys(grown).length === 0;
  return finish(fits ? first : draw({ ...options, ...grown }), alt);
}

function draw(options: Plot.PlotOptions): string {
  const drawn = Plot.plot({
    ...options,
    document: document as unknown as Document,
    className: "hc-plot",
    style: undefined,
    color: {
      ...(options.color?.scheme || options.color?.range || options.color?.type
        ? {}
        : { range: PALETTE as string[] }),
      ...options.color,
    },
  } as Plot.PlotOptions);
  return drawn.outerHTML;
}

/** Pixels that the labels of the vertical axis need on the left. */
function marginFor(markup: string): number {
  const axes = markup.match(
    /<g [^>]*aria-label="f?y-axis tick label"[^>]*>.*?<\/g>/gs,
  ) ?? [];
  let longest = 0;
  for (const axis of axes) {
    if (/text-anchor="start"/.test(axis)) continue;
    for (const [, text] of axis.matchAll(/<text[^>]*>([^<]*)/g)) {
      longest = Math.max(longest, textWidth(text, 12));
    }
  }
  return Math.ceil(longest) + 18;
}

/** Rounds, renames and labels what Plot and the document wrote. */
function finish(markup: string, alt: string): string {
  let out = markup
    .replace(/<style>[\s\S]*?<\/style>/g, "")
    .replaceAll("var(--plot-background)", PAPER)
    .replace(/<[^>]+>/g, roundTag);
  out = out.replace(
    /<svg([^>]*) font-size="10" font-family="[^"]*"(?=[^>]*class="hc-plot")/,
    (_, before) =>
      `<svg role="img" aria-label="${
        escape(alt)
      }"${before} font-size="12" font-family="${FONT}"`,
  );
  // Clip paths: Plot counts them per process; name them by their content.
  const names = [...out.matchAll(/id="(plot-clip-\d+)"/g)].map((m) => m[1]);
  if (names.length > 0) {
    const bare = names.reduce(
      (text, name, i) =>
        text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `c${i}`),
      out,
    );
    const hash = contentHash(bare);
    names.forEach((name, i) => {
      out = out.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `hc-${hash}-${i}`);
    });
  }
  return out;
}

const GEOMETRY =
  /(\s(?:d|x|y|x1|x2|y1|y2|cx|cy|r|rx|ry|dx|dy|width|height|transform|points|stroke-width|stroke-dasharray|opacity|fill-opacity|stroke-opacity|viewBox)=")([^"]*)"/g;

function roundTag(tag: string): string {
  return tag.replace(GEOMETRY, (_, name, value) => {
    const rounded = value.replace(
      /-?\d*\.\d{3,}(?:e[-+]?\d+)?|-?\d+(?:\.\d+)?e-\d+/g,
      (n: string) => shortNumber(Number(n)),
    );
    return `${name}${rounded}"`;
  });
}

/** `value` with at most two decimals, as short as it can be written. */
export function shortNumber(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return String(rounded === 0 ? 0 : rounded);
}

/**
 * Plot draws rasters and colour ramps on a canvas. This one holds pixels that
 * are set one by one or as an image, and writes them as a PNG.
 */
function giveCanvas(): void {
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: unknown) => {
    const element = create(name, options as never);
    if (name !== "canvas") return element;
    let fill = 0;
    let colors: number[] | null = null;
    const canvas = element as unknown as {
      width: number;
      height: number;
      getContext(): unknown;
      toDataURL(): string;
    };
    const pixels = (): number[] =>
      colors ??= new Array(canvas.width * canvas.height).fill(-1);
    canvas.getContext = () => ({
      set fillStyle(color: string) {
        fill = parseColor(color);
      },
      fillRect(x: number, y: number, w: number, h: number): void {
        for (let j = y; j < y + h; j++) {
          for (let i = x; i < x + w; i++) pixels()[j * canvas.width + i] = fill;
        }
      },
      createImageData: (width: number, height: number) => ({
        width,
        height,
        data: new Uint8ClampedArray(4 * width * height),
      }),
      putImageData(image: { data: Uint8ClampedArray }): void {
        const out = pixels();
        for (let i = 0; i < out.length; i++) {
          const [r, g, b, a] = image.data.subarray(4 * i, 4 * i + 4);
          out[i] = a < 128 ? -1 : r << 16 | g << 8 | b;
        }
      },
    });
    canvas.toDataURL = () =>
      pngDataUri({
        width: canvas.width,
        height: canvas.height,
        colors: pixels(),
      });
    return element;
  }) as typeof document.createElement;
}
