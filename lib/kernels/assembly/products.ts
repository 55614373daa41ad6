import { LANES, loadSplat, SCRATCH, SIZE } from "./math";

// All three products run one inner kernel. It holds a block of 4 rows × 2
// vectors of the result in registers and adds A[i, l] · B[l, j] for l = 0, 1,
// …; so each element is summed in the order of l, whatever the shape. The
// panel of B (2 vectors wide) is packed into scratch memory first, where that
// pays, transposed for A·Bᵀ, and padded with zeros at the right edge.

/** Columns of a panel. */
// @ts-ignore: decorator
@inline
const WIDTH: usize = 2 * LANES;
/** Rows of B in a panel at most: 16 KiB, half of a small first-level cache. */
// @ts-ignore: decorator
@inline
const DEPTH: usize = 16384 / 32;
/** Where the panel lies, and one 4 × 2-vector block at the right edge. */
// @ts-ignore: decorator
@inline
const PANEL: usize = SCRATCH;
// @ts-ignore: decorator
@inline
const EDGE: usize = SCRATCH + 32 * DEPTH;

// @ts-ignore: decorator
@inline
function mulAdd(sum: v128, x: v128, y: v128): v128 {
  return v128.add<real>(sum, v128.mul<real>(x, y));
}

/** Number `index` of those at p, in all lanes. */
// @ts-ignore: decorator
@inline
function broadcast(p: usize, index: usize): v128 {
  return loadSplat(p + index * SIZE);
}

/** Two vectors of the result: s, or what is there plus s. */
// @ts-ignore: decorator
@inline
function putRow(c: usize, s0: v128, s1: v128, accumulate: bool): void {
  v128.store(c, accumulate ? v128.add<real>(v128.load(c), s0) : s0);
  v128.store(c, accumulate ? v128.add<real>(v128.load(c, 16), s1) : s1, 16);
}

/**
 * Stores 4 rows of A times the panel in 4 rows of the result, or adds it.
 * Rows of A lie along l; two steps a round spare additions of addresses.
 */
function rows4(a0: usize, rowA: usize, b: usize, k: usize, c: usize, rowC: usize, accumulate: bool): void {
  let a1 = a0 + rowA;
  let a2 = a1 + rowA;
  let a3 = a2 + rowA;
  let s00 = v128.splat<real>(0);
  let s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  let b0: v128, b1: v128, x: v128;
  let l: usize = 0;
  for (; l + 2 <= k; l += 2) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = broadcast(a0, 0);
    s00 = mulAdd(s00, x, b0);
    s01 = mulAdd(s01, x, b1);
    x = broadcast(a1, 0);
    s10 = mulAdd(s10, x, b0);
    s11 = mulAdd(s11, x, b1);
    x = broadcast(a2, 0);
    s20 = mulAdd(s20, x, b0);
    s21 = mulAdd(s21, x, b1);
    x = broadcast(a3, 0);
    s30 = mulAdd(s30, x, b0);
    s31 = mulAdd(s31, x, b1);
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    x = broadcast(a0, 1);
    s00 = mulAdd(s00, x, b0);
    s01 = mulAdd(s01, x, b1);
    x = broadcast(a1, 1);
    s10 = mulAdd(s10, x, b0);
    s11 = mulAdd(s11, x, b1);
    x = broadcast(a2, 1);
    s20 = mulAdd(s20, x, b0);
    s21 = mulAdd(s21, x, b1);
    x = broadcast(a3, 1);
    s30 = mulAdd(s30, x, b0);
    s31 = mulAdd(s31, x, b1);
    a0 += 2 * SIZE;
    a1 += 2 * SIZE;
    a2 += 2 * SIZE;
    a3 += 2 * SIZE;
    b += 2 * 32;
  }
  for (; l < k; l++) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = broadcast(a0, 0);
    s00 = mulAdd(s00, x, b0);
    s01 = mulAdd(s01, x, b1);
    x = broadcast(a1, 0);
    s10 = mulAdd(s10, x, b0);
    s11 = mulAdd(s11, x, b1);
    x = broadcast(a2, 0);
    s20 = mulAdd(s20, x, b0);
    s21 = mulAdd(s21, x, b1);
    x = broadcast(a3, 0);
    s30 = mulAdd(s30, x, b0);
    s31 = mulAdd(s31, x, b1);
    a0 += SIZE;
    a1 += SIZE;
    a2 += SIZE;
    a3 += SIZE;
    b += 32;
  }
  putRow(c, s00, s01, accumulate);
  putRow(c + rowC, s10, s11, accumulate);
  putRow(c + 2 * rowC, s20, s21, accumulate);
  putRow(c + 3 * rowC, s30, s31, accumulate);
}

