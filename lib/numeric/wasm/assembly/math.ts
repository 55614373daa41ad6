/// Vector arithmetic that every kernel shares.
///
/// `real` is f32 or f64: the build compiles these files once for each
/// (`--use real=f32`). A v128 holds LANES of them. Only plain SIMD is used
/// (no relaxed instruction), and multiplication and addition are never fused,
/// so every machine computes the same bits.

/** Numbers in a vector. */
// @ts-ignore: decorator
@inline
export const LANES: usize = 16 / sizeof<real>();

// @ts-ignore: decorator
@inline
export const SIZE: usize = sizeof<real>();

/**
 * Each thread's area of 2 MiB begins with the compiler's 64 KiB; what kernels
 * fill for a moment follows. The build passes AREA; see `wasmKernels`.
 */
// @ts-ignore: decorator
@inline
export const SCRATCH: usize = (AREA << 21) + (1 << 16);

/** 16 bytes for the last, incomplete vector of a row, one for each operand. */
const PART = memory.data(64, 16);

// @ts-ignore: decorator
@inline
export function splat(x: f64): v128 {
  return v128.splat<real>(<real> x);
}

// @ts-ignore: decorator
@inline
export function loadSplat(p: usize): v128 {
  return sizeof<real>() === 4 ? v128.load32_splat(p) : v128.load64_splat(p);
}

/** The `count` < LANES numbers at p; the other lanes are left-overs. */
// @ts-ignore: decorator
@inline
export function loadPart(p: usize, count: usize): v128 {
  for (let i: usize = 0; i < count; i++) {
    store<real>(PART + i * SIZE, load<real>(p + i * SIZE));
  }
  return v128.load(PART);
}

/** Stores the first `count` < LANES lanes of x at p. */
// @ts-ignore: decorator
@inline
export function storePart(p: usize, x: v128, count: usize): void {
  v128.store(PART, x);
  for (let i: usize = 0; i < count; i++) {
    store<real>(p + i * SIZE, load<real>(PART + i * SIZE));
  }
}

/** The numbers at p: a whole vector, or the first `count` where that is less. */
// @ts-ignore: decorator
@inline
export function get(p: usize, count: usize): v128 {
  return count < LANES ? loadPart(p, count) : v128.load(p);
}

/** Stores x at p, or its first `count` lanes where that is less. */
// @ts-ignore: decorator
@inline
export function put(p: usize, x: v128, count: usize): void {
  if (count < LANES) storePart(p, x, count);
  else v128.store(p, x);
}

// @ts-ignore: decorator
@inline
export function lowHalf(x: v128): v128 {
  return sizeof<real>() === 4 ? f64x2.promote_low_f32x4(x) : x;
}

// @ts-ignore: decorator
@inline
export function highHalf(x: v128): v128 {
  return f64x2.promote_low_f32x4(i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
}

/** The sum of the lanes: first half plus second half, then both. */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): real {
  if (sizeof<real>() === 4) {
    return <real> ((f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 2)) +
      (f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 3)));
  }
  return <real> (f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1));
}

// NaN passes through both: the comparison with it is false.
// @ts-ignore: decorator
@inline
export function atMost(x: v128, limit: v128): v128 {
  return v128.pmin<real>(x, limit);
}

// @ts-ignore: decorator
@inline
export function atLeast(x: v128, limit: v128): v128 {
  return v128.pmax<real>(x, limit);
}

/**
 * Entry i of a table, in all lanes. One load: where a constant stands in the
 * code, V8 makes it of three instructions each time, two of them in the units
 * that add and multiply.
 */
// @ts-ignore: decorator
@inline
function entry(table: usize, i: usize): v128 {
  return loadSplat(table + i * SIZE);
}

