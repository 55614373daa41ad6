import { expV, sigmoidV, SIZE } from "./math";

// Online learning of a sigmoid belief net with two hidden layers: wake-sleep,
// its inference in the wake phase by one recognition, several or by Gibbs
// sampling, and generation free or constrained; as lib/helmholtz/online.ts
// states it, to the bit. `net` points to 32-bit words: sizes and choices, then
// the addresses below. Rows are padded with zeros to whole vectors. A layer's
// state is kept twice: as numbers 0 and 1, and as the list of the units that
// are on, so that products and updates touch only their rows. Sums run over
// the units in order.

// @ts-ignore: decorator
@inline
const WORD: usize = 4;

// What an inference is; the order is that of lib/helmholtz/compiled.ts.
// @ts-ignore: decorator
@inline
const WEIGHTED: usize = 1;
// @ts-ignore: decorator
@inline
const DRAWN: usize = 2;
// @ts-ignore: decorator
@inline
const GIBBS: usize = 3;
// @ts-ignore: decorator
@inline
const CHAINS: usize = 4;

// Bits of the phase.
// @ts-ignore: decorator
@inline
const CONSTRAINED: usize = 1;
// @ts-ignore: decorator
@inline
const TOP_HELD: usize = 2;

/** Sweeps of a chain, with its top held and free. */
// @ts-ignore: decorator
@inline
const CHAIN_SWEEPS: usize = 2;
/** Sweeps and recognitions that an explanation takes. */
// @ts-ignore: decorator
@inline
const EXPLAIN_SWEEPS: usize = 4;
// @ts-ignore: decorator
@inline
const EXPLAIN_RECOGNITIONS: usize = 10;

// The words of `net`, in its order.
let visible: usize = 0;
let hidden: usize = 0;
let top: usize = 0;
let inference: usize = 0;
/** Recognitions, sweeps or chains. */
let samples: usize = 0;
let phase: usize = 0;
/** The generator: s0, s1, s2 and the carry, as float64. */
let alea: usize = 0;
/** The image, a byte a pixel. */
let image: usize = 0;
/** The share of explaining units that are left out, a float64. */
let dropout: usize = 0;
let topBias: usize = 0;
let topToHidden: usize = 0;
let hiddenBias: usize = 0;
let hiddenToVisible: usize = 0;
let visibleBias: usize = 0;
let visibleToHidden: usize = 0;
let hiddenRecognitionBias: usize = 0;
let hiddenToTop: usize = 0;
let topRecognitionBias: usize = 0;
/** States of the pixels, and the list of those that are on. */
let v: usize = 0;
let listV: usize = 0;
/** Units that explain in a constrained update. */
let kept: usize = 0;
/** Room for one layer's probabilities. */
let p: usize = 0;
/** e to the power of the generative weights, as these lie. */
let expHiddenToVisible: usize = 0;
let expTopToHidden: usize = 0;
/** Odds of each unit, given the layer above. */
let oddsV: usize = 0;
let oddsH: usize = 0;
let oddsT: usize = 0;
/** A float64 for each particle. */
let weights: usize = 0;
/** States of hidden and top layer, several times. */
let particles: usize = 0;
let onV: usize = 0;
/** The sum of the particles' weights. */
let total: f64 = 0;

let cursor: usize = 0;

function next(): usize {
  cursor += WORD;
  return load<u32>(cursor - WORD);
}

function open(net: usize): void {
  cursor = net;
  visible = next();
  hidden = next();
  top = next();
  inference = next();
  samples = next();
  phase = next();
  alea = next();
  image = next();
  dropout = next();
  topBias = next();
  topToHidden = next();
  hiddenBias = next();
  hiddenToVisible = next();
  visibleBias = next();
  visibleToHidden = next();
  hiddenRecognitionBias = next();
  hiddenToTop = next();
  topRecognitionBias = next();
  v = next();
  listV = next();
  kept = next();
  p = next();
  expHiddenToVisible = next();
  expTopToHidden = next();
  oddsV = next();
  oddsH = next();
  oddsT = next();
  weights = next();
  particles = next();
  loadAlea(alea);
}

