import assert from "node:assert/strict";
import { kohonenConfig, mapImages, trainKohonen } from "./kohonen.ts";
import { fillUniform, stream } from "../numeric/random.ts";
import { correlation } from "../numeric/statistics.ts";

Deno.test("a line of units learns the order of points on a line", () => {
  const images = fillUniform(stream(1, "data"), new Float64Array(500), 0, 1);
  const map = trainKohonen(
    stream(1, "train"),
    kohonenConfig({ side: 12, dims: 1, steps: 3000 }),
    { images, pixels: 1 },
  );
  assert.ok(Math.abs(correlation(map.weights, map.places)) > 0.98);
  const { winners, mse } = mapImages(map, images, 1);
  assert.equal(winners.length, 500);
  assert.ok(mse < 1.5 / (12 * 12 * 12), String(mse)); // uniform cells: 1 / 12³
});

Deno.test("a map that cannot be made is refused", () => {
  assert.throws(() => kohonenConfig({ side: 1 }), /side must be an integer/);
  assert.throws(() => kohonenConfig({ widthTo: 0 }), /widthTo must be/);
});
