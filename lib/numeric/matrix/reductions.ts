/**
 * Sums and dot products, in one fixed order of summation.
 *
 * @module
 */
import { check, checkSame } from "./shapes.ts";
import type { Matrix } from "./workspace.ts";

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

function sumColumns(name: string, accumulate: 0 | 1): ColumnSums {
  return (a, out) => {
    const fits = out.rows === 1 && out.cols === a.cols;
    check(fits, name, "out must be 1 × a.cols", a, out);
    const { pointer, rows, cols, workspace: { kernels } } = a;
    kernels.columnSums(pointer, out.pointer, rows, cols, accumulate, cols);
    return out;
  };
}

/** out (1 × n) = the sum of each column: bias gradients. */
export const columnSums: ColumnSums = sumColumns("columnSums", 0);

/** out (1 × n) += the sum of each column. */
export const addColumnSums: ColumnSums = sumColumns("addColumnSums", 1);