// @ts-ignore: decorator
@inline
function rowBytes(n: usize): usize {
  return (n * SIZE + 15) & ~15;
}

/** Bytes of a list of n units; `draw` writes one entry beyond the last. */
// @ts-ignore: decorator
@inline
function listBytes(n: usize): usize {
  return ((n + 1) * WORD + 15) & ~15;
}

// A particle: how many top and hidden units are on, their states, their lists.
// @ts-ignore: decorator
@inline
function particle(k: usize): usize {
  return particles + k * (16 + rowBytes(top) + rowBytes(hidden) + listBytes(top) + listBytes(hidden));
}
// @ts-ignore: decorator
@inline
function onT(at: usize): usize {
  return load<u32>(at);
}
// @ts-ignore: decorator
@inline
function onH(at: usize): usize {
  return load<u32>(at, 4);
}
// @ts-ignore: decorator
@inline
function statesT(at: usize): usize {
  return at + 16;
}
// @ts-ignore: decorator
@inline
function statesH(at: usize): usize {
  return at + 16 + rowBytes(top);
}
// @ts-ignore: decorator
@inline
function listT(at: usize): usize {
  return at + 16 + rowBytes(top) + rowBytes(hidden);
}
// @ts-ignore: decorator
@inline
function listH(at: usize): usize {
  return at + 16 + rowBytes(top) + rowBytes(hidden) + listBytes(top);
}

/** p = σ(bias + the rows of the `count` listed units), n columns. */
function activate(list: usize, count: usize, weights: usize, bias: usize, p: usize, n: usize): void {
  const row = rowBytes(n);
  const end = list + count * WORD;
  let c: usize = 0;
  for (; c + 128 <= row; c += 128) {
    // repeat 8
    let s$ = v128.load(bias + c, 16 * $);
    // end
    for (let unit = list; unit < end; unit += WORD) {
      const from = weights + c + <usize> load<u32>(unit) * row;
      // repeat 8
      s$ = v128.add<real>(s$, v128.load(from, 16 * $));
      // end
    }
    // repeat 8
    v128.store(p + c, sigmoidV(s$), 16 * $);
    // end
  }
  for (; c < row; c += 16) {
    let s = v128.load(bias + c);
    for (let unit = list; unit < end; unit += WORD) {
      s = v128.add<real>(s, v128.load(weights + c + <usize> load<u32>(unit) * row));
    }
    v128.store(p + c, sigmoidV(s));
  }
}

/** The delta rule: bias and listed rows += ε (target − p). */
function learn(list: usize, count: usize, weights: usize, bias: usize, target: usize, p: usize, n: usize, epsilon: f64): void {
  const row = rowBytes(n);
  const rate = v128.splat<real>(<real> epsilon);
  const end = list + count * WORD;
  let c: usize = 0;
  for (; c + 128 <= row; c += 128) {
    // repeat 8
    const d$ = v128.mul<real>(rate, v128.sub<real>(v128.load(target + c, 16 * $), v128.load(p + c, 16 * $)));
    // end
    let to = bias + c;
    for (let unit = list;; unit += WORD) {
      // repeat 8
      v128.store(to, v128.add<real>(v128.load(to, 16 * $), d$), 16 * $);
      // end
      if (unit === end) break;
      to = weights + c + <usize> load<u32>(unit) * row;
    }
  }
  for (; c < row; c += 16) {
    const d = v128.mul<real>(rate, v128.sub<real>(v128.load(target + c), v128.load(p + c)));
    v128.store(bias + c, v128.add<real>(v128.load(bias + c), d));
    for (let unit = list; unit < end; unit += WORD) {
      const to = weights + c + <usize> load<u32>(unit) * row;
      v128.store(to, v128.add<real>(v128.load(to), d));
    }
  }
}

