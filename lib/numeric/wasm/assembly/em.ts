import { atLeast, expMinusAbsV, get, highHalf, LANES, loadPart, logV, lowHalf, minusLog1mV, one, put, SIZE, splat, storePart } from "./math";

// One iteration of Neural EM on all pixels, and its backward pass. Vectors run
// along the pixels, K components in succession. lib/numeric/matrix/em_step.ts states the
// equations.

const EPSILON: f64 = 1e-6;

/** π (p + ε), p + ε = (1 − x + ε) + (2x − 1) ψ by the pixel's base and sign. */
// @ts-ignore: decorator
@inline
function likelihood(base: v128, sign: v128, psi: v128, proportion: v128): v128 {
  return v128.mul<real>(proportion, v128.add<real>(base, v128.mul<real>(sign, psi)));
}

/** The proportion of component k, in all lanes. */
// @ts-ignore: decorator
@inline
function proportionOf(proportions: usize, k: usize): v128 {
  return splat(load<real>(proportions + k * SIZE));
}

/** ln(1 + eᵃ) from a and ψ = σ(a): max(a, 0) − ln(1 − min(ψ, 1 − ψ)). */
// @ts-ignore: decorator
@inline
function softplusOf(a: v128, psi: v128): v128 {
  const smaller = v128.min<real>(psi, v128.sub<real>(one(), psi));
  return v128.add<real>(atLeast(a, splat(0)), minusLog1mV(smaller));
}

/** Sets the lanes from `count` on to 0. */
// @ts-ignore: decorator
@inline
function keep(x: v128, count: usize): v128 {
  for (let i = count; i < LANES; i++) {
    if (sizeof<real>() === 4) {
      if (i === 1) x = f32x4.replace_lane(x, 1, 0);
      if (i === 2) x = f32x4.replace_lane(x, 2, 0);
      if (i === 3) x = f32x4.replace_lane(x, 3, 0);
    } else x = f64x2.replace_lane(x, 1, 0);
  }
  return x;
}

/** ψ = σ(a), all but the last bit. */
// @ts-ignore: decorator
@inline
function predict(a: v128): v128 {
  const e = expMinusAbsV(a);
  const top = v128.pmax<real>(e, v128.and(one(), v128.ge<real>(a, splat(0))));
  return v128.div<real>(top, v128.add<real>(one(), e));
}

/** Where `emPixels` leaves S. */
const TOTAL = memory.data(16, 16);

/** `count` pixels of one image; returns their Σ [intra … + (inter + x onMore) …]. */
// @ts-ignore: decorator
@inline
function emPixels(x: usize, input: usize, logits: usize, psi: usize, gamma: usize, residual: usize, proportions: usize, count: usize, group: usize, row: usize, terms: bool, intra: v128, inter: v128, onMore: v128, onPsi: v128, less: v128): v128 {
  const target = get(x, count);
  const seen = get(input, count);
  const base = v128.add<real>(v128.sub<real>(one(), target), splat(EPSILON));
  const sign = v128.sub<real>(v128.add<real>(target, target), one());
  const apart = v128.add<real>(inter, v128.mul<real>(target, onMore));
  const charge = v128.mul<real>(target, onPsi);
  let total = splat(0);
  for (let c: usize = 0, k: usize = 0; c < group; c++, k += row) {
    total = v128.add<real>(total, likelihood(base, sign, get(psi + k, count), proportionOf(proportions, c)));
  }
  const scale = v128.div<real>(one(), total);
  let sum = splat(0);
  for (let c: usize = 0, k: usize = 0; c < group; c++, k += row) {
    const y = get(psi + k, count);
    const share = v128.mul<real>(likelihood(base, sign, y, proportionOf(proportions, c)), scale);
    put(gamma + k, share, count);
    put(residual + k, v128.mul<real>(share, v128.sub<real>(seen, v128.mul<real>(less, y))), count);
    if (terms) {
      const a = get(logits + k, count);
      const plus = softplusOf(a, y);
      const entropy = v128.sub<real>(plus, v128.mul<real>(target, a));
      const within = v128.mul<real>(v128.mul<real>(intra, share), entropy);
      const others = v128.sub<real>(one(), share);
      const apartCost = v128.mul<real>(v128.mul<real>(apart, others), plus);
      const between = v128.add<real>(apartCost, v128.mul<real>(v128.mul<real>(charge, others), y));
      sum = v128.add<real>(sum, v128.add<real>(within, between));
    }
  }
  v128.store(TOTAL, total);
  return sum;
}

