/**
 * Functions of each element by itself; `out` may be one of the inputs.
 *
 * @module
 */
import type { MapKernel, MapPairKernel } from "../wasm/kernels.ts";
import { copyRows } from "./rows.ts";
import { checkSame } from "./shapes.ts";
import type { Matrix } from "./workspace.ts";

/** out = f(a). @throws {TypeError} if the shapes differ */
export type ElementMap = (a: Matrix, out: Matrix) => Matrix;

/** out = f(a, b). @throws {TypeError} if the shapes differ */
export type ElementPairMap = (a: Matrix, b: Matrix, out: Matrix) => Matrix;

/** out = the loss's gradient by a, from y = f(a) and the gradient dy by y. */
export type ElementBackward = (y: Matrix, dy: Matrix, out: Matrix) => Matrix;

function map(name: MapKernel): ElementMap {
  return (a, out) => {
    checkSame(name, a, out);
    a.workspace.kernels[name](a.pointer, out.pointer, a.data.length);
    return out;
  };
}

function mapPair(name: MapPairKernel): ElementPairMap {
  return (a, b, out) => {
    checkSame(name, a, b);
    checkSame(name, a, out);
    const { kernels } = a.workspace;
    kernels[name](a.pointer, b.pointer, out.pointer, a.data.length);
    return out;
  };
}

/** out = eᵃ. In float32 within 0.78 ulp, over all numbers. */
export const exp: ElementMap = map("exp");

/**
 * out = ln a. NaN below 0, −∞ at 0. In float32 within 0.84 ulp, over all
 * numbers.
 */
export const log: ElementMap = map("log");

/** out = σ(a) = 1 / (1 + e⁻ᵃ). In float32 within 1.83 ulp, over all numbers. */
export const sigmoid: ElementMap = map("sigmoid");

/** out = tanh a. In float32 within 1.35 ulp, over all numbers. */
export const tanh: ElementMap = map("tanh");

/** out = max(a, 0). */
export const relu: ElementMap = map("relu");

/** out = ln(1 + eᵃ). In float32 within 2.87 ulp, over all numbers. */
export const softplus: ElementMap = map("softplus");

/** out = dy · y(1 − y), with y = σ(a): the gradient by a. */
export const sigmoidBackward: ElementBackward = mapPair("sigmoidBackward");

/** out = dy · (1 − y²), with y = tanh a. */
export const tanhBackward: ElementBackward = mapPair("tanhBackward");

/** out = dy where y > 0, else 0, with y = max(a, 0). */
export const reluBackward: ElementBackward = mapPair("reluBackward");

/** out = a + b. */
export const add: ElementPairMap = mapPair("add");

/** out = a − b. */
export const sub: ElementPairMap = mapPair("sub");

/** out = a · b, element by element. */
export const mul: ElementPairMap = mapPair("mul");

/** out += alpha · x. */
export function axpy(alpha: number, x: Matrix, out: Matrix): Matrix {
  checkSame("axpy", x, out);
  x.workspace.kernels.axpy(alpha, x.pointer, out.pointer, x.data.length);
  return out;
}

/** out = alpha · a. */
export function scale(alpha: number, a: Matrix, out: Matrix): Matrix {
  checkSame("scale", a, out);
  a.workspace.kernels.scale(alpha, a.pointer, out.pointer, a.data.length);
  return out;
}

/** Every element of out = value. */
export function fill(value: number, out: Matrix): Matrix {
  out.data.fill(value);
  return out;
}

/** out = a. */
export function copy(a: Matrix, out: Matrix): Matrix {
  checkSame("copy", a, out);
  return copyRows(a, 0, out);
}