// Alea's numbers are multiples of 2⁻³², so it runs in integers here: the same
// numbers, and a draw waits for the last one's carry alone.
let s0: u64 = 0;
let s1: u64 = 0;
let s2: u64 = 0;
let carry: u64 = 0;

function loadAlea(alea: usize): void {
  s0 = <u64> <i64> (load<f64>(alea) * 4294967296);
  s1 = <u64> <i64> (load<f64>(alea, 8) * 4294967296);
  s2 = <u64> <i64> (load<f64>(alea, 16) * 4294967296);
  carry = <u64> <i64> load<f64>(alea, 24);
}

function storeAlea(alea: usize): void {
  store<f64>(alea, <f64> <i64> s0 * 2.3283064365386963e-10);
  store<f64>(alea, <f64> <i64> s1 * 2.3283064365386963e-10, 8);
  store<f64>(alea, <f64> <i64> s2 * 2.3283064365386963e-10, 16);
  store<f64>(alea, <f64> <i64> carry, 24);
}

/** Draws n states with probabilities p; returns how many are on. */
function draw(p: usize, n: usize, states: usize, list: usize): usize {
  let a = s0;
  let b = s1;
  let c = s2;
  let over = carry;
  let to = list;
  for (let j: usize = 0; j < n; j++) {
    const t = 2091639 * a + over;
    a = b;
    b = c;
    c = t & 0xffffffff;
    over = t >> 32;
    const on = <usize> (<f64> <i64> c < <f64> load<real>(p + j * SIZE) * 4294967296);
    store<real>(states + j * SIZE, <real> on);
    store<u32>(to, <u32> j);
    to += on * WORD;
  }
  s0 = a;
  s1 = b;
  s2 = c;
  carry = over;
  return (to - list) / WORD;
}

/** One draw as an integer, of 2³². */
// @ts-ignore: decorator
@inline
function drawInteger(): u64 {
  const t = 2091639 * s0 + carry;
  s0 = s1;
  s1 = s2;
  s2 = t & 0xffffffff;
  carry = t >> 32;
  return s2;
}

// @ts-ignore: decorator
@inline
function drawBelow(probability: f64): bool {
  return <f64> <i64> drawInteger() < probability * 4294967296;
}

/** eˣ for x ≤ 0, with the bits of lib/numeric/elementary.ts. */
function expOf(x: f64): f64 {
  if (x < -746) return 0;
  if (x > -708) return f64x2.extract_lane(expF64(x), 0);
  const root = f64x2.extract_lane(expF64(0.5 * x), 0);
  return root * root;
}

// Float32 kernels do not weigh particles: nothing is asked of their bits.
// @ts-ignore: decorator
@inline
function expF64(x: f64): v128 {
  const y = expV(v128.splat<real>(<real> x));
  return sizeof<real>() === 8 ? y : f64x2.promote_low_f32x4(y);
}

/** ln x for 0 < x ≤ 1, with the bits of lib/numeric/elementary.ts. */
function logOf(x: f64): f64 {
  let scaled: f64 = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984; // 2⁵⁴
    scaled = 54;
  }
  const bits = reinterpret<i64>(x);
  const high = <i32> (bits >> 32);
  const exponent = (high >> 20) - 1023 + ((high & 0xfffff) > 0x6a09e ? 1 : 0);
  const f = x * reinterpret<f64>((<i64> (1023 - exponent)) << 52) - 1;
  const n = <f64> exponent - scaled;
  return n === 0 ? logNearOne(f, 0) : n * 0.693147180369123816490 + logNearOne(f, n * 1.90821492927058770002e-10);
}

function logNearOne(f: f64, correction: f64): f64 {
  const s = f / (2 + f);
  const s2 = s * s;
  const half = 0.5 * f * f;
  let q: f64 = 2.0 / 25.0;
  q = q * s2 + 2.0 / 23.0;
  q = q * s2 + 2.0 / 21.0;
  q = q * s2 + 2.0 / 19.0;
  q = q * s2 + 2.0 / 17.0;
  q = q * s2 + 2.0 / 15.0;
  q = q * s2 + 2.0 / 13.0;
  q = q * s2 + 2.0 / 11.0;
  q = q * s2 + 2.0 / 9.0;
  q = q * s2 + 2.0 / 7.0;
  q = q * s2 + 2.0 / 5.0;
  q = q * s2 + 2.0 / 3.0;
  return f - (half - (s * (half + s2 * q) + correction));
}

