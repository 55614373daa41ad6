/**
 * Products of matrices, as they are or transposed. Each sum runs over l = 0, 1,
 * … in equal shares of at most 512, whatever the shapes.
 *
 * @module
 */
import type { ProductKernel } from "../wasm/kernels.ts";
import { check, checkHome, checkShape } from "./shapes.ts";
import { type Matrix, shape } from "./workspace.ts";

/**
 * Writes a product of `a` and `b` to `out`, or adds it, and returns `out`.
 *
 * @throws {TypeError} if the shapes do not fit, or `out` is one of the factors
 */
export type Product = (a: Matrix, b: Matrix, out: Matrix) => Matrix;

function product(
  name: ProductKernel,
  accumulate: 0 | 1,
): Product {
  return (a, b, out) => {
    const m = name === "matmulTN" ? a.cols : a.rows;
    const k = name === "matmulTN" ? a.rows : a.cols;
    const inner = name === "matmulNT" ? b.cols : b.rows;
    const n = name === "matmulNT" ? b.rows : b.cols;
    check(k === inner, name, "the inner sizes must be equal", a, b);
    if (out.rows !== m || out.cols !== n) {
      checkShape(`${name} ${shape(a)} and ${shape(b)}`, "out", out, m, n);
    }
    checkHome(name, a, out);
    const overwrites = out.pointer === a.pointer || out.pointer === b.pointer;
    if (overwrites && m * k * n > 0) {
      throw new TypeError(
        `Cannot ${name} as out must be another matrix than the factors: ` +
          `current value is ${shape(out)} at the address of a factor`,
      );
    }
    const { kernels } = a.workspace;
    const sizes = [m, k, n, accumulate, m, n] as const;
    kernels[name](a.pointer, b.pointer, out.pointer, ...sizes);
    return out;
  };
}

/** out = A·B, with A m × k and B k × n. */
export const matmul: Product = product("matmul", 0);

/** out = Aᵀ·B, with A k × m and B k × n: weight gradients, inputᵀ · delta. */
export const matmulTN: Product = product("matmulTN", 0);

/** out = A·Bᵀ, with A m × k and B n × k: input gradients, delta · weightsᵀ. */
export const matmulNT: Product = product("matmulNT", 0);

/** out += A·B. */
export const addMatmul: Product = product("matmul", 1);

/** out += Aᵀ·B. */
export const addMatmulTN: Product = product("matmulTN", 1);

/** out += A·Bᵀ. */
export const addMatmulNT: Product = product("matmulNT", 1);
