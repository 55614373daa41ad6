/**
 * Linear baselines: least squares with a small ridge, polynomial features,
 * principal components. Float64, row-major arrays, fixed order of operations.
 *
 * @module
 */
import { symmetricEigen } from "./eigen.ts";
import { columnMeans, covarianceMatrix, productTN } from "./linear_algebra.ts";
import { mean } from "./statistics.ts";

/** A linear map with intercept: y ≈ x W + b. */
export interface LinearFit {
  inputs: number;
  outputs: number;
  /** (inputs + 1) × outputs; the last row is the intercept. */
  weights: Float64Array;
}

/**
 * Solves S X = R for symmetric positive definite S by Cholesky's method, in
 * place: S becomes its factor, R the solution. Returns R.
 *
 * @param s n × n @param r n × m
 * @throws {RangeError} if S is not positive definite
 */
export function solvePositiveDefinite(
  s: Float64Array,
  r: Float64Array,
  n: number,
): Float64Array {
  const m = r.length / n;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = s[i * n + j];
      for (let k = 0; k < j; k++) sum -= s[i * n + k] * s[j * n + k];
      if (i > j) s[i * n + j] = sum / s[j * n + j];
      else if (sum > 0) s[i * n + i] = Math.sqrt(sum);
      else {
        throw new RangeError(
          "Cannot solve the normal equations as the matrix must be positive " +
            `definite: its pivot ${i} is ${sum} (a larger ridge helps)`,
        );
      }
    }
  }
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < m; c++) {
      let sum = r[i * m + c];
      for (let k = 0; k < i; k++) sum -= s[i * n + k] * r[k * m + c];
      r[i * m + c] = sum / s[i * n + i];
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let c = 0; c < m; c++) {
      let sum = r[i * m + c];
      for (let k = i + 1; k < n; k++) sum -= s[k * n + i] * r[k * m + c];
      r[i * m + c] = sum / s[i * n + i];
    }
  }
  return r;
}

/**
 * Fits y ≈ x W + b by least squares.
 *
 * @param x rows × inputs @param y rows × outputs
 * @param ridge added to the diagonal of the normal equations (not to the
 *   intercept's), as a share of its mean
 */
export function fitLinear(
  x: Float64Array,
  y: Float64Array,
  { rows, ridge = 1e-10 }: { rows: number; ridge?: number },
): LinearFit {
  const inputs = x.length / rows;
  const n = inputs + 1;
  const design = new Float64Array(rows * n).fill(1);
  for (let i = 0; i < rows; i++) {
    design.set(x.subarray(i * inputs, (i + 1) * inputs), i * n);
  }
  const gram = productTN(design, design, rows);
  const moment = productTN(design, y, rows);
  let trace = 0;
  for (let j = 0; j < inputs; j++) trace += gram[j * n + j];
  for (let j = 0; j < inputs; j++) gram[j * n + j] += ridge * trace / inputs;
  const weights = solvePositiveDefinite(gram, moment, n);
  return { inputs, outputs: y.length / rows, weights };
}

/** The fit's outputs for x, rows × outputs. */
export function predictLinear(
  { inputs, outputs, weights }: LinearFit,
  x: Float64Array,
): Float64Array {
  const rows = x.length / inputs;
  const y = new Float64Array(rows * outputs);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < outputs; c++) {
      let sum = weights[inputs * outputs + c];
      for (let j = 0; j < inputs; j++) {
        sum += x[i * inputs + j] * weights[j * outputs + c];
      }
      y[i * outputs + c] = sum;
    }
  }
  return y;
}

/** Column k of rows that are `width` numbers wide. */
export function columnOf(
  values: ArrayLike<number>,
  width: number,
  k: number,
): Float64Array {
  return Float64Array.from(
    { length: values.length / width },
    (_, i) => values[i * width + k],
  );
}

/** Squared error per number. */
export function meanSquaredError(a: Float64Array, b: Float64Array): number {
  return squaredError(a, b) / a.length;
}

