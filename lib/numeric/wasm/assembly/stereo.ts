import { SIZE } from "./math";

// Pixels are float64, whatever `real` is: a product is rounded once.

/** out = a · b, n numbers. */
function multiply(a: usize, b: usize, out: usize, n: usize): void {
  for (let i: usize = 0; i < (n & ~1); i += 2) {
    const y = f64x2.mul(v128.load(a + i * 8), v128.load(b + i * 8));
    if (sizeof<real>() === 4) v128.store64_lane(out + i * SIZE, f32x4.demote_f64x2_zero(y), 0);
    else v128.store(out + i * SIZE, y);
  }
  if (n & 1) store<real>(out + (n - 1) * SIZE, <real> (load<f64>(a + (n - 1) * 8) * load<f64>(b + (n - 1) * 8)));
}

export function shiftProducts(pixels: usize, out: usize, rows: usize, width: usize, shifts: usize, swap: i32): void {
  const eye = width * 8;
  for (let row: usize = 0; row < rows; row++) {
    const left = swap ? pixels + eye : pixels;
    const right = swap ? pixels : pixels + eye;
    for (let i: usize = 0; i < width; i++) {
      store<real>(out + i * SIZE, <real> load<f64>(left + i * 8));
      store<real>(out + (width + i) * SIZE, <real> load<f64>(right + i * 8));
    }
    out += 2 * width * SIZE;
    for (let j: usize = 0; j < shifts; j++) {
      // The first pixel of either eye that has a partner, and how many have.
      const most = shifts >> 1;
      const l = j < most ? min(width, most - j) : 0;
      const r = j > most ? min(width, j - most) : 0;
      multiply(left + l * 8, right + r * 8, out + l * SIZE, width - l - r);
      out += width * SIZE;
    }
    pixels += 2 * eye;
  }
}
