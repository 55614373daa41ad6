/**
 * The Helmholtz machine with one hidden and one top layer, and its training
 * online; how it learns from an image stands in `wake_sleep.ts`.
 *
 * Dayan, P., Hinton, G. E., Neal, R. M., & Zemel, R. S. (1995). The Helmholtz
 * machine. Neural Computation 7(5), 889–904.
 *
 *   generative    p(t) p(h | t) p(v | h),  p(sⱼ = 1 | above) = σ(bⱼ + Σᵢ sᵢ wᵢⱼ)
 *   recognition   q(h | v) q(t | h),       the same form, upwards
 *
 * Units are binary. Weights are stored with the row of the unit they come
 * from, so both a layer's input and its update touch only rows of units that
 * are on.
 *
 * @module
 */
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure, each } from "../run/config.ts";
import { sigmoid } from "../numeric/elementary.ts";
import { fillNormal, type Rng } from "../numeric/random.ts";
import {
  measured,
  type Measurement,
  type Training,
  type TrainingConfig,
} from "../run/training.ts";

/** Sizes and learning constants. Defaults are the reference program's. */
export interface HelmholtzConfig extends TrainingConfig {
  /** Pixels. */
  visible: number;
  /** Units of the hidden layer ("layer 2"). */
  hidden: number;
  /** Units of the top layer ("layer 3"). */
  top: number;
  /** ε at the first image. */
  learningRate: number;
  /** ε at the last image, reached linearly. */
  finalLearningRate: number;
  /** Images; each gives one wake and one sleep update. */
  steps: number;
  /** Standard deviation of the initial weights. */
  initScale: number;
  /** Initial generative bias of the pixels: the logit of their mean. */
  visibleBias: number;
  /** Initial generative bias of the hidden units: below 0 makes them rare. */
  hiddenBias: number;
  /** How the causes of an image are found in the wake phase. */
  inference: Inference;
  /** Recognitions, Gibbs sweeps or chains of an image, as `inference` says. */
  samples: number;
  /**
   * Images of a first stage in which generation is constrained: weights to the
   * pixels at 0 or above, every generative bias held, the top silent. ε falls
   * to `constrainedFinalRate` there, and starts anew afterwards.
   */
  constrainedSteps: number;
  constrainedFinalRate: number;
  /** Share of the units that are on which do not explain, early in that stage. */
  explainingDropout: number;
  /** Images between two checks for a useless unit in that stage; 0: none. */
  splitEvery: number;
  /** Images that a check is made on. */
  splitImages: number;
  /**
   * Images of these that a unit's use is measured on: "all", or those that it
   * "explains". Where a unit is off anyway, to hold it off changes the sample
   * alone, which is noise.
   */
  splitOn: "all" | "explained";
  /**
   * Times that the second stage begins, from top weights drawn anew, each for
   * `topStartSteps` images: it goes on from where images are explained best.
   */
  topStarts: number;
  topStartSteps: number;
  /** 1: the generative biases of the top stay as they begin. */
  holdTopBias: number;
}

/**
 * How the causes of an image are found in the wake phase.
 *
 * - `recognition`: h, t from q, as wake-sleep has it.
 * - `weighted`: `samples` recognitions, each learned from by its weight p / q
 *   (reweighted wake-sleep, Bornschein & Bengio 2015).
 * - `drawn`: `samples` recognitions, one of them drawn by that weight.
 * - `gibbs`: a recognition, then `samples` Gibbs sweeps over h and t.
 * - `chains`: `samples` chains, one drawn with probability ∝ p(v, h, t): a
 *   recognition and two sweeps; the others with t from p(t), held for two
 *   sweeps and free for two.
 *
 * But for the first, the recognition weights learn from what is found, too.
 */
export const INFERENCES = [
  "recognition",
  "weighted",
  "drawn",
  "gibbs",
  "chains",
] as const;
export type Inference = typeof INFERENCES[number];

