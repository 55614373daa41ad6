/**
 * Which kernels can be cut into shares, and how: each takes some rows of the
 * result, which no other share needs. So whoever computes a share, and however
 * many there are, every number is the sum of the same terms in the same order.
 *
 * @module
 */
import { AREAS, type Dtype, type Kernels, wasmKernels } from "./kernels.ts";

/** How the calls of a kernel are cut. */
interface Cut {
  /** Where the number of rows stands among the arguments. */
  rows: number;
  /** Numbers from row to row behind each pointer; these come first. */
  strides(args: readonly number[]): readonly number[];
  /** Shares begin at multiples of so many rows. */
  grain: number;
  /** What a row takes, about. */
  nanoseconds(args: readonly number[]): number;
}

/** Multiply-adds a nanosecond. */
const RATE = 20;

const product = (
  strides: (k: number, n: number) => readonly number[],
): Cut => ({
  rows: 3,
  strides: ([, , , , k, n]) => strides(k, n),
  grain: 4, // as many as the kernel takes at once
  nanoseconds: ([, , , , k, n]) => k * n / RATE,
});
const elements = (pointers: number, nanoseconds: number): Cut => ({
  rows: pointers,
  strides: () => [1, 1, 1, 1, 1].slice(0, pointers),
  grain: 16,
  nanoseconds: () => nanoseconds,
});
const emIteration = (last: (K: number, pixels: number) => number): Cut => ({
  rows: 8,
  strides: ([, , , , , , , , , K, pixels]) => {
    const group = K * pixels;
    return [pixels, pixels, group, group, group, group, last(K, pixels), K];
  },
  grain: 1,
  nanoseconds: ([, , , , , , , , , K, pixels]) => 4 * K * pixels,
});

const CUTS = {
  matmul: product((k, n) => [k, 0, n]),
  matmulTN: product((_, n) => [1, 0, n]),
  matmulNT: product((k, n) => [k, 0, n]),
  emStep: emIteration(() => 1),
  emStepBackward: emIteration((K, pixels) => K * pixels),
  addRow: {
    rows: 3,
    strides: ([, , , , n]) => [n, 0, n],
    grain: 1,
    nanoseconds: ([, , , , n]) => 0.3 * n,
  },
  columnSums: {
    rows: 3, // the columns, each a number of the result
    strides: () => [1, 1],
    grain: 16,
    nanoseconds: ([, , m]) => 0.3 * m,
  },
  adam: elements(4, 1),
  sigmoid: elements(2, 2),
  tanh: elements(2, 2),
  relu: elements(2, 0.3),
  exp: elements(2, 1),
  softplus: elements(2, 2),
  sigmoidBackward: elements(3, 0.4),
  tanhBackward: elements(3, 0.4),
  reluBackward: elements(3, 0.4),
  gaussianBumps: {
    rows: 3,
    strides: ([, , , , units, d]) => [d, 0, units],
    grain: 1,
    nanoseconds: ([, , , , units]) => 2 * units,
  },
} satisfies Partial<Record<keyof Kernels, Cut>>;

/** A kernel whose calls can be cut. */
export type SharedKernel = keyof typeof CUTS;

/** All of them. */
export const SHARED_KERNELS = Object.keys(CUTS) as readonly SharedKernel[];

/** About how long a call takes on one thread, in nanoseconds. */
export function nanosecondsOf(
  name: SharedKernel,
  args: readonly number[],
): number {
  const cut: Cut = CUTS[name];
  return args[cut.rows] * cut.nanoseconds(args);
}

/**
 * The arguments of share `i` of `count`; null where there is nothing left for
 * it.
 */
export function shareOf(
  name: SharedKernel,
  args: readonly number[],
  { i, count, dtype }: { i: number; count: number; dtype: Dtype },
): number[] | null {
  const { rows, strides, grain }: Cut = CUTS[name];
  const size = dtype === "float32" ? 4 : 8;
  const height = grain * Math.ceil(args[rows] / (grain * count));
  const from = i * height;
  const to = Math.min(args[rows], from + height);
  if (from >= to) return null;
  const share = args.slice();
  strides(args).forEach((stride, at) => share[at] += from * stride * size);
  share[rows] = to - from;
  return share;
}

/**
 * Kernels that cut every call into `count` shares, and compute these in turn,
 * each in another area: the `kernels` option of a workspace, for tests of what
 * a team does.
 */
export function kernelsInShares(
  count: number,
): (memory: WebAssembly.Memory, dtype: Dtype) => Kernels {
  return (memory, dtype) => {
    const areas = Array.from(
      { length: AREAS },
      (_, area) => wasmKernels(memory, dtype, area),
    );
    const cut = SHARED_KERNELS.map((name) => [name, (...args: number[]) => {
      for (let i = 0; i < count; i++) {
        const share = shareOf(name, args, { i, count, dtype });
        if (share) call(areas[i % AREAS], name, share);
      }
    }]);
    return { ...areas[0], ...Object.fromEntries(cut) };
  };
}

/** Calls a kernel that returns nothing. */
export function call(
  kernels: Kernels,
  name: SharedKernel,
  args: readonly number[],
): void {
  (kernels[name] as (...args: readonly number[]) => void)(...args);
}
