import { LANES, loadSplat, SCRATCH, SIZE } from "./math";

// All three products run one inner kernel. It holds a block of 4 rows × 2
// vectors of the result in registers and adds A[i, l] · B[l, j] for l = 0, 1,
// …; so each element is summed in the order of l, whatever the shape. A panel
// of B, 2 vectors wide, is packed into scratch memory first, transposed for
// A·Bᵀ, and padded with zeros at the right edge.
//
// Where an engine checks the bounds of each access, as Deno does, the checks
// cost as much as the arithmetic. It need not check an address that it knows,
// so the panel lies at a fixed one, and the loop over its rows is unrolled.

/** Columns of a panel. */
// @ts-ignore: decorator
@inline
const WIDTH: usize = 2 * LANES;
/** Rows of a panel at most: as often `rows4` repeats its lines. */
// @ts-ignore: decorator
@inline
const DEPTH: usize = 48;
/** Sums over more than this many l are taken in equal shares, then added. */
// @ts-ignore: decorator
@inline
const SHARE: usize = 512;
/** Rows of the result at a time, whose sums pass from panel to panel. */
// @ts-ignore: decorator
@inline
const ROWS: usize = 256;
/** Where the panel lies (`column` needs a longer one), and the sums. */
// @ts-ignore: decorator
@inline
const PANEL: usize = SCRATCH;
// @ts-ignore: decorator
@inline
const SUMS: usize = SCRATCH + 32 * SHARE;

// @ts-ignore: decorator
@inline
function mulAdd(sum: v128, x: v128, y: v128): v128 {
  return v128.add<real>(sum, v128.mul<real>(x, y));
}

/** Two vectors of the result: s, or what is there plus s. */
// @ts-ignore: decorator
@inline
function putRow(c: usize, s0: v128, s1: v128, accumulate: bool): void {
  v128.store(c, accumulate ? v128.add<real>(v128.load(c), s0) : s0);
  v128.store(c, accumulate ? v128.add<real>(v128.load(c, 16), s1) : s1, 16);
}

/**
 * For `groups` of 4 rows of A: rows times the panel's `depth` rows, added to
 * the sums so far unless these are the first. The sums go to c, rows rowC
 * apart, or back to where they were if c is 0.
 */
function rows4(a: usize, rowA: usize, stepA: usize, depth: usize, groups: usize, first: bool, c: usize, rowC: usize, accumulate: bool): void {
  let s00: v128, s01: v128, s10: v128, s11: v128, s20: v128, s21: v128, s30: v128, s31: v128;
  let b0: v128, b1: v128, x: v128;
  for (let sums = SUMS; groups > 0; groups--) {
    if (first) {
      s00 = s01 = s10 = s11 = s20 = s21 = s30 = s31 = v128.splat<real>(0);
    } else {
      s00 = v128.load(sums);
      s01 = v128.load(sums, 16);
      s10 = v128.load(sums, 32);
      s11 = v128.load(sums, 48);
      s20 = v128.load(sums, 64);
      s21 = v128.load(sums, 80);
      s30 = v128.load(sums, 96);
      s31 = v128.load(sums, 112);
    }
    let a0 = a;
    if (stepA === SIZE) {
      const a1 = a0 + rowA;
      const a2 = a1 + rowA;
      const a3 = a2 + rowA;
      do {
        // repeat 48
        b0 = v128.load(PANEL, 32 * $);
        b1 = v128.load(PANEL, 32 * $ + 16);
        x = v128.load_splat<real>(a0, $ * SIZE);
        s00 = mulAdd(s00, x, b0);
        s01 = mulAdd(s01, x, b1);
        x = v128.load_splat<real>(a1, $ * SIZE);
        s10 = mulAdd(s10, x, b0);
        s11 = mulAdd(s11, x, b1);
        x = v128.load_splat<real>(a2, $ * SIZE);
        s20 = mulAdd(s20, x, b0);
        s21 = mulAdd(s21, x, b1);
        x = v128.load_splat<real>(a3, $ * SIZE);
        s30 = mulAdd(s30, x, b0);
        s31 = mulAdd(s31, x, b1);
        if (depth === $ + 1) break;
        // end
      } while (false);
    } else {
      // A is stored transposed: its four numbers lie side by side.
      do {
        // repeat 48
        b0 = v128.load(PANEL, 32 * $);
        b1 = v128.load(PANEL, 32 * $ + 16);
        x = v128.load_splat<real>(a0);
        s00 = mulAdd(s00, x, b0);
        s01 = mulAdd(s01, x, b1);
        x = v128.load_splat<real>(a0, SIZE);
        s10 = mulAdd(s10, x, b0);
        s11 = mulAdd(s11, x, b1);
        x = v128.load_splat<real>(a0, 2 * SIZE);
        s20 = mulAdd(s20, x, b0);
        s21 = mulAdd(s21, x, b1);
        x = v128.load_splat<real>(a0, 3 * SIZE);
        s30 = mulAdd(s30, x, b0);
        s31 = mulAdd(s31, x, b1);
        if (depth === $ + 1) break;
        a0 += stepA;
        // end
      } while (false);
    }
    if (c) {
      putRow(c, s00, s01, accumulate);
      putRow(c + rowC, s10, s11, accumulate);
      putRow(c + 2 * rowC, s20, s21, accumulate);
      putRow(c + 3 * rowC, s30, s31, accumulate);
      c += 4 * rowC;
    } else {
      v128.store(sums, s00);
      v128.store(sums, s01, 16);
      v128.store(sums, s10, 32);
      v128.store(sums, s11, 48);
      v128.store(sums, s20, 64);
      v128.store(sums, s21, 80);
      v128.store(sums, s30, 96);
      v128.store(sums, s31, 112);
    }
    a += 4 * rowA;
    sums += 4 * 32;
  }
}