/** The checked configuration of a Helmholtz machine. */
export const helmholtzConfig: Configure<HelmholtzConfig> = checkedConfig(
  "train the Helmholtz machine",
  {
    visible: [32, is.positiveInteger],
    hidden: [16, is.integerIn(1, 64)],
    top: [4, is.integerIn(1, 10)],
    ...each(is.positive, { learningRate: 0.1, finalLearningRate: 0.1 }),
    steps: [1_500_000, is.positiveInteger],
    initScale: [0.1, is.positive],
    visibleBias: [-0.8472978603872037], // logit(0.3)
    hiddenBias: [0],
    evalEvery: [50_000, is.positiveInteger],
    inference: ["recognition", is.oneOf(...INFERENCES)],
    samples: [1, is.integerIn(1, 1000)],
    constrainedSteps: [0, is.nonNegativeInteger],
    constrainedFinalRate: [0.01, is.positive],
    explainingDropout: [0, is.probability],
    splitEvery: [5000, is.nonNegativeInteger],
    splitImages: [200, is.positiveInteger],
    splitOn: ["all", is.oneOf("all", "explained")],
    ...each(is.positiveInteger, { topStarts: 1, topStartSteps: 50_000 }),
    holdTopBias: [0, is.oneOf(0, 1)],
  },
  ({ constrainedSteps, steps, inference, samples, ...rest }) => [
    [
      "constrainedSteps",
      constrainedSteps <= steps,
      `at most the ${steps} steps`,
    ],
    [
      "topStarts",
      rest.topStarts === 1 ||
      constrainedSteps > 0 &&
        rest.topStarts * rest.topStartSteps <= steps - constrainedSteps,
      "1, or fit into the second stage",
    ],
    [
      "samples",
      inference !== "recognition" || samples === 1,
      "1 where inference is a recognition",
    ],
  ],
);

/** ε of the image `step`: linear in each stage. */
export function learningRateAt(config: HelmholtzConfig, step: number): number {
  const { learningRate, finalLearningRate, steps, constrainedSteps } = config;
  if (step < constrainedSteps) {
    const slope = (config.constrainedFinalRate - learningRate) /
      constrainedSteps;
    return learningRate + slope * step;
  }
  const slope = (finalLearningRate - learningRate) / (steps - constrainedSteps);
  return learningRate + slope * (step - constrainedSteps);
}

/** Weights and biases; a weight's row is the unit it comes from. */
export type HelmholtzParams = {
  /** Generative bias of the top units. */
  topBias: Float64Array;
  /** Generative weights, top × hidden. */
  topToHidden: Float64Array;
  /** Generative bias of the hidden units. */
  hiddenBias: Float64Array;
  /** Generative weights, hidden × visible. */
  hiddenToVisible: Float64Array;
  /** Generative bias of the pixels. */
  visibleBias: Float64Array;
  /** Recognition weights, visible × hidden. */
  visibleToHidden: Float64Array;
  /** Recognition bias of the hidden units. */
  hiddenRecognitionBias: Float64Array;
  /** Recognition weights, hidden × top. */
  hiddenToTop: Float64Array;
  /** Recognition bias of the top units. */
  topRecognitionBias: Float64Array;
};

/** Writes one pattern (0 or 1 for each pixel) into `out`. */
export type SamplePattern = (rng: Rng, out: Uint8Array) => unknown;

/** What learns online: weights, a sampler of patterns and a random stream. */
export interface OnlineLearner {
  /** What is due before image `step`, besides learning. */
  before?(step: number): void;
  /** Draws a fresh pattern and learns from it, with the learning rate ε. */
  update(epsilon: number): void;
  /** Brings the params up to date with what has been learned. */
  store(): void;
}

/** What differs between the stages of learning. */
export interface Phase {
  /** Whether generation is constrained, see `HelmholtzConfig`. */
  constrained: boolean;
  /** Share of the units that are on which do not explain, while it is. */
  dropout: number;
}

/**
 * A learner whose parts can be used between updates: the machine of
 * `online_machine.ts`, or the same to the bit in WebAssembly, of
 * `compiled_wake_sleep.ts`.
 */
export interface OnlineMachine extends OnlineLearner {
  /** The random stream that it draws from. */
  rng: Rng;
  enter(phase: Phase): void;
  /** Takes over params that were changed from outside. */
  load(): void;
  /** Draws a pattern. */
  see(): void;
  /** The pattern, one number a pixel, 0 or 1. */
  pattern: ArrayLike<number>;
  /** The hidden units that explain it, after `explain()`, 0 or 1. */
  explanation: ArrayLike<number>;
  /**
   * How well the pattern is explained, in nats; `off`: with that hidden unit
   * silenced. With Gibbs sampling: ln p(v, h | t) after a recognition and four
   * sweeps, and after four more with the unit off. Else: ln of the mean of
   * p(v, h, t) / q(h, t | v) over ten recognitions.
   */
  explain(off?: number): number;
}

