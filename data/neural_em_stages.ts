/**
 * The second stage of neural EM on the paper's images: how it is trained and
 * how both stages together are scored. `lib/neural_em_stages.ts` tells why.
 *
 * @module
 */
import { type GroupingScores, scoreGroups } from "../lib/grouping.ts";
import type { NeuralEm } from "../lib/neural_em_inference.ts";
import {
  inferInStages,
  inferringInStages,
  type Stage,
} from "../lib/neural_em_stages.ts";
import type { StartImages } from "../lib/neural_em_training.ts";
import type { Rng } from "../lib/random.ts";
import { mean } from "../lib/statistics.ts";
import type { Training } from "../lib/training.ts";
import { PAPER_SETTINGS, type Settings } from "./experiments/neural_em.ts";
import type { ShapesBatch } from "./shapes.ts";

/** EM steps of each stage, in training and after. */
export const STAGE_STEPS = 8;

/** Random starts that an image is given in training, to choose among. */
export const TRAINING_STARTS = 4;

/**
 * The configuration of the second stage: wider, and two components may both
 * predict a lit pixel for nothing.
 */
export const SECOND_STAGE: Readonly<Partial<Settings>> = Object.freeze({
  ...PAPER_SETTINGS,
  hidden: 250,
  interOn: 0,
  updates: 4000,
  evalEvery: 500,
});

/** The two stages as they are run on images. */
export function stagesOf(first: NeuralEm, second: NeuralEm): Stage[] {
  return [first, second].map((model) => ({ model, steps: STAGE_STEPS }));
}

/**
 * Training images of the second stage start from the responsibilities that both
 * stages, the second as it is by then, end with: the best of a few starts by
 * the second's own loss. No label takes part.
 */
export function startsFrom(first: NeuralEm): StartImages {
  return (rng, images, second) =>
    inferInStages(rng, stagesOf(first, second), images, {
      starts: TRAINING_STARTS,
    }).responsibilities;
}

/** Scores of both stages on a batch, the best of `starts` by the loss. */
export function* scoringStages(
  rng: Rng,
  stages: readonly Stage[],
  batch: ShapesBatch,
  starts: number,
): Training<never, GroupingScores & { loss: number }> {
  const { groups, imageLosses } = yield* inferringInStages(
    rng,
    stages,
    batch.images,
    { starts },
  );
  return { ...scoreGroups(batch, groups), loss: mean(imageLosses) };
}
