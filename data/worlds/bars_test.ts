import assert from "node:assert/strict";
import { enumerateBars, sampleBars } from "./bars.ts";
import { bayesAccuracy, entropyBits } from "./cause_images.ts";
import { stream } from "../../lib/numeric/random.ts";

Deno.test("4 × 4 bars have 30 images and an entropy of 3.428 bits", () => {
  const images = enumerateBars(4);
  assert.equal(images.count, 2 * 16 - 2); // none and all on: either way
  assert.ok(Math.abs(entropyBits(images) - 3.428) < 5e-4);
  const sum = images.probability.reduce((a, b) => a + b);
  assert.ok(Math.abs(sum - 1) < 1e-12);
  // Without a bar, or with all, the guess is the likelier orientation.
  const blind = 0.8 ** 4 + 0.2 ** 4;
  assert.ok(Math.abs(bayesAccuracy(images) - (1 - blind / 3)) < 1e-12);
});

Deno.test("samples have the probabilities that the enumeration states", () => {
  const images = enumerateBars(3);
  const keyOf = (k: number): string =>
    images.pixels.subarray(9 * k, 9 * k + 9).join("");
  const counts = new Map<string, number>();
  const rng = stream(1, "data");
  const image = new Uint8Array(9);
  const n = 30_000;
  let vertical = 0;
  for (let i = 0; i < n; i++) {
    vertical += sampleBars(rng, image, 3);
    counts.set(image.join(""), (counts.get(image.join("")) ?? 0) + 1);
  }
  assert.ok(Math.abs(vertical / n - 2 / 3) < 0.01);
  for (let k = 0; k < images.count; k++) {
    const share = (counts.get(keyOf(k)) ?? 0) / n;
    assert.ok(Math.abs(share - images.probability[k]) < 0.012, keyOf(k));
  }
  assert.equal(counts.size, images.count);
});
