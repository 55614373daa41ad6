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
 * A top of several units may settle on fewer states than it has. Stage 2 may
 * begin several times (`topStarts`) and go on from the best, by how well fresh
 * images are explained: no label takes part.
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
/** Images that a start of stage 2 is judged by. */
const START_IMAGES = 4000;

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
  const { topStarts, topStartSteps } = config;
  let parts: HelmholtzParams;
  let best: { params: HelmholtzParams; explained: number } | undefined;
  const begin = (): void => {
    const { topToHidden, hiddenToTop, topBias, topRecognitionBias } = params;
    for (const weights of [topToHidden, hiddenToTop]) {
      fillNormal(machine.rng, weights, config.initScale);
    }
    for (const bias of [topBias, topRecognitionBias]) bias.fill(0);
    machine.load();
  };
  const release = (): void => {
    machine.store();
    if (topStarts > 1) parts = structuredClone(params);
    begin();
    machine.enter(FREE);
  };
  /** After the `start`-th start: keeps it if it is best, begins the next one. */
  const choose = (start: number): void => {
    machine.store();
    const explained = explains(machine, START_IMAGES);
    if (explained > (best?.explained ?? -Infinity)) {
      best = { params: structuredClone(params), explained };
    }
    setArrays(params, start < topStarts ? parts : best!.params);
    if (start < topStarts) begin();
    else machine.load();
  };
  return {
    recycled,
    before(step): void {
      if (constrainedSteps === 0) return;
      if (step === constrainedSteps) return release();
      if (step > constrainedSteps) {
        const start = (step - constrainedSteps) / topStartSteps;
        const isChoice = topStarts > 1 && Number.isInteger(start);
        return isChoice && start <= topStarts ? choose(start) : undefined;
      }
      if (step === dropoutEnd) machine.enter({ constrained: true, dropout: 0 });
      const due = splitEvery > 0 && step > 0 && step % splitEvery === 0;
      if (due && step < SPLIT_UNTIL * constrainedSteps) recycle(step);
    },
    update: (epsilon) => machine.update(epsilon),
    store: () => machine.store(),
  };
}

/** Mean over fresh patterns of how well they are explained, in nats. */
function explains(machine: OnlineMachine, patterns: number): number {
  let sum = 0;
  for (let n = 0; n < patterns; n++) {
    machine.see();
    sum += machine.explain();
  }
  return sum / patterns;
}

function setArrays(params: HelmholtzParams, to: HelmholtzParams): void {
  for (const name of Object.keys(params) as (keyof HelmholtzParams)[]) {
    params[name].set(to[name]);
  }
}

/** Where the first stage begins. */
function constrain(params: HelmholtzParams): void {
  const { hiddenToVisible, topToHidden, hiddenToTop } = params;
  hiddenToVisible.forEach((w, i) => hiddenToVisible[i] = Math.max(0, w));
  topToHidden.fill(0);
  hiddenToTop.fill(0);
}
