/**
 * Keeps the multipliers and the adders busy for n rounds of 6 + 6 vectors, or
 * 48 operations. A vector waits for its own last result only, so the chains
 * are long enough where six operations start before the first has ended.
 */
export function peak(n: i32, factor: f32, summand: f32): f32 {
  const x = f32x4.splat(factor);
  const y = f32x4.splat(summand);
  let a = x, b = x, c = x, d = x, e = x, f = x;
  let g = y, h = y, i = y, j = y, k = y, l = y;
  for (let round = 0; round < n; round++) {
    a = f32x4.mul(a, x);
    g = f32x4.add(g, y);
    b = f32x4.mul(b, x);
    h = f32x4.add(h, y);
    c = f32x4.mul(c, x);
    i = f32x4.add(i, y);
    d = f32x4.mul(d, x);
    j = f32x4.add(j, y);
    e = f32x4.mul(e, x);
    k = f32x4.add(k, y);
    f = f32x4.mul(f, x);
    l = f32x4.add(l, y);
  }
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(e, f));
  g = f32x4.add(f32x4.add(f32x4.add(g, h), f32x4.add(i, j)), f32x4.add(k, l));
  return f32x4.extract_lane(f32x4.add(a, g), 0);
}
