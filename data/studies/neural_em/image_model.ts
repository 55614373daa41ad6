/**
 * The recorded models that read the image: how they are scored, after one random
 * start and after moves (`lib/neural_em/moves.ts`).
 *
 * @module
 */
import { scoreGroups } from "../../../lib/neural_em/grouping.ts";
import { restoreNeuralEm } from "../../../lib/neural_em/model.ts";
import { inferringWithMoves } from "../../../lib/neural_em/moves.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { decodeSafetensors } from "../../../lib/run/safetensors.ts";
import { seedTask, type TaskName } from "../../../lib/run/sweep.ts";
import type { Training } from "../../../lib/run/training.ts";
import {
  type Division,
  scoreChoice,
  scorePart,
  type StagedScores,
} from "./stages.ts";

/**
 * How the models are run on images, as validation images chose it: longer than
 * in training and without its noise, both of which raise the score.
 */
export const IMAGE_INFERENCE = Object.freeze({
  steps: 48,
  moveSteps: 32,
  noise: 0,
});

/** What `scoreMoves` is told. */
export interface MoveScoring extends Division {
  /** Bytes of the checkpoints by their seed. */
  checkpoints: Record<number, Uint8Array>;
  /** Seed of the random starts and moves. */
  seed: number;
  moves: number;
}

/** What an image model makes of a batch, and its groups before any move. */
export interface MovedScores extends StagedScores {
  /** Component of each pixel after one start, count × D. */
  oneStart: Uint8Array;
}

/**
 * Scores all recorded models on one part of a batch (see `scorePart`); the task
 * of `SCORE_MOVES`.
 */
export function scoreMoves(
  part: number,
  { moves, seed: from, ...division }: MoveScoring,
  report: (move: number) => void,
  stopped: () => boolean = () => false,
): MovedScores[] {
  let ended = 0;
  return scorePart(part, division, stopped, function* (
    seed,
    images,
  ): Training<never, MovedScores> {
    const curve: [number, number][] = [];
    let oneStart = new Uint8Array();
    const best = yield* inferringWithMoves(
      stream(from, `image model ${seed}, part ${part}`),
      restoreNeuralEm(decodeSafetensors(division.checkpoints[seed])),
      images.images,
      {
        ...{ ...IMAGE_INFERENCE, moves },
        onMove(move, { groups }): void {
          report(++ended);
          if (move === 0) oneStart = groups.slice();
          curve.push([move, scoreGroups(images, groups).amiMax]);
        },
      },
    );
    const { groups } = best;
    return { seed, scores: scoreChoice(images, best), curve, groups, oneStart };
  });
}

/** The task to hand to `followSeeds`, with the numbers of the parts as seeds. */
export const SCORE_MOVES: TaskName = seedTask(import.meta.url, "scoreMoves");
