import assert from "node:assert/strict";
import { neuralEmConfig } from "../lib/neural_em.ts";
import { inferInStages } from "../lib/neural_em_stages.ts";
import {
  type NeuralEmTrainer,
  neuralEmTrainer,
} from "../lib/neural_em_training.ts";
import { stream } from "../lib/random.ts";
import { encodeSafetensors } from "../lib/safetensors.ts";
import { settings } from "./experiments/neural_em.ts";
import {
  ENOUGH,
  scoreChoice,
  scoreStages,
  type ScoringOptions,
  SECOND_STAGE,
  stagesOf,
  startsFrom,
} from "./neural_em_stages.ts";
import { paperShapes } from "./shapes.ts";

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
  const scored = scoreStages(7, options, (start) => reported.push(start));
  const chosen = inferInStages(
    stream(3, "recorded 7"),
    stagesOf(first, second),
    batch.images,
    { starts: 5, enough: ENOUGH },
  );
  assert.deepEqual(scored.groups, chosen.groups);
  assert.deepEqual(scored.scores, scoreChoice(batch, chosen));
  assert.deepEqual(reported, [1, 2, 3, 4, 5]);
  assert.deepEqual(scored.byStarts.map(([n]) => n), [1, 2, 4, 5]);
  assert.equal(scored.byStarts.at(-1)![1], scored.scores.ami);
});

Deno.test("scoring that is asked to stop keeps the starts that have ended", () => {
  let asked = false;
  const report = (start: number): boolean => asked = start === 2;
  const { byStarts } = scoreStages(7, options, report, () => asked);
  assert.deepEqual(byStarts.map(([n]) => n), [1, 2, 3]); // 3 was under way
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