/** Entries of NUMBERS, in its order. */
const enum N {
  ONE, TWO, HALF, MINUS_ZERO, INVERSE_LN2,
  /** Its addition rounds to an integer, which then sits in the low bits. */
  ROUNDING,
  /** ln 2 in two parts, the first so short that n times it is exact. */
  LN2_HIGH, LN2_LOW,
  /** Where eˣ has become ∞ and 0; the least x with a normal eˣ. */
  MOST, LEAST, NORMAL,
}
const NUMBERS = sizeof<real>() === 4
  ? memory.data<real>([1, 2, 0.5, -0.0, 1.44269504088896341, 12582912, 0.693359375, -2.12194440e-4, 89, -104, -87.3])
  : memory.data<real>([1, 2, 0.5, -0.0, 1.44269504088896341, 6755399441055744, 0.693147180369123816490, 1.90821492927058770002e-10, 710, -746, -708]);

// @ts-ignore: decorator
@inline
function number(index: N): v128 {
  return entry(NUMBERS, index);
}

// @ts-ignore: decorator
@inline
export function one(): v128 {
  return number(N.ONE);
}

/** x / ln 2 plus the rounding number: n = shifted(x) − that number. */
// @ts-ignore: decorator
@inline
function shifted(x: v128): v128 {
  return v128.add<real>(v128.mul<real>(x, number(N.INVERSE_LN2)), number(N.ROUNDING));
}

/**
 * (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2. Float32: a minimax quartic, eʳ to
 * 3.1e-9. Float64: the series in pairs (Estrin), exactly as lib/numeric/elementary.ts.
 */
const EXP_TAIL = sizeof<real>() === 4
  ? memory.data<real>([0.0013814320554956794, 0.00836885068565607, 0.041668400168418884, 0.1666651964187622, 0.4999999403953552])
  : memory.data<real>([
    0.5, 0.16666666666666666, 4.1666666666666664e-2, 8.333333333333333e-3,
    1.388888888888889e-3, 1.984126984126984e-4, 2.48015873015873e-5, 2.7557319223985893e-6,
    2.755731922398589e-7, 2.505210838544172e-8, 2.08767569878681e-9, 1.6059043836821613e-10,
  ]);

// @ts-ignore: decorator
@inline
function expTail(r: v128, r2: v128): v128 {
  if (sizeof<real>() === 4) {
    let p = f32x4.add(f32x4.mul(entry(EXP_TAIL, 0), r), entry(EXP_TAIL, 1));
    p = f32x4.add(f32x4.mul(p, r), entry(EXP_TAIL, 2));
    p = f32x4.add(f32x4.mul(p, r), entry(EXP_TAIL, 3));
    return f32x4.add(f32x4.mul(p, r), entry(EXP_TAIL, 4));
  }
  const r4 = v128.mul<real>(r2, r2);
  const last = v128.add<real>(quartet(4, r, r2), v128.mul<real>(r4, quartet(8, r, r2)));
  return v128.add<real>(quartet(0, r, r2), v128.mul<real>(r4, last));
}

/** t[i] + t[i + 1] r + r² (t[i + 2] + t[i + 3] r), of the series. */
// @ts-ignore: decorator
@inline
function quartet(i: usize, r: v128, r2: v128): v128 {
  const low = v128.add<real>(entry(EXP_TAIL, i), v128.mul<real>(r, entry(EXP_TAIL, i + 1)));
  const high = v128.add<real>(entry(EXP_TAIL, i + 2), v128.mul<real>(r, entry(EXP_TAIL, i + 3)));
  return v128.add<real>(low, v128.mul<real>(r2, high));
}

/** eʳ for x = n ln 2 + r, |r| ≤ ln 2 / 2, to the last bit; t = shifted(x). */
// @ts-ignore: decorator
@inline
function expRest(x: v128, t: v128): v128 {
  const n = v128.sub<real>(t, number(N.ROUNDING));
  const high = v128.sub<real>(x, v128.mul<real>(n, number(N.LN2_HIGH)));
  const low = v128.mul<real>(n, number(N.LN2_LOW));
  const r = v128.sub<real>(high, low);
  const r2 = v128.mul<real>(r, r);
  // The rounding error of r is added back to first order,
  const error = v128.sub<real>(v128.sub<real>(high, r), low);
  const tail = v128.mul<real>(r2, expTail(r, r2));
  if (sizeof<real>() === 8) {
    return v128.add<real>(one(), v128.add<real>(r, v128.add<real>(tail, error)));
  }
  // and so is, in float32, that of 1 + r.
  const sum = f32x4.add(one(), r);
  const lost = f32x4.add(f32x4.sub(r, f32x4.sub(sum, one())), error);
  return f32x4.add(sum, f32x4.add(tail, lost));
}

