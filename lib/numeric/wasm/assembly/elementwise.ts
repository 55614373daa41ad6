import { atLeast, expV, LANES, loadPart, logV, one, sigmoidV, SIZE, softplusV, splat, storePart, tanhV } from "./math";

// An operation is a class without fields. `changetype<O>(0)` is an instance
// of it, and the call of its one method is compiled in place.

class Exp { @inline apply(x: v128): v128 { return expV(x); } }
class Log { @inline apply(x: v128): v128 { return logV(x); } }
class Sigmoid { @inline apply(x: v128): v128 { return sigmoidV(x); } }
class Tanh { @inline apply(x: v128): v128 { return tanhV(x); } }
class Softplus { @inline apply(x: v128): v128 { return softplusV(x); } }
class Relu { @inline apply(x: v128): v128 { return atLeast(x, splat(0)); } }

class SigmoidBackward {
  @inline apply(y: v128, dy: v128): v128 {
    return v128.mul<real>(v128.mul<real>(dy, y), v128.sub<real>(one(), y));
  }
}
class TanhBackward {
  @inline apply(y: v128, dy: v128): v128 {
    return v128.mul<real>(dy, v128.sub<real>(one(), v128.mul<real>(y, y)));
  }
}
class ReluBackward {
  @inline apply(y: v128, dy: v128): v128 {
    return v128.and(dy, v128.gt<real>(y, splat(0)));
  }
}
class Add { @inline apply(x: v128, y: v128): v128 { return v128.add<real>(x, y); } }
class Sub { @inline apply(x: v128, y: v128): v128 { return v128.sub<real>(x, y); } }
class Mul { @inline apply(x: v128, y: v128): v128 { return v128.mul<real>(x, y); } }

// @ts-ignore: decorator
@inline
function map1<O>(a: usize, out: usize, n: usize): void {
  const op = changetype<O>(0);
  const end = out + (n & ~(LANES - 1)) * SIZE;
  while (out < end) {
    v128.store(out, op.apply(v128.load(a)));
    a += 16;
    out += 16;
  }
  const rest = n & (LANES - 1);
  if (rest) storePart(out, op.apply(loadPart(a, rest)), rest);
}

