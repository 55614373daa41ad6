/**
 * The kernels' interface: what WebAssembly offers for one dtype.
 *
 * Pointers are byte offsets into the workspace's memory, sizes are counts of
 * elements, `accumulate` is 0 or 1. `lib/numeric/matrix/` is the typed, checked
 * face of these functions; little else calls them. Their source is
 * AssemblyScript, in `assembly/`; `deno task wasm` compiles it.
 *
 * @module
 */
import { type Binary, FLOAT32, FLOAT64 } from "./binaries.ts";

/** Areas of a memory in which kernels hold what they need for a moment. */
export const AREAS = 8;
/** Bytes of each; the first begins after as many, where none is. */
export const AREA_BYTES: number = 1 << 21;

/** Number type of a workspace: float32 to train, float64 to check gradients. */
export type Dtype = "float32" | "float64";

type Operands = [a: number, b: number, out: number];

type Activation = "sigmoid" | "tanh" | "relu";
/** Kernels with one and with two operands, element by element. */
export type MapKernel = "exp" | "log" | "softplus" | Activation;
export type MapPairKernel = `${Activation}Backward` | "add" | "sub" | "mul";
type Map = (a: number, out: number, n: number) => void;
type MapPair = (...numbers: [...Operands, n: number]) => void;

/** Kernels of A·B, Aᵀ·B and A·Bᵀ: m × n sums over k. */
export type ProductKernel = "matmul" | "matmulTN" | "matmulNT";
type ProductSizes = [
  m: number,
  k: number,
  n: number,
  accumulate: number,
  widthA: number, // numbers in a row of A, for the transposed A alone
  widthB: number, // numbers in a row of B and of out, for the same
];
type Product = (...numbers: [...Operands, ...ProductSizes]) => void;

type BumpSizes = [m: number, units: number, d: number, sigma: number];

/** Sizes of an EM iteration and weights of its losses. */
type EmSettings = [
  batch: number,
  K: number,
  pixels: number,
  intra: number,
  inter: number,
  interOn: number,
  interPsi: number,
  mixture: number,
  explained: number,
  throughGamma?: number, // read by the backward pass alone
];

/** Every kernel, for one dtype and one memory. */
export interface Kernels
  extends
    Record<MapKernel, Map>,
    Record<MapPairKernel, MapPair>,
    Record<ProductKernel, Product> {
  addRow(a: number, row: number, out: number, m: number, n: number): void;
  columnSums(
    a: number,
    out: number,
    m: number,
    n: number,
    accumulate: number,
    width: number, // numbers in a row of a
  ): void;
  axpy(alpha: number, x: number, out: number, n: number): void;
  scale(alpha: number, a: number, out: number, n: number): void;
  sum(a: number, n: number): number;
  dot(a: number, b: number, n: number): number;
  gaussianBumps(
    codes: number,
    centres: number,
    out: number,
    ...sizes: BumpSizes
  ): void;
  gaussianBumpsBackward(
    codes: number,
    centres: number,
    y: number,
    dy: number,
    dCodes: number,
    dCentres: number,
    ...sizes: BumpSizes
  ): void;
  emStep(
    x: number,
    input: number,
    logits: number,
    psi: number,
    gamma: number,
    residual: number,
    losses: number,
    proportions: number,
    ...settings: EmSettings
  ): void;
  emStepBackward(
    x: number,
    input: number,
    logits: number,
    psi: number,
    gamma: number,
    dResidual: number,
    dLogits: number,
    proportions: number,
    ...settings: EmSettings
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
  explain(net: number, off: number): number;
  refresh(net: number): void;
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

// Compiled once a process, dtype, area and kind of memory, when first asked for.
const modules = new Map<string, WebAssembly.Module>();

/**
 * The WebAssembly kernels of `dtype` on `memory`. Compiles synchronously, so
 * that a workspace is an ordinary value: 50 KB take about a millisecond, and
 * browsers allow it on the main thread up to 8 MB.
 *
 * Kernels know the address of their scratch when they are compiled, which spares
 * them a check an access. So threads that share a memory have kernels of their
 * own, each for one area: 0, …, AREAS − 1.
 */
export function wasmKernels(
  memory: WebAssembly.Memory,
  dtype: Dtype,
  area = 0,
): Kernels {
  const shared = !(memory.buffer instanceof ArrayBuffer);
  const key = `${dtype} ${area} ${shared}`;
  const module = modules.get(key) ??
    compile(dtype === "float32" ? FLOAT32 : FLOAT64, area, shared);
  modules.set(key, module);
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return instance.exports as unknown as Kernels;
}

function compile(
  { bytes, areas, limits }: Binary,
  area: number,
  shared: boolean,
): WebAssembly.Module {
  const code = decoded(bytes);
  for (const at of new Uint16Array(decoded(areas).buffer)) code[at] = 1 + area;
  if (shared) code[limits] = 3;
  return new WebAssembly.Module(code);
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    atob(base64),
    (character) => character.charCodeAt(0),
  );
}
