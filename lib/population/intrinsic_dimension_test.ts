import assert from "node:assert/strict";
import {
  gapBetweenKinds,
  intrinsicDimension,
  participationRatio,
} from "./intrinsic_dimension.ts";
import { cos, sin } from "../numeric/elementary.ts";
import { stream } from "../numeric/random.ts";

Deno.test("a curved sheet in three dimensions has two", () => {
  const rng = stream(1, "points");
  const points = Array.from({ length: 800 }, () => {
    const t = 4 * rng();
    return [t * cos(t), 4 * rng(), t * sin(t)];
  }).flat();
  const d = intrinsicDimension(points, 3);
  assert.ok(d > 1.8 && d < 2.15, String(d));
});

Deno.test("a cube has three dimensions", () => {
  const rng = stream(2, "points");
  const points = Float64Array.from({ length: 3 * 1000 }, () => rng());
  const d = intrinsicDimension(points, 3);
  assert.ok(d > 2.7 && d < 3.2, String(d));
});

Deno.test("the participation ratio counts equal axes", () => {
  assert.equal(participationRatio([2, 2, 2, 0]), 3);
  assert.equal(participationRatio([0]), 0);
});

Deno.test("two clusters have a gap, one divided cluster has none", () => {
  const rng = stream(3, "points");
  const points = Float64Array.from({ length: 400 }, () => rng());
  const kinds = Float64Array.from({ length: 200 }, (_, i) => i % 2);
  assert.ok(gapBetweenKinds(points, 2, kinds) < 1.5);
  for (let i = 0; i < 200; i += 2) points[2 * i] += 5;
  assert.ok(gapBetweenKinds(points, 2, kinds) > 50);
});