// @ts-ignore: decorator
@inline
function map2<O>(a: usize, b: usize, out: usize, n: usize): void {
  const op = changetype<O>(0);
  const end = out + (n & ~(LANES - 1)) * SIZE;
  while (out < end) {
    v128.store(out, op.apply(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    out += 16;
  }
  const rest = n & (LANES - 1);
  if (rest) storePart(out, op.apply(loadPart(a, rest), loadPart(b, rest)), rest);
}

export function exp(a: usize, out: usize, n: usize): void { map1<Exp>(a, out, n); }
export function log(a: usize, out: usize, n: usize): void { map1<Log>(a, out, n); }
export function sigmoid(a: usize, out: usize, n: usize): void { map1<Sigmoid>(a, out, n); }
export function tanh(a: usize, out: usize, n: usize): void { map1<Tanh>(a, out, n); }
export function relu(a: usize, out: usize, n: usize): void { map1<Relu>(a, out, n); }
export function softplus(a: usize, out: usize, n: usize): void { map1<Softplus>(a, out, n); }
export function sigmoidBackward(y: usize, dy: usize, out: usize, n: usize): void { map2<SigmoidBackward>(y, dy, out, n); }
export function tanhBackward(y: usize, dy: usize, out: usize, n: usize): void { map2<TanhBackward>(y, dy, out, n); }
export function reluBackward(y: usize, dy: usize, out: usize, n: usize): void { map2<ReluBackward>(y, dy, out, n); }
export function add(a: usize, b: usize, out: usize, n: usize): void { map2<Add>(a, b, out, n); }
export function sub(a: usize, b: usize, out: usize, n: usize): void { map2<Sub>(a, b, out, n); }
export function mul(a: usize, b: usize, out: usize, n: usize): void { map2<Mul>(a, b, out, n); }

/** out += alpha · x. */
export function axpy(alpha: f64, x: usize, out: usize, n: usize): void {
  const factor = splat(alpha);
  const end = out + (n & ~(LANES - 1)) * SIZE;
  while (out < end) {
    v128.store(out, v128.add<real>(v128.load(out), v128.mul<real>(factor, v128.load(x))));
    x += 16;
    out += 16;
  }
  for (let i: usize = 0; i < (n & (LANES - 1)); i++) {
    const at = out + i * SIZE;
    store<real>(at, load<real>(at) + <real> alpha * load<real>(x + i * SIZE));
  }
}

/** out = alpha · a. */
export function scale(alpha: f64, a: usize, out: usize, n: usize): void {
  const factor = splat(alpha);
  const end = out + (n & ~(LANES - 1)) * SIZE;
  while (out < end) {
    v128.store(out, v128.mul<real>(factor, v128.load(a)));
    a += 16;
    out += 16;
  }
  for (let i: usize = 0; i < (n & (LANES - 1)); i++) {
    store<real>(out + i * SIZE, <real> alpha * load<real>(a + i * SIZE));
  }
}

/** out = a + row, for each of m rows. */
export function addRow(a: usize, row: usize, out: usize, m: usize, n: usize): void {
  const whole = n & ~(LANES - 1);
  for (let i: usize = 0; i < m; i++) {
    let j: usize = 0;
    for (; j < whole; j += LANES) {
      v128.store(out + j * SIZE, v128.add<real>(v128.load(a + j * SIZE), v128.load(row + j * SIZE)));
    }
    for (; j < n; j++) {
      store<real>(out + j * SIZE, load<real>(a + j * SIZE) + load<real>(row + j * SIZE));
    }
    a += n * SIZE;
    out += n * SIZE;
  }
}

// -------------------------------------------------------------- optimisers

/** v = momentum · v − rate · (g + decay · p); p += v. */
export function sgd(p: usize, g: usize, v: usize, n: usize, rate: f64, momentum: f64, decay: f64): void {
  let i: usize = 0;
  for (; i < (n & ~(LANES - 1)); i += LANES) {
    const at = i * SIZE;
    const weights = v128.load(p + at);
    const gradient = v128.add<real>(v128.load(g + at), v128.mul<real>(splat(decay), weights));
    const velocity = v128.sub<real>(v128.mul<real>(splat(momentum), v128.load(v + at)), v128.mul<real>(splat(rate), gradient));
    v128.store(v + at, velocity);
    v128.store(p + at, v128.add<real>(weights, velocity));
  }
  for (; i < n; i++) {
    const at = i * SIZE;
    const weight = load<real>(p + at);
    const gradient = load<real>(g + at) + <real> decay * weight;
    const velocity = <real> momentum * load<real>(v + at) - <real> rate * gradient;
    store<real>(v + at, velocity);
    store<real>(p + at, weight + velocity);
  }
}

// @ts-ignore: decorator
@inline
function blend(old: v128, fresh: v128, beta: f64): v128 {
  return v128.add<real>(v128.mul<real>(splat(beta), old), v128.mul<real>(splat(1 - beta), fresh));
}

/** Moments m, v and the step p −= rate · m / (√v + epsilon). */
export function adam(p: usize, g: usize, m: usize, v: usize, n: usize, rate: f64, beta1: f64, beta2: f64, epsilon: f64, decay: f64): void {
  for (let i: usize = 0; i < n; i += LANES) {
    const at = i * SIZE;
    const rest = n - i;
    const whole = rest >= LANES;
    const weights = whole ? v128.load(p + at) : loadPart(p + at, rest);
    const plain = whole ? v128.load(g + at) : loadPart(g + at, rest);
    let first = whole ? v128.load(m + at) : loadPart(m + at, rest);
    let second = whole ? v128.load(v + at) : loadPart(v + at, rest);
    const gradient = v128.add<real>(plain, v128.mul<real>(splat(decay), weights));
    first = blend(first, gradient, beta1);
    second = blend(second, v128.mul<real>(gradient, gradient), beta2);
    const step = v128.div<real>(v128.mul<real>(splat(rate), first), v128.add<real>(v128.sqrt<real>(second), splat(epsilon)));
    const next = v128.sub<real>(weights, step);
    if (whole) {
      v128.store(m + at, first);
      v128.store(v + at, second);
      v128.store(p + at, next);
    } else {
      storePart(m + at, first, rest);
      storePart(v + at, second, rest);
      storePart(p + at, next, rest);
    }
  }
}
