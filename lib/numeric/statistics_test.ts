import assert from "node:assert/strict";
import { normal, stream } from "./random.ts";
import {
  bootstrapInterval,
  correlation,
  covariance,
  extent,
  mean,
  predictionInterval,
  quantile,
  standardDeviation,
  studentQuantile,
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

Deno.test("Student's quantiles are those of the tables", () => {
  const tables = [[1, 12.7062], [2, 4.3027], [3, 3.1824], [9, 2.2622], [
    10,
    2.2281,
  ], [30, 2.0423]];
  for (const [freedom, t] of tables) {
    assert.equal(studentQuantile(freedom, 0.95).toFixed(4), t.toFixed(4));
  }
  assert.equal(studentQuantile(9, 0.99).toFixed(3), "3.250");
});

Deno.test("one more value falls into its prediction interval as often as it should", () => {
  const rng = stream(4, "interval");
  const trials = 4000;
  let inside = 0;
  for (let trial = 0; trial < trials; trial++) {
    const values = Array.from({ length: 10 }, () => 3 + 2 * normal(rng));
    const [low, high] = predictionInterval(values);
    const next = 3 + 2 * normal(rng);
    if (next >= low && next <= high) inside++;
  }
  // Three standard errors of a share of 0.95 are 0.0103.
  assert.ok(Math.abs(inside / trials - 0.95) < 0.0103, String(inside / trials));
  assert.deepEqual(predictionInterval([2, 2, 2]), [2, 2]);
  assert.throws(() => predictionInterval([1]), /two others or more/);
});
