import assert from "node:assert/strict";
import { neuralEmConfig } from "../../../lib/neural_em/model.ts";
import { neuralEmTrainer } from "../../../lib/neural_em/training.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { encodeSafetensors } from "../../../lib/run/safetensors.ts";
import { pointsOf } from "../../../viz/figures/curves.ts";
import * as assessment from "./assessment.ts";
import { settings } from "../../experiments/neural_em.ts";
import { VARIANTS } from "./variants.ts";
import { flyingShapes, OVERLAP, paperShapes } from "../../worlds/shapes.ts";

const config = neuralEmConfig({
  hidden: 4,
  steps: 3,
  unroll: 3,
  batchSize: 3,
  updates: 0,
});
const trainer = neuralEmTrainer(0, { config, sample: paperShapes() });
const batch = paperShapes()(stream(0, "data"), 6);

Deno.test("every variant of every study is a configuration that works", () => {
  for (const { overrides } of VARIANTS) settings(overrides);
  const names = VARIANTS.map(({ study, label }) => `${study} ${label}`);
  assert.equal(new Set(names).size, names.length);
});

Deno.test("a checkpoint is scored as the model it was made from", () => {
  const bytes = encodeSafetensors(trainer.save());
  const rows = [{ step: 0, loss: 0, ami: 0, evalLoss: 0, cpuSeconds: 90 }];
  const run = {
    commands: [],
    seed: 7,
    config: settings(),
    rows,
    chosenStep: 0,
  };
  const { scores, model } = assessment.scoreCheckpoint(1, {
    bytes,
    run,
    batch,
  });
  assert.equal(scores.seed, 7);
  assert.equal(scores.minutes, 1.5);
  assert.equal(
    assessment.amiOf(1, model, batch),
    assessment.amiOf(1, trainer, batch),
  );
});

Deno.test("there are scores at every step, for images and for sequences", () => {
  const still = assessment.scoresOverSteps(0, trainer, batch, { steps: 5 });
  assert.deepEqual(still.map(({ at }) => at), [1, 2, 3, 4, 5]);
  const frames = flyingShapes({ frames: 4 })(stream(0, "data"), 3);
  const moving = assessment.scoresOverSteps(0, trainer, frames);
  assert.equal(moving.length, 3);
  const afresh = assessment.scoresAfresh(0, trainer, frames);
  assert.deepEqual(afresh.map(({ at }) => at), [0, 1, 2, 3]);
  const last = assessment.amiOf(0, trainer, frames[3]);
  assert.equal(afresh[3].amiMax, last);
});

Deno.test("a sequence is scored by the mean over its frames but the first", () => {
  const scored = [0.1, 0.5, 0.7].map((ami, at) => ({
    at,
    ami,
    amiMax: ami / 2,
  }));
  const { ami, amiMax } = assessment.overSequence(scored);
  assert.equal(ami, 0.6);
  assert.equal(amiMax, 0.3);
  assert.deepEqual(pointsOf(scored, "at", "amiMax").at(-1), [2, 0.35]);
});

Deno.test("crossing images are those that share enough pixels, labels and all", () => {
  const many = paperShapes()(stream(0, "crossing"), 50);
  const crossing = assessment.crossing(many, 16);
  const groups = new Uint8Array(many.images.length);
  const classes = assessment.amiByOverlap(many, groups);
  assert.ok(crossing.count > 0);
  assert.equal(crossing.count, classes.at(-1)!.count);
  const shared = crossing.labels.filter((label) => label === OVERLAP);
  assert.ok(shared.length >= 16 * crossing.count);
  assert.equal(crossing.images.length, crossing.labels.length);
});

Deno.test("a choice among starts is the best by its own measure", () => {
  const stages = [{ model: trainer, steps: 3 }];
  const starts = assessment.restarts(0, stages, batch, 3);
  assert.ok(starts.byTruth >= starts.one);
  assert.ok(starts.byTruth >= starts.byLoss);
  const alone = assessment.restarts(0, stages, batch, 1);
  assert.ok(starts.chosenLoss <= alone.chosenLoss);
  assert.equal(alone.one, alone.byLoss);
});

Deno.test("overlap classes hold every image once", () => {
  const classes = assessment.amiByOverlap(batch, batch.labels);
  assert.equal(classes.reduce((n, { count }) => n + count, 0), 6);
});

Deno.test("a trend goes on as it went from where it is fitted", () => {
  const points = Array.from({ length: 40 }, (_, i): [number, number] => {
    const x = i + 1;
    return [x, x < 10 ? 7 : 0.4 + 0.1 * Math.log(x)];
  });
  const [[from, first], [to, last]] = assessment.logTrend(points, {
    from: 10,
    to: 500,
  });
  assert.deepEqual([from, to], [10, 500]);
  assert.ok(Math.abs(first - 0.4 - 0.1 * Math.log(10)) < 1e-6);
  assert.ok(Math.abs(last - 0.4 - 0.1 * Math.log(500)) < 1e-6);
});

Deno.test("other numbers of objects need no other weights", () => {
  const stages = [{ model: trainer, steps: 3 }, { model: trainer, steps: 2 }];
  const rows = assessment.otherObjects(0, {
    ...{ stages, image: trainer, count: 2, starts: 2 },
    moving: { steps: 2, moves: 1, moveSteps: 2 },
  });
  assert.deepEqual(rows.map(({ objects }) => objects), [2, 3, 4, 5]);
  for (const { moved } of rows) assert.ok(moved >= -1 && moved <= 1);
  const share = assessment.loneObjects(0, trainer, 2);
  assert.ok(share >= 0.5 && share <= 1);
});

Deno.test("bytes grow with components and steps; the weights' share only with steps", () => {
  const kilobytes = (
    components: number,
    steps: number,
    batchSize = 64,
  ): number =>
    assessment.kilobytesMoved(
      neuralEmConfig({ components, steps, unroll: steps, batchSize }),
    );
  assert.ok(Math.abs(kilobytes(4, 8) / kilobytes(4, 4) - 2) < 1e-12);
  assert.ok(kilobytes(8, 4) < 2 * kilobytes(4, 4));
  assert.ok(Math.abs(kilobytes(8, 4, 1e9) / kilobytes(4, 4, 1e9) - 2) < 1e-6);
});

Deno.test("scattered images keep their pixels and labels, but not their places", () => {
  const scattered = assessment.scatterPixels(stream(0, "eval"), batch);
  const sorted = (labels: Uint8Array, i: number): number[] =>
    Array.from(labels.subarray(i * 784, (i + 1) * 784)).sort((a, b) => a - b);
  for (let i = 0; i < batch.count; i++) {
    assert.deepEqual(sorted(scattered.labels, i), sorted(batch.labels, i));
  }
  assert.notDeepEqual(scattered.labels, batch.labels);
  scattered.images.forEach((x, p) =>
    assert.equal(x, scattered.labels[p] === 0 ? 0 : 1)
  );
});
