/**
 * Which component explains which pixel: hard masks and soft responsibilities,
 * one hue a component.
 *
 * @module
 */

import { blend, parseColor } from "./color_map.ts";
import { escape, frame, type FrameOptions, type Html } from "../page/html.ts";
import { tile, tileGrid, type TileOptions } from "./image_grid.ts";
import { colorAt, inkOf, PALETTE } from "../page/colors.ts";

/** What the mask functions take besides the masks. */
export interface MaskOptions extends TileOptions, FrameOptions {
  /** Names of the components, for the key. */
  names?: readonly string[];
  /** Component shown in black, such as the background. */
  background?: number;
  /** One image a mask, in [0, 1]: its brightness. */
  images?: readonly ArrayLike<number>[];
}

/** Component of each pixel; a negative one is nobody's, shown in black. */
export type HardMask = ArrayLike<number>;

/** Responsibilities: pixels × components, flat, each pixel's sum is 1. */
export interface SoftMask {
  readonly gamma: ArrayLike<number>;
  readonly components: number;
}

/**
 * Draws masks. A soft mask blends the hues of its components by their
 * responsibilities, so that an undecided pixel is grey.
 *
 * @example
 * ```ts
 * import { maskGrid } from "./masks.ts";
 * maskGrid([[0, 0, 1, 1]], { names: ["square", "disc"] });
 * ```
 */
export function maskGrid(
  masks: readonly (HardMask | SoftMask)[],
  options: MaskOptions = {},
): Html {
  const { images, background, labels, names } = options;
  const tiles = masks.map((mask, i) =>
    tile(maskColors(mask, images?.[i], background), {
      ...options,
      name: labels?.[i],
    })
  );
  const key = names?.map((name, k) =>
    `<span style="color:${
      inkOf(colorAt(k))
    };font-weight:600"><span aria-hidden="true" style="color:${
      colorAt(k)
    }">■ </span>${escape(name)}</span>`
  ).join("");
  return frame(
    (key ? `<div class="hc-key">${key}</div>` : "") + tileGrid(tiles, options),
    options,
    `${masks.length} masks`,
  );
}

/** Colours (0xRRGGBB) of a mask's pixels. */
export function maskColors(
  mask: HardMask | SoftMask,
  image?: ArrayLike<number>,
  background?: number,
): Int32Array {
  const soft = "gamma" in mask;
  const components = soft ? mask.components : 0;
  const n = soft ? mask.gamma.length / components : mask.length;
  const hues = PALETTE.map(parseColor);
  const hue = (k: number): number =>
    k === background ? 0 : hues[k % hues.length];
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    let color = 0;
    if (soft) {
      let [r, g, b] = [0, 0, 0];
      for (let k = 0; k < components; k++) {
        const share = mask.gamma[i * components + k];
        r += share * (hue(k) >> 16 & 255);
        g += share * (hue(k) >> 8 & 255);
        b += share * (hue(k) & 255);
      }
      // 32 levels a channel keep the PNG small; the eye sees no difference.
      color = level(r) << 16 | level(g) << 8 | level(b);
    } else if (mask[i] >= 0) color = hue(mask[i]);
    out[i] = image === undefined ? color : blend(0, color, image[i]);
  }
  return out;
}

/** `value` in [0, 255] on 32 levels. */
function level(value: number): number {
  return Math.min(255, 8 * Math.round(value / 8));
}
