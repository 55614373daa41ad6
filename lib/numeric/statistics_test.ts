import assert from "node:assert/strict";
import { normal, stream } from "./random.ts";
import {
  bootstrapInterval,
  correlation,
  covariance,
  extent,
  mean,
  quantile,
  standardDeviation,
  summarize,
  variance,
} from "./statistics.ts";

Deno.test("moments of a small sample are those computed by hand", () => {
  const values = [2, 4, 4, 4, 5, 5, 7, 9];
  assert.equal(mean(values), 5);
  assert.equal(variance(values), 4);
  assert.equal(standardDeviation(values), Math.sqrt(32 / 7));
  assert.equal(standardDeviation([3]), 0);
  assert.equal(covariance([1, 2, 3], [2, 4, 6]), 4 / 3);
  assert.ok(Math.abs(correlation([1, 2, 3], [6, 4, 2]) + 1) < 1e-15);
  assert.equal(correlation([1, 1, 1], [1, 2, 3]), 0);
  const same = new Array(10).fill(0.6667);
  assert.equal(summarize(same).sd, 0, "equal values, whatever their mean");
  assert.deepEqual(summarize([1, 3]), {
    mean: 2,
    sd: Math.SQRT2,
    min: 1,
    max: 3,
    n: 2,
  });
});

Deno.test("series of different lengths are refused", () => {
  assert.throws(() => covariance([1], [1, 2]), /lengths are 1 and 2/);
});

Deno.test("quantiles interpolate between order statistics", () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([4, 1, 3, 2], 0), 1);
  assert.equal(quantile([4, 1, 3, 2], 1), 4);
  assert.throws(() => quantile([1], 1.2), RangeError);
  assert.throws(() => quantile([], 0.5), RangeError);
});

Deno.test("a 90 % bootstrap interval covers the mean about nine times in ten", () => {
  const rng = stream(1, "bootstrap");
  let covered = 0;
  for (let trial = 0; trial < 200; trial++) {
    const values = Float64Array.from({ length: 40 }, () => normal(rng));
    const { low, high } = bootstrapInterval(rng, values, {
      level: 0.9,
      resamples: 200,
    });
    if (low <= 0 && high >= 0) covered++;
  }
  assert.ok(covered > 165 && covered < 195, `${covered} of 200`);
});

Deno.test("an extent is that of all columns, and of finite values alone", () => {
  assert.deepEqual(extent([3, NaN, -1], [Infinity], [2, 7]), [-1, 7]);
  assert.deepEqual(extent([NaN]), [Infinity, -Infinity]);
});
