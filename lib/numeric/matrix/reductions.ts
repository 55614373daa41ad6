/**
 * Sums, means and covariances, in one fixed order of summation.
 *
 * @module
 */
import { scale } from "./elementwise.ts";
import { check, checkSame, checkShape } from "./shapes.ts";
import { isSize, type Matrix, shape } from "./workspace.ts";

/** Sums over the rows of a, into or onto out. */
export type ColumnSums = (a: Matrix, out: Matrix) => Matrix;

/** Σ aᵢ, summed in float64 in a fixed order. */
export function sum(a: Matrix): number {
  return a.workspace.kernels.sum(a.pointer, a.data.length);
}

/** Σ aᵢ·bᵢ, summed in float64 in a fixed order. */
export function dot(a: Matrix, b: Matrix): number {
  checkSame("dot", a, b);
  return a.workspace.kernels.dot(a.pointer, b.pointer, a.data.length);
}

/** Σ aᵢ². */
export function sumOfSquares(a: Matrix): number {
  return dot(a, a);
}

/** out (m × 1) = the sum of each row. */
export function rowSums(a: Matrix, out: Matrix): Matrix {
  const fits = out.rows === a.rows && out.cols === 1;
  check(fits, "rowSums", "out must be a.rows × 1", a, out);
  a.workspace.kernels.rowSums(a.pointer, out.pointer, a.rows, a.cols);
  return out;
}

function sumColumns(name: string, accumulate: 0 | 1): ColumnSums {
  return (a, out) => {
    const fits = out.rows === 1 && out.cols === a.cols;
    check(fits, name, "out must be 1 × a.cols", a, out);
    const { kernels } = a.workspace;
    kernels.columnSums(a.pointer, out.pointer, a.rows, a.cols, accumulate);
    return out;
  };
}

/** out (1 × n) = the sum of each column: bias gradients. */
export const columnSums: ColumnSums = sumColumns("columnSums", 0);

/** out (1 × n) += the sum of each column. */
export const addColumnSums: ColumnSums = sumColumns("addColumnSums", 1);

/** out (1 × n) = the mean of each column. */
export function columnMeans(a: Matrix, out: Matrix): Matrix {
  columnSums(a, out);
  return scale(1 / a.rows, out, out);
}

/** Mean of column j, over the rows. */
export function columnMean(a: Matrix, j: number): number {
  const column = columnPointer("columnMean", a, j);
  return a.workspace.kernels.mean(column, a.cols, a.rows);
}

/** Variance of column j (divided by the number of rows). */
export function columnVariance(a: Matrix, j: number): number {
  return columnCovariance(a, j, a, j);
}

/** Covariance of column j of a and column k of b (divided by the rows). */
export function columnCovariance(
  a: Matrix,
  j: number,
  b: Matrix,
  k: number,
): number {
  const action = "columnCovariance";
  check(a.rows === b.rows, action, "both must have equally many rows", a, b);
  const first = columnPointer(action, a, j);
  const second = columnPointer(action, b, k);
  const { kernels } = a.workspace;
  return kernels.covariance(first, a.cols, second, b.cols, a.rows);
}

function columnPointer(action: string, a: Matrix, j: number): number {
  if (!(isSize(j) && j < a.cols)) {
    throw new TypeError(
      `Cannot ${action} of ${shape(a)} as the column must be in ` +
        `0..${a.cols - 1}: current value is ${j}`,
    );
  }
  return a.pointer + j * a.data.BYTES_PER_ELEMENT;
}

/** out[j, k] = covariance of column j of a and column k of b. */
export function covarianceMatrix(a: Matrix, b: Matrix, out: Matrix): Matrix {
  checkShape("covarianceMatrix", "out", out, a.cols, b.cols);
  for (let j = 0; j < a.cols; j++) {
    for (let k = 0; k < b.cols; k++) {
      out.data[j * b.cols + k] = columnCovariance(a, j, b, k);
    }
  }
  return out;
}
