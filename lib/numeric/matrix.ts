/**
 * Matrices in a memory that one workspace owns, and the kernels that act on
 * them.
 *
 * A workspace holds one WebAssembly memory of fixed size and one number type:
 * float32 to train, float64 to check gradients. A model is written once and
 * runs in both, because every function here takes its type from the matrices
 * it is handed. Matrices are row-major views made once, before training; no
 * function here allocates, so a training step built from them does not either.
 *
 * ```ts
 * const space = workspace("float32");
 * const x = space.matrix(2, 3, [1, 2, 3, 4, 5, 6]);
 * const w = space.matrix(3, 1, [1, 0, -1]);
 * const y = space.matrix(2, 1);
 * matmul(x, w, y); // y.data is [-2, -2]
 * ```
 *
 * Conventions. The result goes to the last argument, `out`, which is also
 * returned. Element-wise functions may write over their own input; products,
 * sums and groups may not. Functions named `…Backward` take the *output* of
 * the forward pass, never its input. The arithmetic is fixed (plain SIMD, no
 * fused multiply-add, one order of summation), so results carry the same bits
 * on every machine.
 *
 * @module
 */
import { type Dtype, type Kernels, wasmKernels } from "./wasm/kernels.ts";

export type { Dtype } from "./wasm/kernels.ts";

/** The numbers of a matrix, row after row. */
export type FloatArray = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** A view of rows × cols numbers in a workspace's memory. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  /** The numbers, row after row: element (i, j) is `data[i * cols + j]`. */
  readonly data: FloatArray;
  /** Byte offset of `data` in the memory; a multiple of 16 for `matrix()`. */
  readonly pointer: number;
  readonly workspace: Workspace;
}

/** What `workspace` accepts. */
export interface WorkspaceOptions {
  /** Size of the memory; the system hands out pages as they are touched. */
  bytes?: number;
  /** Other kernels than the WebAssembly ones: the tests pass their twins. */
  kernels?: (memory: WebAssembly.Memory, dtype: Dtype) => Kernels;
}

// The kernels work in the memory between these two addresses; matrices lie
// beyond.
const FIRST_SCRATCH = 1 << 16;
const FIRST_BYTE = 1 << 20;
const PAGE = 1 << 16;

/** One memory, one number type, and the matrices that live there. */
export class Workspace {
  readonly dtype: Dtype;
  readonly memory: WebAssembly.Memory;
  /** The raw kernels; call the checked functions of this module instead. */
  readonly kernels: Kernels;
  /** All numbers of the memory. */
  readonly all: FloatArray;
  #top = FIRST_BYTE;
  #views = 0;

