import assert from "node:assert/strict";
import { mean, variance } from "../../lib/numeric/statistics.ts";
import { stream } from "../../lib/numeric/random.ts";
import {
  dipoleConfig,
  dipoleWorld,
  drawSet,
  imageSampler,
  oneBarWorld,
  regressionTargets,
  renderDipole,
  shuffledWorld,
} from "./dipoles.ts";

const close = (a: number, b: number, tolerance: number): void =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} ± ${tolerance}`);

const image = (
  dipole: { x: number; y: number; theta: number },
  overrides = {},
): Float64Array => {
  const out = new Float64Array(64);
  renderDipole(dipole, dipoleConfig(overrides), out);
  return out;
};

Deno.test("turning a dipole by π negates the image, turning a pair leaves it", () => {
  const here = { x: 3.2, y: 2.9, theta: 0.4 };
  const there = { ...here, theta: 0.4 + Math.PI };
  const dipole = image(here);
  image(there).forEach((p, i) => close(p, -dipole[i], 1e-12));
  const pair = image(here, { second: 1 });
  image(there, { second: 1 }).forEach((p, i) => close(p, pair[i], 1e-12));
});

Deno.test("a blob has height 1 at its centre and sits at half the separation", () => {
  const out = image({ x: 3, y: 4, theta: 0 });
  close(out[4 * 8 + 4], 1, 1e-2); // positive blob at (4, 4)
  close(out[4 * 8 + 2], -1, 1e-2);
  const single = image({ x: 3, y: 4, theta: 0 }, { second: 0 });
  close(single[4 * 8 + 3], 1, 1e-12);
});

Deno.test("the mean image explains as little as in the reference: MSE .0277", () => {
  const world = dipoleWorld();
  const { images, count } = drawSet(world, stream(1, "data"), 4000);
  let mse = 0;
  for (let p = 0; p < 64; p++) {
    mse += variance(Float64Array.from({ length: count }, (_, i) =>
      images[i * 64 + p])) / 64;
  }
  close(mse, 0.0277, 0.0006);
});

Deno.test("latents are uniform over their ranges", () => {
  const world = dipoleWorld({ turn: 2 * Math.PI, separationTo: 3 });
  assert.deepEqual(world.latents, ["x", "y", "θ", "length"]);
  const { latents, count } = drawSet(world, stream(2, "data"), 5000);
  const column = (k: number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => latents[i * 4 + k]);
  [[1.5, 5.5], [1.5, 5.5], [0, 2 * Math.PI], [2, 3]].forEach(([a, b], k) => {
    close(mean(column(k)), (a + b) / 2, 0.03 * (b - a));
    close(
      variance(column(k)),
      (b - a) * (b - a) / 12,
      0.006 * (b - a) * (b - a),
    );
  });
});

Deno.test("the sampler of images draws what drawSet draws", () => {
  for (const world of [dipoleWorld({ second: 0 }), oneBarWorld()]) {
    const out = new Float32Array(5 * world.pixels);
    imageSampler(world)(stream(3, "data"), out);
    const set = drawSet(world, stream(3, "data"), 5);
    out.forEach((p, i) => close(p, set.images[i], 1e-7));
  }
});

Deno.test("a bar is constant along itself and peaks at its position", () => {
  const set = drawSet(oneBarWorld(), stream(4, "data"), 40);
  for (let i = 0; i < set.count; i++) {
    const [vertical, position] = set.latents.subarray(2 * i, 2 * i + 2);
    const at = (row: number, column: number): number =>
      set.images[i * 64 + row * 8 + column];
    const nearest = Math.round(position);
    for (let k = 0; k < 8; k++) {
      assert.equal(
        vertical ? at(k, 2) : at(2, k),
        vertical ? at(0, 2) : at(2, 0),
      );
      const along = vertical ? at(0, k) : at(k, 0);
      const peak = vertical ? at(0, nearest) : at(nearest, 0);
      assert.ok(along <= peak);
    }
  }
});

Deno.test("targets with multiple 2 cannot tell θ from θ + π, with 1 they can", () => {
  const world = dipoleWorld({ turn: 2 * Math.PI });
  const set = {
    count: 2,
    images: new Float64Array(128),
    latents: Float64Array.of(3, 3, 0.3, 3, 3, 0.3 + Math.PI),
  };
  const twice = regressionTargets(world, set, 2);
  assert.deepEqual(twice.names, ["x", "y", "cos 2θ", "sin 2θ"]);
  close(twice.values[2], twice.values[6], 1e-12);
  const once = regressionTargets(world, set);
  close(once.values[2], -once.values[6], 1e-12);
});

Deno.test("a shuffled world keeps each image's pixels and loses their places", () => {
  const world = dipoleWorld();
  const plain = drawSet(world, stream(5, "data"), 1).images;
  const mixed = drawSet(shuffledWorld(world), stream(5, "data"), 1).images;
  assert.deepEqual(mixed.slice().sort(), plain.slice().sort());
  assert.notDeepEqual(mixed, plain);
});

Deno.test("a configuration that cannot be drawn is refused", () => {
  assert.throws(
    () => dipoleWorld({ pad: 4 }),
    /Cannot make dipole images as pad must be at most \(size − 1\) \/ 2 = 3.5: current value is 4/,
  );
  assert.throws(() => dipoleWorld({ separationTo: 1 }), /separationTo must be/);
  assert.throws(() => oneBarWorld({ barSigma: 0 }), /barSigma must be/);
});
