/**
 * Moving shapes by a model of still images: its states are carried from frame to
 * frame, and where a fresh start explains a frame better, it takes their place.
 *
 * @module
 */
import {
  type Inference,
  inferGroups,
  keepBetter,
} from "../../../lib/neural_em/inference.ts";
import type { NeuralEm } from "../../../lib/neural_em/model.ts";
import { scoreGroups } from "../../../lib/neural_em/grouping.ts";
import { stream } from "../../../lib/numeric/random.ts";
import type { ShapesBatch } from "../../worlds/shapes.ts";
import type { ScoredAt } from "./assessment.ts";

/** E-steps that carried states are given in each frame. */
const CARRIED_STEPS = 8;
/** E-steps of a fresh start. */
const FRESH_STEPS = 16;

/** How frames are taken. */
export type Tracking = "afresh" | "carried" | "both";

/**
 * The scores at each frame. With "both" each image keeps the one of less loss,
 * without labels.
 */
export function scoresOverFrames(
  seed: number,
  model: NeuralEm,
  frames: readonly ShapesBatch[],
  tracking: Tracking,
): ScoredAt[] {
  const rng = stream(seed, "track");
  // Past the first steps of a start, so that losses compare.
  const late = { ...model, config: { ...model.config, chargedSteps: 0 } };
  let now: Inference | undefined;
  return frames.map((frame, at) => {
    const ends: Inference[] = [];
    if (now && tracking !== "afresh") {
      const seen = Array<ShapesBatch>(CARRIED_STEPS).fill(frame);
      ends.push(inferGroups(rng, late, [frames[at - 1], ...seen], {
        ...{ steps: CARRIED_STEPS, noise: 0 },
        start: now.responsibilities,
        states: now.states,
      }));
    }
    if (!now || tracking !== "carried") {
      ends.push(
        inferGroups(rng, late, frame, { steps: FRESH_STEPS, noise: 0 }),
      );
    }
    const [end, other] = ends;
    if (other) keepBetter(end, other);
    now = end;
    return { at, ...scoreGroups(frame, end.groups) };
  });
}
