/**
 * All images of a small world with the hidden cause that made them, and what
 * they set as limits.
 *
 * @module
 */
import { log2 } from "../../lib/numeric/elementary.ts";

/** Every distinct image of a world with its probabilities. */
export interface CauseImages {
  /** Number of distinct images. */
  count: number;
  /** Pixels, images × pixels, 0 or 1. */
  pixels: Uint8Array;
  /** Probability of each image. */
  probability: Float64Array;
  /** Joint probability of image and value of the cause, images × values. */
  joint: Float64Array;
}

/** The entropy of the images in bits: no model's NLL is below it. */
export function entropyBits(
  { probability }: Pick<CauseImages, "probability">,
): number {
  return probability.reduce((sum, p) => p > 0 ? sum - p * log2(p) : sum, 0);
}

/**
 * −log₂ of the probability of each pattern, bits; its mean over drawn patterns
 * differs from the entropy by how rare they happen to be.
 *
 * @param patterns images of the world in rows
 */
export function surpriseBits(
  { count, pixels, probability }: CauseImages,
  patterns: Uint8Array,
): Float64Array {
  const size = pixels.length / count;
  const keys = (rows: Uint8Array): string[] =>
    Array.from(
      { length: rows.length / size },
      (_, k) => rows.subarray(k * size, (k + 1) * size).join(""),
    );
  const index = new Map(keys(pixels).map((key, k) => [key, k]));
  return Float64Array.from(
    keys(patterns),
    (key) => -log2(probability[index.get(key)!]),
  );
}

/** Joint probabilities of one image after the other. */
function rowsOf({ count, joint }: CauseImages): Float64Array[] {
  const values = joint.length / count;
  return Array.from(
    { length: count },
    (_, i) => joint.subarray(i * values, (i + 1) * values),
  );
}

/** The accuracy of the best possible guess of the cause from the image. */
export function bayesAccuracy(images: CauseImages): number {
  return rowsOf(images).reduce((sum, row) => sum + Math.max(...row), 0);
}

/** The images whose cause cannot be told: more than one value has made them. */
export function ambiguousImages(images: CauseImages): number[] {
  return rowsOf(images).flatMap((row, i) =>
    row.filter((p) => p > 0).length > 1 ? [i] : []
  );
}