function squaredError(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/** 1 − residual / total variance, for each output. */
export function rSquared(
  y: Float64Array,
  predicted: Float64Array,
  rows: number,
): Float64Array {
  const outputs = y.length / rows;
  return Float64Array.from({ length: outputs }, (_, c) => {
    const truth = columnOf(y, outputs, c);
    const left = squaredError(truth, columnOf(predicted, outputs, c));
    const total = squaredError(truth, truth.slice().fill(mean(truth)));
    return 1 - left / Math.max(total, 1e-12);
  });
}

/**
 * All monomials of degree 1 … `degree` of each row (without the constant,
 * which `fitLinear` adds): 3 columns give 3, 9 or 19.
 */
export function polynomialFeatures(
  x: Float64Array,
  { rows, degree }: { rows: number; degree: number },
): Float64Array {
  const k = x.length / rows;
  const terms: number[][] = [];
  const extend = (term: number[]): void => {
    if (term.length) terms.push(term);
    if (term.length === degree) return;
    for (let j = term[term.length - 1] ?? 0; j < k; j++) extend([...term, j]);
  };
  extend([]);
  const out = new Float64Array(rows * terms.length);
  for (let i = 0; i < rows; i++) {
    for (let t = 0; t < terms.length; t++) {
      let value = 1;
      for (const j of terms[t]) value *= x[i * k + j];
      out[i * terms.length + t] = value;
    }
  }
  return out;
}

/** R² of a polynomial readout, for each target, in-sample and held out. */
export interface Readout {
  inSample: Float64Array;
  heldOut: Float64Array;
}

/**
 * Fits a polynomial of the codes to the targets. "In-sample" scores the rows
 * that were fitted; "held out" fits the first half and scores the second.
 */
export function polynomialReadout(
  codes: Float64Array,
  targets: Float64Array,
  { rows, degree }: { rows: number; degree: number },
): Readout {
  const x = polynomialFeatures(codes, { rows, degree });
  const half = Math.floor(rows / 2);
  const inputs = x.length / rows;
  const outputs = targets.length / rows;
  const all = fitLinear(x, targets, { rows });
  const firstHalf = fitLinear(
    x.subarray(0, half * inputs),
    targets.subarray(0, half * outputs),
    { rows: half },
  );
  const unseen = targets.subarray(half * outputs);
  return {
    inSample: rSquared(targets, predictLinear(all, x), rows),
    heldOut: rSquared(
      unseen,
      predictLinear(firstHalf, x.subarray(half * inputs)),
      rows - half,
    ),
  };
}

/** Mean and principal components of a set of images. */
export interface PrincipalComponents {
  mean: Float64Array;
  /** Variances along the components, largest first. */
  variances: Float64Array;
  /** pixels × pixels: row i is component i. */
  components: Float64Array;
}

/** Principal components of rows × pixels numbers. */
export function principalComponents(
  images: Float64Array,
  rows: number,
): PrincipalComponents {
  const pixels = images.length / rows;
  const { values, vectors } = symmetricEigen(
    covarianceMatrix(images, rows),
    pixels,
  );
  return {
    mean: columnMeans(images, rows),
    variances: values,
    components: vectors,
  };
}

/**
 * Squared error per pixel when images are replaced by their mean plus their
 * projection on the first `count` components; 0 components is the mean image.
 */
export function projectionMse(
  { mean, components }: PrincipalComponents,
  images: Float64Array,
  count: number,
): number {
  const pixels = mean.length;
  const rest = new Float64Array(pixels);
  let sum = 0;
  for (let at = 0; at < images.length; at += pixels) {
    for (let p = 0; p < pixels; p++) rest[p] = images[at + p] - mean[p];
    for (let c = 0; c < count; c++) {
      const component = components.subarray(c * pixels, (c + 1) * pixels);
      let score = 0;
      for (let p = 0; p < pixels; p++) score += rest[p] * component[p];
      for (let p = 0; p < pixels; p++) rest[p] -= score * component[p];
    }
    for (let p = 0; p < pixels; p++) sum += rest[p] * rest[p];
  }
  return sum / images.length;
}
