/**
 * How many bytes a training step moves, counted from the sizes of what each
 * kernel reads and writes (no cache is assumed to help).
 *
 * @module
 */
import { type Dtype, type Kernels, wasmKernels } from "./kernels.ts";

/** Bytes counted so far. */
export interface Traffic {
  bytes: number;
}

type Operands = (...sizes: number[]) => number;

const product: Operands = (_a, _b, _out, m, k, n, accumulate) =>
  m * k + k * n + (accumulate ? 2 : 1) * m * n;
const unary: Operands = (_a, _out, n) => 2 * n;
const binary: Operands = (_a, _b, _out, n) => 3 * n;

// Numbers read and written, from the arguments of a kernel.
const OPERANDS: Partial<Record<keyof Kernels, Operands>> = {
  matmul: product,
  matmulTN: product,
  matmulNT: product,
  addRow: (_a, _row, _out, m, n) => 2 * m * n + n,
  columnSums: (_a, _out, m, n) => m * n + n,
  sigmoid: unary,
  tanh: unary,
  relu: unary,
  sigmoidBackward: binary,
  tanhBackward: binary,
  reluBackward: binary,
  sub: binary,
  scale: (_alpha, _a, _out, n) => 2 * n,
  sgd: (_p, _g, _v, n) => 5 * n,
  adam: (_p, _g, _first, _second, n) => 7 * n,
  shiftProducts: () => 0, // makes the input: the data's traffic, not the step's
};

/**
 * Kernels that add what they move to `traffic`: the `kernels` option of a
 * workspace.
 *
 * @throws {TypeError} on the call of a kernel whose operands are not known
 */
export function countedKernels(
  traffic: Traffic,
): (memory: WebAssembly.Memory, dtype: Dtype) => Kernels {
  return (memory, dtype) => {
    const kernels = wasmKernels(memory, dtype);
    const size = dtype === "float32" ? 4 : 8;
    const counted: Record<string, (...args: number[]) => number | void> = {};
    for (const name in kernels) {
      const key = name as keyof Kernels;
      const kernel = kernels[key] as (...args: number[]) => number | void;
      counted[name] = (...args) => {
        const operands = OPERANDS[key];
        if (!operands) {
          throw new TypeError(
            `Cannot count bytes as the operands of ${name} are not known`,
          );
        }
        traffic.bytes += size * operands(...args);
        return kernel(...args);
      };
    }
    return counted as unknown as Kernels;
  };
}
