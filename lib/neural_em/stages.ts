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
import { pickRows } from "../numeric/points.ts";
import type { Rng } from "../numeric/random.ts";
import { finish, type Training } from "../run/training.ts";
import { type Inference, inferringGroups, keepBetter } from "./inference.ts";
import type { NeuralEm } from "./model.ts";

/** A model, and for how many steps it runs EM. */
export interface Stage {
  model: NeuralEm;
  steps: number;
}

/** What the last stage ends with. */
export type StagedInference = Omit<Inference, "losses" | "states">;

/** How stages are run. */
export interface StageOptions {
  /** Random starts to choose among, at most; default 1. */
  starts?: number;
  /** An image is not started again once its loss is below; default never, 0. */
  enough?: number;
  /** Responsibilities to start from, count × K × D; default random ones. */
  start?: Float32Array;
  /**
   * Called with the end of each start, of the images that were started, and
   * with the best so far of all.
   */
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
 * `inferInStages` with pauses. Asked to stop, it chooses among the starts so
 * far, the last of them cut short.
 */
export function* inferringInStages(
  rng: Rng,
  stages: readonly Stage[],
  images: Float32Array,
  { starts = 1, enough = 0, start, onEnd }: StageOptions = {},
): Training<never, StagedInference> {
  if (stages.length === 0 || !(starts >= 1)) {
    throw new RangeError(
      "Cannot infer in stages as there must be a stage and a start: there are " +
        `${stages.length} stages and ${starts} starts`,
    );
  }
  const { canvas } = stages[0].model.config;
  const pixels = canvas * canvas;
  const count = images.length / pixels;
  let best: StagedInference | undefined;
  let open = Array.from({ length: count }, (_, i) => i);
  let stop: boolean | void = false;
  for (let s = 0; s < starts && open.length > 0 && !stop; s++) {
    const begun = { images: pickRows(images, pixels, open) };
    let from = start && pickRows(start, start.length / count, open);
    let end: StagedInference | undefined;
    for (const { model, steps } of stages) {
      const em = inferringGroups(rng, model, begun, { steps, start: from });
      let next = em.next();
      for (; !next.done; next = em.next(stop)) stop ||= yield s;
      const { losses: _losses, states: _states, ...ended } = next.value;
      end = ended;
      from = ended.responsibilities;
    }
    best ??= structuredClone(end!);
    keepBetter(best, end!, open);
    onEnd?.(end!, best);
    const { imageLosses } = best;
    open = open.filter((i) => !(imageLosses[i] < enough));
  }
  return best!;
}
