import assert from "node:assert/strict";
import { stream } from "../../lib/numeric/random.ts";
import { finish, nextRow } from "../../lib/run/training.ts";
import {
  epochs,
  type Outcome,
  PAPER_SETTINGS,
  type Row,
  settings,
  trainSeed,
} from "./neural_em.ts";

const quick = settings({
  updates: 12,
  evalEvery: 4,
  trainImages: 64,
  evalImages: 10,
  batchSize: 8,
});

Deno.test("an epoch shows every training image once", () => {
  const images = Float32Array.from({ length: 12 }, (_, i) => i);
  const sample = epochs(images, 2);
  const rng = stream(0, "data");
  for (let epoch = 0; epoch < 3; epoch++) {
    const seen = [2, 3, 1].flatMap((n) => {
      const batch = sample(rng, n) as { images: Float32Array };
      return Array.from(batch.images);
    });
    assert.deepEqual(seen.sort((a, b) => a - b), Array.from(images));
  }
});

Deno.test("a seed trains to the same metrics twice, whatever evalEvery", () => {
  const run = (evalEvery: number): Outcome =>
    finish(trainSeed(1, { ...quick, evalEvery }));
  const [a, b, c] = [run(4), run(4), run(6)];
  assert.deepEqual(a, b);
  assert.equal(a.rows.length, 3);
  assert.deepEqual(a.params, c.params);
  assert.equal(a.metrics.finalNmi, c.metrics.finalNmi);
});

Deno.test("stopping a seed keeps what it has learned", () => {
  const training = trainSeed(1, quick);
  assert.equal(training.next().value, 1); // a pause after the first update
  const { value: last } = nextRow(training, true); // the first is measured
  assert.equal((last as Row).step, 1);
  const end = training.next(true);
  assert.deepEqual(end.done && end.value.rows, [last]);
});

Deno.test("a stop does not wait for a row's measurement, the first excepted", () => {
  const training = trainSeed(1, quick);
  const { value: first } = nextRow(training);
  assert.equal(training.next().value, 5);
  assert.equal(training.next(true).value, 5); // it begins to measure
  const end = training.next(true);
  assert.deepEqual(end.done && end.value.rows, [first]);
  const { params } = end.value as Outcome;
  assert.notDeepEqual(params, (end.value as Outcome).chosenParams);
});

Deno.test("settings that cannot work are refused", () => {
  const refused = (overrides: Record<string, unknown>, why: RegExp): void =>
    assert.throws(() => settings(overrides), why);
  refused({ components: 0 }, /components must be an integer from 1 to 64/);
  refused({ steps: 0 }, /steps must be an integer ≥ 1/);
  refused({ world: "faces" }, /world must be one of "seed", "paper"/);
  refused({ canvas: 8 }, /Cannot draw the seed's shapes as canvas/);
  assert.equal(settings(PAPER_SETTINGS).components, 4);
});
