import assert from "node:assert/strict";
import { stream } from "../numeric/random.ts";
import { mean } from "../numeric/statistics.ts";
import {
  flipPixels,
  randomResiduals,
  seedResiduals,
  trueResponsibilities,
} from "./start.ts";

Deno.test("flipPixels flips each pixel with the probability asked for", () => {
  const rng = stream(0, "eval");
  const images = Float32Array.from({ length: 40_000 }, (_, i) => i % 2);
  for (const p of [0, 0.1, 0.5, 1]) {
    const out = new Float32Array(images.length);
    flipPixels(rng, images, p, out);
    const flipped = mean(out.map((x, i) => Math.abs(x - images[i])));
    assert.ok(Math.abs(flipped - p) < 0.01, `${flipped} for ${p}`);
  }
});

Deno.test("random responsibilities divide each lit pixel among the components", () => {
  const input = Float32Array.of(1, 0, 1, 0, 0, 1);
  const out = new Float32Array(3 * 6);
  randomResiduals(stream(0, "eval"), input, 3, 3, out);
  for (let i = 0; i < 6; i++) {
    const first = Math.floor(i / 3) * 9 + i % 3;
    const total = out[first] + out[first + 3] + out[first + 6];
    assert.ok(Math.abs(total - input[i]) < 1e-6);
  }
});

Deno.test("each component gets a pixel of its own that is on, as far as there are any", () => {
  const images = Float32Array.of(1, 0, 1, 1, 1, 0, 0, 1, 0, 0);
  const input = images.slice();
  input[1] = 1; // noise is shared
  const [K, pixels] = [3, 5];
  const out = new Float32Array(2 * K * pixels);
  seedResiduals(stream(3, "eval"), { images, input, K, pixels, out });
  const at = (image: number, i: number): number[] =>
    [0, 1, 2].map((k) => out[(image * K + k) * pixels + i]);
  const owned = (image: number): number =>
    [0, 1, 2, 3, 4].filter((i) => at(image, i).toSorted().join() === "0,0,1")
      .length;
  assert.deepEqual(at(0, 1), new Array(3).fill(Math.fround(1 / 3)));
  assert.deepEqual([owned(0), owned(1)], [3, 1]);
  const seeds = [0, 2, 3, 4].map((i) => at(0, i).indexOf(1));
  assert.deepEqual(seeds.toSorted(), [-1, 0, 1, 2]);
});

Deno.test("components that know the labels share what is nobody's", () => {
  const gamma = trueResponsibilities(Uint8Array.of(0, 1, 2, 255), 2, 4);
  assert.deepEqual(Array.from(gamma), [0.5, 1, 0, 0.5, 0.5, 0, 1, 0.5]);
});