/** ln p of independent binary states, from their on-probabilities. */
function logProbability(states: usize, on: usize, n: usize): f64 {
  let product: f64 = 1;
  for (let j: usize = 0; j < n * SIZE; j += SIZE) {
    const one = <f64> load<real>(on + j);
    product *= load<real>(states + j) != 0 ? one : 1 - one;
  }
  return logOf(max(product, 5e-324));
}

/** Reads the image. */
function see(): void {
  let to = listV;
  for (let j: usize = 0; j < visible; j++) {
    const on = <usize> load<u8>(image + j);
    store<real>(v + j * SIZE, <real> on);
    store<u32>(to, <u32> j);
    to += on * WORD;
  }
  onV = (to - listV) / WORD;
}

/** Draws h, then t, from q; unit `off` is silent. Returns ln q if `measured`. */
function recognize(at: usize, off: i32, measured: bool): f64 {
  activate(listV, onV, visibleToHidden, hiddenRecognitionBias, p, hidden);
  if (off >= 0) store<real>(p + <usize> off * SIZE, 0);
  store<u32>(at, <u32> draw(p, hidden, statesH(at), listH(at)), 4);
  const ofH = measured ? logProbability(statesH(at), p, hidden) : 0;
  activate(listH(at), onH(at), hiddenToTop, topRecognitionBias, p, top);
  store<u32>(at, <u32> draw(p, top, statesT(at), listT(at)));
  return measured ? ofH + logProbability(statesT(at), p, top) : 0;
}

/** ln p(h | t) + ln p(v | h). */
function logGiven(at: usize, before: f64): f64 {
  activate(listT(at), onT(at), topToHidden, hiddenBias, p, hidden);
  const sum = before + logProbability(statesH(at), p, hidden);
  activate(listH(at), onH(at), hiddenToVisible, visibleBias, p, visible);
  return sum + logProbability(v, p, visible);
}

/** ln p(v, h, t). */
function logJoint(at: usize): f64 {
  activate(0, 0, 0, topBias, p, top);
  return logGiven(at, logProbability(statesT(at), p, top));
}

/** The list of the units that are on; returns their number. */
function listOn(states: usize, n: usize, list: usize): usize {
  let to = list;
  for (let j: usize = 0; j < n; j++) {
    store<u32>(to, <u32> j);
    to += load<real>(states + j * SIZE) != 0 ? WORD : 0;
  }
  return (to - list) / WORD;
}

/** out = e to the power of (bias + the rows of the listed units). */
function oddsOf(list: usize, count: usize, rows: usize, bias: usize, out: usize, n: usize): void {
  const row = rowBytes(n);
  const end = list + count * WORD;
  for (let c: usize = 0; c < row; c += 16) {
    let s = v128.load(bias + c);
    for (let unit = list; unit < end; unit += WORD) {
      s = v128.add<real>(s, v128.load(rows + c + <usize> load<u32>(unit) * row));
    }
    v128.store(out + c, expV(s));
  }
}

/** The same for the listed rows themselves. */
function expRows(list: usize, count: usize, from: usize, to: usize, n: usize): void {
  const row = rowBytes(n);
  const end = list + count * WORD;
  for (let unit = list; unit < end; unit += WORD) {
    const at = <usize> load<u32>(unit) * row;
    for (let c: usize = 0; c < row; c += 16) {
      v128.store(to + at + c, expV(v128.load(from + at + c)));
    }
  }
}

/**
 * p(below | unit on) / p(below | unit off), for the odds of the units below
 * and e to the power of the unit's weights. Takes the unit out of the odds.
 */
