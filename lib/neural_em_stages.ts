/**
 * Neural EM in stages, from several random starts.
 *
 * A stage is a model and a number of EM steps. The first stage starts from
 * random responsibilities, which alone tell the components apart; each later
 * one starts from the responsibilities that the stage before it ends with, its
 * states at 0. So only the first must drive components apart. A later model may
 * be trained on a loss that would never do so: one that charges nothing for a
 * lit pixel that two components predict (`interOn` 0), as where shapes overlap.
 *
 * Of several random starts the one whose last stage ends at the least loss is
 * kept, image by image, as is usual with EM: a choice without labels.
 *
 * @module
 */
import {
  type Inference,
  inferringGroups,
  type NeuralEm,
} from "./neural_em_inference.ts";
import type { Rng } from "./random.ts";
import { finish, type Training } from "./training.ts";

/** A model, and for how many steps it runs EM. */
export interface Stage {
  model: NeuralEm;
  steps: number;
}

/** What the last stage ends with. */
export type StagedInference =
  & Pick<
    Inference,
    "imageLosses" | "responsibilities"
  >
  & {
    /** Component with the largest γ for each pixel, count × D. */
    groups: Uint8Array;
  };

/** How stages are run. */
export interface StageOptions {
  /** Random starts to choose among; default 1. */
  starts?: number;
  /** Responsibilities to start from, count × K × D; default random ones. */
  start?: Float32Array;
  /** Called with the end of each start, and the best so far by the loss. */
  onEnd?: (end: StagedInference, best: StagedInference) => void;
}

/**
 * Runs EM through the stages on images.
 *
 * @throws {RangeError} if there is no stage or no start
 */
export function inferInStages(
  rng: Rng,
  stages: readonly Stage[],
  images: Float32Array,
  options?: StageOptions,
): StagedInference {
  return finish(inferringInStages(rng, stages, images, options));
}

/**
 * `inferInStages` with pauses. Asked to stop, it chooses among the starts that
 * have ended, after the one that it is at.
 */
export function* inferringInStages(
  rng: Rng,
  stages: readonly Stage[],
  images: Float32Array,
  { starts = 1, start, onEnd }: StageOptions = {},
): Training<never, StagedInference> {
  if (stages.length === 0 || !(starts >= 1)) {
    throw new RangeError(
      "Cannot infer in stages as there must be a stage and a start: there are " +
        `${stages.length} stages and ${starts} starts`,
    );
  }
  let best: StagedInference | undefined;
  let stop: boolean | void = false;
  for (let s = 0; s < starts && !stop; s++) {
    let end: StagedInference | undefined;
    for (const { model, steps } of stages) {
      const from = end?.responsibilities ?? start;
      const em = inferringGroups(rng, model, { images }, {
        steps,
        start: from,
      });
      let next = em.next();
      for (; !next.done; next = em.next()) stop ||= yield s;
      end = { ...next.value, groups: next.value.groups[steps - 1] };
    }
    if (best === undefined) best = structuredClone(end!);
    else keepBetter(best, end!);
    onEnd?.(end!, best);
  }
  return best!;
}

/** Overwrites the images of `best` for which `other` has less loss. */
function keepBetter(best: StagedInference, other: StagedInference): void {
  const count = best.imageLosses.length;
  for (let i = 0; i < count; i++) {
    if (!(other.imageLosses[i] < best.imageLosses[i])) continue;
    for (
      const name of ["groups", "imageLosses", "responsibilities"] as const
    ) {
      const size = best[name].length / count;
      const row = other[name].subarray(i * size, (i + 1) * size);
      best[name].set(row, i * size);
    }
  }
}
