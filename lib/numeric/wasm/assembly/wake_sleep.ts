import { sigmoidV, SIZE } from "./math";

// One wake and one sleep update of a sigmoid belief net with two hidden
// layers. `net` points to 32-bit words: the sizes of the three layers, then
// the addresses below. Rows are padded with zeros to whole vectors. A layer's
// state is kept twice: as numbers 0 and 1, and as the list of the units that
// are on, so that products and updates touch only their rows. Sums run over
// the units in order, as in lib/helmholtz/machine.ts: the bits are the same.

// @ts-ignore: decorator
@inline
const WORD: usize = 4;

// Words of `net`.
// @ts-ignore: decorator
@inline
const VISIBLE: usize = 0;
// @ts-ignore: decorator
@inline
const HIDDEN: usize = 1;
// @ts-ignore: decorator
@inline
const TOP: usize = 2;
/** The generator: s0, s1, s2 and the carry, as float64. */
// @ts-ignore: decorator
@inline
const ALEA: usize = 3;
/** The image, a byte a pixel. */
// @ts-ignore: decorator
@inline
const IMAGE: usize = 4;
// Addresses of biases and weights, then of states and lists.
// @ts-ignore: decorator
@inline
const TOP_BIAS: usize = 5;
// @ts-ignore: decorator
@inline
const TOP_TO_HIDDEN: usize = 6;
// @ts-ignore: decorator
@inline
const HIDDEN_BIAS: usize = 7;
// @ts-ignore: decorator
@inline
const HIDDEN_TO_VISIBLE: usize = 8;
// @ts-ignore: decorator
@inline
const VISIBLE_BIAS: usize = 9;
// @ts-ignore: decorator
@inline
const VISIBLE_TO_HIDDEN: usize = 10;
// @ts-ignore: decorator
@inline
const HIDDEN_RECOGNITION_BIAS: usize = 11;
// @ts-ignore: decorator
@inline
const HIDDEN_TO_TOP: usize = 12;
// @ts-ignore: decorator
@inline
const TOP_RECOGNITION_BIAS: usize = 13;
// @ts-ignore: decorator
@inline
const STATES: usize = 14; // of top, hidden, visible
// @ts-ignore: decorator
@inline
const LISTS: usize = 17;
// @ts-ignore: decorator
@inline
const PROBABILITY: usize = 20;

// @ts-ignore: decorator
@inline
function word(net: usize, index: usize): usize {
  return load<u32>(net + index * WORD);
}

// @ts-ignore: decorator
@inline
function rowBytes(n: usize): usize {
  return (n * SIZE + 15) & ~15;
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

export function wakeSleep(net: usize, epsilon: f64): void {
  const visible = word(net, VISIBLE);
  const hidden = word(net, HIDDEN);
  const top = word(net, TOP);
  const alea = word(net, ALEA);
  const p = word(net, PROBABILITY);
  const t = word(net, STATES);
  const h = word(net, STATES + 1);
  const v = word(net, STATES + 2);
  const listT = word(net, LISTS);
  const listH = word(net, LISTS + 1);
  const listV = word(net, LISTS + 2);
  const topBias = word(net, TOP_BIAS);
  const topToHidden = word(net, TOP_TO_HIDDEN);
  const hiddenBias = word(net, HIDDEN_BIAS);
  const hiddenToVisible = word(net, HIDDEN_TO_VISIBLE);
  const visibleBias = word(net, VISIBLE_BIAS);
  const visibleToHidden = word(net, VISIBLE_TO_HIDDEN);
  const hiddenRecognitionBias = word(net, HIDDEN_RECOGNITION_BIAS);
  const hiddenToTop = word(net, HIDDEN_TO_TOP);
  const topRecognitionBias = word(net, TOP_RECOGNITION_BIAS);

  loadAlea(alea);
  // Wake: recognize the image, then teach the generative weights.
  const image = word(net, IMAGE);
  let onV: usize = 0;
  for (let j: usize = 0; j < visible; j++) {
    const on = <usize> load<u8>(image + j);
    store<real>(v + j * SIZE, <real> on);
    store<u32>(listV + onV * WORD, <u32> j);
    onV += on;
  }
  activate(listV, onV, visibleToHidden, hiddenRecognitionBias, p, hidden);
  let onH = draw(p, hidden, h, listH);
  activate(listH, onH, hiddenToTop, topRecognitionBias, p, top);
  let onT = draw(p, top, t, listT);
  activate(0, 0, 0, topBias, p, top);
  learn(0, 0, 0, topBias, t, p, top, epsilon);
  activate(listT, onT, topToHidden, hiddenBias, p, hidden);
  learn(listT, onT, topToHidden, hiddenBias, h, p, hidden, epsilon);
  activate(listH, onH, hiddenToVisible, visibleBias, p, visible);
  learn(listH, onH, hiddenToVisible, visibleBias, v, p, visible, epsilon);

  // Sleep: dream an image, then teach the recognition weights.
  activate(0, 0, 0, topBias, p, top);
  onT = draw(p, top, t, listT);
  activate(listT, onT, topToHidden, hiddenBias, p, hidden);
  onH = draw(p, hidden, h, listH);
  activate(listH, onH, hiddenToVisible, visibleBias, p, visible);
  onV = draw(p, visible, v, listV);
  activate(listV, onV, visibleToHidden, hiddenRecognitionBias, p, hidden);
  learn(listV, onV, visibleToHidden, hiddenRecognitionBias, h, p, hidden, epsilon);
  activate(listH, onH, hiddenToTop, topRecognitionBias, p, top);
  learn(listH, onH, hiddenToTop, topRecognitionBias, t, p, top, epsilon);
  storeAlea(alea);
}
