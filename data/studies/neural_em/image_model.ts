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
import { mean } from "../../../lib/numeric/statistics.ts";
import { decodeSafetensors } from "../../../lib/run/safetensors.ts";
import { seedTask, type TaskName } from "../../../lib/run/sweep.ts";
import { type ShapesBatch, someImages } from "../../worlds/shapes.ts";
import type { StagedScores } from "./stages.ts";

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
export interface MoveScoring {
  /** Bytes of the checkpoints by their seed. */
  checkpoints: Record<number, Uint8Array>;
  /** Seed of the random starts and moves. */
  seed: number;
  batch: ShapesBatch;
  /** Parts of the batch, which divide the work. */
  parts: number;
  moves: number;
}

/** What an image model makes of a batch, and its groups before any move. */
export interface MovedScores extends StagedScores {
  /** Component of each pixel after one start, count × D. */
  oneStart: Uint8Array;
}

/**
 * Scores all recorded models on one part of a batch; the task of `SCORE_MOVES`.
 * Asked to stop, it leaves out those that it has not begun.
 */
export function scoreMoves(
  part: number,
  { checkpoints, seed: from, batch, parts, moves }: MoveScoring,
  report: (move: number) => void,
  stopped: () => boolean = () => false,
): MovedScores[] {
  const [first, end] = [part, part + 1].map((n) =>
    Math.floor(n * batch.count / parts)
  );
  const images = someImages(batch, first, end - first);
  const all: MovedScores[] = [];
  let ended = 0;
  for (const seed of Object.keys(checkpoints).map(Number)) {
    if (all.length > 0 && stopped()) break;
    const curve: [number, number][] = [];
    let oneStart = new Uint8Array();
    const inferring = inferringWithMoves(
      stream(from, `image model ${seed}, part ${part}`),
      restoreNeuralEm(decodeSafetensors(checkpoints[seed])),
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
    let next = inferring.next();
    while (!next.done) next = inferring.next(stopped());
    const { groups, imageLosses } = next.value;
    const scores = { ...scoreGroups(images, groups), loss: mean(imageLosses) };
    all.push({ seed, scores, curve, groups, oneStart });
  }
  return all;
}

/** The task to hand to `followSeeds`, with the numbers of the parts as seeds. */
export const SCORE_MOVES: TaskName = seedTask(import.meta.url, "scoreMoves");
