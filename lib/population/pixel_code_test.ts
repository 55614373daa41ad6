import assert from "node:assert/strict";
import { exp, log2 } from "../numeric/elementary.ts";
import { gaussianBits, quantize, residualBits } from "./pixel_code.ts";

const close = (a: number, b: number, tolerance: number): void =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} ± ${tolerance}`);

Deno.test("a Gaussian density times δ is a proper code where its deviation is δ", () => {
  const precision = 0.01;
  const v = precision * precision;
  let sum = 0;
  for (let k = -20; k <= 20; k++) {
    // The pixel falls between two multiples of δ: the worst case.
    const x = (k + 0.5) * precision;
    sum += precision * exp(-x * x / (2 * v)) / Math.sqrt(2 * Math.PI * v);
  }
  close(sum, 1, 1e-8);
});

Deno.test("residuals of known variance cost what information theory says", () => {
  const config = { pixels: 10, precision: 0.5 };
  close(
    residualBits(4, config),
    10 * log2(2 * Math.sqrt(2 * Math.PI * Math.E) / 0.5),
    1e-9,
  );
  assert.equal(residualBits(0, config), 10 * log2(Math.sqrt(2 * Math.PI)));
  close(
    gaussianBits([4, 4], 0.5),
    residualBits(4, { pixels: 2, precision: 0.5 }),
    1e-9,
  );
});

Deno.test("pixels become whole multiples of δ", () => {
  assert.deepEqual([...quantize(Float64Array.of(0.24, -0.26), 0.5)], [0, -0.5]);
});
