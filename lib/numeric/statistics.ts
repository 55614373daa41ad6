/**
 * Descriptive statistics and bootstrap intervals. Float64, fixed order of
 * summation, so the same values give the same bits.
 *
 * @module
 */
import { atan2 } from "./elementary.ts";
import { integer, type Rng } from "./random.ts";

/** Anything with numbers at 0 … length − 1. */
export type Numbers = ArrayLike<number>;

/** The arithmetic mean; NaN for no values. */
export function mean(values: Numbers): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** The covariance with divisor n. @throws {TypeError} if lengths differ */
export function covariance(x: Numbers, y: Numbers): number {
  if (x.length !== y.length) {
    throw new TypeError(
      "Cannot take a covariance as both series must have the same length: " +
        `current lengths are ${x.length} and ${y.length}`,
    );
  }
  const meanX = mean(x);
  const meanY = mean(y);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] - meanX) * (y[i] - meanY);
  return sum / x.length;
}

/** The variance with divisor n, as the objectives here use it. */
export function variance(values: Numbers): number {
  return covariance(values, values);
}

/** The sample standard deviation (divisor n − 1); 0 for a single value. */
export function standardDeviation(values: Numbers): number {
  const n = values.length;
  return n === 1 ? 0 : Math.sqrt(variance(values) * n / (n - 1));
}

/** Pearson's correlation; 0 where one series does not vary. */
export function correlation(x: Numbers, y: Numbers): number {
  const scale = Math.sqrt(variance(x) * variance(y));
  return scale > 0 ? covariance(x, y) / scale : 0;
}

/**
 * The p-quantile with linear interpolation between order statistics (type 7).
 *
 * @throws {RangeError} if p is outside [0, 1] or there are no values
 */
export function quantile(values: Numbers, p: number): number {
  if (!(p >= 0 && p <= 1) || values.length === 0) {
    throw new RangeError(
      "Cannot take a quantile as p must be a number from 0 to 1 of at least " +
        `one value: current value is ${p} of ${values.length} values`,
    );
  }
  const sorted = Float64Array.from(values).sort();
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/** What a table shows of one metric over seeds. */
export interface Summary {
  mean: number;
  /** Sample standard deviation. */
  sd: number;
  min: number;
  max: number;
  n: number;
}

/** Mean, standard deviation and range of the values of several seeds. */
export function summarize(values: Numbers): Summary {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    min = Math.min(min, values[i]);
    max = Math.max(max, values[i]);
  }
  return {
    mean: mean(values),
    // The mean of equal values is rounded, and may miss them by a bit.
    sd: max > min ? standardDeviation(values) : 0,
    min,
    max,
    n: values.length,
  };
}

/** How a bootstrap interval is taken. */
export interface BootstrapOptions {
  /** Coverage; default 0.95. */
  level?: number;
  /** Number of resamples; default 2,000. */
  resamples?: number;
  /** The statistic; default the mean. */
  statistic?: (values: Float64Array) => number;
}

/** The percentile bootstrap interval of a statistic (Efron 1979). */
export function bootstrapInterval(
  rng: Rng,
  values: Numbers,
  options: BootstrapOptions = {},
): { low: number; high: number } {
  const { level = 0.95, resamples = 2000, statistic = mean } = options;
  const resample = new Float64Array(values.length);
  const statistics = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    for (let i = 0; i < resample.length; i++) {
      resample[i] = values[integer(rng, values.length)];
    }
    statistics[r] = statistic(resample);
  }
  return {
    low: quantile(statistics, (1 - level) / 2),
    high: quantile(statistics, (1 + level) / 2),
  };
}

/**
 * P(|T| ≤ t) for Student's T with `freedom` degrees of freedom, a whole number:
 * Abramowitz & Stegun, 26.7.3 and 26.7.4.
 */
function studentWithin(t: number, freedom: number): number {
  const cos2 = freedom / (freedom + t * t);
  const sin = t / Math.sqrt(freedom + t * t);
  const odd = freedom % 2;
  let term = odd ? Math.sqrt(cos2) : 1;
  let sum = 0;
  for (let k = odd; k <= freedom - 2; k += 2) {
    sum += term;
    term *= cos2 * (k + 1) / (k + 2);
  }
  if (!odd) return sin * sum;
  return (atan2(t, Math.sqrt(freedom)) + sin * sum) * 2 / Math.PI;
}

/**
 * The t within ± which Student's T lies with probability `level`.
 *
 * @param freedom degrees of freedom, a whole number from 1
 */
export function studentQuantile(freedom: number, level: number): number {
  let [low, high] = [0, 1];
  while (studentWithin(high, freedom) < level) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (studentWithin(middle, freedom) < level) low = middle;
    else high = middle;
  }
}

/**
 * Where one more value should fall, were it drawn as these were, from a normal
 * distribution: mean ± t · s · √(1 + 1/n), with probability `level`.
 *
 * @throws {RangeError} for fewer than two values
 */
export function predictionInterval(
  values: Numbers,
  level = 0.95,
): [low: number, high: number] {
  const n = values.length;
  if (n < 2) {
    throw new RangeError(
      "Cannot predict a value as there must be two others or more: current " +
        `number is ${n}`,
    );
  }
  const { mean, sd } = summarize(values);
  const reach = studentQuantile(n - 1, level) * sd * Math.sqrt(1 + 1 / n);
  return [mean - reach, mean + reach];
}

/** The least and the largest finite value of all columns; ∞ and −∞ for none. */
export function extent(...columns: readonly Numbers[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      if (!Number.isFinite(column[i])) continue;
      low = Math.min(low, column[i]);
      high = Math.max(high, column[i]);
    }
  }
  return [low, high];
}
