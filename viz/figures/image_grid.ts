/**
 * Many small images side by side: inputs, reconstructions, receptive fields.
 *
 * @module
 */

import {
  type ColorMap,
  colorOf,
  type Domain,
  domainOf,
  paint,
} from "./color_map.ts";
import {
  asHtml,
  escape,
  frame,
  type FrameOptions,
  type Html,
} from "../page/html.ts";
import { pngDataUri } from "../page/png.ts";
import { significant } from "../page/numbers.ts";

/** How small images are arranged. */
export interface TileOptions {
  /** Pixels in a row of an image; default: square images. */
  width?: number;
  /** Images a row; default: as many as fit, wrapping. */
  columns?: number;
  /** Screen pixels a pixel; default: images of some 64 screen pixels. */
  scale?: number;
  /** Text under each image. */
  labels?: readonly (string | number | Html)[];
  /** Text left of each row of `columns` images. */
  rowLabels?: readonly string[];
}

/** How their numbers are coloured. */
export interface MapOptions {
  /** Default "sequential". */
  map?: ColorMap;
  /** Numbers at the map's ends; default: the same for all images. */
  domain?: Domain;
  /** What is drawn together spans its own domain. */
  each?: boolean;
  /** Text of the colour bar. */
  barLabel?: string;
}

/** What {@link imageGrid} takes besides the images. */
export interface ImageGridOptions
  extends TileOptions, MapOptions, FrameOptions {
  /** A colour bar with the domain; default: when the map is not "binary". */
  bar?: boolean;
}

/**
 * Draws `images`, each a flat array of pixels row by row, as PNGs.
 *
 * Throws `RangeError` when an image is no whole number of rows.
 *
 * @example
 * ```ts
 * import { imageGrid } from "./image_grid.ts";
 * imageGrid([[0, 1, 1, 0]], { labels: ["exclusive or"], map: "binary" });
 * ```
 */
export function imageGrid(
  images: readonly ArrayLike<number>[],
  options: ImageGridOptions = {},
): Html {
  const { map = "sequential", each, bar = map !== "binary" && !each } = options;
  const domain = options.domain ?? domainOf(map, images);
  const tiles = images.map((image, i) => {
    const own = each ? domainOf(map, [image]) : domain;
    return tile(paint(image, map, own), {
      ...options,
      name: options.labels?.[i],
    });
  });
  return frame(
    tileGrid(tiles, options) +
      (bar ? colorBar(map, domain, options.barLabel) : ""),
    options,
    `${images.length} images`,
  );
}

/**
 * Images with their labels under them: in rows of `columns`, which scroll
 * where they are too wide, or wrapping.
 */
export function tileGrid(
  tiles: readonly string[],
  options: TileOptions,
): string {
  const { columns, labels, rowLabels } = options;
  const cells = tiles.map((image, i) => {
    const label = labels?.[i];
    const text = label === undefined
      ? ""
      : `<span>${asHtml(label).html}</span>`;
    return `<div class="hc-cell">${image}${text}</div>`;
  });
  if (columns === undefined) {
    return `<div class="hc-grid" style="gap:8px 10px;align-items:flex-start">${
      cells.join("")
    }</div>`;
  }
  const out: string[] = [];
  for (let start = 0; start < cells.length; start += columns) {
    if (rowLabels) {
      out.push(
        `<div style="font-size:12px;line-height:1.25;align-self:center;text-align:right;max-width:9em">${
          escape(rowLabels[start / columns] ?? "")
        }</div>`,
      );
    }
    for (let i = start; i < start + columns; i++) {
      out.push(cells[i] ?? "<div></div>");
    }
  }
  return `<div class="hc-scroll"><div style="display:grid;width:max-content;grid-template-columns:${
    rowLabels ? "max-content " : ""
  }repeat(${columns},max-content);gap:8px 10px;align-items:start;padding:1px">${
    out.join("")
  }</div></div>`;
}

/** One image, its colours 0xRRGGBB, as an `<img>`. */
export function tile(
  colors: ArrayLike<number>,
  options: TileOptions & { name?: string | number | Html },
): string {
  const width = options.width ?? Math.sqrt(colors.length);
  const height = colors.length / width;
  if (!Number.isInteger(width) || !Number.isInteger(height)) {
    throw new RangeError(
      `Cannot draw an image as its number of pixels must be a multiple of width = ${width}: current value is ${colors.length}`,
    );
  }
  const scale = options.scale ??
    Math.max(1, Math.round(64 / Math.max(width, height)));
  const uri = pngDataUri({ width, height, colors });
  return `<img src="${uri}" width="${width * scale}" height="${
    height * scale
  }" alt="${
    escape(asHtml(options.name).text)
  }" style="image-rendering:pixelated">`;
}

/** A horizontal bar of a map's colours with the numbers at its ends. */
export function colorBar(map: ColorMap, domain: Domain, label = ""): string {
  const colors = Array.from({ length: 128 }, (_, i) => colorOf(map, i / 127));
  const uri = pngDataUri({ width: 128, height: 1, colors });
  const middle = map === "diverging" ? "<span>0</span>" : "";
  return `<div class="hc-bar" style="display:inline-block;font-size:12px;line-height:1.3;margin-top:8px">` +
    (label ? `<div>${escape(label)}</div>` : "") +
    `<img src="${uri}" width="160" height="8" alt="" style="display:block;width:160px;height:8px;image-rendering:auto">` +
    `<div style="display:flex;justify-content:space-between;width:160px;font-variant-numeric:tabular-nums"><span>${
      escape(significant(domain[0], 2))
    }</span>${middle}<span>${
      escape(significant(domain[1], 2))
    }</span></div></div>`;
}
