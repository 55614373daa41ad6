import { LANES, loadSplat, SCRATCH, SIZE } from "./math";

// All three products run one inner kernel. It holds a block of 4 rows × 2
// vectors of the result in registers and adds A[i, l] · B[l, j] for l = 0, 1,
// …; so each element is summed in the order of l, whatever the shape. The
// panel of B (2 vectors wide) is packed into scratch memory first, where that
// pays, transposed for A·Bᵀ, and padded with zeros at the right edge.

/** Columns of a panel. */
// @ts-ignore: decorator

const WIDTH: usize = 2 * LANES;

/** Rows of B in a panel at most: 16 KiB, half of a small first-level cache. */
// @ts-ignore: decorator

const DEPTH: usize = 16384 / 32;

/** Where the panel lies, and one 4 × 2-vector block at the right edge. */
// @ts-ignore: decorator

const PANEL: usize = SCRATCH;

// @ts-ignore: decorator

const EDGE: usize = SCRATCH + 32 * DEPTH;

/** Adds 4 rows of A times the panel to (or stores it in) 4 rows at c0 … c3. */
function block4(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  stepA: usize,
  b: usize,
  stepB: usize,
  k: usize,
  c0: usize,
  c1: usize,
  c2: usize,
  c3: usize,
  accumulate: bool,
): void {
  let s00 = v128.splat<real>(0);
  let s01 = v128.splat<real>(0);
  let s10 = v128.splat<real>(0);
  let s11 = v128.splat<real>(0);
  let s20 = v128.splat<real>(0);
  let s21 = v128.splat<real>(0);
  let s30 = v128.splat<real>(0);
  let s31 = v128.splat<real>(0);
  for (let l: usize = 0; l < k; l++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = loadSplat(a0);
    s00 = v128.add<real>(s00, v128.mul<real>(x, b0));
    s01 = v128.add<real>(s01, v128.mul<real>(x, b1));
    x = loadSplat(a1);
    s10 = v128.add<real>(s10, v128.mul<real>(x, b0));
    s11 = v128.add<real>(s11, v128.mul<real>(x, b1));
    x = loadSplat(a2);
    s20 = v128.add<real>(s20, v128.mul<real>(x, b0));
    s21 = v128.add<real>(s21, v128.mul<real>(x, b1));
    x = loadSplat(a3);
    s30 = v128.add<real>(s30, v128.mul<real>(x, b0));
    s31 = v128.add<real>(s31, v128.mul<real>(x, b1));
    a0 += stepA;
    a1 += stepA;
    a2 += stepA;
    a3 += stepA;
    b += stepB;
  }
  if (accumulate) {
    s00 = v128.add<real>(v128.load(c0), s00);
    s01 = v128.add<real>(v128.load(c0, 16), s01);
    s10 = v128.add<real>(v128.load(c1), s10);
    s11 = v128.add<real>(v128.load(c1, 16), s11);
    s20 = v128.add<real>(v128.load(c2), s20);
    s21 = v128.add<real>(v128.load(c2, 16), s21);
    s30 = v128.add<real>(v128.load(c3), s30);
    s31 = v128.add<real>(v128.load(c3, 16), s31);
  }
  v128.store(c0, s00);
  v128.store(c0, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

/** The same for one row. */
function block1(
  a0: usize,
  stepA: usize,
  b: usize,
  stepB: usize,
  k: usize,
  c0: usize,
  accumulate: bool,
): void {
  let s0 = v128.splat<real>(0);
  let s1 = v128.splat<real>(0);
  for (let l: usize = 0; l < k; l++) {
    const x = loadSplat(a0);
    s0 = v128.add<real>(s0, v128.mul<real>(x, v128.load(b)));
    s1 = v128.add<real>(s1, v128.mul<real>(x, v128.load(b, 16)));
    a0 += stepA;
    b += stepB;
  }
  if (accumulate) {
    s0 = v128.add<real>(v128.load(c0), s0);
    s1 = v128.add<real>(v128.load(c0, 16), s1);
  }
  v128.store(c0, s0);
  v128.store(c0, s1, 16);
}

/** Copies k rows × `width` columns of B (rows `stride` apart) to the panel. */
function pack(b: usize, stride: usize, k: usize, width: usize): void {
  let to = PANEL;
  if (width === WIDTH) {
    for (let l: usize = 0; l < k; l++) {
      v128.store(to, v128.load(b));
      v128.store(to, v128.load(b, 16), 16);
      b += stride;
      to += 32;
    }
    return;
  }
  for (let l: usize = 0; l < k; l++) {
    for (let j: usize = 0; j < WIDTH; j++) {
      store<real>(to + j * SIZE, j < width ? load<real>(b + j * SIZE) : 0);
    }
    b += stride;
    to += 32;
  }
}

/** Copies `width` rows × k columns of B, transposed, to the panel. */
function packTransposed(b: usize, stride: usize, k: usize, width: usize): void {
  for (let j: usize = 0; j < WIDTH; j++) {
    let to = PANEL + j * SIZE;
    let from = b + j * stride;
    if (j < width) {
      for (let l: usize = 0; l < k; l++) {
        store<real>(to, load<real>(from));
        from += SIZE;
        to += 32;
      }
    } else {
      for (let l: usize = 0; l < k; l++) {
        store<real>(to, 0);
        to += 32;
      }
    }
  }
}

/**
 * out (+)= left · right: element (i, l) of left at a + i·rowA + l·stepA, and
 * right k × n with rows rowB apart, or n × k if `transposed`.
 */
// @ts-ignore: decorator

function product(
  a: usize,
  rowA: usize,
  stepA: usize,
  b: usize,
  rowB: usize,
  transposed: bool,
  out: usize,
  m: usize,
  k: usize,
  n: usize,
  accumulate: bool,
): void {
  if (k === 0) {
    if (!accumulate) memory.fill(out, 0, m * n * SIZE);
    return;
  }
  // Equal shares of k, so that no last share is short.
  const shares = (k + DEPTH - 1) / DEPTH;
  const depth = (k + shares - 1) / shares;
  const rowC = n * SIZE;
  for (let from: usize = 0; from < k; from += depth) {
    const count = min(depth, k - from);
    const add = accumulate || from > 0;
    for (let j: usize = 0; j < n; j += WIDTH) {
      const width = min(WIDTH, n - j);
      let panel = PANEL;
      let stepB: usize = 32;
      if (transposed) {
        packTransposed(b + j * rowB + from * SIZE, rowB, count, width);
      } else {
        const corner = b + from * rowB + j * SIZE;
        if (width < WIDTH || m > 16) pack(corner, rowB, count, width);
        else {
          panel = corner;
          stepB = rowB;
        }
      }
      const whole = width === WIDTH;
      let i: usize = 0;
      while (i < m) {
        const rows = min<usize>(4, m - i);
        const a0 = a + i * rowA + from * stepA;
        const c0 = whole ? out + i * rowC + j * SIZE : EDGE;
        const stepC: usize = whole ? rowC : 32;
        if (!whole && add) {
          copyBlock(out + i * rowC + j * SIZE, rowC, EDGE, 32, rows, width);
        }
        // Rows beyond the last repeat it: the same numbers stored twice.
        const r1: usize = rows > 1 ? 1 : 0;
        const r2: usize = rows > 2 ? 2 : r1;
        const r3: usize = rows > 3 ? 3 : r2;
        if (rows === 1) block1(a0, stepA, panel, stepB, count, c0, add);
        else {
          block4(
            a0,
            a0 + r1 * rowA,
            a0 + r2 * rowA,
            a0 + r3 * rowA,
            stepA,
            panel,
            stepB,
            count,
            c0,
            c0 + r1 * stepC,
            c0 + r2 * stepC,
            c0 + r3 * stepC,
            add,
          );
        }
        if (!whole) {
          copyBlock(EDGE, 32, out + i * rowC + j * SIZE, rowC, rows, width);
        }
        i += rows;
      }
    }
  }
}

function copyBlock(
  from: usize,
  fromRow: usize,
  to: usize,
  toRow: usize,
  rows: usize,
  width: usize,
): void {
  for (let i: usize = 0; i < rows; i++) {
    for (let j: usize = 0; j < width; j++) {
      store<real>(to + j * SIZE, load<real>(from + j * SIZE));
    }
    from += fromRow;
    to += toRow;
  }
}

/** out (+)= A·B. */
export function matmul(
  a: usize,
  b: usize,
  out: usize,
  m: usize,
  k: usize,
  n: usize,
  accumulate: i32,
): void {
  product(
    a,
    k * SIZE,
    SIZE,
    b,
    n * SIZE,
    false,
    out,
    m,
    k,
    n,
    accumulate !== 0,
  );
}

/** out (+)= Aᵀ·B, A is k × m. */
export function matmulTN(
  a: usize,
  b: usize,
  out: usize,
  m: usize,
  k: usize,
  n: usize,
  accumulate: i32,
): void {
  product(
    a,
    SIZE,
    m * SIZE,
    b,
    n * SIZE,
    false,
    out,
    m,
    k,
    n,
    accumulate !== 0,
  );
}

/** out (+)= A·Bᵀ, B is n × k. */
export function matmulNT(
  a: usize,
  b: usize,
  out: usize,
  m: usize,
  k: usize,
  n: usize,
  accumulate: i32,
): void {
  product(a, k * SIZE, SIZE, b, k * SIZE, true, out, m, k, n, accumulate !== 0);
}
