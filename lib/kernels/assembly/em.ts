import { atLeast, expV, highHalf, LANES, loadPart, log1pV, logV, lowHalf, SIZE, splat, storePart } from "./math";

// One iteration of Neural EM on all pixels, and its backward pass. Vectors run
// along the pixels, K components in succession. lib/matrix.ts states the
// equations.

const EPSILON: f64 = 1e-6;

// @ts-ignore: decorator
@inline
function get(p: usize, count: usize): v128 {
  return count < LANES ? loadPart(p, count) : v128.load(p);
}

// @ts-ignore: decorator
@inline
function put(p: usize, x: v128, count: usize): void {
  if (count < LANES) storePart(p, x, count);
  else v128.store(p, x);
}

/** p + ε, with p = x ψ + (1 − x)(1 − ψ). */
// @ts-ignore: decorator
@inline
function likelihood(x: v128, psi: v128): v128 {
  const one = splat(1);
  const on = v128.mul<real>(x, psi);
  const off = v128.mul<real>(v128.sub<real>(one, x), v128.sub<real>(one, psi));
  return v128.add<real>(v128.add<real>(on, off), splat(EPSILON));
}

/** −ln Bernoulli(x; σ(a)), with e = exp(−|a|). */
// @ts-ignore: decorator
@inline
function crossEntropy(x: v128, a: v128, e: v128): v128 {
  return v128.add<real>(v128.sub<real>(atLeast(a, 0), v128.mul<real>(x, a)), log1pV(e));
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

export function emStep(x: usize, input: usize, logits: usize, psi: usize, gamma: usize, residual: usize, batch: usize, group: usize, pixels: usize, intra: f64, inter: f64, mixture: f64): f64 {
  const row = pixels * SIZE;
  const one = splat(1);
  let loss = f64x2.splat(0);
  for (let b: usize = 0; b < batch; b++) {
    for (let p: usize = 0; p < pixels; p += LANES) {
      const count = min(LANES, pixels - p);
      const at = p * SIZE;
      const target = get(x + at, count);
      const seen = get(input + at, count);
      let total = splat(0);
      for (let k: usize = 0; k < group; k++) {
        const to = at + k * row;
        const a = get(logits + to, count);
        const e = expV(v128.neg<real>(v128.abs<real>(a)));
        const top = v128.bitselect(e, one, v128.lt<real>(a, splat(0)));
        const y = v128.div<real>(top, v128.add<real>(one, e));
        const share = likelihood(target, y);
        total = v128.add<real>(total, share);
        put(psi + to, y, count);
        put(gamma + to, share, count);
        put(residual + to, crossEntropy(target, a, e), count); // for the next loop
      }
      const scale = v128.div<real>(one, total);
      let sum = splat(0);
      for (let k: usize = 0; k < group; k++) {
        const to = at + k * row;
        const share = v128.mul<real>(get(gamma + to, count), scale);
        const entropy = get(residual + to, count);
        // ln(1 + eᵃ) = cross-entropy + x·a
        const plus = v128.add<real>(entropy, v128.mul<real>(target, get(logits + to, count)));
        const within = v128.mul<real>(v128.mul<real>(splat(intra), share), entropy);
        const between = v128.mul<real>(v128.mul<real>(splat(inter), v128.sub<real>(one, share)), plus);
        sum = v128.add<real>(sum, v128.add<real>(within, between));
        put(gamma + to, share, count);
        put(residual + to, v128.mul<real>(share, v128.sub<real>(seen, get(psi + to, count))), count);
      }
      if (mixture !== 0) {
        const mean = v128.mul<real>(total, splat(1 / <f64> group));
        sum = v128.sub<real>(sum, v128.mul<real>(splat(mixture), logV(mean)));
      }
      if (count < LANES) sum = keep(sum, count);
      loss = f64x2.add(loss, lowHalf(sum));
      if (sizeof<real>() === 4) loss = f64x2.add(loss, highHalf(sum));
    }
    x += row;
    input += row;
    logits += group * row;
    psi += group * row;
    gamma += group * row;
    residual += group * row;
  }
  return f64x2.extract_lane(loss, 0) + f64x2.extract_lane(loss, 1);
}

export function emStepBackward(x: usize, input: usize, logits: usize, psi: usize, gamma: usize, dResidual: usize, dLogits: usize, batch: usize, group: usize, pixels: usize, intra: f64, inter: f64, mixture: f64, throughGamma: i32): void {
  const row = pixels * SIZE;
  const one = splat(1);
  const terms = intra !== 0 || inter !== 0;
  for (let b: usize = 0; b < batch; b++) {
    for (let p: usize = 0; p < pixels; p += LANES) {
      const count = min(LANES, pixels - p);
      const at = p * SIZE;
      const target = get(x + at, count);
      const seen = get(input + at, count);
      const sign = v128.sub<real>(v128.add<real>(target, target), one);
      let total = splat(0);
      let inner = splat(0);
      for (let k: usize = 0; k < group; k++) {
        const to = at + k * row;
        const y = get(psi + to, count);
        total = v128.add<real>(total, likelihood(target, y));
        if (throughGamma) {
          let g = v128.mul<real>(get(dResidual + to, count), v128.sub<real>(seen, y));
          if (terms) {
            const a = get(logits + to, count);
            const entropy = crossEntropy(target, a, expV(v128.neg<real>(v128.abs<real>(a))));
            const plus = v128.add<real>(entropy, v128.mul<real>(target, a));
            g = v128.add<real>(g, v128.sub<real>(v128.mul<real>(splat(intra), entropy), v128.mul<real>(splat(inter), plus)));
          }
          inner = v128.add<real>(inner, v128.mul<real>(get(gamma + to, count), g));
          put(dLogits + to, g, count); // for the next loop
        }
      }
      const scale = v128.div<real>(one, total);
      for (let k: usize = 0; k < group; k++) {
        const to = at + k * row;
        const y = get(psi + to, count);
        const share = get(gamma + to, count);
        let slope = splat(-mixture);
        if (throughGamma) slope = v128.add<real>(slope, v128.sub<real>(get(dLogits + to, count), inner));
        slope = v128.mul<real>(slope, scale); // by p_k
        const byPsi = v128.sub<real>(v128.mul<real>(sign, slope), v128.mul<real>(share, get(dResidual + to, count)));
        let byLogit = v128.mul<real>(v128.mul<real>(y, v128.sub<real>(one, y)), byPsi);
        const within = v128.mul<real>(v128.mul<real>(splat(intra), share), v128.sub<real>(y, target));
        const between = v128.mul<real>(v128.mul<real>(splat(inter), v128.sub<real>(one, share)), y);
        byLogit = v128.add<real>(byLogit, v128.add<real>(within, between));
        put(dLogits + to, byLogit, count);
      }
    }
    x += row;
    input += row;
    logits += group * row;
    psi += group * row;
    gamma += group * row;
    dResidual += group * row;
    dLogits += group * row;
  }
}
