/**
 * The second stage of neural EM on the paper's images: how it is trained and
 * how both stages together are scored. `lib/neural_em/stages.ts` tells why.
 *
 * @module
 */
import type { ClusteringScores } from "../../../lib/neural_em/clustering_scores.ts";
import { scoreGroups } from "../../../lib/neural_em/grouping.ts";
import {
  type NeuralEm,
  restoreNeuralEm,
} from "../../../lib/neural_em/model.ts";
import {
  inferInStages,
  inferringInStages,
  type Stage,
  type StagedInference,
} from "../../../lib/neural_em/stages.ts";
import type { StartImages } from "../../../lib/neural_em/training.ts";
import type { Training } from "../../../lib/run/training.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { decodeSafetensors } from "../../../lib/run/safetensors.ts";
import { mean } from "../../../lib/numeric/statistics.ts";
import { seedTask, type TaskName } from "../../../lib/run/sweep.ts";
import { PAPER_SETTINGS, type Settings } from "../../experiments/neural_em.ts";
import { type ShapesBatch, someImages } from "../../worlds/shapes.ts";

/** EM steps of each stage in training. */
export const TRAINING_STEPS = [8, 8] as const;

/** EM steps of each stage afterwards: on validation images more gain nothing. */
export const SCORING_STEPS = [8, 5] as const;

/**
 * Nats below which an image is not started again. On validation images this
 * saves more than half of sixteen starts and costs next to nothing.
 */
export const ENOUGH = 7;

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
  { groups, imageLosses }: Pick<StagedInference, "groups" | "imageLosses">,
): ClusteringScores & { loss: number } {
  return { ...scoreGroups(batch, groups), loss: mean(imageLosses) };
}

/** What divides the scoring of recorded models among workers. */
export interface Division {
  /** What is recorded, by its seed. */
  checkpoints: Readonly<Record<number, unknown>>;
  batch: ShapesBatch;
  /** Parts of the batch. */
  parts: number;
}

/** What `scoreStages` is told. */
export interface ScoringOptions extends Division {
  /** Bytes of the checkpoints of both stages, by their seed. */
  checkpoints: Record<number, readonly [Uint8Array, Uint8Array]>;
  /** Seed of the random starts. */
  seed: number;
  /** Random starts of an image, at most. */
  starts: number;
}

/** What a recorded model, or stages, make of a batch, or of a part of one. */
export interface StagedScores {
  /** Seed of the checkpoints. */
  seed: number;
  scores: ClusteringScores & { loss: number };
  /**
   * AMI (max) of the best by the loss of the first 1, 2, 4, … starts, or after
   * so many moves.
   */
  curve: [number, number][];
  /** Component of each pixel, count × D. */
  groups: Uint8Array;
}

/**
 * Scores all that is recorded on one part of a batch. Asked to stop, it leaves
 * out what it has not begun, and always begins the first.
 */
export function scorePart<Scores>(
  part: number,
  { checkpoints, batch, parts }: Division,
  stopped: () => boolean,
  scoring: (seed: number, images: ShapesBatch) => Training<never, Scores>,
): Scores[] {
  const [first, end] = [part, part + 1].map((n) =>
    Math.floor(n * batch.count / parts)
  );
  const images = someImages(batch, first, end - first);
  const all: Scores[] = [];
  for (const seed of Object.keys(checkpoints).map(Number)) {
    if (all.length > 0 && stopped()) break;
    const training = scoring(seed, images);
    let next = training.next();
    while (!next.done) next = training.next(stopped());
    all.push(next.value);
  }
  return all;
}

/**
 * Scores all recorded stages on one part of a batch (see `scorePart`); the task
 * of `SCORE_STAGES`, whose parts `joinParts` joins.
 */
export function scoreStages(
  part: number,
  { starts, seed: from, ...division }: ScoringOptions,
  report: (start: number) => void,
  stopped: () => boolean = () => false,
): StagedScores[] {
  const told = startsTold(starts);
  let ended = 0;
  return scorePart(part, division, stopped, function* (
    seed,
    images,
  ): Training<never, StagedScores> {
    const curve: [number, number][] = [];
    let start = 0;
    const best = yield* inferringInStages(
      stream(from, `recorded ${seed}, part ${part}`),
      restoreStages(division.checkpoints[seed]),
      images.images,
      {
        starts,
        enough: ENOUGH,
        onEnd(_end, best): void {
          report(++ended);
          start++;
          if (start !== told[curve.length]) return;
          curve.push([start, scoreGroups(images, best.groups).amiMax]);
        },
      },
    );
    const scores = scoreChoice(images, best);
    // Where all images were settled before, more starts change nothing.
    const rest = told.slice(curve.length);
    for (const start of rest) curve.push([start, scores.amiMax]);
    return { seed, scores, curve, groups: best.groups };
  });
}

/** 1, 2, 4, … up to `starts`, and `starts` itself. */
function startsTold(starts: number): number[] {
  const told = [];
  for (let n = 1; n < starts; n *= 2) told.push(n);
  return [...told, starts];
}

/** The task to hand to `followSeeds`, with the numbers of the parts as seeds. */
export const SCORE_STAGES: TaskName = seedTask(import.meta.url, "scoreStages");

/** The scores of a whole batch from those of its parts, in order. */
export function joinParts(
  parts: readonly (readonly StagedScores[])[],
  batch: ShapesBatch,
): StagedScores[] {
  return parts[0].map(({ seed, scores, curve }, c) => {
    const same = parts.map((part) => part[c]);
    const scored = same.reduce((sum, { groups }) => sum + groups.length, 0);
    const whole = (value: (part: StagedScores) => number): number =>
      same.reduce((sum, part) => sum + part.groups.length * value(part), 0) /
      scored;
    const groups = joinGroups(same.map(({ groups }) => groups), batch);
    const average = { ...scores };
    for (const key of Object.keys(scores) as (keyof typeof scores)[]) {
      average[key] = whole((part) => part.scores[key]);
    }
    return {
      seed,
      scores: average,
      curve: curve.map(([start], i) => [
        start,
        whole((part) => part.curve[i][1]),
      ]),
      groups,
    };
  });
}

/** The groups of a whole batch from those of its parts, in order. */
export function joinGroups(
  parts: readonly Uint8Array[],
  batch: ShapesBatch,
): Uint8Array {
  const groups = new Uint8Array(batch.images.length);
  let at = 0;
  for (const part of parts) {
    groups.set(part, at);
    at += part.length;
  }
  return groups;
}
