import assert from "node:assert/strict";
import { comparePairs, compareSamples, signFlipTest } from "./comparison.ts";
import { normal, stream } from "../numeric/random.ts";

Deno.test("the sign-flip test counts arrangements exactly", () => {
  const rng = stream(1, "eval");
  // All of one sign: of 2⁵ arrangements two are as extreme.
  assert.equal(signFlipTest(rng, [1, 2, 3, 4, 5]), 2 / 32);
  assert.equal(signFlipTest(rng, [1, -1]), 1);
  assert.equal(signFlipTest(rng, [0, 0, 0]), 1);
  // |3 − 1| = 2 is reached by 3, −1 and −3, 1, passed by ±4.
  assert.equal(signFlipTest(rng, [3, -1]), 1);
  assert.equal(signFlipTest(rng, [3, 1]), 0.5);
});

Deno.test("random flips come near the exact count", () => {
  const differences = Array.from({ length: 20 }, (_, i) => i % 5 - 1.2);
  const a = signFlipTest(stream(1, "eval"), differences);
  const b = signFlipTest(stream(2, "eval"), differences);
  assert.ok(Math.abs(a - b) < 0.02 && a > 0.001 && a < 0.2, `${a} ${b}`);
});

Deno.test("without a difference small p-values are as rare as they say", () => {
  const rng = stream(3, "data");
  let small = 0;
  for (let i = 0; i < 200; i++) {
    const differences = Array.from({ length: 8 }, () => normal(rng));
    if (signFlipTest(rng, differences) <= 0.05) small++;
  }
  assert.ok(small <= 20, `${small} of 200`);
});

Deno.test("pairs find a difference that unpaired samples lose in the spread", () => {
  const rng = stream(4, "data");
  const a = Array.from({ length: 10 }, () => 10 * normal(rng));
  const b = a.map((x) => x + 1 + 0.1 * normal(rng));
  const paired = comparePairs(rng, b.map((x, i) => x - a[i]));
  const unpaired = compareSamples(rng, a, b);
  assert.ok(Math.abs(paired.difference - unpaired.difference) < 1e-9);
  assert.ok(paired.low > 0.8 && paired.high < 1.2 && paired.p! < 0.01);
  assert.ok(unpaired.low < 0 && unpaired.high > 0 && unpaired.p === null);
  assert.equal(comparePairs(rng, [1]).p, null);
});
