import assert from "node:assert/strict";
import {
  agreement,
  agreementBackward,
  agreementMetrics,
  conditionalMeans,
  CONVENTIONS,
  etaSquared,
  jointMoments,
  natsAt,
  newMoments,
} from "./agreement.ts";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { fillNormal, stream, uniform } from "../numeric/random.ts";

function correlated(rho: number, n: number): [Float64Array, Float64Array] {
  const rng = stream(1, "data");
  const a = fillNormal(rng, new Float64Array(n));
  const noise = fillNormal(rng, new Float64Array(n));
  return [a, a.map((x, i) => rho * x + Math.sqrt(1 - rho * rho) * noise[i])];
}

Deno.test("the three conventions are −½ ln(1 − ρ), artanh ρ and −½ ln(1 − ρ²) at equal variances", () => {
  const rho = 0.91;
  const joint = Float64Array.of(1, rho, rho, 1);
  for (const convention of CONVENTIONS) {
    const value = agreement(convention, joint, new Float64Array(4));
    assert.ok(Math.abs(value - natsAt(convention, rho)) < 1e-4);
  }
  assert.deepEqual(CONVENTIONS.map((c) => natsAt(c, rho).toFixed(2)), [
    "1.20",
    "1.53",
    "0.88",
  ]);
});

Deno.test("negating one module changes the objective, negating both does not", () => {
  const [a, b] = correlated(0.9, 500);
  const minus = (x: Float64Array): Float64Array => x.map((v) => -v);
  const cause = new Float64Array(500).map((_, i) => i);
  const value = agreementMetrics(a, b, cause).difference;
  const both = agreementMetrics(minus(a), minus(b), cause).difference;
  const one = agreementMetrics(minus(a), b, cause).difference;
  assert.ok(Math.abs(value - both) < 1e-12);
  assert.ok(value - one > 1);
});

Deno.test("gradients of all conventions agree with finite differences, one output and three", () => {
  for (const convention of CONVENTIONS) {
    for (const k of [1, 3]) {
      const rng = stream(k, "data");
      const a = fillNormal(rng, new Float64Array(12 * k));
      const b = a.map((x, i) =>
        x + 0.5 * fillNormal(rng, new Float64Array(1))[0] * (i % 2)
      );
      for (let i = 0; i < b.length; i++) b[i] += 0.3 * uniform(rng, -1, 1);
      const moments = newMoments(k);
      const gradient = new Float64Array(4 * k * k);
      const da = new Float64Array(a.length);
      const db = new Float64Array(b.length);
      const check = gradientCheck({ a, b }, () => {
        jointMoments(a, b, moments);
        const loss = -agreement(convention, moments.joint, gradient);
        agreementBackward({ a, b, da, db }, moments, gradient);
        return { loss, grads: { a: da, b: db } };
      });
      assert.ok(check.maxRelativeError < 1e-6, `${convention} ${k}`);
    }
  }
});

Deno.test("with several outputs the objective is a sum over canonical pairs", () => {
  const [r, s] = [0.9, 0.4];
  // a and b with independent entries of correlation r and s.
  const joint = Float64Array.of(
    ...[1, 0, r, 0],
    ...[0, 1, 0, s],
    ...[r, 0, 1, 0],
    ...[0, s, 0, 1],
  );
  for (const convention of CONVENTIONS) {
    const value = agreement(convention, joint, new Float64Array(16));
    const expected = natsAt(convention, r) + natsAt(convention, s);
    assert.ok(Math.abs(value - expected) < 1e-4);
  }
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
