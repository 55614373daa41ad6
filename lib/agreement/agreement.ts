/**
 * Objectives of agreement between two views, with their gradients.
 *
 * Three quantities pass for "the mutual information" of the outputs a and b of
 * two modules. All treat a and b as Gaussian; with equal variances and
 * correlation ρ they are
 *
 * - `difference`:    ½ ln[(V(a) + V(b)) / V(a − b)] = −½ ln(1 − ρ), the
 *   reference program's;
 * - `sumDifference`: ½ ln[V(a + b) / V(a − b)] = artanh ρ, of Becker & Hinton
 *   (1992): the information that the mean of a and b gives about their signal;
 * - `gaussian`:      −½ ln(1 − ρ²), the mutual information I(a; b) itself.
 *
 * With several outputs a module, a variance becomes a covariance matrix and
 * its logarithm a log-determinant. Every objective is a function of the joint
 * covariance J of (a, b) alone, so its gradient is one symmetric matrix
 * G = ∂I/∂J, and ∂I/∂(a, b) = (2/n) · (centred a, b) · G.
 *
 * @module
 */
import { log } from "../numeric/elementary.ts";
import type { Floats } from "../numeric/random.ts";
import {
  correlation,
  covariance,
  mean,
  variance,
} from "../numeric/statistics.ts";
import { atanh } from "../numeric/elementary.ts";

/** The three conventions. */
export type Convention = "difference" | "sumDifference" | "gaussian";

/** Their names, for checks and tables. */
export const CONVENTIONS: readonly Convention[] = [
  "difference",
  "sumDifference",
  "gaussian",
];

/** What scalar outputs of correlation ρ and equal variances reach, in nats. */
export function natsAt(convention: Convention, rho: number): number {
  if (convention === "difference") return -0.5 * log(1 - rho);
  return convention === "sumDifference"
    ? atanh(rho)
    : -0.5 * log(1 - rho * rho);
}

/** Means and joint covariance of two outputs of k numbers each. */
export interface Moments {
  /** 2k: the means of a, then of b. */
  mean: Float64Array;
  /** 2k × 2k, divisor n. */
  joint: Float64Array;
}

/** Moments of n × k outputs a and b, in fixed order; fills `out`. */
export function jointMoments(
  a: Floats,
  b: Floats,
  out: Moments,
): Moments {
  const { mean, joint } = out;
  const k = mean.length / 2;
  const n = a.length / k;
  mean.fill(0);
  joint.fill(0);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < k; p++) {
      mean[p] += a[i * k + p];
      mean[k + p] += b[i * k + p];
    }
  }
  for (let p = 0; p < 2 * k; p++) mean[p] /= n;
  for (let p = 0; p < 2 * k; p++) {
    const x = p < k ? a : b;
    for (let q = p; q < 2 * k; q++) {
      const y = q < k ? a : b;
      const px = p % k, qy = q % k;
      let sum = 0;
      for (let i = 0; i < n; i++) {
        sum += (x[i * k + px] - mean[p]) * (y[i * k + qy] - mean[q]);
      }
      joint[p * 2 * k + q] = joint[q * 2 * k + p] = sum / n;
    }
  }
  return out;
}

/** Room for the moments of outputs of k numbers. */
export function newMoments(k: number): Moments {
  return {
    mean: new Float64Array(2 * k),
    joint: new Float64Array(4 * k * k),
  };
}

/** Added to each variance, as the reference does, to keep logarithms finite. */
export const EPSILON = 1e-6;

/**
 * The objective in nats as a function of the joint covariance (2k × 2k), and
 * its gradient ∂I/∂J, written to `gradient`.
 */
export function agreement(
  convention: Convention,
  joint: Float64Array,
  gradient: Float64Array,
): number {
  const size = Math.round(Math.sqrt(joint.length));
  const k = size / 2;
  gradient.fill(0);
  let total = 0;
  // Adds sign · ½ ln det C, with C = Σ over blocks (r, c) of weight · J[r, c].
  const addTerm = (sign: number, blocks: readonly Block[]): void => {
    const c = new Float64Array(k * k);
    for (const [row, col, weight] of blocks) {
      for (let p = 0; p < k; p++) {
        for (let q = 0; q < k; q++) {
          c[p * k + q] += weight * joint[(row * k + p) * size + col * k + q];
        }
      }
    }
    total += sign * 0.5 * invertInPlace(c, k);
    for (const [row, col, weight] of blocks) {
      for (let p = 0; p < k; p++) {
        for (let q = 0; q < k; q++) {
          gradient[(row * k + p) * size + col * k + q] += sign * 0.5 * weight *
            c[p * k + q];
        }
      }
    }
  };
  if (convention === "gaussian") {
    addTerm(1, VIEW_A);
    addTerm(1, VIEW_B);
    const inverse = Float64Array.from(joint);
    total -= 0.5 * invertInPlace(inverse, size);
    for (let i = 0; i < inverse.length; i++) gradient[i] -= 0.5 * inverse[i];
    return total;
  }
  addTerm(1, convention === "difference" ? BOTH : SUM);
  addTerm(-1, DIFFERENCE);
  return total;
}

type Block = readonly [row: number, col: number, weight: number];
const VIEW_A: readonly Block[] = [[0, 0, 1]];
const VIEW_B: readonly Block[] = [[1, 1, 1]];
const BOTH: readonly Block[] = [[0, 0, 1], [1, 1, 1]];
const SUM: readonly Block[] = [...BOTH, [0, 1, 1], [1, 0, 1]];
const DIFFERENCE: readonly Block[] = [...BOTH, [0, 1, -1], [1, 0, -1]];

// Replaces a symmetric positive matrix, plus EPSILON on its diagonal, by its
// inverse (Gauss and Jordan, no pivoting). Returns ln det.
function invertInPlace(c: Float64Array, k: number): number {
  let logDet = 0;
  for (let p = 0; p < k; p++) c[p * k + p] += EPSILON;
  for (let p = 0; p < k; p++) {
    const pivot = c[p * k + p];
    logDet += log(pivot);
    c[p * k + p] = 1;
    for (let q = 0; q < k; q++) c[p * k + q] /= pivot;
    for (let r = 0; r < k; r++) {
      if (r === p) continue;
      const factor = c[r * k + p];
      c[r * k + p] = 0;
      for (let q = 0; q < k; q++) c[r * k + q] -= factor * c[p * k + q];
    }
  }
  return logDet;
}

/**
 * −∂I/∂a and −∂I/∂b, what a descent needs, from the moments of the batch and
 * the gradient G of `agreement`: −(2/n) · (centred a, b) · G.
 */
export function agreementBackward(
  outputs: { a: Floats; b: Floats; da: Floats; db: Floats },
  { mean }: Moments,
  gradient: Float64Array,
): void {
  const { a, b, da, db } = outputs;
  const size = mean.length;
  const k = size / 2;
  const n = a.length / k;
  for (let q = 0; q < size; q++) {
    const out = q < k ? da : db;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += (a[i * k + p] - mean[p]) * gradient[p * size + q] +
          (b[i * k + p] - mean[k + p]) * gradient[(k + p) * size + q];
      }
      out[i * k + (q % k)] = -2 / n * sum;
    }
  }
}

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
  const { joint } = jointMoments(a, b, newMoments(1));
  const gradient = new Float64Array(4);
  const magnitude = cause.map(Math.abs);
  const both = (f: (y: Floats) => number): number => (f(a) + f(b)) / 2;
  return {
    difference: agreement("difference", joint, gradient),
    sumDifference: agreement("sumDifference", joint, gradient),
    gaussian: agreement("gaussian", joint, gradient),
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