/** 2ⁿ for a normal number: n, in the low bits, moves to the exponent of 1. */
// @ts-ignore: decorator
@inline
function power(n: v128): v128 {
  return sizeof<real>() === 4 ? i32x4.add(i32x4.shl(n, 23), one()) : i64x2.add(i64x2.shl(n, 52), one());
}

/** −|x|: sets the sign. */
// @ts-ignore: decorator
@inline
function minusAbsV(x: v128): v128 {
  return v128.or(x, number(N.MINUS_ZERO));
}

/**
 * exp(−|x|) where the last bit does not matter: in float32 within 1.5 ulp, and
 * at least 10⁻³⁸.
 */
// @ts-ignore: decorator
@inline
export function expMinusAbsV(x: v128): v128 {
  const y = minusAbsV(x);
  if (sizeof<real>() === 8) return expV(y);
  const bounded = atLeast(y, number(N.NORMAL));
  const t = shifted(bounded);
  const n = f32x4.sub(t, number(N.ROUNDING));
  let r = f32x4.sub(bounded, f32x4.mul(n, number(N.LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, number(N.LN2_LOW)));
  const r2 = f32x4.mul(r, r);
  const p = f32x4.add(f32x4.mul(expTail(r, r2), r2), r);
  return f32x4.mul(f32x4.add(p, one()), power(t));
}

/**
 * eˣ. x = n ln 2 + r with |r| ≤ ln 2 / 2; eʳ by a polynomial; 2ⁿ in two
 * factors, so that results below the normal range are rounded once.
 */
// @ts-ignore: decorator
@inline
export function expV(a: v128): v128 {
  const x = atLeast(atMost(a, number(N.MOST)), number(N.LEAST));
  const t = shifted(x);
  let half: v128, rest: v128;
  if (sizeof<real>() === 4) {
    const n = i32x4.sub(t, number(N.ROUNDING));
    half = i32x4.shr_s(n, 1);
    rest = i32x4.sub(n, half);
  } else {
    const n = i64x2.sub(t, number(N.ROUNDING));
    half = i64x2.shr_s(n, 1);
    rest = i64x2.sub(n, half);
  }
  return v128.mul<real>(v128.mul<real>(expRest(x, t), power(half)), power(rest));
}

/** The polynomials of FreeBSD's e_logf.c and e_log.c; ln 2 in two parts. */
const LOG = sizeof<real>() === 4
  ? memory.data<real>([0.24279078841, 0.40000972152, 0.28498786688, 0.66666662693, 9.0580006145e-6, 6.9313812256e-1, 1.1754943508222875e-38, 8388608, 23])
  : memory.data<real>([
    1.531383769920937332e-1, 2.222219843214978396e-1, 3.999999999940941908e-1,
    1.479819860511658591e-1, 1.818357216161805012e-1, 2.857142874366239149e-1, 6.666666666666735130e-1,
    1.90821492927058770002e-10, 6.93147180369123816490e-1, 2.2250738585072014e-308, 4503599627370496, 52,
  ]);
/** Bits of √½, and those of a mantissa. */
const LOG_BITS = sizeof<real>() === 4
  ? memory.data<i32>([0x3f3504f3, 0x007fffff])
  : memory.data<i64>([0x3fe6a09e667f3bcd, 0x000fffffffffffff]);

/**
 * ln x = n ln 2 + ln(1 + f), 1 + f in [√½, √2), by s = f / (2 + f) and two
 * polynomials in s⁴.
 */
// @ts-ignore: decorator
@inline
export function logV(a: v128): v128 {
  const ends: usize = sizeof<real>() === 4 ? 4 : 7;
  const root = entry(LOG_BITS, 0);
  // Denormals become normal by 2²³ or 2⁵².
  const tiny = v128.lt<real>(a, entry(LOG, ends + 2));
  const x = v128.bitselect(v128.mul<real>(a, entry(LOG, ends + 3)), a, tiny);
  let n: v128, mantissa: v128;
  if (sizeof<real>() === 4) {
    const shifted = i32x4.sub(x, root);
    n = f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23));
    mantissa = i32x4.add(v128.and(shifted, entry(LOG_BITS, 1)), root);
  } else {
    const shifted = i64x2.sub(x, root);
    const exponent = i64x2.shr_s(shifted, 52);
    n = f64x2.replace_lane(splat(<f64> i64x2.extract_lane(exponent, 0)), 1, <f64> i64x2.extract_lane(exponent, 1));
    mantissa = i64x2.add(v128.and(shifted, entry(LOG_BITS, 1)), root);
  }
  n = v128.sub<real>(n, v128.and(tiny, entry(LOG, ends + 4)));
  const f = v128.sub<real>(mantissa, one());
  const s = v128.div<real>(f, v128.add<real>(number(N.TWO), f));
  const z = v128.mul<real>(s, s);
  const w = v128.mul<real>(z, z);
  let odd: v128, even: v128;
  if (sizeof<real>() === 4) {
    odd = f32x4.add(entry(LOG, 1), f32x4.mul(w, entry(LOG, 0)));
    even = f32x4.add(entry(LOG, 3), f32x4.mul(w, entry(LOG, 2)));
  } else {
    odd = f64x2.add(entry(LOG, 1), f64x2.mul(w, entry(LOG, 0)));
    odd = f64x2.add(entry(LOG, 2), f64x2.mul(w, odd));
    even = f64x2.add(entry(LOG, 4), f64x2.mul(w, entry(LOG, 3)));
    even = f64x2.add(entry(LOG, 5), f64x2.mul(w, even));
    even = f64x2.add(entry(LOG, 6), f64x2.mul(w, even));
  }
  odd = v128.mul<real>(w, odd);
  even = v128.mul<real>(z, even);
  const half = v128.mul<real>(number(N.HALF), v128.mul<real>(f, f));
  const tail = v128.mul<real>(s, v128.add<real>(half, v128.add<real>(even, odd)));
  let result = v128.add<real>(tail, v128.mul<real>(n, entry(LOG, ends)));
  result = v128.add<real>(v128.sub<real>(result, half), f);
  result = v128.add<real>(result, v128.mul<real>(n, entry(LOG, ends + 1)));
  // +∞ stays, 0 gives −∞, what is below 0 or NaN gives NaN.
  result = v128.bitselect(a, result, v128.eq<real>(a, splat(Infinity)));
  result = v128.bitselect(splat(-Infinity), result, v128.eq<real>(a, splat(0)));
  return v128.bitselect(result, splat(NaN), v128.ge<real>(a, splat(0)));
}

