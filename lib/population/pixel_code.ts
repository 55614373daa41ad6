/**
 * What pixels cost: real numbers sent as whole multiples of a precision δ,
 * under a Gaussian density whose value times δ is a proper code for them to
 * within 10⁻⁸ as long as its deviation is δ at least.
 *
 * @module
 */
import { LN2, log } from "../numeric/elementary.ts";
import type { Floats } from "../numeric/random.ts";

/** Rounds pixels to whole multiples of δ, in place. Returns them. */
export function quantize<T extends Floats>(images: T, precision: number): T {
  for (let i = 0; i < images.length; i++) {
    images[i] = precision * Math.round(images[i] / precision);
  }
  return images;
}

/** ½ ln 2πv − ln δ: what a residual of 0 costs under variance v, in nats. */
export function gaussianNats(v: number, precision: number): number {
  return 0.5 * log(2 * Math.PI * v) - log(precision);
}

/**
 * Bits per image of pixels whose residuals have the variance `mse`, under a
 * Gaussian code of that very variance at precision δ: what a code that costs
 * nothing itself would need.
 */
export function residualBits(
  mse: number,
  { pixels, precision }: { pixels: number; precision: number },
): number {
  const v = Math.max(mse, precision * precision);
  return pixels * (mse / (2 * v) + gaussianNats(v, precision)) / LN2;
}

/**
 * Bits per image of a Gaussian with the given variances along its principal
 * axes (probabilistic PCA with all axes), at precision δ: the best linear code.
 */
export function gaussianBits(
  variances: ArrayLike<number>,
  precision: number,
): number {
  let nats = 0;
  for (let i = 0; i < variances.length; i++) {
    const v = Math.max(variances[i], precision * precision);
    nats += variances[i] / (2 * v) + gaussianNats(v, precision);
  }
  return nats / LN2;
}
