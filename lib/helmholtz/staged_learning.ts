/**
 * Learning in two stages: first a code of parts, then everything.
 *
 * Stage 1. Weights from the hidden units to the pixels are at 0 or above, the
 * generative biases are held and the top is silent: a unit can only switch
 * pixels on, as in the noisy-or-like generation of Dayan et al. (1995). Useless
 * units are recycled by `split_and_merge.ts`. Stage 2. The weights to and from
 * the top are drawn anew, and all learn freely.
 *
 * Early in stage 1 a share of the units that are on may be left out of the
 * wake update (`explainingDropout`): a half of a part, which explains its
 * pixels fully, would else keep the other half from ever being learned.
 *
 * @module
 */
import type {
  HelmholtzConfig,
  HelmholtzParams,
  OnlineLearner,
  OnlineMachine,
} from "./machine.ts";
import { FREE } from "./online_machine.ts";
import { type SplitAndMerge, splitAndMerge, usage } from "./split_and_merge.ts";
import { fillNormal } from "../numeric/random.ts";

/** Units are recycled, and units that are on left out, so far into stage 1. */
const SPLIT_UNTIL = 0.8;
const DROPOUT_UNTIL = 0.6;

/** A learner that goes through the stages by itself. */
export interface StagedLearner extends OnlineLearner {
  /** Every unit that was recycled, with the image before which it was. */
  recycled: readonly (SplitAndMerge & { step: number })[];
}

/**
 * Makes a machine learn in stages. Changes `params`, which the machine learns
 * into: with a first stage, they begin constrained.
 */
export function stagedLearner(
  machine: OnlineMachine,
  params: HelmholtzParams,
  config: HelmholtzConfig,
): StagedLearner {
  const { constrainedSteps, explainingDropout, splitEvery } = config;
  const recycled: (SplitAndMerge & { step: number })[] = [];
  const dropoutEnd = Math.ceil(DROPOUT_UNTIL * constrainedSteps);
  if (constrainedSteps > 0) {
    constrain(params);
    machine.load();
    machine.enter({ constrained: true, dropout: explainingDropout });
  }
  const recycle = (step: number): void => {
    machine.store();
    const measured = usage(machine, params, {
      images: config.splitImages,
      on: config.splitOn,
    });
    const done = splitAndMerge(machine.rng, params, measured);
    if (done === null) return;
    recycled.push({ ...done, step });
    machine.load();
  };
  const release = (): void => {
    machine.store();
    const { topToHidden, hiddenToTop, topBias, topRecognitionBias } = params;
    for (const weights of [topToHidden, hiddenToTop]) {
      fillNormal(machine.rng, weights, config.initScale);
    }
    for (const bias of [topBias, topRecognitionBias]) bias.fill(0);
    machine.load();
    machine.enter(FREE);
  };
  return {
    recycled,
    before(step): void {
      if (step > constrainedSteps || constrainedSteps === 0) return;
      if (step === constrainedSteps) return release();
      if (step === dropoutEnd) machine.enter({ constrained: true, dropout: 0 });
      const due = splitEvery > 0 && step > 0 && step % splitEvery === 0;
      if (due && step < SPLIT_UNTIL * constrainedSteps) recycle(step);
    },
    update: (epsilon) => machine.update(epsilon),
    store: () => machine.store(),
  };
}

/** Where the first stage begins. */
function constrain(params: HelmholtzParams): void {
  const { hiddenToVisible, topToHidden, hiddenToTop } = params;
  hiddenToVisible.forEach((w, i) => hiddenToVisible[i] = Math.max(0, w));
  topToHidden.fill(0);
  hiddenToTop.fill(0);
}
