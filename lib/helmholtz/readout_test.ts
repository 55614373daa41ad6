import assert from "node:assert/strict";
import {
  assess,
  bestSignVector,
  causeAccuracy,
  causeScores,
  signVectorChance,
  topMeaning,
  topPrior,
} from "./readout.ts";
import { exactTopJoint } from "./likelihood.ts";
import { helmholtzConfig, initHelmholtz } from "./machine.ts";
import { integer, stream } from "../numeric/random.ts";
import { mean } from "../numeric/statistics.ts";

Deno.test("a cause written as XOR of two units escapes every sign vector", () => {
  const rng = stream(1, "data");
  const states = Array.from({ length: 4000 }, () => integer(rng, 4));
  const xor = states.map((t) => (t & 1) ^ (t >> 1));
  const first = states.map((t) => t & 1);
  assert.equal(bestSignVector(states, first, 2).accuracy > 0.74, true);
  assert.ok(bestSignVector(states, xor, 2).accuracy < 0.53);
  // The label-free readout of the same codes is right every time.
  const q = Float64Array.from(
    { length: 4 * states.length },
    (_, i) => states[i >> 2] === (i & 3) ? 1 : 0,
  );
  const meaning = Float64Array.of(1, 0, 0, 1, 0, 1, 1, 0);
  const scores = causeScores(q, meaning, 2);
  assert.ok(xor.every((x, k) => scores[2 * k + x] > scores[2 * k + 1 - x]));
  const labels = Float64Array.from(xor.flatMap((x) => [1 - x, x]));
  assert.equal(causeAccuracy(labels, scores, 2), states.length);
});

Deno.test("the best of four scores is the guess, and equal ones share it", () => {
  const labels = Float64Array.of(0.1, 0.2, 0, 0, 0, 0, 0.3, 0.4);
  const scores = Float64Array.of(0, 1, 0, 0, 5, 5, 5, 5);
  const wanted = 0.2 + (0.3 + 0.4) / 4;
  assert.ok(Math.abs(causeAccuracy(labels, scores, 4) - wanted) < 1e-15);
});

Deno.test("one unit that is the cause is read without error, either way round", () => {
  assert.equal(bestSignVector([0, 1, 1], [0, 1, 1], 1).accuracy, 1);
  assert.equal(bestSignVector([0, 1, 1], [1, 0, 0], 1).accuracy, 1);
});

Deno.test("chance of the best of many sign vectors is above one half", () => {
  const rng = stream(2, "eval");
  const states = Array.from({ length: 256 }, () => integer(rng, 16));
  const chance = signVectorChance(rng, states, { top: 4, trials: 400 });
  const level = mean(chance);
  assert.ok(level > 0.53 && level < 0.58, `${level}`);
});

Deno.test("the meaning of top states is a probability, weighted right", () => {
  const config = helmholtzConfig({
    visible: 4,
    hidden: 3,
    top: 2,
    initScale: 2,
  });
  const params = initHelmholtz(stream(3, "init"), config);
  const patterns = Uint8Array.from(
    { length: 64 },
    (_, i) => ((i >> 2) >> (i & 3)) & 1,
  );
  const joint = exactTopJoint(params, patterns);
  // Value 1 where pixel 0 is on, and all sixteen patterns are valid.
  const labels = Float64Array.from(
    { length: 32 },
    (_, i) => ((i >> 1) & 1) === (i & 1) ? 1 / 16 : 0,
  );
  const meaning = topMeaning(params, joint, labels);
  for (let t = 0; t < 4; t++) {
    assert.ok(Math.abs(meaning[2 * t] + meaning[2 * t + 1] - 1) < 1e-12);
  }
  assert.ok(Math.abs(topPrior(params).reduce((a, b) => a + b) - 1) < 1e-15);
});

Deno.test("a machine that is the world has no divergence and reads the cause", () => {
  // Two equally likely patterns, 01 and 10, one for each state of the top unit.
  const params = initHelmholtz(
    stream(1, "init"),
    helmholtzConfig({ visible: 2, hidden: 1, top: 1, visibleBias: 0 }),
  );
  const strong = 40;
  params.topToHidden.set([strong]);
  params.hiddenBias.set([-strong / 2]);
  params.hiddenToVisible.set([strong, -strong]);
  params.visibleBias.set([-strong / 2, strong / 2]);
  params.visibleToHidden.set([strong, -strong]);
  params.hiddenToTop.set([strong]);
  params.topRecognitionBias.set([-strong / 2]);
  const found = assess(params, {
    pixels: Uint8Array.of(0, 1, 1, 0),
    probability: Float64Array.of(0.5, 0.5),
    joint: Float64Array.of(0.5, 0, 0, 0.5),
  });
  const close = (a: number, b: number): void =>
    assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);
  close(found.nllBits, 1);
  close(found.klBits, 0);
  close(found.validMass, 1);
  close(found.accuracyByMeaning, 1);
  close(found.accuracyByPosterior, 1);
});
