/**
 * Eigenvalues of small symmetric matrices and what follows from them:
 * canonical correlations and effective rank. Plain float64 arrays, row-major;
 * fixed order of operations, so the same bits everywhere.
 *
 * @module
 */
import { exp, log } from "./elementary.ts";
import {
  covarianceMatrix,
  crossCovariance,
  product,
  productTN,
  transpose,
} from "./linear_algebra.ts";

/** Eigenvalues, largest first, with unit eigenvectors. */
export interface Eigen {
  values: Float64Array;
  /** n × n: row i is the eigenvector of values[i]. */
  vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi rotations.
 *
 * @param matrix n × n; only its symmetric part counts
 * @throws {RangeError} if the length is not n²
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): Eigen {
  if (matrix.length !== n * n) {
    throw new RangeError(
      "Cannot take eigenvalues as the matrix must have n² entries: current " +
        `value is ${matrix.length} for n = ${n}`,
    );
  }
  const m = Float64Array.from(
    { length: n * n },
    (_, i) => (matrix[i] + matrix[(i % n) * n + Math.floor(i / n)]) / 2,
  );
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < 60 && !isDiagonal(m, n); sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) rotate(m, v, n, p, q);
    }
  }
  const order = Array.from({ length: n }, (_, i) => i)
    .sort((i, j) => m[j * n + j] - m[i * n + i]);
  return {
    values: Float64Array.from(order, (i) => m[i * n + i]),
    vectors: Float64Array.from(
      { length: n * n },
      (_, i) => v[order[Math.floor(i / n)] * n + i % n],
    ),
  };
}

function isDiagonal(m: Float64Array, n: number): boolean {
  let off = 0;
  let all = 0;
  for (let i = 0; i < m.length; i++) {
    all += m[i] * m[i];
    if (i % (n + 1) !== 0) off += m[i] * m[i];
  }
  return off <= 1e-30 * all;
}

/** Zeroes m[p][q] by a rotation, and turns the rows of `v` with it. In place. */
function rotate(
  m: Float64Array,
  v: Float64Array,
  n: number,
  p: number,
  q: number,
): void {
  const off = m[p * n + q];
  if (off === 0) return;
  const half = (m[q * n + q] - m[p * n + p]) / (2 * off);
  const sign = half >= 0 ? 1 : -1;
  const t = sign / (Math.abs(half) + Math.sqrt(half * half + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const turn = (values: Float64Array, i: number, j: number): void => {
    const x = values[i];
    const y = values[j];
    values[i] = c * x - s * y;
    values[j] = s * x + c * y;
  };
  for (let k = 0; k < n; k++) turn(m, k * n + p, k * n + q);
  for (let k = 0; k < n; k++) {
    turn(m, p * n + k, q * n + k);
    turn(v, p * n + k, q * n + k);
  }
}

/** S^power of a symmetric positive definite n × n matrix. */
function symmetricPower(
  s: Float64Array,
  n: number,
  power: (value: number) => number,
): Float64Array {
  const { values, vectors } = symmetricEigen(s, n);
  const scaled = vectors.map((x, i) => power(values[Math.floor(i / n)]) * x);
  return productTN(scaled, vectors, n);
}

/** The inverse of a symmetric positive definite n × n matrix. */
export function inverse(s: Float64Array, n: number): Float64Array {
  return symmetricPower(s, n, (value) => 1 / value);
}

/** Added to the covariance that a least-squares map inverts. */
const RIDGE = 1e-9;

/** Σ⁻¹C and C, with the covariance Σ of `from` plus `ridge` on its diagonal. */
function regression(
  from: Float64Array,
  to: Float64Array,
  rows: number,
  ridge: number,
): { map: Float64Array; cross: Float64Array } {
  const k = from.length / rows;
  const s = covarianceMatrix(from, rows);
  for (let i = 0; i < k; i++) s[i * k + i] += ridge;
  const cross = crossCovariance(from, to, rows);
  return { map: product(inverse(s, k), cross, k), cross };
}

/**
 * The least-squares map from the columns of `from` to those of `to`, about the
 * means: Σ⁻¹C, columns of `from` × columns of `to`.
 */
export function bestLinearMap(
  from: Float64Array,
  to: Float64Array,
  rows: number,
): Float64Array {
  return regression(from, to, rows, RIDGE).map;
}

/**
 * The share of the variance of the columns of `to` (rows × k) that the best
 * linear reader of `from` explains, in sample, where each entry of `from` is
 * read with independent noise of the given standard deviation: R². A code that
 * has shrunk below the noise tells nothing, whatever its direction.
 */
export function linearR2(
  from: Float64Array,
  to: Float64Array,
  rows: number,
  noise: number,
): number {
  const k = from.length / rows;
  const outputs = to.length / rows;
  const { map, cross } = regression(from, to, rows, noise * noise);
  const spreads = covarianceMatrix(to, rows);
  let explained = 0;
  let total = 0;
  for (let q = 0; q < outputs; q++) {
    total += spreads[q * outputs + q];
    for (let r = 0; r < k; r++) {
      explained += map[r * outputs + q] * cross[r * outputs + q];
    }
  }
  return explained / total;
}

/** Canonical correlations and the directions that reach them. */
export interface Canonical {
  /** Correlations, largest first. */
  correlations: Float64Array;
  /** Row i weighs the first view so that the code has variance 1. */
  first: Float64Array;
  /** Row i weighs the second view. */
  second: Float64Array;
}

/**
 * Canonical correlations (Hotelling 1936) of two views of p entries each: the
 * singular values of Σ_A^(−½) C Σ_B^(−½).
 *
 * @param covarianceA p × p @param covarianceB p × p
 * @param cross p × p: rows of the first view, columns of the second
 */
export function canonicalCorrelations(
  covarianceA: Float64Array,
  covarianceB: Float64Array,
  cross: Float64Array,
  p: number,
): Canonical {
  const rootA = symmetricPower(covarianceA, p, (v) => 1 / Math.sqrt(v));
  const rootB = symmetricPower(covarianceB, p, (v) => 1 / Math.sqrt(v));
  const k = product(product(rootA, cross, p), rootB, p);
  const kkt = product(k, transpose(k, p), p);
  const { values, vectors } = symmetricEigen(kkt, p);
  const correlations = Float64Array.from(
    values,
    (value) => Math.sqrt(Math.max(0, value)),
  );
  const turned = product(vectors, k, p); // row i: correlation i × right vector
  for (let i = 0; i < p * p; i++) {
    const rho = correlations[Math.floor(i / p)];
    turned[i] = rho > 0 ? turned[i] / rho : 0;
  }
  return {
    correlations,
    first: product(vectors, rootA, p),
    second: product(turned, rootB, p),
  };
}

/**
 * The singular values of a centred `rows` × k array over √rows, largest first:
 * the standard deviations along its principal axes.
 */
export function spread(codes: Float64Array, rows: number): Float64Array {
  const k = codes.length / rows;
  const { values } = symmetricEigen(covarianceMatrix(codes, rows), k);
  return values.map((value) => Math.sqrt(Math.max(0, value)));
}

/**
 * The effective rank of Roy & Vetterli (2007): e to the entropy of the
 * singular values over their sum. k for equal spread in k directions, 1 for a
 * line; 0 where nothing is spread at all.
 */
export function effectiveRank(singularValues: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < singularValues.length; i++) total += singularValues[i];
  if (!(total > 0)) return 0;
  let entropy = 0;
  for (let i = 0; i < singularValues.length; i++) {
    const p = singularValues[i] / total;
    if (p > 0) entropy -= p * log(p);
  }
  return exp(entropy);
}