/** The same for one row and `depth` rows of B, wherever they lie. */
function row1(a: usize, stepA: usize, b: usize, rowB: usize, depth: usize, sums: usize, first: bool, c: usize, accumulate: bool): void {
  let s0 = first ? v128.splat<real>(0) : v128.load(sums);
  let s1 = first ? v128.splat<real>(0) : v128.load(sums, 16);
  for (let l: usize = 0; l < depth; l++) {
    const x = loadSplat(a);
    s0 = mulAdd(s0, x, v128.load(b));
    s1 = mulAdd(s1, x, v128.load(b, 16));
    a += stepA;
    b += rowB;
  }
  if (c) putRow(c, s0, s1, accumulate);
  else putRow(sums, s0, s1, false);
}

/** Copies `depth` rows × `width` columns of B (rows rowB apart) to the panel. */
function pack(b: usize, rowB: usize, depth: usize, width: usize): void {
  const end = PANEL + 32 * depth;
  for (let to = PANEL; to < end; to += 32) {
    if (width === WIDTH) {
      v128.store(to, v128.load(b));
      v128.store(to, v128.load(b, 16), 16);
    } else {
      for (let j: usize = 0; j < WIDTH; j++) {
        store<real>(to + j * SIZE, j < width ? load<real>(b + j * SIZE) : 0);
      }
    }
    b += rowB;
  }
}

/** Copies `width` rows × `depth` columns of B, transposed, to the panel. */
function packTransposed(b: usize, rowB: usize, depth: usize, width: usize): void {
  const whole = width === WIDTH ? depth & ~(LANES - 1) : 0;
  for (let j: usize = 0; j < WIDTH; j += LANES) {
    for (let l: usize = 0; l < whole; l += LANES) {
      const from = b + j * rowB + l * SIZE;
      const to = PANEL + 32 * l + j * SIZE;
      const x0 = v128.load(from);
      const x1 = v128.load(from + rowB);
      if (sizeof<real>() === 4) {
        const x2 = v128.load(from + 2 * rowB);
        const x3 = v128.load(from + 3 * rowB);
        const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
        const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
        const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
        const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
        v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
        v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 32);
        v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 64);
        v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 96);
      } else {
        v128.store(to, v128.shuffle<f64>(x0, x1, 0, 2));
        v128.store(to, v128.shuffle<f64>(x0, x1, 1, 3), 32);
      }
    }
  }
  for (let l = whole; l < depth; l++) {
    for (let j: usize = 0; j < WIDTH; j++) {
      store<real>(PANEL + 32 * l + j * SIZE, j < width ? load<real>(b + j * rowB + l * SIZE) : 0);
    }
  }
}

/** The size of the fewest equal parts of `count` that are `most` or less. */
// @ts-ignore: decorator
@inline
function part(count: usize, most: usize): usize {
  const parts = (count + most - 1) / most;
  return (count + parts - 1) / parts;
}

/**
 * out (+)= left · right: element (i, l) of left at a + i·rowA + l·stepA, and
 * right k × n with rows rowB apart, or n × k if `transposed`. Rows of out lie
 * rowC apart.
 */
