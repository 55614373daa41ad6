import { highHalf, LANES, lowHalf, SIZE } from "./math";

// Sums that leave the kernel as one number are taken in float64, in one fixed
// order: four running sums, the first and the third, the second and the
// fourth, then both.

/** Σ aᵢ. */
export function sum(a: usize, n: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  const step = LANES;
  let i: usize = 0;
  for (; i + step <= n; i += step) {
    const x = v128.load(a + i * SIZE);
    s0 = f64x2.add(s0, lowHalf(x));
    if (sizeof<real>() === 4) s1 = f64x2.add(s1, highHalf(x));
  }
  s0 = f64x2.add(s0, s1);
  let total = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (; i < n; i++) total += <f64> load<real>(a + i * SIZE);
  return total;
}

/** Σ aᵢ·bᵢ. */
export function dot(a: usize, b: usize, n: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  const step = LANES;
  let i: usize = 0;
  for (; i + step <= n; i += step) {
    const x = v128.load(a + i * SIZE);
    const y = v128.load(b + i * SIZE);
    s0 = f64x2.add(s0, f64x2.mul(lowHalf(x), lowHalf(y)));
    if (sizeof<real>() === 4) s1 = f64x2.add(s1, f64x2.mul(highHalf(x), highHalf(y)));
  }
  s0 = f64x2.add(s0, s1);
  let total = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (; i < n; i++) total += <f64> load<real>(a + i * SIZE) * <f64> load<real>(b + i * SIZE);
  return total;
}

/** out[j] (+)= Σᵢ a[i, j] for n columns of a, row after row of `width` numbers. */
export function columnSums(a: usize, out: usize, m: usize, n: usize, accumulate: i32, width: usize): void {
  let j: usize = 0;
  const row = width * SIZE;
  for (; j + 2 * LANES <= n; j += 2 * LANES) {
    const to = out + j * SIZE;
    let s0 = accumulate ? v128.load(to) : v128.splat<real>(0);
    let s1 = accumulate ? v128.load(to, 16) : v128.splat<real>(0);
    let from = a + j * SIZE;
    for (let i: usize = 0; i < m; i++) {
      s0 = v128.add<real>(s0, v128.load(from));
      s1 = v128.add<real>(s1, v128.load(from, 16));
      from += row;
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
  }
  for (; j < n; j++) {
    const to = out + j * SIZE;
    let total: real = accumulate ? load<real>(to) : 0;
    for (let i: usize = 0; i < m; i++) total += load<real>(a + i * row + j * SIZE);
    store<real>(to, total);
  }
}