  constructor(dtype: Dtype, options: WorkspaceOptions = {}) {
    if (dtype !== "float32" && dtype !== "float64") {
      throw new RangeError(
        `Cannot make a workspace as dtype must be "float32" or "float64": ` +
          `current value is ${JSON.stringify(dtype)}`,
      );
    }
    const bytes = options.bytes ?? 64 << 20;
    if (!(bytes > 0 && bytes <= 2 ** 31)) {
      throw new RangeError(
        `Cannot make a workspace as bytes must be in (0, 2³¹]: ` +
          `current value is ${bytes}`,
      );
    }
    this.dtype = dtype;
    const pages = Math.ceil((FIRST_BYTE + bytes) / PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.all = dtype === "float32"
      ? new Float32Array(this.memory.buffer as ArrayBuffer)
      : new Float64Array(this.memory.buffer as ArrayBuffer);
    this.kernels = (options.kernels ?? wasmKernels)(this.memory, dtype);
  }

  /** Bytes in use by matrices. */
  get bytesUsed(): number {
    return this.#top - FIRST_BYTE;
  }

  /** Bytes that are left for matrices. */
  get bytesFree(): number {
    return this.memory.buffer.byteLength - this.#top;
  }

  /** Matrices and views made so far: constant while a model trains. */
  get views(): number {
    return this.#views;
  }

  /**
   * A new matrix: zeros, or `values` row after row.
   *
   * @throws {TypeError} if rows or cols is no size, or `values` has another length
   * @throws {RangeError} if the memory is full
   */
  matrix(rows: number, cols: number, values?: ArrayLike<number>): Matrix {
    if (!isSize(rows) || !isSize(cols)) {
      throw new TypeError(
        "Cannot make a matrix as rows and cols must be integers >= 0: " +
          `current value is ${rows}×${cols}`,
      );
    }
    if (values !== undefined && values.length !== rows * cols) {
      throw new TypeError(
        `Cannot make a ${rows}×${cols} matrix as values must hold ` +
          `${rows * cols} numbers: current value holds ${values.length}`,
      );
    }
    const bytes = rows * cols * this.all.BYTES_PER_ELEMENT;
    const pointer = this.#top;
    if (pointer + bytes > this.memory.buffer.byteLength) {
      const left = this.memory.buffer.byteLength - pointer;
      throw new RangeError(
        `Cannot make a ${rows}×${cols} matrix as the workspace must have ` +
          `${bytes} bytes left: current value is ${left} ` +
          "(pass a larger `bytes` to workspace)",
      );
    }
    this.#top = 16 * Math.ceil((pointer + bytes) / 16);
    const view = this.#view(pointer, rows, cols);
    if (values === undefined) view.data.fill(0);
    else view.data.set(values);
    return view;
  }

  /** A matrix for each shape: `{ w: [3, 4], b: [1, 4] }` → `{ w, b }`. */
  matrices<K extends string>(
    shapes: Record<K, readonly [rows: number, cols: number]>,
  ): Record<K, Matrix> {
    const made = {} as Record<K, Matrix>;
    for (const name in shapes) {
      const [rows, cols] = shapes[name];
      made[name] = this.matrix(rows, cols);
    }
    return made;
  }

  /**
   * A view of rows `start` … `start + rows − 1` of `matrix`, sharing its
   * numbers. Make views before training: each costs two small objects.
   */
  rows(matrix: Matrix, start: number, rows: number): Matrix {
    if (!isSize(start) || !isSize(rows) || start + rows > matrix.rows) {
      throw new TypeError(
        `Cannot view rows as start and rows must lie within ` +
          `${shape(matrix)}: current value is ${start} + ${rows}`,
      );
    }
    const bytes = start * matrix.cols * this.all.BYTES_PER_ELEMENT;
    return this.#view(matrix.pointer + bytes, rows, matrix.cols);
  }

  /** The numbers of `matrix` seen as rows × cols. */
  reshape(matrix: Matrix, rows: number, cols: number): Matrix {
    if (!(rows * cols === matrix.rows * matrix.cols)) {
      throw new TypeError(
        `Cannot reshape as rows × cols must hold all of ${shape(matrix)}: ` +
          `current value is ${rows}×${cols}`,
      );
    }
    return this.#view(matrix.pointer, rows, cols);
  }

  /** A place to return to: `release(mark)` frees all matrices made since. */
  mark(): number {
    return this.#top;
  }

  /** Frees every matrix made since `mark()` gave `mark`. */
  release(mark: number): void {
    if (!(mark >= FIRST_BYTE && mark <= this.#top)) {
      throw new RangeError(
        "Cannot release memory as mark must come from mark(): " +
          `current value is ${mark}`,
      );
    }
    this.#top = mark;
  }

  #view(pointer: number, rows: number, cols: number): Matrix {
    this.#views++;
    const start = pointer / this.all.BYTES_PER_ELEMENT;
    const data = this.all.subarray(start, start + rows * cols) as FloatArray;
    return Object.freeze({ rows, cols, data, pointer, workspace: this });
  }
}

/**
 * A workspace of the given number type. Keep one a model and a process: the
 * memory is never given back before the workspace itself is collected.
 */
export function workspace(
  dtype: Dtype,
  options: WorkspaceOptions = {},
): Workspace {
  return new Workspace(dtype, options);
}

function isSize(n: number): boolean {
  return Number.isInteger(n) && n >= 0;
}

/**
 * The number arrays of float64 matrices, by name, for `gradientCheck`.
 *
 * @throws {TypeError} if a matrix is float32
 */
export function doubles<K extends string>(
  matrices: Readonly<Record<K, Matrix>>,
): Record<K, Float64Array<ArrayBuffer>> {
  const arrays = {} as Record<K, Float64Array<ArrayBuffer>>;
  for (const name in matrices) {
    const { data } = matrices[name];
    if (!(data instanceof Float64Array)) {
      throw new TypeError(
        `Cannot take doubles as ${name} must live in a float64 workspace: ` +
          `current value is ${shape(matrices[name])} float32`,
      );
    }
    arrays[name] = data;
  }
  return arrays;
}

/** The shape as errors show it: "3×4". */
export function shape(matrix: Matrix): string {
  return `${matrix.rows}×${matrix.cols}`;
}

function fail(action: string, rule: string, a: Matrix, b: Matrix): never {
  throw new TypeError(
    `Cannot ${action} as ${rule}: current value is ${shape(a)} and ${shape(b)}`,
  );
}

function checkSame(action: string, a: Matrix, b: Matrix): void {
  if (a.rows !== b.rows || a.cols !== b.cols) {
    fail(action, "both shapes must be equal", a, b);
  }
  checkHome(action, a, b);
}

function checkShape(
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

function checkHome(action: string, a: Matrix, b: Matrix): void {
  if (a.workspace !== b.workspace) {
    throw new TypeError(
      `Cannot ${action} as both matrices must live in one workspace: ` +
        `current value is ${shape(a)} ${a.workspace.dtype} and ` +
        `${shape(b)} ${b.workspace.dtype} of two workspaces`,
    );
  }
}

// ---------------------------------------------------------------- products

function product(
  name: "matmul" | "matmulTN" | "matmulNT",
  accumulate: 0 | 1,
  a: Matrix,
  b: Matrix,
  out: Matrix,
): Matrix {
  const m = name === "matmulTN" ? a.cols : a.rows;
  const k = name === "matmulTN" ? a.rows : a.cols;
  const inner = name === "matmulNT" ? b.cols : b.rows;
  const n = name === "matmulNT" ? b.rows : b.cols;
  if (k !== inner) fail(name, "the inner sizes must be equal", a, b);
  if (out.rows !== m || out.cols !== n) {
    throw new TypeError(
      `Cannot ${name} ${shape(a)} and ${shape(b)} as out must be ${m}×${n}: ` +
        `current value is ${shape(out)}`,
    );
  }
  checkHome(name, a, b);
  checkHome(name, a, out);
  if (out.pointer === a.pointer || out.pointer === b.pointer) {
    if (m * n > 0 && k > 0) {
      throw new TypeError(
        `Cannot ${name} as out must be another matrix than the factors: ` +
          `current value is ${shape(out)} at the address of a factor`,
      );
    }
  }
  const { kernels } = a.workspace;
  if (name === "matmul") {
    kernels.matmul(a.pointer, b.pointer, out.pointer, m, k, n, accumulate);
  } else if (name === "matmulTN") {
    kernels.matmulTN(a.pointer, b.pointer, out.pointer, m, k, n, accumulate);
  } else {
    kernels.matmulNT(a.pointer, b.pointer, out.pointer, m, k, n, accumulate);
  }
  return out;
}

/**
 * out = A·B, with A m × k and B k × n.
 *
 * @throws {TypeError} if the shapes do not fit (so do all products)
 */
export function matmul(a: Matrix, b: Matrix, out: Matrix): Matrix {
  return product("matmul", 0, a, b, out);
}

/** out = Aᵀ·B, with A k × m and B k × n: weight gradients, inputᵀ · delta. */
export function matmulTN(a: Matrix, b: Matrix, out: Matrix): Matrix {
  return product("matmulTN", 0, a, b, out);
}

/** out = A·Bᵀ, with A m × k and B n × k: input gradients, delta · weightsᵀ. */
export function matmulNT(a: Matrix, b: Matrix, out: Matrix): Matrix {
  return product("matmulNT", 0, a, b, out);
}

/** out += A·B. */
export function addMatmul(a: Matrix, b: Matrix, out: Matrix): Matrix {
  return product("matmul", 1, a, b, out);
}

/** out += Aᵀ·B. */
export function addMatmulTN(a: Matrix, b: Matrix, out: Matrix): Matrix {
  return product("matmulTN", 1, a, b, out);
}

/** out += A·Bᵀ. */
export function addMatmulNT(a: Matrix, b: Matrix, out: Matrix): Matrix {
  return product("matmulNT", 1, a, b, out);
}

// ------------------------------------------------------------ rows, columns

/** out = A with the 1 × n `row` added to each row: a layer's biases. */
export function addRow(a: Matrix, row: Matrix, out: Matrix): Matrix {
  checkSame("addRow", a, out);
  if (row.rows !== 1 || row.cols !== a.cols) {
    fail("addRow", "row must be 1 × a.cols", a, row);
  }
  checkHome("addRow", a, row);
  a.workspace.kernels.addRow(
    a.pointer,
    row.pointer,
    out.pointer,
    a.rows,
    a.cols,
  );
  return out;
}

/** out (1 × n) = the sum of each column: bias gradients. */
export function columnSums(a: Matrix, out: Matrix): Matrix {
  return sumColumns("columnSums", a, out, 0);
}

/** out (1 × n) += the sum of each column. */
export function addColumnSums(a: Matrix, out: Matrix): Matrix {
  return sumColumns("addColumnSums", a, out, 1);
}

function sumColumns(
  action: string,
  a: Matrix,
  out: Matrix,
  accumulate: 0 | 1,
): Matrix {
  if (out.rows !== 1 || out.cols !== a.cols) {
    fail(action, "out must be 1 × a.cols", a, out);
  }
  checkHome(action, a, out);
  a.workspace.kernels.columnSums(
    a.pointer,
    out.pointer,
    a.rows,
    a.cols,
    accumulate,
  );
  return out;
}

/** out (m × 1) = the sum of each row. */
export function rowSums(a: Matrix, out: Matrix): Matrix {
  if (out.rows !== a.rows || out.cols !== 1) {
    fail("rowSums", "out must be a.rows × 1", a, out);
  }
  checkHome("rowSums", a, out);
  a.workspace.kernels.rowSums(a.pointer, out.pointer, a.rows, a.cols);
  return out;
}

/** out = `out.rows` rows of `source`, from row `start` on. */
export function copyRows(source: Matrix, start: number, out: Matrix): Matrix {
  if (source.cols !== out.cols) {
    fail("copyRows", "both must have equally many columns", source, out);
  }
  if (!isSize(start) || start + out.rows > source.rows) {
    throw new TypeError(
      `Cannot copyRows of ${shape(source)} to ${shape(out)} as start must be ` +
        `in 0..${source.rows - out.rows}: current value is ${start}`,
    );
  }
  checkHome("copyRows", source, out);
  const { all } = source.workspace;
  const from = source.pointer / all.BYTES_PER_ELEMENT + start * source.cols;
  const to = out.pointer / all.BYTES_PER_ELEMENT;
  all.copyWithin(to, from, from + out.rows * out.cols);
  return out;
}

/**
 * out row i = `source` row `order[start + i]`: a batch of a shuffled set.
 *
 * @throws {TypeError} if the columns differ or `order` is too short
 */
export function gatherRows(
  source: Matrix,
  order: Int32Array,
  start: number,
  out: Matrix,
): Matrix {
  if (source.cols !== out.cols) {
    fail("gatherRows", "both must have equally many columns", source, out);
  }
  if (!isSize(start) || start + out.rows > order.length) {
    throw new TypeError(
      `Cannot gatherRows to ${shape(out)} as start must be in ` +
        `0..${order.length - out.rows}: current value is ${start}`,
    );
  }
  checkHome("gatherRows", source, out);
  const { all } = source.workspace;
  const { cols } = out;
  const from = source.pointer / all.BYTES_PER_ELEMENT;
  const to = out.pointer / all.BYTES_PER_ELEMENT;
  for (let i = 0; i < out.rows; i++) {
    const row = order[start + i];
    if (!(row >= 0 && row < source.rows)) {
      throw new TypeError(
        `Cannot gatherRows of ${shape(source)} as order[${start + i}] must ` +
          `be a row: current value is ${row}`,
      );
    }
    all.copyWithin(to + i * cols, from + row * cols, from + (row + 1) * cols);
  }
  return out;
}

// ------------------------------------------------------------- element-wise

/** out = eᵃ. In float32 within 0.78 ulp, over all numbers. */
export function exp(a: Matrix, out: Matrix): Matrix {
  checkSame("exp", a, out);
  a.workspace.kernels.exp(a.pointer, out.pointer, a.data.length);
  return out;
}

/**
 * out = ln a. NaN below 0, −∞ at 0. In float32 within 0.84 ulp, over all
 * numbers.
 */
export function log(a: Matrix, out: Matrix): Matrix {
  checkSame("log", a, out);
  a.workspace.kernels.log(a.pointer, out.pointer, a.data.length);
  return out;
}

/** out = σ(a) = 1 / (1 + e⁻ᵃ). In float32 within 1.83 ulp, over all numbers. */
export function sigmoid(a: Matrix, out: Matrix): Matrix {
  checkSame("sigmoid", a, out);
  a.workspace.kernels.sigmoid(a.pointer, out.pointer, a.data.length);
  return out;
}

/** out = tanh a. In float32 within 1.35 ulp, over all numbers. */
export function tanh(a: Matrix, out: Matrix): Matrix {
  checkSame("tanh", a, out);
  a.workspace.kernels.tanh(a.pointer, out.pointer, a.data.length);
  return out;
}

/** out = max(a, 0). */
export function relu(a: Matrix, out: Matrix): Matrix {
  checkSame("relu", a, out);
  a.workspace.kernels.relu(a.pointer, out.pointer, a.data.length);
  return out;
}

/** out = ln(1 + eᵃ). In float32 within 2.87 ulp, over all numbers. */
export function softplus(a: Matrix, out: Matrix): Matrix {
  checkSame("softplus", a, out);
  a.workspace.kernels.softplus(a.pointer, out.pointer, a.data.length);
  return out;
}

/** out = dy · y(1 − y), with y = σ(a): the gradient by a. */
export function sigmoidBackward(y: Matrix, dy: Matrix, out: Matrix): Matrix {
  checkSame("sigmoidBackward", y, dy);
  checkSame("sigmoidBackward", y, out);
  y.workspace.kernels.sigmoidBackward(
    y.pointer,
    dy.pointer,
    out.pointer,
    y.data.length,
  );
  return out;
}

/** out = dy · (1 − y²), with y = tanh a. */
export function tanhBackward(y: Matrix, dy: Matrix, out: Matrix): Matrix {
  checkSame("tanhBackward", y, dy);
  checkSame("tanhBackward", y, out);
  y.workspace.kernels.tanhBackward(
    y.pointer,
    dy.pointer,
    out.pointer,
    y.data.length,
  );
  return out;
}

/** out = dy where y > 0, else 0, with y = max(a, 0). */
export function reluBackward(y: Matrix, dy: Matrix, out: Matrix): Matrix {
  checkSame("reluBackward", y, dy);
  checkSame("reluBackward", y, out);
  y.workspace.kernels.reluBackward(
    y.pointer,
    dy.pointer,
    out.pointer,
    y.data.length,
  );
  return out;
}

/** out = dy · (1 − e⁻ʸ), with y = ln(1 + eᵃ). */
export function softplusBackward(y: Matrix, dy: Matrix, out: Matrix): Matrix {
  checkSame("softplusBackward", y, dy);
  checkSame("softplusBackward", y, out);
  y.workspace.kernels.softplusBackward(
    y.pointer,
    dy.pointer,
    out.pointer,
    y.data.length,
  );
  return out;
}

/** out = a + b. */
export function add(a: Matrix, b: Matrix, out: Matrix): Matrix {
  checkSame("add", a, b);
  checkSame("add", a, out);
  a.workspace.kernels.add(a.pointer, b.pointer, out.pointer, a.data.length);
  return out;
}

/** out = a − b. */
export function sub(a: Matrix, b: Matrix, out: Matrix): Matrix {
  checkSame("sub", a, b);
  checkSame("sub", a, out);
  a.workspace.kernels.sub(a.pointer, b.pointer, out.pointer, a.data.length);
  return out;
}

/** out = a · b, element by element. */
export function mul(a: Matrix, b: Matrix, out: Matrix): Matrix {
  checkSame("mul", a, b);
  checkSame("mul", a, out);
  a.workspace.kernels.mul(a.pointer, b.pointer, out.pointer, a.data.length);
  return out;
}

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

// --------------------------------------------------------------- reductions

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

/** Mean of column j, over the rows. */
export function columnMean(a: Matrix, j: number): number {
  checkColumn("columnMean", a, j);
  return a.workspace.kernels.mean(elementAddress(a, j), a.cols, a.rows);
}

/** Variance of column j (divided by the number of rows). */
export function columnVariance(a: Matrix, j: number): number {
  return columnCovariance(a, j, a, j);
}

/** Covariance of column j of a and column k of b (divided by the rows). */
export function columnCovariance(
  a: Matrix,
  j: number,
  b: Matrix,
  k: number,
): number {
  if (a.rows !== b.rows) {
    fail("columnCovariance", "both must have equally many rows", a, b);
  }
  checkColumn("columnCovariance", a, j);
  checkColumn("columnCovariance", b, k);
  checkHome("columnCovariance", a, b);
  return a.workspace.kernels.covariance(
    elementAddress(a, j),
    a.cols,
    elementAddress(b, k),
    b.cols,
    a.rows,
  );
}

/** out (1 × n) = the mean of each column. */
export function columnMeans(a: Matrix, out: Matrix): Matrix {
  columnSums(a, out);
  return scale(1 / a.rows, out, out);
}

/** out[j, k] = covariance of column j of a and column k of b. */
export function covarianceMatrix(a: Matrix, b: Matrix, out: Matrix): Matrix {
  checkShape("covarianceMatrix", "out", out, a.cols, b.cols);
  for (let j = 0; j < a.cols; j++) {
    for (let k = 0; k < b.cols; k++) {
      out.data[j * b.cols + k] = columnCovariance(a, j, b, k);
    }
  }
  return out;
}

function checkColumn(action: string, a: Matrix, j: number): void {
  if (!(isSize(j) && j < a.cols)) {
    throw new TypeError(
      `Cannot ${action} of ${shape(a)} as the column must be in ` +
        `0..${a.cols - 1}: current value is ${j}`,
    );
  }
}

function elementAddress(a: Matrix, j: number): number {
  return a.pointer + j * a.data.BYTES_PER_ELEMENT;
}

// ------------------------------------------------------------------- groups
//
// A tensor of batch × K × pixels is a (batch·K) × pixels matrix: K rows in
// succession form a group. "Narrow" matrices are batch × pixels.

function groupSize(action: string, narrow: Matrix, wide: Matrix): number {
  const size = narrow.rows === 0 ? 0 : wide.rows / narrow.rows;
  if (
    narrow.cols !== wide.cols || !Number.isInteger(size) ||
    (narrow.rows === 0 && wide.rows !== 0)
  ) {
    fail(
      action,
      "shapes must be batch × pixels and batch·K × pixels",
      ...[
        narrow,
        wide,
      ] as const,
    );
  }
  checkHome(action, narrow, wide);
  return size;
}

function checkGroups(action: string, a: Matrix, group: number): number {
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
  const batch = checkGroups("softmaxGroups", a, group);
  checkSame("softmaxGroups", a, out);
  a.workspace.kernels.softmaxGroups(
    a.pointer,
    out.pointer,
    batch,
    group,
    a.cols,
  );
  return out;
}

/** out = y · (dy − Σ_k y·dy), with y = softmaxGroups(a). */
export function softmaxGroupsBackward(
  y: Matrix,
  dy: Matrix,
  group: number,
  out: Matrix,
): Matrix {
  const batch = checkGroups("softmaxGroupsBackward", y, group);
  checkSame("softmaxGroupsBackward", y, dy);
  checkSame("softmaxGroupsBackward", y, out);
  y.workspace.kernels.softmaxGroupsBackward(
    y.pointer,
    dy.pointer,
    out.pointer,
    batch,
    group,
    y.cols,
  );
  return out;
}

/** out (batch × pixels) = ln Σ_k eᵃ of a (batch·K × pixels). */
export function logSumExpGroups(a: Matrix, out: Matrix): Matrix {
  const group = groupSize("logSumExpGroups", out, a);
  a.workspace.kernels.logSumExpGroups(
    a.pointer,
    out.pointer,
    out.rows,
    group,
    a.cols,
  );
  return out;
}

/** out (batch × pixels) = Σ_k a (batch·K × pixels). */
export function sumGroups(a: Matrix, out: Matrix): Matrix {
  const group = groupSize("sumGroups", out, a);
  a.workspace.kernels.sumGroups(
    a.pointer,
    out.pointer,
    out.rows,
    group,
    a.cols,
  );
  return out;
}

/** out (batch·K × pixels) = x (batch × pixels, repeated K times) − a. */
export function subGroups(x: Matrix, a: Matrix, out: Matrix): Matrix {
  const group = groupSize("subGroups", x, a);
  checkSame("subGroups", a, out);
  a.workspace.kernels.subGroups(
    x.pointer,
    a.pointer,
    out.pointer,
    x.rows,
    group,
    a.cols,
  );
  return out;
}

/** out (batch·K × pixels) = x (batch × pixels, repeated K times) · a. */
export function mulGroups(x: Matrix, a: Matrix, out: Matrix): Matrix {
  const group = groupSize("mulGroups", x, a);
  checkSame("mulGroups", a, out);
  a.workspace.kernels.mulGroups(
    x.pointer,
    a.pointer,
    out.pointer,
    x.rows,
    group,
    a.cols,
  );
  return out;
}

// -------------------------------------------------------------- likelihoods

/**
 * out = x ln σ(a) + (1 − x) ln(1 − σ(a)) = x·a − ln(1 + eᵃ), in nats: the
 * Bernoulli log-likelihood of x under *logits* a, exact for any a. x is either
 * shaped like a or batch × pixels under batch·K × pixels.
 */
export function bernoulliLogLikelihood(
  x: Matrix,
  logits: Matrix,
  out: Matrix,
): Matrix {
  const group = groupSize("bernoulliLogLikelihood", x, logits);
  checkSame("bernoulliLogLikelihood", logits, out);
  x.workspace.kernels.bernoulli(
    x.pointer,
    logits.pointer,
    out.pointer,
    x.rows,
    group,
    x.cols,
  );
  return out;
}

/** out = dy · (x − σ(a)): the gradient of the log-likelihood by the logits. */
export function bernoulliLogLikelihoodBackward(
  x: Matrix,
  logits: Matrix,
  dy: Matrix,
  out: Matrix,
): Matrix {
  const group = groupSize("bernoulliLogLikelihoodBackward", x, logits);
  checkSame("bernoulliLogLikelihoodBackward", logits, dy);
  checkSame("bernoulliLogLikelihoodBackward", logits, out);
  x.workspace.kernels.bernoulliBackward(
    x.pointer,
    logits.pointer,
    dy.pointer,
    out.pointer,
    x.rows,
    group,
    x.cols,
  );
  return out;
}

/**
 * out[i, j] = exp(−‖cᵢ − μⱼ‖² / 2σ²): the bump that code cᵢ raises on unit j.
 * codes is batch × d, centres units × d, out batch × units.
 */
export function gaussianBumps(
  codes: Matrix,
  centres: Matrix,
  sigma: number,
  out: Matrix,
): Matrix {
  if (codes.cols !== centres.cols) {
    fail("gaussianBumps", "codes and centres must be ? × d", codes, centres);
  }
  checkShape("gaussianBumps", "out", out, codes.rows, centres.rows);
  checkUnits("gaussianBumps", centres);
  checkHome("gaussianBumps", codes, centres);
  checkHome("gaussianBumps", codes, out);
  codes.workspace.kernels.gaussianBumps(
    codes.pointer,
    centres.pointer,
    out.pointer,
    codes.rows,
    centres.rows,
    codes.cols,
    sigma,
  );
  return out;
}

// The kernels keep centres, their gradients and one row of weights in scratch.
function checkUnits(action: string, centres: Matrix): void {
  const bytes = centres.data.BYTES_PER_ELEMENT * (2 * centres.cols + 1) *
    (centres.rows + 4);
  if (bytes > FIRST_BYTE - FIRST_SCRATCH) {
    throw new RangeError(
      `Cannot ${action} as centres must be fewer: ` +
        `current value is ${shape(centres)}`,
    );
  }
}

/** The matrices of a backward pass through `gaussianBumps`. */
export interface BumpsBackward {
  codes: Matrix;
  centres: Matrix;
  sigma: number;
  /** The output of `gaussianBumps`. */
  bumps: Matrix;
  /** The loss's gradient by the bumps. */
  dBumps: Matrix;
  /** Overwritten with the gradient by the codes. */
  dCodes: Matrix;
  /** Overwritten with the gradient by the centres. */
  dCentres: Matrix;
}

/** Fills `dCodes` and `dCentres` from `dBumps`. */
export function gaussianBumpsBackward(pass: BumpsBackward): void {
  const { codes, centres, bumps, dBumps, dCodes, dCentres } = pass;
  const action = "gaussianBumpsBackward";
  if (codes.cols !== centres.cols) {
    fail(action, "codes and centres must be ? × d", codes, centres);
  }
  checkShape(action, "bumps", bumps, codes.rows, centres.rows);
  checkUnits(action, centres);
  checkSame(action, bumps, dBumps);
  checkSame(action, codes, dCodes);
  checkSame(action, centres, dCentres);
  checkHome(action, codes, centres);
  checkHome(action, codes, bumps);
  codes.workspace.kernels.gaussianBumpsBackward(
    codes.pointer,
    centres.pointer,
    bumps.pointer,
    dBumps.pointer,
    dCodes.pointer,
    dCentres.pointer,
    codes.rows,
    centres.rows,
    codes.cols,
    pass.sigma,
  );
}

// ---------------------------------------------------------------- Neural EM

/** The matrices of one EM iteration; all but x and input are batch·K × pixels. */
export interface EmStep {
  /** The image that is explained, batch × pixels, in [0, 1]. */
  x: Matrix;
  /** The image that the network sees, batch × pixels: x or a noisy copy. */
  input: Matrix;
  /** What each component predicts, before the sigmoid. */
  logits: Matrix;
  /** Components, K. */
  K: number;
  /** Weight of the loss within a component, Σ γ · BCE. */
  intra: number;
  /** Weight of the loss between components, Σ (1 − γ) · KL(0 ‖ ψ), where x = 0. */
  inter: number;
  /** The same where x = 1; in between, a mean of the two. */
  interOn: number;
  /** Weight of the mixture's negative log-likelihood. */
  mixture: number;
  /** Predictions σ(logits); written by `emStep`. */
  psi: Matrix;
  /** Responsibilities; written by `emStep`. */
  gamma: Matrix;
}

/** What `emStep` writes besides. */
export interface EmResults {
  /** γ (input − ψ), what the next M-step reads. */
  residual: Matrix;
  /** Loss of each image in nats, batch × 1. */
  losses: Matrix;
}

/**
 * One iteration of Neural EM, in one pass over the pixels. With ε = 10⁻⁶:
 *
 *   ψ = σ(a),  p_k = x ψ_k + (1 − x)(1 − ψ_k),  S = Σ_j (p_j + ε)
 *   γ_k = (p_k + ε) / S,  residual_k = γ_k (input − ψ_k)
 *   apart = (1 − x) inter + x interOn
 *   loss = Σ [ intra γ_k (ln(1 + eᵃ) − x a) + apart (1 − γ_k) ln(1 + eᵃ) ]
 *          − mixture ln(S / K)
 *
 * Writes psi, gamma, residual and the losses of the images; returns their sum
 * in nats. psi may be the matrix of the logits where intra, inter and interOn
 * are 0.
 */
export function emStep(step: EmStep & EmResults): number {
  const { x, input, logits, psi, gamma, residual, losses, K } = step;
  checkEm("emStep", step, residual);
  if (losses.rows * losses.cols !== x.rows) {
    fail("emStep", "losses must be one for each row of x", x, losses);
  }
  checkHome("emStep", x, losses);
  return x.workspace.kernels.emStep(
    x.pointer,
    input.pointer,
    logits.pointer,
    psi.pointer,
    gamma.pointer,
    residual.pointer,
    losses.pointer,
    x.rows,
    K,
    x.cols,
    step.intra,
    step.inter,
    step.interOn,
    step.mixture,
  );
}

/** What `emStepBackward` takes besides the matrices of `emStep`. */
export interface EmStepBackward extends EmStep {
  /** Whether the gradient flows through the responsibilities. */
  throughGamma: boolean;
  /** The later loss's gradient by the residual; zeros at the last step. */
  dResidual: Matrix;
  /** Overwritten with the gradient by the logits. */
  dLogits: Matrix;
}

/** Fills `dLogits`, from the psi and gamma that `emStep` wrote. */
export function emStepBackward(step: EmStepBackward): void {
  const { x, input, logits, psi, gamma, dResidual, dLogits, K } = step;
  checkEm("emStepBackward", step, dResidual);
  checkSame("emStepBackward", logits, dLogits);
  x.workspace.kernels.emStepBackward(
    x.pointer,
    input.pointer,
    logits.pointer,
    psi.pointer,
    gamma.pointer,
    dResidual.pointer,
    dLogits.pointer,
    x.rows,
    K,
    x.cols,
    step.intra,
    step.inter,
    step.interOn,
    step.mixture,
    step.throughGamma ? 1 : 0,
  );
}

function checkEm(action: string, step: EmStep, last: Matrix): void {
  const { x, input, logits, psi, gamma, K } = step;
  checkSame(action, x, input);
  if (logits.rows !== K * x.rows || logits.cols !== x.cols) {
    fail(action, `logits must be ${K} times as high as x`, x, logits);
  }
  checkHome(action, x, logits);
  checkSame(action, logits, psi);
  checkSame(action, logits, gamma);
  checkSame(action, logits, last);
}
