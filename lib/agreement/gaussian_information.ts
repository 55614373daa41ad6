/**
 * The information that two views share, of outputs taken as Gaussian, with its
 * gradients.
 *
 * Three quantities pass for "the mutual information" of the outputs a and b of
 * two modules; in brackets what they are at equal variances and correlation ρ:
 *
 * 1. `difference`:    ½ ln[(V(a) + V(b)) / V(a − b)]   (−½ ln(1 − ρ)), the
 *    reference program's and the tutorial's;
 * 2. `sumDifference`: ½ ln[V(a + b) / V(a − b)]         (artanh ρ), of Becker &
 *    Hinton (1992): what the mean of a and b tells of their signal;
 * 3. `gaussian`:      −½ ln(1 − ρ²), the mutual information I(a; b) itself.
 *
 * Of one output a module, `information` and `varianceGradient` are their
 * closed forms in V(a), V(b) and cov(a, b).
 *
 * Of k outputs, a variance becomes a covariance matrix and its logarithm a
 * log-determinant: `jointInformation`. It is a function of the joint covariance
 * J of (a, b) alone, so its gradient is one symmetric matrix G = ∂I/∂J, and
 *
 * 4. ∂I/∂(a, b) = (2/n) · (centred a, b) · G.
 *
 * @module
 */
import { atanh, log, log1p } from "../numeric/elementary.ts";
import { centred, meanProducts } from "../numeric/linear_algebra.ts";
import type { Floats } from "../numeric/random.ts";

/** The three quantities (1), (2) and (3). */
export type Convention = "difference" | "sumDifference" | "gaussian";

/** Their names, for checks and tables. */
export const CONVENTIONS: readonly Convention[] = [
  "difference",
  "sumDifference",
  "gaussian",
];

/** (1), (2) and (3) from variances and covariance, in nats. */
export function information(
  varA: number,
  varB: number,
  cov: number,
): Record<Convention, number> {
  const total = varA + varB;
  return {
    difference: -0.5 * log1p(-2 * cov / total),
    sumDifference: atanh(2 * cov / total),
    gaussian: -0.5 * log1p(-cov * cov / (varA * varB)),
  };
}

/** A convention, or 4 cov(a, b) = V(a + b) − V(a − b), which has no optimum. */
export type VarianceObjective = Convention | "covariance";

/** An objective and its derivatives by V(a), V(b) and cov(a, b). */
export function varianceGradient(
  objective: VarianceObjective,
  varA: number,
  varB: number,
  cov: number,
): [value: number, dVarA: number, dVarB: number, dCov: number] {
  if (objective === "covariance") return [4 * cov, 0, 0, 4];
  const value = information(varA, varB, cov)[objective];
  if (objective === "gaussian") {
    const r = cov * cov / (varA * varB);
    const share = 0.5 * r / (1 - r);
    const dCov = cov / (varA * varB) / (1 - r);
    return [value, -share / varA, -share / varB, dCov];
  }
  const total = varA + varB;
  const apart = total - 2 * cov;
  if (objective === "difference") {
    const g = 0.5 * (1 / total - 1 / apart);
    return [value, g, g, 1 / apart];
  }
  const together = total + 2 * cov;
  const g = 0.5 * (1 / together - 1 / apart);
  return [value, g, g, 1 / together + 1 / apart];
}

/** The outputs of two modules, k numbers each, as one array. */
export interface Joint {
  /** n × 2k: a, then b, less the means. */
  centred: Float64Array;
  /** J, 2k × 2k, divisor n. */
  covariance: Float64Array;
}

/** Joins n × k outputs a and b. */
export function jointOf(a: Floats, b: Floats, k: number): Joint {
  const n = a.length / k;
  const both = new Float64Array(2 * n * k);
  for (let i = 0; i < a.length; i++) {
    const at = i + k * Math.floor(i / k);
    both[at] = a[i];
    both[at + k] = b[i];
  }
  const about = centred(both, n);
  return { centred: about, covariance: meanProducts(about, n) };
}

/** Added to each variance, as the reference does, to keep logarithms finite. */
export const EPSILON = 1e-6;

/**
 * A convention in nats as a function of J (2k × 2k), and its gradient ∂I/∂J,
 * written to `gradient`.
 */
export function jointInformation(
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
 * −∂I/∂a and −∂I/∂b, what a descent needs, by (4) from the centred outputs of
 * the batch and the gradient G of `jointInformation`.
 */
export function jointInformationBackward(
  { da, db }: Pick<Outputs, "da" | "db">,
  { centred: x }: Pick<Joint, "centred">,
  gradient: Float64Array,
): void {
  const size = Math.round(Math.sqrt(gradient.length));
  const k = size / 2;
  const n = da.length / k;
  for (let i = 0; i < n; i++) {
    const [a, b] = [i * size, i * size + k]; // of this pair, in x
    for (let q = 0; q < k; q++) {
      let sumA = 0;
      let sumB = 0;
      for (let p = 0; p < k; p++) {
        const [fromA, fromB] = [p * size + q, (k + p) * size + q];
        sumA += x[a + p] * gradient[fromA] + x[b + p] * gradient[fromB];
        sumB += x[a + p] * gradient[fromA + k] + x[b + p] * gradient[fromB + k];
      }
      da[i * k + q] = -2 / n * sumA;
      db[i * k + q] = -2 / n * sumB;
    }
  }
}

/** Outputs of two modules, n × k each, and the gradients of a loss by them. */
export interface Outputs {
  a: Floats;
  b: Floats;
  da: Floats;
  db: Floats;
}

/**
 * A loss on the outputs of two modules: each call writes da and db for the
 * present a and b, and returns −I.
 *
 * @param k outputs a module
 * @param memory share of the past in the running covariance that I is of, in
 *   [0, 1); 0 is the batch alone
 */
export function informationLoss(
  convention: Convention,
  outputs: Outputs,
  { k, memory }: { k: number; memory: number },
): () => number {
  const gradient = new Float64Array(4 * k * k);
  const running = new Float64Array(4 * k * k);
  let past = 0; // total weight in `running`
  return () => {
    const joint = jointOf(outputs.a, outputs.b, k);
    past = memory * past + 1;
    for (let i = 0; i < running.length; i++) {
      running[i] += (joint.covariance[i] - running[i]) / past;
    }
    const value = jointInformation(convention, running, gradient);
    jointInformationBackward(outputs, joint, gradient);
    return -value;
  };
}