// @ts-ignore: decorator
@inline
function product(a: usize, rowA: usize, stepA: usize, b: usize, rowB: usize, transposed: bool, out: usize, rowC: usize, m: usize, k: usize, n: usize, accumulate: bool): void {
  if (k === 0) {
    if (accumulate) return;
    for (let i: usize = 0; i < m; i++) memory.fill(out + i * rowC, 0, n * SIZE);
    return;
  }
  const share = part(k, SHARE);
  for (let top: usize = 0; top < m; top += ROWS) {
    const rows = min(ROWS, m - top);
    const fours = rows & ~3;
    for (let j: usize = 0; j < n; j += WIDTH) {
      const width = min(WIDTH, n - j);
      const corner = out + top * rowC + j * SIZE;
      for (let start: usize = 0; start < k; start += share) {
        const stop = min(k, start + share);
        const most = part(stop - start, DEPTH);
        const add = accumulate || start > 0;
        for (let l = start; l < stop; l += most) {
          const depth = min(most, stop - l);
          if (transposed) packTransposed(b + j * rowB + l * SIZE, rowB, depth, width);
          else pack(b + l * rowB + j * SIZE, rowB, depth, width);
          const from = a + top * rowA + l * stepA;
          const first = l === start;
          const c = l + most >= stop && width === WIDTH ? corner : 0;
          rows4(from, rowA, stepA, depth, fours / 4, first, c, rowC, add);
          for (let i = fours; i < rows; i++) {
            row1(from + i * rowA, stepA, PANEL, 32, depth, SUMS + 32 * i, first, c ? c + i * rowC : 0, add);
          }
        }
        if (width === WIDTH) continue;
        for (let i: usize = 0; i < rows; i++) {
          for (let at: usize = 0; at < width * SIZE; at += SIZE) {
            putNumber(corner + i * rowC + at, load<real>(SUMS + 32 * i + at), add);
          }
        }
      }
    }
  }
}

// A product with a single column would leave 7 of a panel's 8 columns idle. The
// two functions below sum in the same order, l = 0, 1, …, hence to the same bits.

/** out (+)= A·b for a column b, A m × k: bᵀ times the transposed of 8 rows. */
function column(a: usize, b: usize, out: usize, m: usize, k: usize, accumulate: bool): void {
  let i: usize = 0;
  for (; i + WIDTH <= m; i += WIDTH) {
    packTransposed(a + i * k * SIZE, k * SIZE, k, WIDTH);
    row1(b, SIZE, PANEL, 32, k, SUMS, true, out + i * SIZE, accumulate);
  }
  for (; i < m; i++) {
    let sum: real = 0;
    for (let l: usize = 0; l < k; l++) sum += load<real>(a + (i * k + l) * SIZE) * load<real>(b + l * SIZE);
    putNumber(out + i * SIZE, sum, accumulate);
  }
}

/** out (+)= Aᵀ·b for a column b and m columns of A, whose rows lie rowA apart. */
function columnT(a: usize, rowA: usize, b: usize, out: usize, m: usize, k: usize, accumulate: bool): void {
  let i: usize = 0;
  for (; i + WIDTH <= m; i += WIDTH) {
    row1(b, SIZE, a + i * SIZE, rowA, k, SUMS, true, out + i * SIZE, accumulate);
  }
  for (; i < m; i++) {
    let sum: real = 0;
    for (let l: usize = 0; l < k; l++) sum += load<real>(a + l * rowA + i * SIZE) * load<real>(b + l * SIZE);
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
  if (n === 1 && k <= SHARE) column(a, b, out, m, k, accumulate !== 0);
  else product(a, k * SIZE, SIZE, b, n * SIZE, false, out, n * SIZE, m, k, n, accumulate !== 0);
}

/**
 * out (+)= Aᵀ·B for m columns of A, whose k rows have `widthA` numbers, and n
 * columns of B and out, whose rows have `widthB`.
 */
export function matmulTN(a: usize, b: usize, out: usize, m: usize, k: usize, n: usize, accumulate: i32, widthA: usize, widthB: usize): void {
  if (widthB === 1 && k <= SHARE) columnT(a, widthA * SIZE, b, out, m, k, accumulate !== 0);
  else product(a, SIZE, widthA * SIZE, b, widthB * SIZE, false, out, widthB * SIZE, m, k, n, accumulate !== 0);
}

/** out (+)= A·Bᵀ, B is n × k. */
export function matmulNT(a: usize, b: usize, out: usize, m: usize, k: usize, n: usize, accumulate: i32): void {
  if (n === 1 && k <= SHARE) column(a, b, out, m, k, accumulate !== 0);
  else product(a, k * SIZE, SIZE, b, k * SIZE, true, out, n * SIZE, m, k, n, accumulate !== 0);
}
