import assert from "node:assert/strict";
import { pickRows } from "../numeric/points.ts";
import { cos, sin } from "../numeric/elementary.ts";
import {
  farthestPoints,
  loopProminence,
  vietorisRips,
} from "./persistent_homology.ts";
import { normal, type Rng, stream } from "../numeric/random.ts";

const close = (a: number, b: number, tolerance: number): void =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} ± ${tolerance}`);

/** `count` points evenly spread over what `draw` draws. */
function cloud(
  draw: (rng: Rng) => number[],
  count: number,
  seed = 1,
): { points: Float64Array; dims: number } {
  const rng = stream(seed, "cloud");
  const rows = Array.from({ length: 10 * count }, () => draw(rng));
  const dims = rows[0].length;
  const all = Float64Array.from(rows.flat());
  return {
    points: pickRows(all, dims, farthestPoints(all, dims, count)),
    dims,
  };
}

const turn = (rng: Rng): number => 2 * Math.PI * rng();

Deno.test("a square has one loop, from its side to its diagonal", () => {
  const { h0, h1 } = vietorisRips(Float64Array.of(0, 0, 1, 0, 1, 1, 0, 1), 2);
  assert.deepEqual(h1, [{ birth: 1, death: Math.sqrt(2) }]);
  assert.deepEqual(h0.map((bar) => bar.death), [Infinity, 1, 1, 1]);
});

Deno.test("two far groups are two components up to their distance", () => {
  const { h0, h1 } = vietorisRips(Float64Array.of(0, 0.1, 5, 5.1), 1);
  close(h0[1].death, 4.9, 1e-12);
  close(h0[2].death, 0.1, 1e-12);
  assert.deepEqual(h1, []);
});

Deno.test("a circle has one loop, which dies when triangles span it: √3", () => {
  const { points, dims } = cloud((rng) => {
    const t = turn(rng);
    return [cos(t), sin(t)];
  }, 60);
  const { h1 } = vietorisRips(points, dims);
  assert.ok(h1[0].birth < 0.2);
  close(h1[0].death, Math.sqrt(3), 0.1);
  assert.equal(h1.length, 1);
});

Deno.test("a box has no prominent loop, a solid torus one, a torus two", () => {
  const box = cloud((rng) => [rng(), rng(), rng()], 120);
  assert.ok(loopProminence(vietorisRips(box.points, 3).h1) < 2);

  const solidTorus = cloud((rng) => {
    const t = turn(rng);
    const r = 2 + 0.7 * (2 * rng() - 1);
    return [r * cos(t), r * sin(t), 0.7 * (2 * rng() - 1)];
  }, 150);
  const solid = vietorisRips(solidTorus.points, 3).h1;
  assert.ok(loopProminence(solid) > 3, JSON.stringify(solid.slice(0, 3)));

  const torus = cloud((rng) => {
    const t = turn(rng);
    const u = turn(rng);
    return [cos(t), sin(t), cos(u), sin(u)];
  }, 150);
  const two = vietorisRips(torus.points, 4).h1;
  const size = (i: number): number => two[i].death - two[i].birth;
  assert.ok(size(1) > 0.5 * size(0) && size(1) > 3 * size(2));
});

Deno.test("the bars do not depend on the order of the points", () => {
  const rng = stream(3, "cloud");
  const points = Float64Array.from({ length: 80 }, () => normal(rng));
  const reversed = pickRows(
    points,
    2,
    Array.from({ length: 40 }, (_, i) => 39 - i),
  );
  assert.deepEqual(vietorisRips(points, 2), vietorisRips(reversed, 2));
});

Deno.test("farthest points cover a line from end to end", () => {
  const points = Float64Array.from({ length: 101 }, (_, i) => i);
  assert.deepEqual([...farthestPoints(points, 1, 3)], [0, 100, 50]);
});

Deno.test("too many points are refused", () => {
  assert.throws(
    () => vietorisRips(new Float64Array(601), 1),
    /Cannot compute persistent homology as the number of points/,
  );
});
