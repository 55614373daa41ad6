import { expV, get, LANES, put, SCRATCH, SIZE, splat, sumLanes } from "./math";

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
