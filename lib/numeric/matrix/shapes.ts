/**
 * What the functions of this folder ask of the matrices that they are handed:
 * shapes that fit, in one workspace. A check that holds allocates nothing.
 *
 * @module
 */
import { type Matrix, shape } from "./workspace.ts";

/**
 * Asks that two matrices fit and live in one workspace.
 *
 * @throws {TypeError} that they do not: "Cannot action as rule: current value …"
 */
export function check(
  fits: boolean,
  action: string,
  rule: string,
  a: Matrix,
  b: Matrix,
): void {
  if (!fits) {
    throw new TypeError(
      `Cannot ${action} as ${rule}: current value is ${shape(a)} and ${
        shape(b)
      }`,
    );
  }
  checkHome(action, a, b);
}

/** Asks that two matrices live in one workspace. */
export function checkHome(action: string, a: Matrix, b: Matrix): void {
  if (a.workspace !== b.workspace) {
    throw new TypeError(
      `Cannot ${action} as both matrices must live in one workspace: ` +
        `current value is ${shape(a)} ${a.workspace.dtype} and ` +
        `${shape(b)} ${b.workspace.dtype} of two workspaces`,
    );
  }
}

/** Asks for equal shapes. */
export function checkSame(action: string, a: Matrix, b: Matrix): void {
  const same = a.rows === b.rows && a.cols === b.cols;
  check(same, action, "both shapes must be equal", a, b);
}

/** Asks that the matrix `name` is rows × cols. */
export function checkShape(
  action: string,
  name: string,
  matrix: Matrix,
  rows: number,
  cols: number,
): void {
  if (matrix.rows !== rows || matrix.cols !== cols) {
    throw new TypeError(
      `Cannot ${action} as ${name} must be ${rows}×${cols}: ` +
        `current value is ${shape(matrix)}`,
    );
  }
}