function likelihoodRatio(on: bool, odds: usize, factor: usize, below: usize, n: usize): f64 {
  const one = v128.splat<real>(1);
  const zero = v128.splat<real>(0);
  const whole = (n * SIZE) & ~15;
  let product = one;
  if (on) {
    for (let c: usize = 0; c < n * SIZE; c += 16) {
      v128.store(odds + c, v128.div<real>(v128.load(odds + c), v128.load(factor + c)));
    }
  }
  for (let c: usize = 0; c < whole; c += 16) {
    const x = v128.load(odds + c);
    const e = v128.load(factor + c);
    const off = v128.div<real>(v128.add<real>(one, x), v128.add<real>(one, v128.mul<real>(x, e)));
    const isOn = v128.ne<real>(v128.load(below + c), zero);
    product = v128.mul<real>(product, v128.bitselect(v128.mul<real>(off, e), off, isOn));
  }
  let ratio: f64 = sizeof<real>() === 8
    ? f64x2.extract_lane(product, 0)
    : <f64> f32x4.extract_lane(product, 0) * <f64> f32x4.extract_lane(product, 2);
  let second: f64 = sizeof<real>() === 8
    ? f64x2.extract_lane(product, 1)
    : <f64> f32x4.extract_lane(product, 1) * <f64> f32x4.extract_lane(product, 3);
  // What lies beside the last unit is no unit.
  for (let c = whole; c < n * SIZE; c += SIZE) {
    const x = <f64> load<real>(odds + c);
    const e = <f64> load<real>(factor + c);
    const off = (1 + x) / (1 + x * e);
    ratio *= load<real>(below + c) != 0 ? off * e : off;
  }
  return ratio * second;
}

/** Draws a unit from its conditional probability, and puts it into the odds. */
// @ts-ignore: decorator
@inline
function redraw(state: usize, prior: usize, odds: usize, factor: usize, below: usize, n: usize): void {
  const ratio = likelihoodRatio(load<real>(state) != 0, odds, factor, below, n);
  const on = drawBelow(1 / (1 + 1 / (<f64> load<real>(prior) * ratio)));
  store<real>(state, <real> on);
  if (!on) return;
  for (let c: usize = 0; c < n * SIZE; c += 16) {
    v128.store(odds + c, v128.mul<real>(v128.load(odds + c), v128.load(factor + c)));
  }
}

/** Gibbs sweeps over hidden and top units; unit `held` stays as it is. */
function gibbs(at: usize, sweeps: usize, held: i32, topHeld: bool): void {
  const h = statesH(at);
  const t = statesT(at);
  oddsOf(listH(at), onH(at), hiddenToVisible, visibleBias, oddsV, visible);
  oddsOf(listT(at), onT(at), topToHidden, hiddenBias, oddsH, hidden);
  for (let s: usize = 0; s < sweeps; s++) {
    let j = <usize> ((drawInteger() * <u64> hidden) >> 32);
    for (let n: usize = 0; n < hidden; n++) {
      if (<i32> j !== held) {
        const row = expHiddenToVisible + j * rowBytes(visible);
        redraw(h + j * SIZE, oddsH + j * SIZE, oddsV, row, v, visible);
      }
      j = j + 1 === hidden ? 0 : j + 1;
    }
    if (topHeld) continue;
    for (let i: usize = 0; i < top; i++) {
      const row = expTopToHidden + i * rowBytes(hidden);
      redraw(t + i * SIZE, oddsT + i * SIZE, oddsH, row, h, hidden);
    }
  }
  store<u32>(at, <u32> listOn(h, hidden, listH(at)), 4);
  store<u32>(at, <u32> listOn(t, top, listT(at)));
}

/** Everything that Gibbs sampling keeps of the weights to the top and of its bias. */
function expTop(): void {
  const row = rowBytes(hidden);
  for (let c: usize = 0; c < top * row; c += 16) {
    v128.store(expTopToHidden + c, expV(v128.load(topToHidden + c)));
  }
  oddsOf(0, 0, 0, topBias, oddsT, top);
}