/** The same where A is stored transposed: its four numbers lie side by side. */
function columns4(a: usize, stepA: usize, b: usize, k: usize, c: usize, rowC: usize, accumulate: bool): void {
  let s00 = v128.splat<real>(0);
  let s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  let b0: v128, b1: v128, x: v128;
  for (let l: usize = 0; l < k; l++) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = broadcast(a, 0);
    s00 = mulAdd(s00, x, b0);
    s01 = mulAdd(s01, x, b1);
    x = broadcast(a, 1);
    s10 = mulAdd(s10, x, b0);
    s11 = mulAdd(s11, x, b1);
    x = broadcast(a, 2);
    s20 = mulAdd(s20, x, b0);
    s21 = mulAdd(s21, x, b1);
    x = broadcast(a, 3);
    s30 = mulAdd(s30, x, b0);
    s31 = mulAdd(s31, x, b1);
    a += stepA;
    b += 32;
  }
  putRow(c, s00, s01, accumulate);
  putRow(c + rowC, s10, s11, accumulate);
  putRow(c + 2 * rowC, s20, s21, accumulate);
  putRow(c + 3 * rowC, s30, s31, accumulate);
}

/** The same for one row, either way. */
function row1(a: usize, stepA: usize, b: usize, stepB: usize, k: usize, c: usize, accumulate: bool): void {
  let s0 = v128.splat<real>(0);
  let s1 = s0;
  for (let l: usize = 0; l < k; l++) {
    const x = loadSplat(a);
    s0 = mulAdd(s0, x, v128.load(b));
    s1 = mulAdd(s1, x, v128.load(b, 16));
    a += stepA;
    b += stepB;
  }
  putRow(c, s0, s1, accumulate);
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
@inline
function product(a: usize, rowA: usize, stepA: usize, b: usize, rowB: usize, transposed: bool, out: usize, m: usize, k: usize, n: usize, accumulate: bool): void {
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
      const whole = width === WIDTH;
      const corner = b + (transposed ? j * rowB + from * SIZE : from * rowB + j * SIZE);
      let panel = PANEL;
      let stepB: usize = 32;
      if (transposed) packTransposed(corner, rowB, count, width);
      else if (!whole || m >= 4) pack(corner, rowB, count, width);
      else {
        panel = corner;
        stepB = rowB;
      }
      let i: usize = 0;
      while (i < m) {
        const rows: usize = m - i >= 4 ? 4 : 1;
        const a0 = a + i * rowA + from * stepA;
        const c = out + i * rowC + j * SIZE;
        const to = whole ? c : EDGE;
        if (!whole && add) copyBlock(c, rowC, EDGE, 32, rows, width);
        if (rows === 1) row1(a0, stepA, panel, stepB, count, to, add);
        else if (stepA === SIZE) rows4(a0, rowA, panel, count, to, whole ? rowC : 32, add);
        else columns4(a0, stepA, panel, count, to, whole ? rowC : 32, add);
        if (!whole) copyBlock(EDGE, 32, c, rowC, rows, width);
        i += rows;
      }
    }
  }
}

function copyBlock(from: usize, fromRow: usize, to: usize, toRow: usize, rows: usize, width: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    for (let j: usize = 0; j < width; j++) {
      store<real>(to + j * SIZE, load<real>(from + j * SIZE));
    }
    from += fromRow;
    to += toRow;
  }
}

// A product with a single column would leave 7 of a panel's 8 columns idle. The
// two functions below sum in the same order, l = 0, 1, …, hence to the same bits.

