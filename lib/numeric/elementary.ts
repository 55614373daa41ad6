/**
 * Elementary functions in float64 with the same bits in every engine.
 *
 * The standard leaves the last bits of `Math.exp`, `Math.log`, `Math.sin` and
 * their like to the engine. The functions here use only operations that IEEE
 * 754 fixes (+, −, ×, ÷, √ and reads of an exponent), so a seed trains to the
 * same weights under V8, SpiderMonkey and JavaScriptCore. `exp`, `log`, `sin`
 * and `cos` are within 1 unit in the last place (ulp) of V8's own functions,
 * the others within 6; `elementary_test.ts` measures it.
 *
 * @module
 */

/** ln 2. */
export const LN2 = 0.6931471805599453;
/** 1 / ln 2: nats times this are bits. */
export const LOG2E = 1.4426950408889634;

// ln 2 split so that n · LN2_HIGH is exact for |n| < 2¹¹ (32 leading bits).
const LN2_HIGH = 0.693147180369123816490;
const LN2_LOW = 1.90821492927058770002e-10;
// 1.5 · 2⁵²: adding and subtracting it rounds to the nearest integer.
const ROUND = 6755399441055744;

// One float64 and its two halves; every engine with typed arrays that we run
// on is little-endian, so the exponent sits in word 1.
const float = new Float64Array(1);
const words = new Int32Array(float.buffer);

/** 2ⁿ for n = −1074 … 1023 at index n + 1074. */
const POWERS_OF_TWO = (() => {
  const table = new Float64Array(1074 + 1024);
  table[1074] = 1;
  for (let n = 1; n <= 1023; n++) table[1074 + n] = table[1074 + n - 1] * 2;
  for (let n = -1; n >= -1074; n--) table[1074 + n] = table[1074 + n + 1] / 2;
  return table;
})();

/**
 * (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2, by its series (rest < 10⁻¹⁸). Summed
 * in pairs (Estrin), which a processor does side by side.
 */
function expTail(r: number): number {
  const r2 = r * r;
  const r4 = r2 * r2;
  const low = 0.5 + r * 0.16666666666666666 +
    r2 * (4.1666666666666664e-2 + r * 8.333333333333333e-3);
  const middle = 1.388888888888889e-3 + r * 1.984126984126984e-4 +
    r2 * (2.48015873015873e-5 + r * 2.7557319223985893e-6);
  const high = 2.755731922398589e-7 + r * 2.505210838544172e-8 +
    r2 * (2.08767569878681e-9 + r * 1.6059043836821613e-10);
  return low + r4 * (middle + r4 * high);
}

/** eˣ. Overflows to ∞ above 709.78, underflows gradually below −708.4. */
export function exp(x: number): number {
  if (!(x > -708 && x < 709)) return expAtTheEnds(x);
  const n = x * LOG2E + ROUND - ROUND;
  const high = x - n * LN2_HIGH;
  const low = n * LN2_LOW;
  const r = high - low;
  // The rounding error of r is added back to first order.
  const y = 1 + (r + (r * r * expTail(r) + (high - r - low)));
  return y * POWERS_OF_TWO[1074 + (n | 0)];
}

/** eˣ where one power of two would overflow or be rounded away. */
function expAtTheEnds(x: number): number {
  if (x !== x) return NaN;
  if (x > 709.782712893384) return Infinity;
  if (x < -746) return 0;
  const root = exp(0.5 * x);
  return root * root;
}

/** eˣ − 1, accurate near 0. */
export function expm1(x: number): number {
  if (x > -0.34 && x < 0.34) return x + x * x * expTail(x);
  return exp(x) - 1;
}

/** 2 · artanh(s) / s − 2 over s², for |s| ≤ 0.1716 (rest < 10⁻¹⁸). */
function artanhTail(s2: number): number {
  let p = 2 / 25;
  p = p * s2 + 2 / 23;
  p = p * s2 + 2 / 21;
  p = p * s2 + 2 / 19;
  p = p * s2 + 2 / 17;
  p = p * s2 + 2 / 15;
  p = p * s2 + 2 / 13;
  p = p * s2 + 2 / 11;
  p = p * s2 + 2 / 9;
  p = p * s2 + 2 / 7;
  p = p * s2 + 2 / 5;
  return p * s2 + 2 / 3;
}

/** ln(1 + f) + correction for f in [√½ − 1, √2 − 1]. */
function logNearOne(f: number, correction: number): number {
  const s = f / (2 + f);
  const s2 = s * s;
  const half = 0.5 * f * f;
  // ln(1 + f) = f − f²/2 + s · (f²/2 + s² · tail)
  return f - (half - (s * (half + s2 * artanhTail(s2)) + correction));
}

