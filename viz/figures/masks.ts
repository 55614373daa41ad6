/**
 * Which component explains which pixel: hard masks and soft responsibilities,
 * one hue a component.
 *
 * @module
 */

import { escape, frame, type FrameOptions, type Html } from "../page/html.ts";
import { tile, tileGrid, type TileOptions } from "./image_grid.ts";
import { type HardMask, maskColors, type SoftMask } from "./mask_colors.ts";
import { colorAt, inkOf } from "../page/colors.ts";

/** What the mask functions take besides the masks. */
export interface MaskOptions extends TileOptions, FrameOptions {
  /** Names of the components, for the key. */
  names?: readonly string[];
  /** Component shown in black, such as the background. */
  background?: number;
  /** One image a mask, in [0, 1]: its brightness. */
  images?: readonly ArrayLike<number>[];
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
