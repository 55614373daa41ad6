import { atLeast, expMinusAbsV, expV, get, LANES, log1pV, logV, put, SCRATCH, sigmoidV, SIZE, splat, sumLanes } from "./math";

// A tensor of batch × K × pixels, K rows to a group. "Narrow" operands are
// batch × pixels. Vectors run along the pixels.

/** The largest of the group's values, 0 where that is infinite. */
// @ts-ignore: decorator
@inline
function groupMax(a: usize, group: usize, row: usize, count: usize): v128 {
  let max = splat(-Infinity);
  for (let k: usize = 0; k < group; k++) max = v128.max<real>(max, get(a + k * row, count));
  return max;
}

export function softmaxGroups(a: usize, out: usize, batch: usize, group: usize, pixels: usize): void {
  const row = pixels * SIZE;
  for (let b: usize = 0; b < batch; b++) {
    for (let p: usize = 0; p < pixels; p += LANES) {
      const count = min(LANES, pixels - p);
      const from = a + p * SIZE;
      const to = out + p * SIZE;
      const max = groupMax(from, group, row, count);
      let total = splat(0);
      for (let k: usize = 0; k < group; k++) {
        const e = expV(v128.sub<real>(get(from + k * row, count), max));
        total = v128.add<real>(total, e);
        put(to + k * row, e, count);
      }
      const share = v128.div<real>(splat(1), total);
      for (let k: usize = 0; k < group; k++) {
        put(to + k * row, v128.mul<real>(get(to + k * row, count), share), count);
      }
    }
    a += group * row;
    out += group * row;
  }
}

export function softmaxGroupsBackward(y: usize, dy: usize, out: usize, batch: usize, group: usize, pixels: usize): void {
  const row = pixels * SIZE;
  for (let b: usize = 0; b < batch; b++) {
    for (let p: usize = 0; p < pixels; p += LANES) {
      const count = min(LANES, pixels - p);
      const at = p * SIZE;
      let inner = splat(0);
      for (let k: usize = 0; k < group; k++) {
        inner = v128.add<real>(inner, v128.mul<real>(get(y + at + k * row, count), get(dy + at + k * row, count)));
      }
      for (let k: usize = 0; k < group; k++) {
        const share = get(y + at + k * row, count);
        const slope = v128.sub<real>(get(dy + at + k * row, count), inner);
        put(out + at + k * row, v128.mul<real>(share, slope), count);
      }
    }
    y += group * row;
    dy += group * row;
    out += group * row;
  }
}

export function logSumExpGroups(a: usize, out: usize, batch: usize, group: usize, pixels: usize): void {
  const row = pixels * SIZE;
  for (let b: usize = 0; b < batch; b++) {
    for (let p: usize = 0; p < pixels; p += LANES) {
      const count = min(LANES, pixels - p);
      const from = a + p * SIZE;
      const max = groupMax(from, group, row, count);
      let total = splat(0);
      for (let k: usize = 0; k < group; k++) {
        total = v128.add<real>(total, expV(v128.sub<real>(get(from + k * row, count), max)));
      }
      put(out + p * SIZE, v128.add<real>(max, logV(total)), count);
    }
    a += group * row;
    out += row;
  }
}

export function sumGroups(a: usize, out: usize, batch: usize, group: usize, pixels: usize): void {
  const row = pixels * SIZE;
  for (let b: usize = 0; b < batch; b++) {
    for (let p: usize = 0; p < pixels; p += LANES) {
      const count = min(LANES, pixels - p);
      let total = splat(0);
      for (let k: usize = 0; k < group; k++) total = v128.add<real>(total, get(a + p * SIZE + k * row, count));
      put(out + p * SIZE, total, count);
    }
    a += group * row;
    out += row;
  }
}

class Minus { @inline apply(x: v128, a: v128): v128 { return v128.sub<real>(x, a); } }
class Times { @inline apply(x: v128, a: v128): v128 { return v128.mul<real>(x, a); } }
class LogLikelihood {
  // (x·a − max(a, 0)) − ln(1 + exp(−|a|)): exact where the first term is 0.
  @inline apply(x: v128, a: v128): v128 {
    const e = expMinusAbsV(a);
    const linear = v128.sub<real>(v128.mul<real>(x, a), atLeast(a, splat(0)));
    return v128.sub<real>(linear, log1pV(e));
  }
}

// @ts-ignore: decorator
@inline
function broadcast<O>(x: usize, a: usize, out: usize, batch: usize, group: usize, pixels: usize): void {
  const op = changetype<O>(0);
  const row = pixels * SIZE;
  for (let b: usize = 0; b < batch; b++) {
    for (let k: usize = 0; k < group; k++) {
      for (let p: usize = 0; p < pixels; p += LANES) {
        const count = min(LANES, pixels - p);
        const at = p * SIZE;
        put(out + at, op.apply(get(x + at, count), get(a + at, count)), count);
      }
      a += row;
      out += row;
    }
    x += row;
  }
}

