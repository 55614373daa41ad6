/**
 * What two codes of two views can be asked for: losses on a pair of code
 * arrays, each with its gradient.
 *
 * Codes a and b are batch × k, row-major, one row an example; row i of a and
 * row i of b see the same scene. A loss writes its gradient and answers its
 * value; all are minimised.
 *
 * Sources: Becker & Hinton (1992), Nature 355, 161–163 (Imax); van den Oord,
 * Li & Vinyals (2018), arXiv 1807.03748 (InfoNCE); Zbontar, Jing, Misra, LeCun
 * & Deny (2021), ICML (Barlow Twins); Chen & He (2021), CVPR (SimSiam); Bardes,
 * Ponce & LeCun (2022), ICLR (VICReg).
 *
 * @module
 */
import { bestLinearMap } from "../numeric/eigen.ts";
import { exp, log } from "../numeric/elementary.ts";
import {
  centred,
  columnMeans,
  covarianceMatrix,
  crossCovariance,
  product,
  transpose,
} from "../numeric/linear_algebra.ts";
import {
  varianceGradient,
  type VarianceObjective,
} from "./gaussian_information.ts";

/** Codes in, gradients out (overwritten). Answers the loss. */
export type CodeLoss = (
  a: Float64Array,
  b: Float64Array,
  k: number,
  out: CodeGrads,
) => number;

/** ∂loss/∂a and ∂loss/∂b, both batch × k. */
export interface CodeGrads {
  da: Float64Array;
  db: Float64Array;
}

/** Weights of the three terms of VICReg. */
export interface VicregWeights {
  /** Weight of the mean of (a − b)². */
  invariance: number;
  /** Weight of the hinge max(0, 1 − standard deviation). */
  variance: number;
  /** Weight of the squared covariances between entries of one code. */
  covariance: number;
}

/** The authors' weights (their released code). */
export const VICREG: Readonly<VicregWeights> = Object.freeze({
  invariance: 25,
  variance: 25,
  covariance: 1,
});

/** Added to a variance before its square root (their released code). */
const VICREG_EPSILON = 1e-4;

/**
 * Invariance, variance floor and covariance, as VICReg's authors compute them.
 * With the weights (1, 0, 0) it is naive agreement, with (25, 25, 0) agreement
 * above a variance floor.
 */
export function vicReg(weights: VicregWeights): CodeLoss {
  return (a, b, k, { da, db }) => {
    const scale = weights.invariance / a.length;
    let loss = 0;
    for (let i = 0; i < a.length; i++) {
      const difference = a[i] - b[i];
      loss += scale * difference * difference;
      da[i] = 2 * scale * difference;
      db[i] = -da[i];
    }
    if (weights.variance === 0 && weights.covariance === 0) return loss;
    return loss + spreadTerms(a, k, weights, da) +
      spreadTerms(b, k, weights, db);
  };
}

/** The terms of one code that keep it spread; adds their gradient to `d`. */
function spreadTerms(
  z: Float64Array,
  k: number,
  weights: VicregWeights,
  d: Float64Array,
): number {
  const n = z.length / k;
  const c = covarianceMatrix(z, n).map((value) => value * n / (n - 1));
  const pull = new Float64Array(k * k); // ∂loss/∂C, symmetric
  let loss = 0;
  for (let p = 0; p < k; p++) {
    const sd = Math.sqrt(c[p * k + p] + VICREG_EPSILON);
    if (sd < 1) {
      loss += weights.variance / (2 * k) * (1 - sd);
      pull[p * k + p] = -weights.variance / (4 * k * sd);
    }
    for (let q = 0; q < k; q++) {
      if (q === p) continue;
      loss += weights.covariance / k * c[p * k + q] * c[p * k + q];
      pull[p * k + q] = 2 * weights.covariance / k * c[p * k + q];
    }
  }
  const through = product(centred(z, n), pull, k);
  for (let i = 0; i < d.length; i++) d[i] += 2 * through[i] / (n - 1);
  return loss;
}

/**
 * Minus an objective of V(a), V(b) and cov(a, b), averaged over the k entries:
 * Imax of each entry by itself.
 */