/** ln x. NaN for x < 0, −∞ at 0. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  let scaled = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984; // 2⁵⁴: denormals become normal
    scaled = 54;
  }
  float[0] = x;
  const high = words[1];
  // Mantissa in [√½, √2): one more in the exponent where it would be above √2.
  const exponent = (high >> 20) - 1023 + ((high & 0xfffff) > 0x6a09e ? 1 : 0);
  const f = x * POWERS_OF_TWO[1074 - exponent] - 1;
  const n = exponent - scaled;
  if (n === 0) return logNearOne(f, 0);
  return n * LN2_HIGH + logNearOne(f, n * LN2_LOW);
}

/** ln(1 + x), accurate near 0. */
export function log1p(x: number): number {
  if (x > -0.29 && x < 0.41) return logNearOne(x, 0);
  return log(1 + x);
}

/** log₂ x: nats to bits. */
export function log2(x: number): number {
  return log(x) * LOG2E;
}

/** xʸ for x ≥ 0 by exp(y · ln x): for schedules and bias corrections. */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (x === 0) return y > 0 ? 0 : Infinity;
  return exp(y * log(x));
}

/** 1 / (1 + e⁻ˣ). */
export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}

/** ln(p / (1 − p)): the inverse of `sigmoid`. */
export function logit(p: number): number {
  return log(p) - log1p(-p);
}

/** ln(1 + eˣ) = −ln σ(−x), without overflow. */
export function softplus(x: number): number {
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/** tanh x. */
export function tanh(x: number): number {
  const a = Math.abs(x);
  if (a > 20) return x > 0 ? 1 : -1;
  const e = expm1(2 * a);
  const t = e / (e + 2);
  return x < 0 ? -t : t;
}

/** artanh ρ = ½ ln((1 + ρ) / (1 − ρ)), for |ρ| < 1. */
export function atanh(x: number): number {
  return 0.5 * (log1p(x) - log1p(-x));
}

// π/2 in three parts; products with |n| < 2²⁰ of the first two are exact.
const HALF_PI_1 = 1.57079632673412561417;
const HALF_PI_2 = 6.07710050630396597660e-11;
const HALF_PI_3 = 2.02226624879595063154e-21;

function sinNearZero(r: number): number {
  const r2 = r * r;
  let p = -7.647163731819816e-13; // −1 / 15!
  p = p * r2 + 1.6059043836821613e-10;
  p = p * r2 - 2.505210838544172e-8;
  p = p * r2 + 2.7557319223985893e-6;
  p = p * r2 - 1.984126984126984e-4;
  p = p * r2 + 8.333333333333333e-3;
  p = p * r2 - 0.16666666666666666;
  return r + r * r2 * p;
}

function cosNearZero(r: number): number {
  const r2 = r * r;
  let p = 4.779477332387385e-14; // 1 / 16!
  p = p * r2 - 1.1470745597729725e-11;
  p = p * r2 + 2.08767569878681e-9;
  p = p * r2 - 2.755731922398589e-7;
  p = p * r2 + 2.48015873015873e-5;
  p = p * r2 - 1.388888888888889e-3;
  p = p * r2 + 4.1666666666666664e-2;
  const half = 0.5 * r2;
  const one = 1 - half;
  return one + (1 - one - half + r2 * r2 * p);
}

function quarterTurns(x: number, shift: number): number {
  if (!(Math.abs(x) < 1e6)) return NaN;
  const n = x * 0.6366197723675814 + ROUND - ROUND;
  const r = x - n * HALF_PI_1 - n * HALF_PI_2 - n * HALF_PI_3;
  const quadrant = (n + shift) & 3;
  const value = quadrant & 1 ? cosNearZero(r) : sinNearZero(r);
  return quadrant & 2 ? -value : value;
}

/** sin x for |x| < 10⁶ radians, NaN beyond (no model here turns that far). */
export function sin(x: number): number {
  return quarterTurns(x, 0);
}

/** cos x for |x| < 10⁶ radians, NaN beyond. */
export function cos(x: number): number {
  return quarterTurns(x, 1);
}

/** The angle of (x, y) in (−π, π]: arctangent by three half-angle steps. */
export function atan2(y: number, x: number): number {
  if (x !== x || y !== y) return NaN;
  if (x === 0 && y === 0) return 0;
  const ay = Math.abs(y);
  const ax = Math.abs(x);
  let t = Math.min(ax, ay) / Math.max(ax, ay);
  if (t !== t) t = 1; // both infinite
  // atan t = 2 · atan(t / (1 + √(1 + t²)))
  for (let i = 0; i < 3; i++) t = t / (1 + Math.sqrt(1 + t * t));
  const t2 = t * t;
  let p = 0;
  for (let k = 21; k >= 3; k -= 2) p = t2 * ((k & 2 ? -1 : 1) / k + p);
  let angle = 8 * (t + t * p);
  if (ay > ax) angle = 1.5707963267948966 - angle;
  if (x < 0) angle = 3.141592653589793 - angle;
  return y < 0 ? -angle : angle;
}

/** ln Σ exp(xᵢ), without overflow; −∞ for an empty array. */
export function logSumExp(values: ArrayLike<number>): number {
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) if (values[i] > max) max = values[i];
  if (max === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += exp(values[i] - max);
  return max + log(sum);
}
