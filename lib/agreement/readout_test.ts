import assert from "node:assert/strict";
import { fillNormal, stream, uniform } from "../numeric/random.ts";
import {
  agreementMetrics,
  conditionalMeans,
  correlationRatio,
  etaSquared,
} from "./readout.ts";

Deno.test("negating one module changes the objective, negating both does not", () => {
  const rng = stream(1, "data");
  const a = fillNormal(rng, new Float64Array(500));
  const noise = fillNormal(rng, new Float64Array(500));
  const b = a.map((x, i) => 0.9 * x + 0.4 * noise[i]);
  const minus = (x: Float64Array): Float64Array => x.map((v) => -v);
  const cause = new Float64Array(500).map((_, i) => i);
  const value = agreementMetrics(a, b, cause).difference;
  const both = agreementMetrics(minus(a), minus(b), cause).difference;
  const one = agreementMetrics(minus(a), b, cause).difference;
  assert.ok(Math.abs(value - both) < 1e-12);
  assert.ok(value - one > 1);
});

Deno.test("the correlation ratio sees what correlation misses, and is 0 for noise", () => {
  const rng = stream(3, "data");
  const cause = Float64Array.from({ length: 4000 }, () => uniform(rng, -3, 3));
  const even = cause.map((d) => d * d);
  const metrics = agreementMetrics(even, even, cause);
  assert.ok(metrics.signed < 0.05);
  assert.ok(metrics.etaSquared > 0.98);
  const noise = fillNormal(rng, new Float64Array(4000));
  assert.ok(Math.abs(etaSquared(noise, cause)) < 0.02);
});

Deno.test("conditional means keep one group for each value of a discrete cause", () => {
  const groups = conditionalMeans(
    Float64Array.of(1, 3, 10),
    Float64Array.of(-1, -1, 2),
  );
  assert.deepEqual(groups, [
    { cause: -1, mean: 2, sd: 1, n: 2 },
    { cause: 2, mean: 10, sd: 0, n: 1 },
  ]);
});

Deno.test("η² is 1 for codes that are the class, and near 0 for codes that are not", () => {
  const rng = stream(1, "data");
  const classes = Float64Array.from(
    { length: 400 },
    () => Math.floor(5 * rng()),
  );
  assert.ok(Math.abs(correlationRatio(classes, classes) - 1) < 1e-9);
  const noise = classes.map(() => rng());
  assert.ok(correlationRatio(noise, classes) < 0.05);
  assert.ok(correlationRatio(new Float64Array(400), classes) === 0);
});