/** Weights become e to their power, over that of the largest; returns it. */
function exponentiate(count: usize): f64 {
  const end = weights + count * 8;
  let most = -Infinity;
  for (let at = weights; at < end; at += 8) most = max(most, load<f64>(at));
  total = 0;
  for (let at = weights; at < end; at += 8) {
    const share = expOf(load<f64>(at) - most);
    store<f64>(at, share);
    total += share;
  }
  return most;
}

/** Draws a particle by its weight. */
function pick(count: usize): usize {
  let u = <f64> <i64> drawInteger() * 2.3283064365386963e-10 * total;
  let k: usize = 0;
  for (; k < count - 1; k++) {
    u -= load<f64>(weights + k * 8);
    if (!(u > 0)) break;
  }
  return particle(k);
}

/** Recognizes the image `count` times, weighing each by p / q. */
function recognizeOften(count: usize, off: i32): f64 {
  for (let k: usize = 0; k < count; k++) {
    const at = particle(k);
    const ofQ = recognize(at, off, true);
    store<f64>(weights + k * 8, logJoint(at) - ofQ);
  }
  return exponentiate(count);
}

/** Chains from the recognition, and from tops that are drawn from their prior. */
function runChains(): void {
  for (let k: usize = 0; k < samples; k++) {
    const at = particle(k);
    recognize(at, -1, false);
    if (k > 0) {
      activate(0, 0, 0, topBias, p, top);
      store<u32>(at, <u32> draw(p, top, statesT(at), listT(at)));
      gibbs(at, CHAIN_SWEEPS, -1, true);
    }
    gibbs(at, CHAIN_SWEEPS, -1, false);
    store<f64>(weights + k * 8, logJoint(at));
  }
  exponentiate(samples);
}

/** Finds causes of the image; returns the particle to learn from. */
function infer(): usize {
  if (inference === WEIGHTED || inference === DRAWN) {
    recognizeOften(samples, -1);
    return inference === DRAWN ? pick(samples) : particle(0);
  }
  if (inference === CHAINS && (phase & CONSTRAINED) === 0) {
    runChains();
    return pick(samples);
  }
  recognize(particle(0), -1, false);
  if (inference === GIBBS) gibbs(particle(0), samples, -1, false);
  if (inference === CHAINS) gibbs(particle(0), CHAIN_SWEEPS, -1, false);
  return particle(0);
}

/** Teaches each layer to predict the one below. */
function learnGenerative(at: usize, epsilon: f64): void {
  if ((phase & TOP_HELD) === 0) {
    activate(0, 0, 0, topBias, p, top);
    learn(0, 0, 0, topBias, statesT(at), p, top, epsilon);
  }
  activate(listT(at), onT(at), topToHidden, hiddenBias, p, hidden);
  learn(listT(at), onT(at), topToHidden, hiddenBias, statesH(at), p, hidden, epsilon);
  activate(listH(at), onH(at), hiddenToVisible, visibleBias, p, visible);
  learn(listH(at), onH(at), hiddenToVisible, visibleBias, v, p, visible, epsilon);
  if (inference < GIBBS) return;
  expRows(listH(at), onH(at), hiddenToVisible, expHiddenToVisible, visible);
  expTop();
}

/** The same with weights to the pixels at 0 or above, and all else held. */
function learnConstrained(at: usize, epsilon: f64): void {
  let list = listH(at);
  let count = onH(at);
  const left = load<f64>(dropout);
  if (left > 0) {
    let to = kept;
    for (let n: usize = 0; n < count; n++) {
      store<u32>(to, load<u32>(list + n * WORD));
      to += drawBelow(left) ? 0 : WORD;
    }
    list = kept;
    count = (to - kept) / WORD;
  }
  activate(list, count, hiddenToVisible, visibleBias, p, visible);
  const row = rowBytes(visible);
  const rate = v128.splat<real>(<real> epsilon);
  const zero = v128.splat<real>(0);
  const end = list + count * WORD;
  for (let c: usize = 0; c < row; c += 16) {
    const d = v128.mul<real>(rate, v128.sub<real>(v128.load(v + c), v128.load(p + c)));
    for (let unit = list; unit < end; unit += WORD) {
      const to = hiddenToVisible + c + <usize> load<u32>(unit) * row;
      v128.store(to, v128.max<real>(v128.add<real>(v128.load(to), d), zero));
    }
  }
  if (inference >= GIBBS) expRows(list, count, hiddenToVisible, expHiddenToVisible, visible);
}

