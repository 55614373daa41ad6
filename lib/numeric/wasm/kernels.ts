/**
 * The kernels' interface: what WebAssembly offers for one dtype.
 *
 * Pointers are byte offsets into the workspace's memory, sizes are counts of
 * elements, `accumulate` is 0 or 1. `lib/numeric/matrix.ts` is the typed, checked face
 * of these functions; nothing else calls them. Their source is AssemblyScript,
 * in `assembly/`; `deno task wasm` compiles it.
 *
 * @module
 */
import { FLOAT32, FLOAT64 } from "./binaries.ts";

/** Number type of a workspace: float32 to train, float64 to check gradients. */
export type Dtype = "float32" | "float64";

type Map1 = (a: number, out: number, n: number) => void;
type Map2 = (a: number, b: number, out: number, n: number) => void;
type Product = (
  a: number,
  b: number,
  out: number,
  m: number,
  k: number,
  n: number,
  accumulate: number,
) => void;
type Group1 = (
  a: number,
  out: number,
  batch: number,
  group: number,
  pixels: number,
) => void;
type Group2 = (
  a: number,
  b: number,
  out: number,
  batch: number,
  group: number,
  pixels: number,
) => void;

/** Every kernel, for one dtype and one memory. */
export interface Kernels {
  matmul: Product;
  matmulTN: Product;
  matmulNT: Product;
  addRow(a: number, row: number, out: number, m: number, n: number): void;
  columnSums(
    a: number,
    out: number,
    m: number,
    n: number,
    accumulate: number,
  ): void;
  rowSums(a: number, out: number, m: number, n: number): void;
  exp: Map1;
  log: Map1;
  sigmoid: Map1;
  tanh: Map1;
  relu: Map1;
  softplus: Map1;
  sigmoidBackward: Map2;
  tanhBackward: Map2;
  reluBackward: Map2;
  softplusBackward: Map2;
  add: Map2;
  sub: Map2;
  mul: Map2;
  axpy(alpha: number, x: number, out: number, n: number): void;
  scale(alpha: number, a: number, out: number, n: number): void;
  sum(a: number, n: number): number;
  dot(a: number, b: number, n: number): number;
  mean(a: number, stride: number, n: number): number;
  covariance(
    a: number,
    strideA: number,
    b: number,
    strideB: number,
    n: number,
  ): number;
  softmaxGroups: Group1;
  softmaxGroupsBackward: Group2;
  logSumExpGroups: Group1;
  sumGroups: Group1;
  subGroups: Group2;
  mulGroups: Group2;
  bernoulli: Group2;
  bernoulliBackward(
    x: number,
    logits: number,
    dy: number,
    out: number,
    batch: number,
    group: number,
    pixels: number,
  ): void;
  gaussianBumps(
    codes: number,
    centres: number,
    out: number,
    m: number,
    bumps: number,
    d: number,
    sigma: number,
  ): void;
  gaussianBumpsBackward(
    codes: number,
    centres: number,
    y: number,
    dy: number,
    dCodes: number,
    dCentres: number,
    m: number,
    bumps: number,
    d: number,
    sigma: number,
  ): void;
  emStep(
    x: number,
    input: number,
    logits: number,
    psi: number,
    gamma: number,
    residual: number,
    losses: number,
    batch: number,
    group: number,
    pixels: number,
    intra: number,
    inter: number,
    interOn: number,
    mixture: number,
  ): number;
  emStepBackward(
    x: number,
    input: number,
    logits: number,
    psi: number,
    gamma: number,
    dResidual: number,
    dLogits: number,
    batch: number,
    group: number,
    pixels: number,
    intra: number,
    inter: number,
    interOn: number,
    mixture: number,
    throughGamma: number,
  ): void;
  /** See `lib/imax/imax.ts`; pixels are float64. */
  shiftProducts(
    pixels: number,
    out: number,
    rows: number,
    width: number,
    shifts: number,
    swap: number,
  ): void;
  /** See `lib/helmholtz/compiled_wake_sleep.ts`. */
  wakeSleep(net: number, epsilon: number): void;
  sgd(
    p: number,
    g: number,
    v: number,
    n: number,
    learningRate: number,
    momentum: number,
    weightDecay: number,
  ): void;
  adam(
    p: number,
    g: number,
    m: number,
    v: number,
    n: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
  ): void;
}

// Compiled once a process and dtype, when first asked for.
const modules: Partial<Record<Dtype, WebAssembly.Module>> = {};

/**
 * The WebAssembly kernels of `dtype` on `memory`. Compiles synchronously, so
 * that a workspace is an ordinary value: 50 KB take about a millisecond, and
 * browsers allow it on the main thread up to 8 MB.
 */
export function wasmKernels(memory: WebAssembly.Memory, dtype: Dtype): Kernels {
  modules[dtype] ??= new WebAssembly.Module(
    Uint8Array.from(
      atob(dtype === "float32" ? FLOAT32 : FLOAT64),
      (character) => character.charCodeAt(0),
    ),
  );
  const instance = new WebAssembly.Instance(modules[dtype], {
    env: { memory },
  });
  return instance.exports as unknown as Kernels;
}