export function subGroups(x: usize, a: usize, out: usize, batch: usize, group: usize, pixels: usize): void { broadcast<Minus>(x, a, out, batch, group, pixels); }
export function mulGroups(x: usize, a: usize, out: usize, batch: usize, group: usize, pixels: usize): void { broadcast<Times>(x, a, out, batch, group, pixels); }
export function bernoulli(x: usize, logits: usize, out: usize, batch: usize, group: usize, pixels: usize): void { broadcast<LogLikelihood>(x, logits, out, batch, group, pixels); }

/** out = dy · (x − σ(logits)). */
export function bernoulliBackward(x: usize, logits: usize, dy: usize, out: usize, batch: usize, group: usize, pixels: usize): void {
  const row = pixels * SIZE;
  for (let b: usize = 0; b < batch; b++) {
    for (let k: usize = 0; k < group; k++) {
      for (let p: usize = 0; p < pixels; p += LANES) {
        const count = min(LANES, pixels - p);
        const at = p * SIZE;
        const slope = v128.sub<real>(get(x + at, count), sigmoidV(get(logits + at, count)));
        put(out + at, v128.mul<real>(get(dy + at, count), slope), count);
      }
      logits += row;
      dy += row;
      out += row;
    }
    x += row;
  }
}

// ------------------------------------------------------------ Gaussian bumps

/** centres (units × d) to scratch as d rows of units, padded to whole vectors. */
function transposeCentres(centres: usize, units: usize, d: usize, row: usize): void {
  for (let l: usize = 0; l < d; l++) {
    for (let j: usize = 0; j < row / SIZE; j++) {
      store<real>(SCRATCH + l * row + j * SIZE, j < units ? load<real>(centres + (j * d + l) * SIZE) : 0);
    }
  }
}

// @ts-ignore: decorator
@inline
function paddedRow(units: usize): usize {
  return (units * SIZE + 15) & ~15;
}

export function gaussianBumps(codes: usize, centres: usize, out: usize, m: usize, units: usize, d: usize, sigma: f64): void {
  const row = paddedRow(units);
  transposeCentres(centres, units, d, row);
  const factor = splat(-1 / (2 * sigma * sigma));
  for (let i: usize = 0; i < m; i++) {
    for (let j: usize = 0; j < units; j += LANES) {
      let distance = splat(0);
      for (let l: usize = 0; l < d; l++) {
        const gap = v128.sub<real>(v128.splat<real>(load<real>(codes + l * SIZE)), v128.load(SCRATCH + l * row + j * SIZE));
        distance = v128.add<real>(distance, v128.mul<real>(gap, gap));
      }
      put(out + j * SIZE, expV(v128.mul<real>(factor, distance)), min(LANES, units - j));
    }
    codes += d * SIZE;
    out += units * SIZE;
  }
}

export function gaussianBumpsBackward(codes: usize, centres: usize, y: usize, dy: usize, dCodes: usize, dCentres: usize, m: usize, units: usize, d: usize, sigma: f64): void {
  const row = paddedRow(units);
  transposeCentres(centres, units, d, row);
  const sums = SCRATCH + d * row; // d × units: gradient by the centres
  const weights = sums + d * row; // 1 × units: dy · y / σ²
  memory.fill(sums, 0, (d + 1) * row);
  const factor = splat(1 / (sigma * sigma));
  for (let i: usize = 0; i < m; i++) {
    for (let j: usize = 0; j < units; j += LANES) {
      const count = min(LANES, units - j);
      const weight = v128.mul<real>(v128.mul<real>(get(dy + j * SIZE, count), get(y + j * SIZE, count)), factor);
      put(weights + j * SIZE, weight, count);
    }
    for (let l: usize = 0; l < d; l++) {
      const code = v128.splat<real>(load<real>(codes + l * SIZE));
      let total = splat(0);
      for (let j: usize = 0; j < row; j += 16) {
        const gap = v128.sub<real>(v128.load(SCRATCH + l * row + j), code);
        const pull = v128.mul<real>(v128.load(weights + j), gap);
        total = v128.add<real>(total, pull);
        const to = sums + l * row + j;
        v128.store(to, v128.sub<real>(v128.load(to), pull));
      }
      store<real>(dCodes + l * SIZE, sumLanes(total));
    }
    codes += d * SIZE;
    dCodes += d * SIZE;
    y += units * SIZE;
    dy += units * SIZE;
  }
  for (let j: usize = 0; j < units; j++) {
    for (let l: usize = 0; l < d; l++) {
      store<real>(dCentres + (j * d + l) * SIZE, load<real>(sums + l * row + j * SIZE));
    }
  }
}