export function varianceLoss(objective: VarianceObjective): CodeLoss {
  return (a, b, k, { da, db }) => {
    const n = a.length / k;
    const [x, y] = [centred(a, n), centred(b, n)];
    let loss = 0;
    for (let j = 0; j < k; j++) {
      let varA = 0;
      let varB = 0;
      let cov = 0;
      for (let i = j; i < x.length; i += k) {
        varA += x[i] * x[i];
        varB += y[i] * y[i];
        cov += x[i] * y[i];
      }
      const [value, gA, gB, gC] = varianceGradient(
        objective,
        varA / n,
        varB / n,
        cov / n,
      );
      loss -= value / k;
      for (let i = j; i < x.length; i += k) {
        da[i] = -(2 * gA * x[i] + gC * y[i]) / (n * k);
        db[i] = -(2 * gB * y[i] + gC * x[i]) / (n * k);
      }
    }
    return loss;
  };
}

/**
 * InfoNCE in both directions with the score −‖aᵢ − bⱼ‖² / 2τ: which of the
 * batch's b belongs to this a? At most ln(batch) below chance.
 */
export function infoNce(temperature = 1): CodeLoss {
  return (a, b, k, { da, db }) => {
    const n = a.length / k;
    const scores = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let distance = 0;
        for (let p = 0; p < k; p++) {
          const d = a[i * k + p] - b[j * k + p];
          distance += d * d;
        }
        scores[i * n + j] = -distance / (2 * temperature);
      }
    }
    const pull = new Float64Array(n * n); // ∂loss/∂score
    const exps = new Float64Array(n);
    let loss = 0;
    for (let i = 0; i < n; i++) {
      loss += crossEntropy(scores, pull, exps, i * n, 1, i);
      loss += crossEntropy(scores, pull, exps, i, n, i);
    }
    da.fill(0);
    db.fill(0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const g = pull[i * n + j] / temperature;
        for (let p = 0; p < k; p++) {
          const d = g * (a[i * k + p] - b[j * k + p]);
          da[i * k + p] -= d;
          db[j * k + p] += d;
        }
      }
    }
    return loss;
  };
}

/**
 * −ln softmax of entry `target` among n scores from `start` in steps of
 * `stride`, over 2n; adds its gradient to `pull`. `exps` is scratch of length n.
 */
function crossEntropy(
  scores: Float64Array,
  pull: Float64Array,
  exps: Float64Array,
  start: number,
  stride: number,
  target: number,
): number {
  const n = exps.length;
  let max = -Infinity;
  for (let j = 0; j < n; j++) {
    max = Math.max(max, scores[start + j * stride]);
  }
  let total = 0;
  for (let j = 0; j < n; j++) {
    exps[j] = exp(scores[start + j * stride] - max);
    total += exps[j];
  }
  const weight = 1 / (2 * n);
  for (let j = 0; j < n; j++) {
    pull[start + j * stride] += weight * exps[j] / total;
  }
  const own = start + target * stride;
  pull[own] -= weight;
  return weight * (max + log(total) - scores[own]);
}

/** Weight of the off-diagonal terms of Barlow Twins (the authors'). */
const BARLOW_LAMBDA = 0.0051;

/**
 * Barlow Twins: the correlation matrix of a's entries with b's is drawn to the
 * identity, Σ(1 − Cᵢᵢ)² + λ Σ Cᵢⱼ².
 */
export function barlowTwins(lambda = BARLOW_LAMBDA): CodeLoss {
  return (a, b, k, { da, db }) => {
    const n = a.length / k;
    const za = standardized(a, k);
    const zb = standardized(b, k);
    const c = crossCovariance(za.z, zb.z, n);
    let loss = 0;
    const pull = new Float64Array(k * k);
    for (let p = 0; p < k; p++) {
      for (let q = 0; q < k; q++) {
        const value = c[p * k + q];
        const apart = p === q ? value - 1 : value;
        const weight = p === q ? 1 : lambda;
        loss += weight * apart * apart;
        pull[p * k + q] = 2 * weight * apart / n;
      }
    }
    da.set(product(zb.z, transpose(pull, k), k));
    db.set(product(za.z, pull, k));
    throughStandardization(za, k, da);
    throughStandardization(zb, k, db);
    return loss;
  };
}