/** out (+)= A·b for a column b, A m × k: 4 rows (2 in float64) to a vector. */
function column(a: usize, b: usize, out: usize, m: usize, k: usize, accumulate: bool): void {
  const row = k * SIZE;
  let i: usize = 0;
  for (; i + LANES <= m; i += LANES) {
    let sum = v128.splat<real>(0);
    let l: usize = 0;
    for (; l + LANES <= k; l += LANES) {
      const p = a + l * SIZE;
      const x0 = v128.load(p);
      const x1 = v128.load(p + row);
      const q = b + l * SIZE;
      if (sizeof<real>() === 4) {
        const x2 = v128.load(p + 2 * row);
        const x3 = v128.load(p + 3 * row);
        // Transposes four rows of four.
        const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
        const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
        const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
        const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
        sum = mulAdd(sum, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5), broadcast(q, 0));
        sum = mulAdd(sum, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), broadcast(q, 1));
        sum = mulAdd(sum, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), broadcast(q, 2));
        sum = mulAdd(sum, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), broadcast(q, 3));
      } else {
        sum = mulAdd(sum, v128.shuffle<f64>(x0, x1, 0, 2), broadcast(q, 0));
        sum = mulAdd(sum, v128.shuffle<f64>(x0, x1, 1, 3), broadcast(q, 1));
      }
    }
    for (; l < k; l++) {
      const p = a + l * SIZE;
      let x = loadSplat(p);
      x = v128.replace_lane<real>(x, 1, load<real>(p + row));
      if (sizeof<real>() === 4) {
        x = v128.replace_lane<f32>(x, 2, load<f32>(p + 2 * row));
        x = v128.replace_lane<f32>(x, 3, load<f32>(p + 3 * row));
      }
      sum = mulAdd(sum, x, broadcast(b, l));
    }
    const to = out + i * SIZE;
    v128.store(to, accumulate ? v128.add<real>(v128.load(to), sum) : sum);
    a += LANES * row;
  }
  for (; i < m; i++) {
    let sum: real = 0;
    for (let l: usize = 0; l < k; l++) sum += load<real>(a + l * SIZE) * load<real>(b + l * SIZE);
    putNumber(out + i * SIZE, sum, accumulate);
    a += row;
  }
}

/** out (+)= Aᵀ·b for a column b, A k × m. */
function columnT(a: usize, b: usize, out: usize, m: usize, k: usize, accumulate: bool): void {
  const row = m * SIZE;
  let i: usize = 0;
  for (; i + 2 * LANES <= m; i += 2 * LANES) {
    let s0 = v128.splat<real>(0);
    let s1 = s0;
    let from = a + i * SIZE;
    for (let l: usize = 0; l < k; l++) {
      const x = broadcast(b, l);
      s0 = mulAdd(s0, v128.load(from), x);
      s1 = mulAdd(s1, v128.load(from, 16), x);
      from += row;
    }
    putRow(out + i * SIZE, s0, s1, accumulate);
  }
  for (; i < m; i++) {
    let sum: real = 0;
    for (let l: usize = 0; l < k; l++) sum += load<real>(a + l * row + i * SIZE) * load<real>(b + l * SIZE);
    putNumber(out + i * SIZE, sum, accumulate);
  }
}

// @ts-ignore: decorator
@inline
function putNumber(to: usize, sum: real, accumulate: bool): void {
  store<real>(to, accumulate ? load<real>(to) + sum : sum);
}

/** out (+)= A·B. */
export function matmul(a: usize, b: usize, out: usize, m: usize, k: usize, n: usize, accumulate: i32): void {
  if (n === 1 && k <= DEPTH) column(a, b, out, m, k, accumulate !== 0);
  else product(a, k * SIZE, SIZE, b, n * SIZE, false, out, m, k, n, accumulate !== 0);
}

/** out (+)= Aᵀ·B, A is k × m. */
export function matmulTN(a: usize, b: usize, out: usize, m: usize, k: usize, n: usize, accumulate: i32): void {
  if (n === 1 && k <= DEPTH) columnT(a, b, out, m, k, accumulate !== 0);
  else product(a, SIZE, m * SIZE, b, n * SIZE, false, out, m, k, n, accumulate !== 0);
}

/** out (+)= A·Bᵀ, B is n × k. */
export function matmulNT(a: usize, b: usize, out: usize, m: usize, k: usize, n: usize, accumulate: i32): void {
  if (n === 1 && k <= DEPTH) column(a, b, out, m, k, accumulate !== 0);
  else product(a, k * SIZE, SIZE, b, k * SIZE, true, out, m, k, n, accumulate !== 0);
}
