/**
 * How well the outputs of two modules agree, and what they tell of the hidden
 * cause: correlations, means given the cause, and correlation ratios.
 *
 * @module
 */
import type { Floats } from "../numeric/random.ts";
import {
  correlation,
  covariance,
  mean,
  variance,
} from "../numeric/statistics.ts";
import { jointInformation, jointOf } from "./gaussian_information.ts";

/** How two scalar readouts agree, with each other and with the cause. */
export interface AgreementMetrics {
  /** ½ ln[(V(a) + V(b)) / V(a − b)], nats. */
  difference: number;
  /** ½ ln[V(a + b) / V(a − b)], nats. */
  sumDifference: number;
  /** −½ ln(1 − ρ²), nats. */
  gaussian: number;
  correlation: number;
  /** |corr(y, d)|, mean of both modules. */
  signed: number;
  /** |corr(y, |d|)|, mean of both modules. */
  unsigned: number;
  /** η²(y | d), mean of both modules. */
  etaSquared: number;
  varianceSum: number;
  varianceDifference: number;
}

/** All metrics of scalar outputs a and b with the cause of each pair. */
export function agreementMetrics(
  a: Floats,
  b: Floats,
  cause: Float64Array,
): AgreementMetrics {
  const joint = jointOf(a, b, 1).covariance;
  const gradient = new Float64Array(4);
  const magnitude = cause.map(Math.abs);
  const both = (f: (y: Floats) => number): number => (f(a) + f(b)) / 2;
  return {
    difference: jointInformation("difference", joint, gradient),
    sumDifference: jointInformation("sumDifference", joint, gradient),
    gaussian: jointInformation("gaussian", joint, gradient),
    correlation: correlation(a, b),
    signed: both((y) => Math.abs(correlation(y, cause))),
    unsigned: both((y) => Math.abs(correlation(y, magnitude))),
    etaSquared: both((y) => etaSquared(y, cause)),
    varianceSum: joint[0] + joint[3],
    varianceDifference: joint[0] + joint[3] - 2 * joint[1],
  };
}

/** Values of the cause in one bin, and the outputs there. */
export interface ConditionalMean {
  cause: number;
  mean: number;
  sd: number;
  n: number;
}

/**
 * E[y | d] in bins of equal width (one for each value where the cause takes at
 * most `bins` values). Empty bins are left out.
 */
export function conditionalMeans(
  y: Floats,
  cause: Float64Array,
  bins = 32,
): ConditionalMean[] {
  const sorted = Float64Array.from(cause).sort();
  const low = sorted[0];
  const high = sorted[sorted.length - 1];
  const values = new Set(sorted);
  const discrete = values.size <= bins;
  const groups = new Map<number, number[]>();
  for (let i = 0; i < y.length; i++) {
    const bin = Math.min(
      bins - 1,
      Math.floor(bins * (cause[i] - low) / (high - low)),
    );
    const key = discrete ? cause[i] : low + (bin + 0.5) * (high - low) / bins;
    const group = groups.get(key);
    if (group) group.push(y[i]);
    else groups.set(key, [y[i]]);
  }
  return [...groups.keys()].sort((p, q) => p - q).map((key) => {
    const group = groups.get(key)!;
    return {
      cause: key,
      mean: mean(group),
      sd: Math.sqrt(variance(group)),
      n: group.length,
    };
  });
}

/**
 * The correlation ratio η²(y | d) = V(E[y | d]) / V(y): how much of y any
 * function of the cause explains. Adjusted for the number of bins, so that it
 * is 0 on average where y knows nothing of d (Kelley's ε²).
 */
export function etaSquared(
  y: Floats,
  cause: Float64Array,
  bins = 32,
): number {
  const total = covariance(y, y);
  if (!(total > 0)) return 0;
  const groups = conditionalMeans(y, cause, bins);
  const within = groups.reduce((sum, g) => sum + g.n * g.sd * g.sd, 0);
  const n = y.length;
  return 1 - (within / (n - groups.length)) / (total * n / (n - 1));
}

/**
 * η² of codes of several numbers: the share of their variance, all entries
 * together, that lies between the classes. Not adjusted.
 *
 * @param codes n × k @param classes n
 */
export function correlationRatio(
  codes: Float64Array,
  classes: Float64Array,
): number {
  const n = classes.length;
  const k = codes.length / n;
  const groups = new Map<number, { count: number; sums: Float64Array }>();
  const total = { sums: new Float64Array(k), squares: 0 };
  for (let i = 0; i < n; i++) {
    let group = groups.get(classes[i]);
    if (!group) {
      group = { count: 0, sums: new Float64Array(k) };
      groups.set(classes[i], group);
    }
    group.count++;
    for (let j = 0; j < k; j++) {
      const z = codes[i * k + j];
      group.sums[j] += z;
      total.sums[j] += z;
      total.squares += z * z;
    }
  }
  const square = (x: Float64Array): number =>
    x.reduce((sum, value) => sum + value * value, 0);
  const grand = square(total.sums) / n;
  let between = -grand;
  for (const { count, sums } of groups.values()) {
    between += square(sums) / count;
  }
  const all = total.squares - grand;
  return all > 1e-12 ? between / all : 0;
}