/** (2 artanh(s) − 2s) / s³ in powers of s²: a minimax cubic (4.5e-9) or the series. */
const ARTANH = sizeof<real>() === 4
  ? memory.data<real>([0.2802445888519287, 0.27999141812324524, 0.4002169966697693, 0.6666641235351562])
  : memory.data<real>([
    2.0 / 33.0, 2.0 / 31.0, 2.0 / 29.0, 2.0 / 27.0, 2.0 / 25.0, 2.0 / 23.0, 2.0 / 21.0, 2.0 / 19.0,
    2.0 / 17.0, 2.0 / 15.0, 2.0 / 13.0, 2.0 / 11.0, 2.0 / 9.0, 2.0 / 7.0, 2.0 / 5.0, 2.0 / 3.0,
  ]);

/** 2 artanh(s) for s in [0, 1/3]. */
// @ts-ignore: decorator
@inline
function twiceArtanhV(s: v128): v128 {
  const z = v128.mul<real>(s, s);
  let p = entry(ARTANH, 0);
  // repeat 15
  if (sizeof<real>() === 8 || $ < 3) p = v128.add<real>(v128.mul<real>(p, z), entry(ARTANH, $ + 1));
  // end
  const tail = v128.mul<real>(v128.mul<real>(s, z), p);
  return v128.add<real>(v128.add<real>(s, s), tail);
}

