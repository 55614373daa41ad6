import assert from "node:assert/strict";
import { stream } from "../numeric/random.ts";
import {
  enumerateStrips,
  exactAgreement,
  posteriorMean,
  stereoLimits,
} from "./stereo_limits.ts";

const table = enumerateStrips(10, 3);
const limits = stereoLimits(table);

Deno.test("probabilities of all strips sum to 1, given each disparity too", () => {
  const n = table.disparities.length;
  const sums = new Float64Array(n);
  table.likelihood.forEach((p, i) => sums[i % n] += p);
  for (const sum of sums) assert.ok(Math.abs(sum - 1) < 1e-12);
  const total = table.probability.reduce((s, p) => s + p);
  assert.ok(Math.abs(total - 1) < 1e-12);
});

Deno.test("a strip's pixels match at the disparities that its mask allows", () => {
  const w = table.width;
  for (const x of [0, 777, 20000, table.count - 1]) {
    table.disparities.forEach((d, j) => {
      let match = true;
      for (let i = Math.max(0, d); i < w + Math.min(0, d); i++) {
        const at = x * 2 * w;
        if (table.pixels[at + w + i] !== table.pixels[at + i - d]) {
          match = false;
        }
      }
      assert.equal(match, Boolean(table.mask[x] >> j & 1));
    });
  }
});

Deno.test("width 10, |d| ≤ 3: entropy, information and the largest correlation", () => {
  assert.equal(limits.entropyBits.toFixed(3), "2.807");
  assert.equal(limits.informationBits.toFixed(3), "2.790");
  assert.equal(limits.pairInformationBits.toFixed(3), "2.773");
  assert.equal(limits.correlation.toFixed(5), "0.99645");
  assert.equal(limits.caps.difference.toFixed(3), "2.820");
  assert.equal(limits.caps.sumDifference.toFixed(3), "3.166");
});

Deno.test("the eigenfunctions' posterior means reach their eigenvalues, and no readout passes the first", () => {
  for (const { values, correlation } of limits.functions) {
    const f = posteriorMean(table, (d) => values[d + 3]);
    const exact = exactAgreement(table, f);
    assert.ok(Math.abs(exact.correlation - correlation) < 1e-9);
    // One readout for both: η²(f | d) is the correlation.
    assert.ok(Math.abs(exact.etaSquared - correlation) < 1e-9);
  }
  const rng = stream(1, "eval");
  for (let trial = 0; trial < 5; trial++) {
    const f = Float64Array.from({ length: table.count }, () => rng());
    assert.ok(exactAgreement(table, f).correlation < limits.correlation);
  }
});

Deno.test("an even function is the most predictable; |d| beats d", () => {
  const even = limits.functions[0].values;
  for (let d = 1; d <= 3; d++) {
    assert.ok(Math.abs(even[3 + d] - even[3 - d]) < 1e-9);
  }
  const rho = (g: (d: number) => number): number =>
    exactAgreement(table, posteriorMean(table, g)).correlation;
  assert.equal(rho(Math.abs).toFixed(4), "0.9933");
  assert.equal(rho((d) => d).toFixed(4), "0.9869");
});

Deno.test("too wide a strip is refused", () => {
  assert.throws(() => enumerateStrips(12, 3), /width must be an integer/);
  assert.throws(() => enumerateStrips(3, 3), /maxDisparity must be/);
});
