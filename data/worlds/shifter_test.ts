import assert from "node:assert/strict";
import { stream } from "../../lib/numeric/random.ts";
import { ambiguousImages, bayesAccuracy, entropyBits } from "./cause_images.ts";
import {
  enumerateShifter,
  kindOfField,
  sampleShifter,
  shifterConfig,
  shiftsOf,
} from "./shifter.ts";

const close = (a: number, b: number, tolerance: number): void =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} ± ${tolerance}`);

Deno.test("entropy and Bayes accuracy are the published exact values", () => {
  for (
    const [pOn, entropy, accuracy] of [
      [0.2, 6.6063, 0.91546],
      [0.3, 7.98872, 0.96920],
      [0.5, 8.984375, 0.99219],
    ]
  ) {
    const images = enumerateShifter(shifterConfig({ pOn }));
    close(entropyBits(images), entropy, 5e-5);
    close(bayesAccuracy(images), accuracy, 5e-6);
  }
});

Deno.test("the 4 × 8 shifter has 508 images, four of them ambiguous", () => {
  const images = enumerateShifter(shifterConfig());
  assert.equal(images.count, 508);
  close(images.probability.reduce((a, b) => a + b), 1, 1e-12);
  const rows = ambiguousImages(images).map((i) =>
    images.pixels.subarray(i * 32, i * 32 + 8).join("")
  );
  assert.deepEqual(rows.sort(), [
    "00000000",
    "01010101",
    "10101010",
    "11111111",
  ]);
});

Deno.test("an image is the row twice and the shifted row twice", () => {
  const config = shifterConfig();
  const rng = stream(1, "data");
  const image = new Uint8Array(32);
  for (let n = 0; n < 50; n++) {
    const shift = config.shifts[sampleShifter(rng, image, config)];
    for (let x = 0; x < 8; x++) {
      assert.equal(image[8 + x], image[x]);
      assert.equal(image[24 + x], image[16 + x]);
      assert.equal(image[16 + (x + shift + 8) % 8], image[x]);
    }
  }
});

Deno.test("samples have the probabilities that the enumeration states", () => {
  const config = shifterConfig({ width: 3, height: 2, shifts: [-1, 0, 1] });
  const images = enumerateShifter(config);
  const counts = new Map<string, number>();
  const rng = stream(2, "data");
  const image = new Uint8Array(6);
  const n = 40_000;
  for (let i = 0; i < n; i++) {
    sampleShifter(rng, image, config);
    counts.set(image.join(""), (counts.get(image.join("")) ?? 0) + 1);
  }
  // Pearson's statistic; 50 is beyond the 99.9 % point for its 17 degrees.
  let chiSquare = 0;
  for (let i = 0; i < images.count; i++) {
    const expected = n * images.probability[i];
    const key = images.pixels.subarray(i * 6, i * 6 + 6).join("");
    chiSquare += ((counts.get(key) ?? 0) - expected) ** 2 / expected;
  }
  assert.ok(chiSquare < 50, `chi-square ${chiSquare}`);
  assert.equal(counts.size, images.count);
});

Deno.test("impossible configurations are refused", () => {
  assert.throws(() => shifterConfig({ height: 3 }), /height must be an even/);
  assert.throws(() => shifterConfig({ pOn: 1.2 }), /pOn must be a number from/);
  assert.throws(() => shifterConfig({ shifts: [1, 9] }), /distinct modulo/);
  assert.throws(() => shifterConfig({ width: 30 }), /from 2 to 16/);
});

Deno.test("the shifts of an image are those that can have made it", () => {
  const config = shifterConfig({ width: 4, height: 2 });
  assert.deepEqual(shiftsOf([1, 0, 0, 0, 0, 1, 0, 0], config), [1]);
  assert.deepEqual(shiftsOf([1, 0, 0, 0, 0, 0, 0, 1], config), [-1]);
  assert.deepEqual(shiftsOf([1, 0, 1, 0, 0, 1, 0, 1], config), [-1, 1]);
  assert.deepEqual(shiftsOf([1, 0, 0, 0, 1, 0, 0, 0], config), []);
});

Deno.test("a field is named by what it switches on and off", () => {
  const config = shifterConfig();
  const kind = (places: Record<number, number>): string => {
    const field = new Float64Array(32);
    for (const [place, value] of Object.entries(places)) {
      const [x, half] = [Number(place) % 8, Math.floor(Number(place) / 8)];
      field.fill(value, half * 16 + x, half * 16 + x + 1);
      field.fill(value, half * 16 + 8 + x, half * 16 + 9 + x);
    }
    return kindOfField(field, config);
  };
  assert.equal(kind({ 3: 0.9, 12: 0.9 }), "pair"); // 3 to the right
  assert.equal(kind({ 0: 0.9, 15: 0.9 }), "pair"); // around the edge
  assert.equal(kind({ 3: 0.9, 13: 0.9 }), "other"); // a shift by two
  assert.equal(kind({ 3: 0.9, 10: 0.9, 12: 0.9 }), "fork");
  assert.equal(kind({ 3: 0.9 }), "half");
  assert.equal(kind({ 3: -0.4 }), "NOT");
  assert.equal(kind({ 3: 0.1, 12: 0.1 }), "AND");
  assert.equal(kind({}), "idle");
});