/** ln(1 + u) for u in [0, 1]. */
// @ts-ignore: decorator
@inline
function log1pV(u: v128): v128 {
  return twiceArtanhV(v128.div<real>(u, v128.add<real>(number(N.TWO), u)));
}

/** ln(1 + e) = −ln(1 − m) for m = e / (1 + e) in [0, ½]. */
// @ts-ignore: decorator
@inline
export function minusLog1mV(m: v128): v128 {
  return twiceArtanhV(v128.div<real>(m, v128.sub<real>(number(N.TWO), m)));
}

/**
 * σ(x). In float32, with e = exp(−|x|): 1 / (1 + e) for x ≥ 0, e / (1 + e) for
 * x < 0 and, where e < ½, e − e² / (1 + e), which loses less there. Right to
 * the last denormal. In float64, where nothing comes near the ends,
 * 1 / (1 + e⁻ˣ), with the bits of lib/numeric/elementary.ts.
 */
// @ts-ignore: decorator
@inline
export function sigmoidV(x: v128): v128 {
  if (sizeof<real>() === 8) {
    const y = atLeast(atMost(v128.neg<real>(x), splat(709.9)), number(N.NORMAL));
    const t = shifted(y);
    return f64x2.div(one(), f64x2.add(one(), f64x2.mul(expRest(y, t), power(t))));
  }
  const e = expV(minusAbsV(x));
  const below = f32x4.lt(x, splat(0));
  const far = v128.and(below, f32x4.lt(e, number(N.HALF)));
  const top = v128.bitselect(e, one(), v128.andnot(below, far));
  const share = f32x4.div(top, f32x4.add(one(), e));
  const small = f32x4.sub(e, f32x4.mul(f32x4.mul(e, e), share));
  return v128.bitselect(small, share, far);
}

/** ln(1 + eˣ) = max(x, 0) + ln(1 + exp(−|x|)). */
// @ts-ignore: decorator
@inline
export function softplusV(x: v128): v128 {
  const e = expV(minusAbsV(x));
  return v128.add<real>(atLeast(x, splat(0)), log1pV(e));
}

/** (tanh x − x) / x in powers of x²: Cephes' polynomial, or its p and q. */
const TANH = sizeof<real>() === 4
  ? memory.data<real>([0.625, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1])
  : memory.data<real>([
    0.625, -9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3,
    1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3,
  ]);

/** tanh x: by TANH below 0.625, 1 − 2 / (e²ˣ + 1) above. */
// @ts-ignore: decorator
@inline
export function tanhV(x: v128): v128 {
  const size = v128.abs<real>(x);
  const e = expV(v128.add<real>(size, size));
  const large = v128.sub<real>(one(), v128.div<real>(number(N.TWO), v128.add<real>(e, one())));
  const z = v128.mul<real>(x, x);
  let p = v128.add<real>(v128.mul<real>(entry(TANH, 1), z), entry(TANH, 2));
  p = v128.add<real>(v128.mul<real>(p, z), entry(TANH, 3));
  if (sizeof<real>() === 4) {
    p = f32x4.add(f32x4.mul(p, z), entry(TANH, 4));
    p = f32x4.add(f32x4.mul(p, z), entry(TANH, 5));
  } else {
    let q = f64x2.add(z, entry(TANH, 4));
    q = f64x2.add(f64x2.mul(q, z), entry(TANH, 5));
    q = f64x2.add(f64x2.mul(q, z), entry(TANH, 6));
    p = f64x2.div(p, q);
  }
  const small = v128.add<real>(v128.mul<real>(v128.mul<real>(p, z), size), size);
  const result = v128.bitselect(small, large, v128.lt<real>(size, entry(TANH, 0)));
  // The sign of x.
  const sign = number(N.MINUS_ZERO);
  return v128.or(v128.andnot(result, sign), v128.and(x, sign));
}
