/**
 * Bars: an orientation is chosen, then each of its bars is on or off. The
 * orientation is the hidden cause of the bars, the bars are those of pixels.
 *
 * Source: Hinton, Dayan, Frey & Neal (1995), The wake-sleep algorithm for
 * unsupervised neural networks, Science 268, 1158–1161: 4 × 4 pixels, vertical
 * twice as likely as horizontal, each bar on with probability 0.2.
 *
 * @module
 */
import { bernoulli, type Rng } from "../../lib/numeric/random.ts";
import type { CauseImages } from "./cause_images.ts";

/** Probability that the bars are vertical. */
export const P_VERTICAL: number = 2 / 3;
/** Probability that a bar is on. */
export const P_BAR = 0.2;

function writeBars(
  out: { [i: number]: number },
  offset: number,
  { bars, vertical, size }: { bars: number; vertical: number; size: number },
): void {
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      out[offset + y * size + x] = (bars >> (vertical ? x : y)) & 1;
    }
  }
}

/**
 * Draws one image into `out` (size × size pixels, 0 or 1).
 *
 * @returns the orientation that made it: 1 vertical, 0 horizontal
 */
export function sampleBars(
  rng: Rng,
  out: { [i: number]: number },
  size: number,
): number {
  const vertical = bernoulli(rng, P_VERTICAL);
  let bars = 0;
  for (let i = 0; i < size; i++) bars |= bernoulli(rng, P_BAR) << i;
  writeBars(out, 0, { bars, vertical, size });
  return vertical;
}

/** Lists every distinct image with its probability and that of each orientation. */
export function enumerateBars(size: number): CauseImages {
  const pixels: number[] = [];
  const joint: number[] = [];
  const index = new Map<string, number>();
  const image = new Uint8Array(size * size);
  for (const vertical of [0, 1]) {
    for (let bars = 0; bars < 2 ** size; bars++) {
      let p = vertical ? P_VERTICAL : 1 - P_VERTICAL;
      for (let i = 0; i < size; i++) p *= (bars >> i) & 1 ? P_BAR : 1 - P_BAR;
      writeBars(image, 0, { bars, vertical, size });
      const key = image.join("");
      if (!index.has(key)) {
        index.set(key, index.size);
        pixels.push(...image);
        joint.push(0, 0);
      }
      joint[2 * index.get(key)! + vertical] += p;
    }
  }
  return {
    count: index.size,
    pixels: Uint8Array.from(pixels),
    probability: Float64Array.from(
      { length: index.size },
      (_, k) => joint[2 * k] + joint[2 * k + 1],
    ),
    joint: Float64Array.from(joint),
  };
}
