/**
 * Two samples of a metric compared: the difference of their means with a
 * bootstrap interval and a test. Where both were made from the same seeds the
 * seeds are pairs.
 *
 * @module
 */
import { integer, type Rng } from "../numeric/random.ts";
import { bootstrapInterval, mean, quantile } from "../numeric/statistics.ts";

/** What a comparison finds; differences are b − a. */
export interface Comparison {
  difference: number;
  /** The 95 % bootstrap interval of the difference. */
  low: number;
  high: number;
  /**
   * Probability, were there no difference, of one at least as large; null
   * where there are fewer than two pairs.
   */
  p: number | null;
  /** Pairs compared; 0 where the samples were compared unpaired. */
  pairs: number;
}

/** Largest number of pairs whose sign flips are all tried. */
const EXACT = 14;

/**
 * Probability that the mean of `differences` is at least as far from 0 when
 * each sign is a fair coin's (Fisher's randomisation test, two-sided). Exact
 * up to 14 differences, else from `resamples` random flips.
 */
export function signFlipTest(
  rng: Rng,
  differences: readonly number[],
  resamples = 20_000,
): number {
  const n = differences.length;
  const observed = Math.abs(differences.reduce((a, b) => a + b, 0));
  // Sums that are equal but for rounding count as equal.
  const slack = 1e-12 * differences.reduce((a, b) => a + Math.abs(b), 0);
  const exact = n <= EXACT;
  const trials = exact ? 1 << n : resamples;
  let extreme = 0;
  for (let trial = 0; trial < trials; trial++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const flip = exact ? (trial >> i) & 1 : integer(rng, 2);
      sum += flip ? -differences[i] : differences[i];
    }
    if (Math.abs(sum) >= observed - slack) extreme++;
  }
  // The observed signs are one of the random arrangements.
  return exact ? extreme / trials : (extreme + 1) / (trials + 1);
}

/** Compares pairs: `differences[i]` is b − a of the i-th seed. */
export function comparePairs(
  rng: Rng,
  differences: readonly number[],
): Comparison {
  const { low, high } = bootstrapInterval(rng, differences);
  const pairs = differences.length;
  return {
    difference: mean(differences),
    low,
    high,
    p: pairs < 2 ? null : signFlipTest(rng, differences),
    pairs,
  };
}

/** Compares two samples whose members do not belong together. */
export function compareSamples(
  rng: Rng,
  a: readonly number[],
  b: readonly number[],
): Comparison {
  const resamples = 2000;
  const draw = (values: readonly number[]): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      sum += values[integer(rng, values.length)];
    }
    return sum / values.length;
  };
  const differences = Float64Array.from(
    { length: resamples },
    () => draw(b) - draw(a),
  );
  return {
    difference: mean(b) - mean(a),
    low: quantile(differences, 0.025),
    high: quantile(differences, 0.975),
    p: null,
    pairs: 0,
  };
}