/** A row of the training history: the images seen and the metrics then. */
export type HelmholtzRow<M> = { step: number } & M;

/** Draws the initial weights; all biases but the stated ones are 0. */
export function initHelmholtz(
  rng: Rng,
  config: HelmholtzConfig,
): HelmholtzParams {
  const { visible, hidden, top, initScale } = config;
  const weights = (from: number, to: number): Float64Array =>
    fillNormal(rng, new Float64Array(from * to), initScale);
  return {
    topBias: new Float64Array(top),
    topToHidden: weights(top, hidden),
    hiddenBias: new Float64Array(hidden).fill(config.hiddenBias),
    hiddenToVisible: weights(hidden, visible),
    visibleBias: new Float64Array(visible).fill(config.visibleBias),
    visibleToHidden: weights(visible, hidden),
    hiddenRecognitionBias: new Float64Array(hidden),
    hiddenToTop: weights(hidden, top),
    topRecognitionBias: new Float64Array(top),
  };
}

/** probability[j] = σ(bias[j] + Σ over units i that are on of weights[i, j]). */
export function layerProbability(
  states: Uint8Array,
  weights: Float64Array,
  bias: Float64Array,
  probability: Float64Array,
): void {
  const n = bias.length;
  for (let j = 0; j < n; j++) probability[j] = bias[j];
  for (let i = 0; i < states.length; i++) {
    if (states[i] === 0) continue;
    const row = i * n;
    for (let j = 0; j < n; j++) probability[j] += weights[row + j];
  }
  for (let j = 0; j < n; j++) probability[j] = sigmoid(probability[j]);
}

/** states[j] = 1 with probability[j]. One draw a unit. */
export function sampleStates(
  rng: Rng,
  probability: Float64Array,
  states: Uint8Array,
): void {
  for (let j = 0; j < states.length; j++) {
    states[j] = rng() < probability[j] ? 1 : 0;
  }
}

/** What stands above the top layer: no units … */
export const NOTHING = new Uint8Array(0);
/** … and no weights. */
export const NO_WEIGHTS = new Float64Array(0);

/** States and probabilities of the three layers. */
export interface Layers {
  t: Uint8Array;
  h: Uint8Array;
  v: Uint8Array;
  pt: Float64Array;
  ph: Float64Array;
  pv: Float64Array;
}

/** Room for one fantasy. */
export function layersOf(params: HelmholtzParams): Layers {
  const top = params.topBias.length;
  const hidden = params.hiddenBias.length;
  const visible = params.visibleBias.length;
  return {
    t: new Uint8Array(top),
    h: new Uint8Array(hidden),
    v: new Uint8Array(visible),
    pt: new Float64Array(top),
    ph: new Float64Array(hidden),
    pv: new Float64Array(visible),
  };
}

/**
 * Draws a fantasy t → h → v into `out` by ancestral sampling.
 *
 * @param clampTop leaves out.t as it is instead of drawing it
 */
export function dream(
  rng: Rng,
  params: HelmholtzParams,
  out: Layers,
  clampTop = false,
): void {
  const { t, h, v, pt, ph, pv } = out;
  if (!clampTop) {
    layerProbability(NOTHING, NO_WEIGHTS, params.topBias, pt);
    sampleStates(rng, pt, t);
  }
  layerProbability(t, params.topToHidden, params.hiddenBias, ph);
  sampleStates(rng, ph, h);
  layerProbability(h, params.hiddenToVisible, params.visibleBias, pv);
  sampleStates(rng, pv, v);
}

/** Draws h, then t, from the recognition model for the pixels in out.v. */
export function recognize(
  rng: Rng,
  params: HelmholtzParams,
  out: Layers,
): void {
  const { t, h, v, pt, ph } = out;
  layerProbability(v, params.visibleToHidden, params.hiddenRecognitionBias, ph);
  sampleStates(rng, ph, h);
  layerProbability(h, params.hiddenToTop, params.topRecognitionBias, pt);
  sampleStates(rng, pt, t);
}

