/**
 * The colours of masks: one hue a component. Draws nothing, so that a page's
 * script can hold it.
 *
 * @module
 */
import { PALETTE } from "../page/colors.ts";
import { blend, parseColor } from "./color_map.ts";

/** Component of each pixel; a negative one is nobody's, shown in black. */
export type HardMask = ArrayLike<number>;

/** Responsibilities: pixels × components, flat, each pixel's sum is 1. */
export interface SoftMask {
  readonly gamma: ArrayLike<number>;
  readonly components: number;
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
