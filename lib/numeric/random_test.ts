import assert from "node:assert/strict";
import {
  bernoulli,
  fillNormal,
  integer,
  normal,
  permutation,
  resume,
  shuffle,
  stream,
  uniform,
} from "./random.ts";

Deno.test("a seed and a name give the same numbers every time", () => {
  const a = stream(1, "data");
  const b = stream(1, "data");
  for (let i = 0; i < 100; i++) assert.equal(a(), b());
});

Deno.test("streams of other names or seeds differ", () => {
  const first = stream(1, "data")();
  assert.notEqual(first, stream(1, "init")());
  assert.notEqual(first, stream(2, "data")());
});

Deno.test("a stream is seedrandom's Alea", () => {
  // seedrandom's documented recurrence, applied to the state it reports.
  const rng = stream(3, "train");
  let { c, s0, s1, s2 } = rng.state();
  for (let i = 0; i < 1000; i++) {
    const t = 2091639 * s0 + c * 2.3283064365386963e-10;
    s0 = s1;
    s1 = s2;
    c = t | 0;
    s2 = t - c;
    assert.equal(rng(), s2);
  }
});

Deno.test("a resumed stream goes on where the state was read", () => {
  const rng = stream(4, "train");
  for (let i = 0; i < 17; i++) rng();
  const copy = resume(rng.state());
  for (let i = 0; i < 100; i++) assert.equal(copy(), rng());
});

Deno.test("an unusable seed is refused", () => {
  assert.throws(() => stream(NaN, "data"), /seed must be a finite number/);
  assert.throws(() => stream("", "data"), RangeError);
});

/** Kolmogorov–Smirnov distance of a sample to a distribution function. */
function ksDistance(values: number[], cdf: (x: number) => number): number {
  values.sort((a, b) => a - b);
  let worst = 0;
  values.forEach((x, i) => {
    const p = cdf(x);
    worst = Math.max(
      worst,
      Math.abs(p - i / values.length),
      Math.abs(p - (i + 1) / values.length),
    );
  });
  return worst;
}

Deno.test("uniform draws are uniform (Kolmogorov–Smirnov, 20,000 draws)", () => {
  const rng = stream(5, "data");
  const values = Array.from({ length: 20_000 }, () => uniform(rng, -2, 3));
  // 1.95 / √n is the 0.1 % point of the distance.
  assert.ok(ksDistance(values, (x) => (x + 2) / 5) < 1.95 / Math.sqrt(20_000));
});

Deno.test("normal draws have the moments of N(0, 1)", () => {
  const rng = stream(6, "data");
  const n = 200_000;
  const moments = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const x = normal(rng);
    for (let k = 0; k < 4; k++) moments[k] += x ** (k + 1) / n;
  }
  const expected = [0, 1, 0, 3];
  const variances = [1, 2, 15, 96]; // of x, x², x³, x⁴
  moments.forEach((m, k) => {
    const bound = 4 * Math.sqrt(variances[k] / n);
    assert.ok(Math.abs(m - expected[k]) < bound, `moment ${k + 1}: ${m}`);
  });
});

Deno.test("bernoulli and integer draw with the stated probabilities", () => {
  const rng = stream(8, "data");
  const n = 50_000;
  let ones = 0;
  const counts = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    ones += bernoulli(rng, 0.3);
    counts[integer(rng, 5)]++;
  }
  assert.ok(Math.abs(ones / n - 0.3) < 4 * Math.sqrt(0.21 / n));
  for (const count of counts) {
    assert.ok(Math.abs(count / n - 0.2) < 4 * Math.sqrt(0.16 / n));
  }
});

Deno.test("a permutation holds each index once, and all orders occur", () => {
  const rng = stream(9, "data");
  const seen = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const order = permutation(rng, 4);
    assert.deepEqual([...order].sort(), [0, 1, 2, 3]);
    seen.add(order.join());
  }
  assert.equal(seen.size, 24);
  assert.deepEqual(shuffle(rng, ["a"]), ["a"]);
});

Deno.test("fillNormal scales and returns its argument", () => {
  const out = new Float32Array(1000);
  assert.equal(fillNormal(stream(10, "init"), out, 0.1), out);
  const variance = out.reduce((sum, x) => sum + x * x, 0) / out.length;
  assert.ok(Math.abs(variance - 0.01) < 0.002);
});
