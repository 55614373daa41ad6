import assert from "node:assert/strict";
import { inferGroups } from "./inference.ts";
import { type NeuralEm, neuralEmConfig } from "./model.ts";
import {
  inferInStages,
  inferringInStages,
  type StagedInference,
} from "./stages.ts";
import { neuralEmTrainer } from "./training.ts";
import { bernoulli, stream } from "../numeric/random.ts";

const D = 36;
const K = 3;

function modelOf(seed: number, hidden: number): NeuralEm {
  const config = neuralEmConfig({
    canvas: 6,
    components: K,
    hidden,
    initTied: true,
    initScale: 3,
  });
  const sample = () => ({ images: new Float32Array(config.batchSize * D) });
  return neuralEmTrainer(seed, { config, sample });
}

const rng = stream(0, "data");
const images = Float32Array.from({ length: 10 * D }, () => bernoulli(rng, 0.3));
const [first, second] = [modelOf(1, 5), modelOf(2, 7)];

Deno.test("one stage and one start are EM", () => {
  const { losses: _, states: _states, ...once } = inferGroups(
    stream(4, "eval"),
    first,
    { images },
    { steps: 3 },
  );
  const staged = inferInStages(
    stream(4, "eval"),
    [{ model: first, steps: 3 }],
    images,
  );
  assert.deepEqual(staged, once);
});

Deno.test("a later stage goes on from the responsibilities before it", () => {
  const both = stream(4, "eval");
  const { responsibilities: start } = inferGroups(
    both,
    first,
    { images },
    { steps: 3 },
  );
  const options = { steps: 2, start };
  const { losses: _, states: _states, ...end } = inferGroups(both, second, {
    images,
  }, options);
  const staged = inferInStages(
    stream(4, "eval"),
    [{ model: first, steps: 3 }, { model: second, steps: 2 }],
    images,
  );
  assert.deepEqual(staged, end);
});

Deno.test("of several starts each image keeps the one with the least loss", () => {
  const ends: StagedInference[] = [];
  const chosen = inferInStages(
    stream(4, "eval"),
    [{ model: first, steps: 2 }, { model: second, steps: 2 }],
    images,
    { starts: 4, onEnd: (end) => ends.push(end) },
  );
  assert.equal(ends.length, 4);
  const from = new Set<number>();
  for (let i = 0; i < 10; i++) {
    const losses = ends.map((end) => end.imageLosses[i]);
    const least = losses.indexOf(Math.min(...losses));
    from.add(least);
    assert.equal(chosen.imageLosses[i], losses[least]);
    assert.deepEqual(
      chosen.groups.subarray(i * D, (i + 1) * D),
      ends[least].groups.subarray(i * D, (i + 1) * D),
    );
    assert.deepEqual(
      chosen.responsibilities.subarray(i * K * D, (i + 1) * K * D),
      ends[least].responsibilities.subarray(i * K * D, (i + 1) * K * D),
    );
  }
  assert.ok(from.size > 1, "one start was best for all images");
});

Deno.test("an image that is explained well enough is not started again", () => {
  const stages = [{ model: first, steps: 2 }];
  const one = inferInStages(stream(4, "eval"), stages, images);
  const enough = one.imageLosses.toSorted()[4];
  const started: number[] = [];
  const chosen = inferInStages(stream(4, "eval"), stages, images, {
    ...{ starts: 3, enough },
    onEnd: (end) => started.push(end.imageLosses.length),
  });
  assert.equal(started[0], 10);
  assert.equal(started[1], 6); // four were below
  assert.ok(started.length === 3 && started[2] <= 6);
  one.imageLosses.forEach((loss, i) => {
    if (loss < enough) assert.equal(chosen.imageLosses[i], loss);
    else assert.ok(chosen.imageLosses[i] <= loss);
  });
  const responsibilities = chosen.responsibilities.subarray(0, K * D);
  const sum = responsibilities.reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(sum - D) < 1e-3);
});

Deno.test("asked to stop, it cuts the start short that it is at", () => {
  const stages = [{ model: first, steps: 9 }, { model: second, steps: 9 }];
  const options = { starts: 9 };
  const run = inferringInStages(stream(4, "eval"), stages, images, options);
  assert.deepEqual(run.next(), { done: false, value: 0 });
  const end = run.next(true);
  // As after one step with each stage.
  const brief = stages.map(({ model }) => ({ model, steps: 1 }));
  const one = inferInStages(stream(4, "eval"), brief, images);
  assert.deepEqual(end, { done: true, value: one });
});

Deno.test("the losses of images have the loss of the batch as their mean", () => {
  const { losses, imageLosses } = inferGroups(
    stream(4, "eval"),
    first,
    { images },
    { steps: 2, batch: 5 },
  );
  const mean = imageLosses.reduce((sum, loss) => sum + loss, 0) / 10;
  assert.ok(Math.abs(mean / losses[1] - 1) < 1e-6);
});

Deno.test("no stage, no start and a start of another size are refused", () => {
  assert.throws(
    () =>
      inferInStages(rng, [{ model: first, steps: 1 }], images, {
        start: new Float32Array(5),
      }),
    /start must have 1080 responsibilities, for 10 images and 3 components/,
  );
  const stage = { model: first, steps: 1 };
  const refused = /there must be a stage and a start: there are/;
  assert.throws(() => inferInStages(rng, [], images), refused);
  assert.throws(
    () => inferInStages(rng, [stage], images, { starts: 0 }),
    refused,
  );
});