/** Adds the sum of the lanes, in float64, to both halves of `total`. */
// @ts-ignore: decorator
@inline
function accumulate(total: v128, x: v128): v128 {
  total = f64x2.add(total, lowHalf(x));
  return sizeof<real>() === 4 ? f64x2.add(total, highHalf(x)) : total;
}

export function emStep(x: usize, input: usize, logits: usize, psi: usize, gamma: usize, residual: usize, losses: usize, proportions: usize, batch: usize, group: usize, pixels: usize, intra: f64, inter: f64, interOn: f64, interPsi: f64, mixture: f64, explained: f64): void {
  const row = pixels * SIZE;
  const whole = (pixels & ~(LANES - 1)) * SIZE;
  const rest = pixels & (LANES - 1);
  const share = splat(1 / <f64> group);
  const terms = intra !== 0 || inter !== 0 || interOn !== 0 || interPsi !== 0;
  const within = splat(intra);
  const between = splat(inter);
  const more = splat(interOn - inter);
  const onPsi = splat(interPsi);
  const less = splat(explained);
  for (let b: usize = 0; b < batch; b++) {
    let loss = f64x2.splat(0);
    let logs = f64x2.splat(0);
    const numbers = group * pixels;
    let k: usize = 0;
    for (; k + LANES <= numbers; k += LANES) v128.store(psi + k * SIZE, predict(v128.load(logits + k * SIZE)));
    if (k < numbers) storePart(psi + k * SIZE, predict(loadPart(logits + k * SIZE, numbers - k)), numbers - k);
    // One logarithm for a product of four S / K, each at least ε.
    let product = one();
    for (let at: usize = 0; at < whole; at += 16) {
      loss = accumulate(loss, emPixels(x + at, input + at, logits + at, psi + at, gamma + at, residual + at, proportions, LANES, group, row, terms, within, between, more, onPsi, less));
      if (mixture !== 0) {
        product = v128.mul<real>(product, v128.mul<real>(share, v128.load(TOTAL)));
        if ((at & 48) === 48) {
          logs = accumulate(logs, logV(product));
          product = one();
        }
      }
    }
    if (mixture !== 0) logs = accumulate(logs, logV(product));
    if (rest) {
      const sum = emPixels(x + whole, input + whole, logits + whole, psi + whole, gamma + whole, residual + whole, proportions, rest, group, row, terms, within, between, more, onPsi, less);
      loss = accumulate(loss, keep(sum, rest));
      const mean = v128.mul<real>(share, v128.load(TOTAL));
      logs = accumulate(logs, keep(logV(mean), rest));
    }
    if (mixture !== 0) loss = f64x2.sub(loss, f64x2.mul(f64x2.splat(mixture), logs));
    store<real>(losses + b * SIZE, <real> (f64x2.extract_lane(loss, 0) + f64x2.extract_lane(loss, 1)));
    x += row;
    input += row;
    logits += group * row;
    psi += group * row;
    gamma += group * row;
    residual += group * row;
    proportions += group * SIZE;
  }
}

