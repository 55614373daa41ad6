/**
 * Groups of rows, K in succession: the components of a mixture. A tensor of
 * batch × K × pixels is a (batch·K) × pixels matrix.
 *
 * @module
 */
import type { BroadcastKernel, GroupReductionKernel } from "../wasm/kernels.ts";
import { checkSame, groupSize } from "./shapes.ts";
import { type Matrix, shape } from "./workspace.ts";

function batchSize(action: string, a: Matrix, group: number): number {
  if (!(Number.isInteger(group) && group > 0 && a.rows % group === 0)) {
    throw new TypeError(
      `Cannot ${action} of ${shape(a)} as group must divide the rows: ` +
        `current value is ${group}`,
    );
  }
  return a.rows / group;
}

/**
 * out = softmax over the `group` rows of each group, pixel by pixel:
 * responsibilities of K components. With one column, (n·K) × 1, this is the
 * softmax of the rows of an n × K matrix.
 */
export function softmaxGroups(a: Matrix, group: number, out: Matrix): Matrix {
  const batch = batchSize("softmaxGroups", a, group);
  checkSame("softmaxGroups", a, out);
  const { kernels } = a.workspace;
  kernels.softmaxGroups(a.pointer, out.pointer, batch, group, a.cols);
  return out;
}

/** out = y · (dy − Σ_k y·dy), with y = softmaxGroups(a). */
export function softmaxGroupsBackward(
  y: Matrix,
  dy: Matrix,
  group: number,
  out: Matrix,
): Matrix {
  const name = "softmaxGroupsBackward";
  const batch = batchSize(name, y, group);
  checkSame(name, y, dy);
  checkSame(name, y, out);
  const { kernels } = y.workspace;
  kernels[name](y.pointer, dy.pointer, out.pointer, batch, group, y.cols);
  return out;
}

/** out (batch × pixels) from a (batch·K × pixels): K rows become one. */
export type GroupReduction = (a: Matrix, out: Matrix) => Matrix;

function reduction(name: GroupReductionKernel): GroupReduction {
  return (a, out) => {
    const group = groupSize(name, out, a);
    const { kernels } = a.workspace;
    kernels[name](a.pointer, out.pointer, out.rows, group, a.cols);
    return out;
  };
}

/** out (batch × pixels) = ln Σ_k eᵃ of a (batch·K × pixels). */
export const logSumExpGroups: GroupReduction = reduction("logSumExpGroups");

/** out (batch × pixels) = Σ_k a (batch·K × pixels). */
export const sumGroups: GroupReduction = reduction("sumGroups");

/** out = f(x, a), with x (batch × pixels) repeated for each of a's K rows. */
export type GroupMap = (x: Matrix, a: Matrix, out: Matrix) => Matrix;

/** The checked face of a kernel that repeats its first operand. */
export function broadcast(name: BroadcastKernel, action: string): GroupMap {
  return (x, a, out) => {
    const group = groupSize(action, x, a);
    checkSame(action, a, out);
    const { kernels } = a.workspace;
    kernels[name](x.pointer, a.pointer, out.pointer, x.rows, group, x.cols);
    return out;
  };
}

/** out (batch·K × pixels) = x (batch × pixels, repeated K times) − a. */
export const subGroups: GroupMap = broadcast("subGroups", "subGroups");

/** out (batch·K × pixels) = x (batch × pixels, repeated K times) · a. */
export const mulGroups: GroupMap = broadcast("mulGroups", "mulGroups");
