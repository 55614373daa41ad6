import assert from "node:assert/strict";
import { stream } from "../../lib/numeric/random.ts";
import { correlation, mean, variance } from "../../lib/numeric/statistics.ts";
import {
  stereoPairs,
  stereoSampler,
  stereoStrip,
  surfaceLines,
  surfaceSampler,
} from "./stereograms.ts";

Deno.test("an integer disparity shows the left eye's dots again, d pixels to the right", () => {
  for (const d of [-3, -1, 0, 2]) {
    const strip = stereoStrip(stream(d + 9, "data"), d);
    for (let i = Math.max(0, d); i < 10 + Math.min(0, d); i++) {
      assert.equal(strip[10 + i], strip[i - d]);
    }
  }
});

Deno.test("a fraction of a pixel interpolates between two dots", () => {
  const whole = stereoStrip(stream(1, "data"), 1);
  const next = stereoStrip(stream(1, "data"), 2);
  const between = stereoStrip(stream(1, "data"), 1.25);
  for (let i = 10; i < 20; i++) {
    assert.ok(Math.abs(between[i] - 0.75 * whole[i] - 0.25 * next[i]) < 1e-12);
  }
});

Deno.test("dots are fair and independent, disparities uniform", () => {
  const { a, b, cause } = stereoPairs(stream(2, "data"), 20000, {
    disparities: "integer",
  });
  assert.ok(Math.abs(mean(a)) < 0.01);
  assert.ok(Math.abs(correlation(a, b)) < 0.01);
  const counts = new Map<number, number>();
  for (const d of cause) counts.set(d, (counts.get(d) ?? 0) + 1);
  assert.deepEqual([...counts.keys()].sort((p, q) => p - q), [
    -3,
    -2,
    -1,
    0,
    1,
    2,
    3,
  ]);
  for (const n of counts.values()) assert.ok(Math.abs(n - 20000 / 7) < 250);
});

Deno.test("linear interpolation tells one eye the disparity's fraction, blurred dots do not", () => {
  const leak = (renderer: "linear" | "blurred"): number => {
    const { a, b } = stereoPairs(stream(3, "data"), 4000, { renderer });
    const contrast = (x: Float32Array): Float64Array =>
      Float64Array.from({ length: 4000 }, (_, i) => {
        const right = x.subarray(20 * i + 10, 20 * i + 20);
        return variance(right);
      });
    return correlation(
      contrast(a as Float32Array),
      contrast(b as Float32Array),
    );
  };
  assert.ok(leak("linear") > 0.2);
  assert.ok(Math.abs(leak("blurred")) < 0.05);
});

Deno.test("blurred dots have variance 1 and follow the disparity", () => {
  const strips = Array.from(
    { length: 4000 },
    (_, i) => stereoStrip(stream(i, "data"), 2, { renderer: "blurred" }),
  );
  const pixel = (i: number): number[] => strips.map((strip) => strip[i]);
  assert.ok(Math.abs(variance(pixel(4)) - 1) < 0.1);
  assert.ok(correlation(pixel(4), pixel(16)) > 0.99);
  assert.ok(Math.abs(correlation(pixel(4), pixel(12))) < 0.1);
});

Deno.test("controls: a closed eye sees zeros, a scrambled one other dots, unpaired strips other disparities", () => {
  const closed = stereoStrip(stream(4, "data"), 0, { leftEye: "closed" });
  assert.ok(closed.subarray(0, 10).every((x) => x === 0));
  const { a } = stereoPairs(stream(4, "data"), 4000, {
    leftEye: "scrambled",
    maxDisparity: 1,
    disparities: "integer",
  });
  for (let shift = -1; shift <= 1; shift++) {
    let sum = 0;
    for (let n = 0; n < 4000; n++) {
      sum += a[20 * n + 5] * a[20 * n + 15 + shift];
    }
    assert.ok(Math.abs(sum / 4000) < 0.06);
  }
});

Deno.test("the sampler reads nothing but its generator", () => {
  const draw = () =>
    stereoPairs(stream(5, "data"), 50, { renderer: "blurred" });
  assert.deepEqual(draw(), draw());
});

Deno.test("a bad strip is refused with one clear sentence", () => {
  assert.throws(
    () => stereoSampler({ maxDisparity: 10 }),
    /Cannot draw stereograms as maxDisparity must be below the strip's width of 10 pixels: current value is 10/,
  );
  assert.throws(
    () => stereoSampler({ disparities: "integer", maxDisparity: 2.5 }),
    /maxDisparity must be an integer/,
  );
});

Deno.test("a surface is smooth, bounded, and what the modules see", () => {
  const config = { modules: 8 };
  const lines = surfaceLines(400, config);
  surfaceSampler(config)(stream(6, "data"), lines);
  const { disparity, pixels } = lines;
  assert.ok(disparity.every((d) => Math.abs(d) <= 3));
  let step = 0;
  let size = 0;
  for (let i = 0; i < disparity.length; i++) {
    if (i % 8) step += Math.abs(disparity[i] - disparity[i - 1]);
    size += Math.abs(disparity[i]);
  }
  assert.ok(step < 0.6 * size);
  // The best match of left and right pixels lies near the disparity.
  let error = 0;
  for (let i = 0; i < disparity.length; i++) {
    const eye = pixels.subarray(20 * i, 20 * i + 20);
    let best = 0;
    let least = Infinity;
    for (let d = -3; d <= 3; d++) {
      let apart = 0;
      for (let p = 3; p < 7; p++) apart += (eye[p] - eye[10 + p + d]) ** 2;
      if (apart < least) [least, best] = [apart, d];
    }
    if (Math.abs(disparity[i]) < 2.5) {
      error += Math.abs(best - disparity[i]) > 1.5 ? 1 : 0;
    }
  }
  assert.ok(error / disparity.length < 0.25);
  assert.ok(lines.breaks.every(Number.isNaN));
});

Deno.test("no dot is seen by two modules across the default gap", () => {
  const config = { modules: 2, maxDisparity: 3 };
  const lines = surfaceLines(4000, config);
  surfaceSampler(config)(stream(7, "data"), lines);
  // The last pixel of one module and the first of the next, in either eye.
  const at = (offset: number): Float64Array =>
    Float64Array.from(
      { length: 4000 },
      (_, i) => lines.pixels[40 * i + offset],
    );
  for (const p of [9, 19]) {
    for (const q of [20, 30]) {
      assert.ok(Math.abs(correlation(at(p), at(q))) < 0.06);
    }
  }
});

Deno.test("discontinuities come as often as asked for", () => {
  const lines = surfaceLines(2000, { breaks: 0.5 });
  surfaceSampler({ breaks: 0.5 })(stream(8, "data"), lines);
  const broken = lines.breaks.filter((at) => !Number.isNaN(at)).length;
  assert.ok(Math.abs(broken - 1000) < 100);
});
