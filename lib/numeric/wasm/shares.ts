/**
 * Which kernels can be cut into shares, and how: each takes some rows or columns
 * of the result, or one of the partial sums that a long product adds up anyway.
 * So whoever computes a share, and however many there are, every number is the
 * sum of the same terms in the same order.
 *
 * @module
 */
import {
  AREA_BYTES,
  AREAS,
  type Dtype,
  type Kernels,
  wasmKernels,
} from "./kernels.ts";

/** Rows or columns of a result, which shares take some of. */
interface Slices {
  /** Where the number of rows stands among the arguments. */
  rows: number;
  /** Numbers from row to row behind each pointer; these come first. */
  strides(args: readonly number[]): readonly number[];
  /** Shares begin at multiples of so many rows. */
  grain: number;
}

/** Partial sums that a kernel takes anyway, each over some rows. */
interface Sums {
  count: number;
  /** Of each; the last has what is left. */
  rows: number;
}

/** How the calls of a kernel are cut. */
interface Cut extends Slices {
  /** What a row takes, about. */
  nanoseconds(args: readonly number[]): number;
  /** What else is sliced where that is less work in so many shares. */
  slices?(args: readonly number[], count: number): Slices;
  /** Sums that can be shares; null where they do not fit. */
  sums?(args: readonly number[]): Sums | null;
}

/** Multiply-adds a nanosecond. */
const RATE = 20;
/** Columns of a panel, which a product computes whole. */
const PANEL = 8;
/** Rows that a product computes at once. */
const ROWS = 4;
/** A panel is copied first, which takes as long as so many rows. */
const COPY = 8;

const panels = (n: number): number => Math.ceil(n / PANEL);
const product = (strides: Cut["strides"]): Cut => ({
  rows: 3,
  strides,
  grain: ROWS,
  nanoseconds: ([, , , , k, n]) => panels(n) * (k * PANEL / RATE + 2),
});
const rowsTN = product(([, , , , , , , , widthB]) => [1, 0, widthB]);
const columnsTN: Slices = { rows: 5, strides: () => [0, 1, 1], grain: PANEL };
/** By columns no panel is copied twice; but there may be too few. */
const slicesTN = ([, , , m, , n]: readonly number[], count: number): Slices =>
  Math.ceil(panels(n) / count) * (m + COPY) <=
      panels(n) * (ROWS * Math.ceil(m / (ROWS * count)) + COPY)
    ? columnsTN
    : rowsTN;
/** Sums over more rows are taken in equal parts: SHARE in `products.ts`. */
const MOST_ROWS = 512;
const sumsTN = (args: readonly number[]): Sums | null => {
  const [, , , m, k, n, , , widthB] = args;
  const rows = Math.ceil(k / Math.ceil(k / MOST_ROWS));
  const count = Math.ceil(k / rows);
  const fits = n === widthB && (count - 1) * m * n * 8 <= PLACE_BYTES;
  return fits && count <= MOST_SHARES ? { count, rows } : null;
};
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
  matmul: product(([, , , , k, n]) => [k, 0, n]),
  matmulTN: { ...rowsTN, slices: slicesTN, sums: sumsTN },
  matmulNT: product(([, , , , k, n]) => [k, 0, n]),
  emStep: emIteration(() => 1),
  emStepBackward: emIteration((K, pixels) => K * pixels),
  addRow: {
    rows: 3,
    strides: ([, , , , n]) => [n, 0, n],
    grain: 1,
    nanoseconds: ([, , , , n]) => 0.3 * n,
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

const cutOf = (name: SharedKernel): Cut => CUTS[name];

/** All of them. */
export const SHARED_KERNELS = Object.keys(CUTS) as readonly SharedKernel[];

/** About how long a call takes on one thread, in nanoseconds. */
export function nanosecondsOf(
  name: SharedKernel,
  args: readonly number[],
): number {
  const cut = cutOf(name);
  return args[cut.rows] * cut.nanoseconds(args);
}

/** Long calls are cut into two shares a thread, of about as long at least. */
const LONG = 500_000;

/** Shares of a call, at most. */
export const MOST_SHARES: number = 2 * AREAS;

/** Into how many shares a call is cut for so many threads. */
export function sharesFor(
  threads: number,
  name: SharedKernel,
  args: readonly number[],
): number {
  const sums = cutOf(name).sums?.(args)?.count ?? 1;
  if (sums > 1 && sums % threads === 0) return sums;
  const long = nanosecondsOf(name, args) >= 2 * threads * LONG;
  return long ? 2 * threads : threads;
}

/** A share of a call. */
export interface Share {
  i: number;
  /** How many there are. */
  count: number;
  dtype: Dtype;
}

/** Its arguments; null where there is nothing left for it. */
export function shareOf(
  name: SharedKernel,
  args: readonly number[],
  { i, count, dtype }: Share,
): number[] | null {
  const share = args.slice();
  const size = bytesOf(dtype);
  const sums = sumsAsShares(name, args, count);
  if (sums) {
    takeSum(share, sums, i, size);
    return share;
  }
  const cut = cutOf(name);
  const { rows, strides, grain } = cut.slices?.(args, count) ?? cut;
  const height = grain * Math.ceil(args[rows] / (grain * count));
  const from = i * height;
  const to = Math.min(args[rows], from + height);
  if (from >= to) return null;
  strides(args).forEach((stride, at) => share[at] += from * stride * size);
  share[rows] = to - from;
  return share;
}

/** What is left to do once all shares of a call are computed. */
export function finishShares(
  kernels: Kernels,
  name: SharedKernel,
  args: readonly number[],
  { count, dtype }: Omit<Share, "i">,
): void {
  if (!sumsAsShares(name, args, count)) return;
  const [, , out, m, , n] = args;
  for (let i = 1; i < count; i++) {
    kernels.axpy(1, placeOf(i, m * n * bytesOf(dtype)), out, m * n);
  }
}

const bytesOf = (dtype: Dtype): number => dtype === "float32" ? 4 : 8;

// Partial sums of Aᵀ·B over some of the rows: of a batch, hence each thread
// reads the rows that it has computed. All but the first lie in the upper half
// of the area of the thread that adds them.

const PLACE_BYTES = AREA_BYTES / 2;
const PLACE = 2 * AREA_BYTES - PLACE_BYTES;
const placeOf = (i: number, bytes: number): number => PLACE + (i - 1) * bytes;

/** The sums of a call, if these are the shares that it is cut into. */
function sumsAsShares(
  name: SharedKernel,
  args: readonly number[],
  count: number,
): Sums | null {
  const sums = count > 1 && cutOf(name).sums?.(args);
  return sums && sums.count === count ? sums : null;
}

/** Turns the arguments of Aᵀ·B into those of its sum i. */
function takeSum(
  args: number[],
  { rows }: Sums,
  i: number,
  size: number,
): void {
  const [, , , m, k, n, , widthA] = args;
  args[0] += i * rows * widthA * size;
  args[1] += i * rows * n * size;
  args[4] = Math.min(rows, k - i * rows);
  if (i === 0) return;
  args[2] = placeOf(i, m * n * size);
  args[6] = 0;
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
      finishShares(areas[0], name, args, { count, dtype });
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
