import assert from "node:assert/strict";
import { scoreGroups } from "../../../lib/neural_em/grouping.ts";
import { neuralEmConfig } from "../../../lib/neural_em/model.ts";
import { inferInStages } from "../../../lib/neural_em/stages.ts";
import {
  type NeuralEmTrainer,
  neuralEmTrainer,
} from "../../../lib/neural_em/training.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { encodeSafetensors } from "../../../lib/run/safetensors.ts";
import { settings } from "../../experiments/neural_em.ts";
import {
  ENOUGH,
  joinParts,
  restoreStages,
  scoreChoice,
  scoreStages,
  type ScoringOptions,
  SECOND_STAGE,
  startsFrom,
} from "./stages.ts";
import { paperShapes, someImages } from "../../worlds/shapes.ts";

function trained(seed: number, hidden: number): NeuralEmTrainer {
  const steps = { steps: 4, unroll: 2, lossSteps: "all", batchSize: 6 };
  const config = neuralEmConfig({ ...steps, hidden, initTied: true });
  const trainer = neuralEmTrainer(seed, { config, sample: paperShapes() });
  for (let i = 0; i < 3; i++) trainer.update();
  return trainer;
}

const [first, second] = [trained(1, 5), trained(2, 6)];
const batch = paperShapes()(stream(0, "data"), 8);
const options: ScoringOptions = {
  checkpoints: { 7: [first, second].map(bytesOf) as [Uint8Array, Uint8Array] },
  seed: 3,
  batch,
  parts: 3,
  starts: 5,
};

function bytesOf(trainer: NeuralEmTrainer): Uint8Array {
  return encodeSafetensors(trainer.save());
}

Deno.test("the second stage's settings work", () => {
  assert.equal(settings(SECOND_STAGE).interOn, 0);
});

Deno.test("recorded stages are scored as the models they were made from", () => {
  const reported: number[] = [];
  const report = (start: number): void => void reported.push(start);
  const parts = [0, 1, 2].map((part) => scoreStages(part, options, report));
  assert.deepEqual(parts.map(([{ groups }]) => groups.length / 784), [2, 3, 3]);
  const [whole] = joinParts(parts, batch);
  const second = someImages(batch, 2, 3);
  const chosen = inferInStages(
    stream(3, "recorded 7, part 1"),
    restoreStages(options.checkpoints[7]),
    second.images,
    { starts: 5, enough: ENOUGH },
  );
  const { ami, amiMax } = scoreGroups(batch, whole.groups);
  assert.equal(whole.seed, 7);
  assert.deepEqual(parts[1][0].groups, chosen.groups);
  assert.deepEqual(parts[1][0].scores, scoreChoice(second, chosen));
  assert.deepEqual(reported, [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
  assert.deepEqual(whole.curve.map(([n]) => n), [1, 2, 4, 5]);
  assert.ok(Math.abs(whole.scores.ami - ami) < 1e-12);
  assert.ok(Math.abs(whole.curve[3][1] - amiMax) < 1e-12);
});

Deno.test("scoring that is asked to stop keeps what it has found by then", () => {
  let ended = 0;
  const report = (start: number): number => ended = start;
  const { 7: pair } = options.checkpoints;
  const two = { ...options, checkpoints: { 7: pair, 8: pair } };
  const part = scoreStages(0, two, report, () => ended >= 2);
  const [whole, ...others] = joinParts([part], batch);
  assert.equal(ended, 3); // that was under way
  assert.deepEqual(others, []); // not begun
  assert.equal(whole.groups.length, batch.labels.length);
  assert.ok(Number.isFinite(whole.scores.ami));
});

Deno.test("training images start from what both stages make of them", () => {
  const images = batch.images.slice(0, 2 * 784);
  const gamma = startsFrom(first)(stream(1, "start"), images, second);
  assert.equal(gamma.length, 2 * 4 * 784);
  for (let i = 0; i < 784; i++) {
    const sum = [0, 1, 2, 3].reduce((sum, k) => sum + gamma[k * 784 + i], 0);
    assert.ok(Math.abs(sum - 1) < 1e-5);
  }
  const trainer = neuralEmTrainer(4, {
    config: second.config,
    sample: paperShapes(),
    start: startsFrom(first),
  });
  assert.ok(Number.isFinite(trainer.update()));
});
