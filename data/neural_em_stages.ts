/**
 * The second stage of neural EM on the paper's images: how it is trained and
 * how both stages together are scored. `lib/neural_em_stages.ts` tells why.
 *
 * @module
 */
import { type GroupingScores, scoreGroups } from "../lib/grouping.ts";
import { type NeuralEm, restoreNeuralEm } from "../lib/neural_em_inference.ts";
import {
  inferInStages,
  inferringInStages,
  type Stage,
  type StagedInference,
} from "../lib/neural_em_stages.ts";
import type { StartImages } from "../lib/neural_em_training.ts";
import { stream } from "../lib/random.ts";
import { decodeSafetensors } from "../lib/safetensors.ts";
import { mean } from "../lib/statistics.ts";
import { seedTask, type TaskName } from "../lib/sweep.ts";
import { PAPER_SETTINGS, type Settings } from "./experiments/neural_em.ts";
import type { ShapesBatch } from "./shapes.ts";

/** EM steps of each stage in training. */
export const TRAINING_STEPS = [8, 8] as const;

/** EM steps of each stage afterwards: on validation images more gain nothing. */
export const SCORING_STEPS = [8, 5] as const;

/**
 * Nats below which an image is not started again. On validation images this
 * saves half of sixteen starts and costs next to nothing.
 */
export const ENOUGH = 6;

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
export function stagesOf(
  first: NeuralEm,
  second: NeuralEm,
  steps: readonly number[] = SCORING_STEPS,
): Stage[] {
  return [first, second].map((model, i) => ({ model, steps: steps[i] }));
}

/** The same from the bytes of both checkpoints. */
export function restoreStages(
  [first, second]: readonly [Uint8Array, Uint8Array],
): Stage[] {
  const restore = (bytes: Uint8Array): NeuralEm =>
    restoreNeuralEm(decodeSafetensors(bytes));
  return stagesOf(restore(first), restore(second));
}

/**
 * Training images of the second stage start from the responsibilities that both
 * stages, the second as it is by then, end with: the best of a few starts by
 * the second's own loss. No label takes part.
 */
export function startsFrom(
  first: NeuralEm,
  starts = TRAINING_STARTS,
): StartImages {
  return (rng, images, second) => {
    const stages = stagesOf(first, second, TRAINING_STEPS);
    return inferInStages(rng, stages, images, { starts }).responsibilities;
  };
}

/** Scores on a batch of the best by the loss, and its mean loss. */
export function scoreChoice(
  batch: ShapesBatch,
  { groups, imageLosses }: StagedInference,
): GroupingScores & { loss: number } {
  return { ...scoreGroups(batch, groups), loss: mean(imageLosses) };
}

/** What `scoreStages` is told. */
export interface ScoringOptions {
  /** Bytes of the checkpoints of both stages, by their seed. */
  checkpoints: Record<number, readonly [Uint8Array, Uint8Array]>;
  /** Seed of the random starts. */
  seed: number;
  batch: ShapesBatch;
  starts: number;
}

/** What it returns. */
export interface StagedScores {
  /** Seed of the checkpoints. */
  seed: number;
  scores: GroupingScores & { loss: number };
  /** AMI of the best by the loss of the first 1, 2, 4, … starts. */
  byStarts: [number, number][];
  /** Component of each pixel, count × D. */
  groups: Uint8Array;
}

/** Scores the recorded stages of a seed; the task of `SCORE_STAGES`. */
export function scoreStages(
  seed: number,
  { checkpoints, seed: from, batch, starts }: ScoringOptions,
  report: (start: number) => void,
  stopped: () => boolean = () => false,
): StagedScores {
  const byStarts: [number, number][] = [];
  let ended = 0;
  let due = 1;
  const rng = stream(from, `recorded ${seed}`);
  const stages = restoreStages(checkpoints[seed]);
  const inferring = inferringInStages(rng, stages, batch.images, {
    starts,
    enough: ENOUGH,
    onEnd(_end, best): void {
      report(++ended);
      if (ended < due) return;
      byStarts.push([ended, scoreGroups(batch, best.groups).ami]);
      due *= 2;
    },
  });
  let next = inferring.next();
  while (!next.done) next = inferring.next(stopped());
  const best = next.value;
  const scores = scoreChoice(batch, best);
  if (ended !== byStarts.at(-1)![0]) byStarts.push([ended, scores.ami]);
  return { seed, scores, byStarts, groups: best.groups };
}

/** The task to hand to `followSeeds`. */
export const SCORE_STAGES: TaskName = seedTask(import.meta.url, "scoreStages");