/** Teaches each layer to recognize what made the one below. */
function learnRecognition(at: usize, epsilon: f64): void {
  activate(listV, onV, visibleToHidden, hiddenRecognitionBias, p, hidden);
  learn(listV, onV, visibleToHidden, hiddenRecognitionBias, statesH(at), p, hidden, epsilon);
  if (phase & CONSTRAINED) return;
  activate(listH(at), onH(at), hiddenToTop, topRecognitionBias, p, top);
  learn(listH(at), onH(at), hiddenToTop, topRecognitionBias, statesT(at), p, top, epsilon);
}

/** Draws an image from the generative model. */
function dream(at: usize): void {
  activate(0, 0, 0, topBias, p, top);
  store<u32>(at, <u32> draw(p, top, statesT(at), listT(at)));
  activate(listT(at), onT(at), topToHidden, hiddenBias, p, hidden);
  store<u32>(at, <u32> draw(p, hidden, statesH(at), listH(at)), 4);
  activate(listH(at), onH(at), hiddenToVisible, visibleBias, p, visible);
  onV = draw(p, visible, v, listV);
}

/** The wake update of the generative weights, and of q unless that is sleep's alone. */
function wake(at: usize, epsilon: f64): void {
  if (phase & CONSTRAINED) learnConstrained(at, epsilon);
  else learnGenerative(at, epsilon);
  if (inference > 0) learnRecognition(at, epsilon);
}

/** One wake and one sleep update on the image. */
export function wakeSleep(net: usize, epsilon: f64): void {
  open(net);
  see();
  const at = infer();
  if (inference === WEIGHTED) {
    for (let k: usize = 0; k < samples; k++) {
      wake(particle(k), epsilon * load<f64>(weights + k * 8) / total);
    }
  } else {
    wake(at, epsilon);
  }
  dream(particle(0));
  learnRecognition(particle(0), epsilon);
  storeAlea(alea);
}

/**
 * How well the image is explained, in nats, with unit `off` silenced unless it
 * is −1; particle 0 is an explanation. With Gibbs sampling ln p(v, h | t), and
 * the silenced unit is taken out of the last explanation; else ln of the mean
 * of p / q.
 */
export function explain(net: usize, off: i32): f64 {
  open(net);
  see();
  let result: f64;
  if (inference >= GIBBS) {
    let at = particle(0);
    if (off < 0) {
      recognize(at, -1, false);
    } else {
      memory.copy(particle(1), at, particle(1) - at);
      at = particle(1);
      store<real>(statesH(at) + <usize> off * SIZE, 0);
      store<u32>(at, <u32> listOn(statesH(at), hidden, listH(at)), 4);
    }
    gibbs(at, EXPLAIN_SWEEPS, off, false);
    result = logGiven(at, 0);
  } else {
    const most = recognizeOften(EXPLAIN_RECOGNITIONS, off);
    result = most + logOf(total / <f64> EXPLAIN_RECOGNITIONS);
    if (off < 0) {
      const at = pick(EXPLAIN_RECOGNITIONS);
      if (at !== particle(0)) memory.copy(particle(0), at, particle(1) - particle(0));
    }
  }
  storeAlea(alea);
  return result;
}

/** Computes anew what is kept of the weights; call it after changing them. */
export function refresh(net: usize): void {
  open(net);
  if (inference < GIBBS) return;
  for (let c: usize = 0; c < hidden * rowBytes(visible); c += 16) {
    v128.store(expHiddenToVisible + c, expV(v128.load(hiddenToVisible + c)));
  }
  expTop();
}