/**
 * Trains `params` in place, image by image, and returns them. Yields rows as
 * `lib/run/training.ts` says; a stop ends an evaluation that pauses, and its row
 * is left out.
 *
 * @param learner learns into `params`; its random stream draws patterns and
 *   states and nothing else, so evaluating changes no weight
 * @param evaluate metrics for the history, computed before the first image,
 *   then every `evalEvery` images and at the end
 */
export function* trainHelmholtz<M extends object>(
  params: HelmholtzParams,
  { config, learner, evaluate }: {
    config: HelmholtzConfig;
    learner: OnlineLearner;
    evaluate: (params: HelmholtzParams) => Measurement<M>;
  },
): Training<HelmholtzRow<M>, HelmholtzParams> {
  const { steps, evalEvery } = config;
  for (let step = 0;;) {
    learner.store();
    const needed = step === 0;
    const metrics = yield* measured(evaluate(params), { step, needed });
    if (metrics === null) return params;
    const stop = yield { step, ...metrics };
    if (stop || step === steps) return params;
    const end = Math.min(steps, step + evalEvery);
    while (step < end) {
      const pause = Math.min(end, step + 500);
      for (; step < pause; step++) {
        learner.before?.(step);
        learner.update(learningRateAt(config, step));
      }
      if (step < end && (yield step)) break;
    }
  }
}

/**
 * What each hidden unit adds to the pixels: p(v | only unit j on) − p(v | all
 * off), hidden × visible.
 */
export function receptiveFields(params: HelmholtzParams): Float64Array {
  const { hiddenToVisible, visibleBias } = params;
  return hiddenToVisible.map((weight, i) => {
    const bias = visibleBias[i % visibleBias.length];
    return sigmoid(bias + weight) - sigmoid(bias);
  });
}

/** Draws `count` fantasies, count × visible; `top` clamps the top layer. */
export function fantasies(
  rng: Rng,
  params: HelmholtzParams,
  { count, top }: { count: number; top?: readonly number[] },
): Uint8Array {
  const layers = layersOf(params);
  const out = new Uint8Array(count * layers.v.length);
  if (top) layers.t.set(top);
  for (let k = 0; k < count; k++) {
    dream(rng, params, layers, top !== undefined);
    out.set(layers.v, k * layers.v.length);
  }
  return out;
}

/** p(v | h) with h drawn from q(h | v): what the machine makes of a pattern. */
export function reconstruct(
  rng: Rng,
  params: HelmholtzParams,
  pattern: Uint8Array,
): Float64Array {
  const layers = layersOf(params);
  layers.v.set(pattern);
  recognize(rng, params, layers);
  const { h, pv } = layers;
  layerProbability(h, params.hiddenToVisible, params.visibleBias, pv);
  return pv;
}

/** Mean number of units that are on when images are recognized. */
export function meanActivity(
  rng: Rng,
  params: HelmholtzParams,
  { sample, count }: { sample: SamplePattern; count: number },
): { visible: number; hidden: number; top: number } {
  const layers = layersOf(params);
  const sum = { visible: 0, hidden: 0, top: 0 };
  const on = (states: Uint8Array): number => states.reduce((a, b) => a + b, 0);
  for (let k = 0; k < count; k++) {
    sample(rng, layers.v);
    recognize(rng, params, layers);
    sum.visible += on(layers.v);
    sum.hidden += on(layers.h);
    sum.top += on(layers.t);
  }
  return {
    visible: sum.visible / count,
    hidden: sum.hidden / count,
    top: sum.top / count,
  };
}

/**
 * Bytes of weights that one wake and one sleep update move (float64), when so
 * many units are on. In either phase one model predicts, reading the rows of
 * units that are on, and the other learns, reading them and reading and
 * writing them again.
 */
export function bytesMoved(
  params: HelmholtzParams,
  on: { visible: number; hidden: number; top: number },
): number {
  const [visible, hidden, top] = [
    params.visibleBias.length,
    params.hiddenBias.length,
    params.topBias.length,
  ];
  const up = on.visible * hidden + on.hidden * top;
  const down = on.top * hidden + on.hidden * visible;
  return 8 * 4 * (up + down);
}