/** The gradient by the logits of `count` pixels of one image. */
// @ts-ignore: decorator
@inline
function emPixelsBackward(x: usize, input: usize, logits: usize, psi: usize, gamma: usize, dResidual: usize, dLogits: usize, proportions: usize, count: usize, group: usize, row: usize, terms: bool, intra: v128, inter: v128, onMore: v128, onPsi: v128, mixture: v128, less: v128, throughGamma: i32): void {
  const target = get(x, count);
  const seen = get(input, count);
  const base = v128.add<real>(v128.sub<real>(one(), target), splat(EPSILON));
  const sign = v128.sub<real>(v128.add<real>(target, target), one());
  const apart = v128.add<real>(inter, v128.mul<real>(target, onMore));
  const charge = v128.mul<real>(target, onPsi);
  let total = splat(0);
  let inner = splat(0);
  for (let c: usize = 0, k: usize = 0; c < group; c++, k += row) {
    const y = get(psi + k, count);
    total = v128.add<real>(total, likelihood(base, sign, y, proportionOf(proportions, c)));
    if (throughGamma) {
      let g = v128.mul<real>(get(dResidual + k, count), v128.sub<real>(seen, v128.mul<real>(less, y)));
      if (terms) {
        const a = get(logits + k, count);
        const plus = softplusOf(a, y);
        const entropy = v128.sub<real>(plus, v128.mul<real>(target, a));
        const cost = v128.add<real>(v128.mul<real>(apart, plus), v128.mul<real>(charge, y));
        g = v128.add<real>(g, v128.sub<real>(v128.mul<real>(intra, entropy), cost));
      }
      inner = v128.add<real>(inner, v128.mul<real>(get(gamma + k, count), g));
      put(dLogits + k, g, count); // for the next loop
    }
  }
  const scale = v128.div<real>(one(), total);
  for (let c: usize = 0, k: usize = 0; c < group; c++, k += row) {
    const y = get(psi + k, count);
    const share = get(gamma + k, count);
    let slope = mixture;
    if (throughGamma) slope = v128.add<real>(slope, v128.sub<real>(get(dLogits + k, count), inner));
    slope = v128.mul<real>(v128.mul<real>(slope, scale), proportionOf(proportions, c)); // by p_k
    let byPsi = v128.sub<real>(v128.mul<real>(sign, slope), v128.mul<real>(less, v128.mul<real>(share, get(dResidual + k, count))));
    const others = v128.sub<real>(one(), share);
    byPsi = v128.add<real>(byPsi, v128.mul<real>(charge, others));
    let byLogit = v128.mul<real>(v128.mul<real>(y, v128.sub<real>(one(), y)), byPsi);
    if (terms) {
      const within = v128.mul<real>(v128.mul<real>(intra, share), v128.sub<real>(y, target));
      const between = v128.mul<real>(v128.mul<real>(apart, others), y);
      byLogit = v128.add<real>(byLogit, v128.add<real>(within, between));
    }
    put(dLogits + k, byLogit, count);
  }
}

export function emStepBackward(x: usize, input: usize, logits: usize, psi: usize, gamma: usize, dResidual: usize, dLogits: usize, proportions: usize, batch: usize, group: usize, pixels: usize, intra: f64, inter: f64, interOn: f64, interPsi: f64, mixture: f64, explained: f64, throughGamma: i32): void {
  const row = pixels * SIZE;
  const whole = (pixels & ~(LANES - 1)) * SIZE;
  const rest = pixels & (LANES - 1);
  const terms = intra !== 0 || inter !== 0 || interOn !== 0 || interPsi !== 0;
  const within = splat(intra);
  const between = splat(inter);
  const more = splat(interOn - inter);
  const onPsi = splat(interPsi);
  const less = splat(explained);
  const slope = splat(-mixture);
  for (let b: usize = 0; b < batch; b++) {
    for (let at: usize = 0; at < whole; at += 16) {
      emPixelsBackward(x + at, input + at, logits + at, psi + at, gamma + at, dResidual + at, dLogits + at, proportions, LANES, group, row, terms, within, between, more, onPsi, slope, less, throughGamma);
    }
    if (rest) emPixelsBackward(x + whole, input + whole, logits + whole, psi + whole, gamma + whole, dResidual + whole, dLogits + whole, proportions, rest, group, row, terms, within, between, more, onPsi, slope, less, throughGamma);
    x += row;
    input += row;
    logits += group * row;
    psi += group * row;
    gamma += group * row;
    dResidual += group * row;
    dLogits += group * row;
    proportions += group * SIZE;
  }
}
