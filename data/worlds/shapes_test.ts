import assert from "node:assert/strict";
import { stream } from "../../lib/numeric/random.ts";
import { mean } from "../../lib/numeric/statistics.ts";
import { flyingShapes, OVERLAP, paperShapes, seedShapes } from "./shapes.ts";

function count(labels: Uint8Array, wanted: number): number {
  return labels.reduce((n, label) => n + (label === wanted ? 1 : 0), 0);
}

Deno.test("a fifth of the seed's pixels are on, as its document says", () => {
  const { images, labels } = seedShapes()(stream(0, "data"), 500);
  const foreground = mean(images);
  assert.ok(Math.abs(foreground - 0.2) < 0.015, `${foreground}`);
  assert.equal(count(labels, OVERLAP), 0);
});

Deno.test("a pixel is on exactly where its label is not background", () => {
  for (const sampler of [seedShapes(), paperShapes()]) {
    const { images, labels } = sampler(stream(1, "data"), 50);
    images.forEach((pixel, i) => assert.equal(pixel, labels[i] === 0 ? 0 : 1));
  }
});

Deno.test("one paper shape has 40 or more pixels, each kind a third of the time", () => {
  const { images } = paperShapes({ objects: 1 })(stream(2, "data"), 3000);
  const sizes = new Map<number, number>();
  for (let i = 0; i < 3000; i++) {
    const size = images.subarray(i * 784, (i + 1) * 784).reduce((a, b) =>
      a + b
    );
    sizes.set(size, (sizes.get(size) ?? 0) + 1);
  }
  const [square, triangle] = [...sizes].sort((a, b) => a[0] - b[0]);
  assert.equal(sizes.size, 2);
  assert.equal(square[0], 40);
  assert.ok(Math.abs(square[1] / 3000 - 1 / 3) < 0.03);
  assert.ok(triangle[0] > square[0]);
});

Deno.test("the paper's shapes reach every corner of the canvas", () => {
  const { images } = paperShapes()(stream(3, "data"), 3000);
  for (const corner of [0, 27, 27 * 28, 783]) {
    let hits = 0;
    for (let i = 0; i < 3000; i++) hits += images[i * 784 + corner];
    assert.ok(hits > 0, `no shape ever covers pixel ${corner}`);
  }
});

Deno.test("pixels of two paper shapes are marked as overlap", () => {
  const { labels } = paperShapes()(stream(4, "data"), 200);
  assert.ok(count(labels, OVERLAP) > 0);
});

Deno.test("flying shapes keep their pixels, move and stay on the canvas", () => {
  const frames = flyingShapes({ objects: 1, frames: 40, speed: 2 })(
    stream(5, "data"),
    20,
  );
  assert.equal(frames.length, 40);
  for (let i = 0; i < 20; i++) {
    const of = (t: number): Float32Array =>
      frames[t].images.subarray(i * 784, (i + 1) * 784);
    const size = of(0).reduce((a, b) => a + b);
    let moved = 0;
    for (let t = 0; t < 40; t++) {
      assert.equal(of(t).reduce((a, b) => a + b), size);
      if (t > 0 && of(t).some((x, p) => x !== of(t - 1)[p])) moved++;
    }
    assert.ok(moved > 30);
  }
});

Deno.test("the same stream draws the same images", () => {
  const draw = (): Float32Array => paperShapes()(stream(6, "data"), 5).images;
  assert.deepEqual(draw(), draw());
});

Deno.test("impossible worlds are refused with one clear error", () => {
  assert.throws(
    () => paperShapes({ canvas: 8 }),
    /Cannot draw the paper's shapes as canvas must be an integer from 12 to 256: current value is 8/,
  );
  assert.throws(
    () => seedShapes({ objects: 0 }),
    /Cannot draw the seed's shapes as objects must be an integer from 1 to 9: current value is 0/,
  );
  assert.throws(
    () => flyingShapes({ speed: 20 }),
    /Cannot draw flying shapes as speed must be at most 16 pixels a frame: current value is 20/,
  );
  assert.throws(
    () => paperShapes()(stream(0, "data"), 0),
    /Cannot draw shapes as count must be an integer ≥ 1: current value is 0/,
  );
});