interface Standardized {
  z: Float64Array;
  sd: Float64Array;
}

function standardized(x: Float64Array, k: number): Standardized {
  const n = x.length / k;
  const z = centred(x, n);
  const sd = new Float64Array(k);
  for (let i = 0; i < z.length; i++) sd[i % k] += z[i] * z[i] / n;
  for (let j = 0; j < k; j++) sd[j] = Math.sqrt(sd[j]);
  return { z: z.map((value, i) => value / sd[i % k]), sd };
}

/** Turns ∂loss/∂z into ∂loss/∂x, in place, for z standardised columns of x. */
function throughStandardization(
  { z, sd }: Standardized,
  k: number,
  d: Float64Array,
): void {
  const n = z.length / k;
  const away = centred(d, n);
  const along = new Float64Array(k);
  for (let i = 0; i < z.length; i++) along[i % k] += d[i] * z[i] / n;
  for (let i = 0; i < z.length; i++) {
    d[i] = (away[i] - z[i] * along[i % k]) / sd[i % k];
  }
}

/** Whether the target of a prediction passes gradient. */
export interface SimSiamOptions {
  stopGradient: boolean;
}

/**
 * SimSiam with the best linear predictor: P a predicts b and Q b predicts a,
 * squared error about the means, averaged over entries and both directions.
 *
 * The predictor is not learned but solved for at each step, the limit that
 * Chen & He's analysis assumes; squared error stands for their cosine, which
 * is ±1 for a code of one number. With the stop the target passes no gradient.
 */
export function simSiam({ stopGradient }: SimSiamOptions): CodeLoss {
  return (a, b, k, { da, db }) => {
    da.fill(0);
    db.fill(0);
    return predictBest(a, b, k, da, stopGradient ? null : db) +
      predictBest(b, a, k, db, stopGradient ? null : da);
  };
}

/** Half the error of the best linear prediction of `to` by `from`. */
function predictBest(
  from: Float64Array,
  to: Float64Array,
  k: number,
  dFrom: Float64Array,
  dTo: Float64Array | null,
): number {
  const n = from.length / k;
  const p = bestLinearMap(from, to, n);
  const meansFrom = columnMeans(from, n);
  const meansTo = columnMeans(to, n);
  const scale = 1 / (2 * n * k);
  const error = new Float64Array(k);
  let loss = 0;
  for (let i = 0; i < n; i++) {
    for (let q = 0; q < k; q++) {
      let sum = meansTo[q] - to[i * k + q];
      for (let r = 0; r < k; r++) {
        sum += p[r * k + q] * (from[i * k + r] - meansFrom[r]);
      }
      error[q] = sum;
      loss += scale * sum * sum;
      if (dTo) dTo[i * k + q] -= 2 * scale * sum;
    }
    for (let r = 0; r < k; r++) {
      let sum = 0;
      for (let q = 0; q < k; q++) sum += p[r * k + q] * error[q];
      dFrom[i * k + r] += 2 * scale * sum;
    }
  }
  return loss;
}

/**
 * The weight ν of VICReg's covariance term from which on two copies of the first
 * cause cost more than an entry for each of two causes. Linear codes of unit
 * variance that carry the canonical correlation ρ are 2(1 − ρ) apart: copies
 * save λ(ρ₁ − ρ₂) of the distance, and pay 2ν for their covariance.
 *
 * @param rho ρ₁ and ρ₂, the larger first
 */
export function copiesStopPaying(
  [rho1, rho2]: readonly number[],
  { invariance } = VICREG,
): number {
  return invariance * (rho1 - rho2) / 2;
}

/**
 * How strongly the two entries correlate at the weight ν where the loss is
 * least. They may hold the causes as cos θ and ± sin θ, for
 * 2λ(ρ₁ − ρ₂) sin²θ + 2ν cos²2θ, which is least at cos 2θ = λ(ρ₁ − ρ₂) / 4ν:
 * copies part from half of `copiesStopPaying` on, and correlate by ½ at it.
 */
export function copiesCorrelate(
  rho: readonly number[],
  covariance: number,
  loss = VICREG,
): number {
  return Math.min(1, copiesStopPaying(rho, loss) / (2 * covariance));
}
