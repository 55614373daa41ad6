/**
 * Matrices in a memory that one workspace owns. The modules beside this one
 * hold the kernels that act on them.
 *
 * A workspace holds one WebAssembly memory of fixed size and one number type:
 * float32 to train, float64 to check gradients. A model is written once and
 * runs in both, because every kernel takes its type from the matrices it is
 * handed. Matrices are row-major views made once, before training; no kernel
 * allocates, so a training step built from them does not either.
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
import {
  AREA_BYTES,
  AREAS,
  type Dtype,
  type Kernels,
  wasmKernels,
} from "../wasm/kernels.ts";

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
  /** Whether other threads may see the memory, as a team's do. */
  shared?: boolean;
  /** Other kernels than the WebAssembly ones: a team's, or the tests' twins. */
  kernels?: (memory: WebAssembly.Memory, dtype: Dtype) => Kernels;
}

// Matrices lie beyond the kernels' areas, which cost nothing until they are used.
const FIRST_BYTE = (1 + AREAS) * AREA_BYTES;
const PAGE = 1 << 16;

/** Bytes that a kernel may fill with what it needs for a moment. */
export const SCRATCH_BYTES: number = AREA_BYTES - (1 << 16);

/** One memory, one number type, and the matrices that live there. */
export class Workspace {
  readonly dtype: Dtype;
  readonly memory: WebAssembly.Memory;
  /** The raw kernels; call the checked functions of this folder instead. */
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
    this.memory = new WebAssembly.Memory({
      initial: pages,
      maximum: pages,
      shared: options.shared ?? false,
    });
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
    if (bytes > this.bytesFree) {
      throw new RangeError(
        `Cannot make a ${rows}×${cols} matrix as the workspace must have ` +
          `${bytes} bytes left: current value is ${this.bytesFree} ` +
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

/** Whether n counts something. */
export function isSize(n: number): boolean {
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
