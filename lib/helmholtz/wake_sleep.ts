/**
 * Wake-sleep, one image at a time: the rule by which the Helmholtz machine
 * learns, as it is read in the paper. `compiled_wake_sleep.ts` is the same to
 * the last bit, many times as fast.
 *
 * Hinton, G. E., Dayan, P., Frey, B. J., & Neal, R. M. (1995). The wake-sleep
 * algorithm for unsupervised neural networks. Science 268, 1158–1161.
 *
 *   wake   v from the data, h, t from q:   Δwᵢⱼ = ε sᵢ (sⱼ − pⱼ)
 *   sleep  t, h, v from p:                 Δrᵢⱼ = ε sᵢ (sⱼ − qⱼ)
 *
 * @module
 */
import {
  dream,
  type HelmholtzParams,
  layerProbability,
  type Layers,
  layersOf,
  NO_WEIGHTS,
  NOTHING,
  type OnlineUpdate,
  recognize,
  type SamplePattern,
} from "./machine.ts";
import { logJoint, logRecognition } from "./importance_sampling.ts";

/**
 * Makes the function that does one wake and one sleep update on one image.
 * It changes `params` in place and allocates nothing.
 */
export function wakeSleep(
  params: HelmholtzParams,
  sample: SamplePattern,
): OnlineUpdate {
  const layers = layersOf(params);
  return (rng, epsilon) => {
    sample(rng, layers.v);
    recognize(rng, params, layers);
    learnGenerative(params, layers, epsilon);
    dream(rng, params, layers);
    learnRecognition(params, layers, epsilon);
  };
}

/** The wake update: teaches each layer to predict the one below. */
export function learnGenerative(
  params: HelmholtzParams,
  { t, h, v, pt, ph, pv }: Layers,
  epsilon: number,
): void {
  const { topBias, topToHidden, hiddenBias } = params;
  const { hiddenToVisible, visibleBias } = params;
  layerProbability(NOTHING, NO_WEIGHTS, topBias, pt);
  deltaRule(NOTHING, NO_WEIGHTS, topBias, t, pt, epsilon);
  layerProbability(t, topToHidden, hiddenBias, ph);
  deltaRule(t, topToHidden, hiddenBias, h, ph, epsilon);
  layerProbability(h, hiddenToVisible, visibleBias, pv);
  deltaRule(h, hiddenToVisible, visibleBias, v, pv, epsilon);
}

/** The sleep update: teaches each layer to recognize what made the one below. */
export function learnRecognition(
  params: HelmholtzParams,
  { t, h, v, pt, ph }: Layers,
  epsilon: number,
): void {
  const { visibleToHidden, hiddenRecognitionBias } = params;
  const { hiddenToTop, topRecognitionBias } = params;
  layerProbability(v, visibleToHidden, hiddenRecognitionBias, ph);
  deltaRule(v, visibleToHidden, hiddenRecognitionBias, h, ph, epsilon);
  layerProbability(h, hiddenToTop, topRecognitionBias, pt);
  deltaRule(h, hiddenToTop, topRecognitionBias, t, pt, epsilon);
}

/** The delta rule: Δw = ε s (target − probability). Overwrites `probability`. */
function deltaRule(
  states: Uint8Array,
  weights: Float64Array,
  bias: Float64Array,
  target: Uint8Array,
  probability: Float64Array,
  epsilon: number,
): void {
  const n = bias.length;
  for (let j = 0; j < n; j++) {
    probability[j] = epsilon * (target[j] - probability[j]);
    bias[j] += probability[j];
  }
  for (let i = 0; i < states.length; i++) {
    if (states[i] === 0) continue;
    const row = i * n;
    for (let j = 0; j < n; j++) weights[row + j] += probability[j];
  }
}

/**
 * −ln p(v, h, t) − ln q(h, t | v) of the states in `layers`, with its gradient
 * taken from the updates themselves: what wake-sleep adds with ε = 1.
 */
export function lossAndGrads(
  params: HelmholtzParams,
  layers: Layers,
): { loss: number; grads: HelmholtzParams } {
  const loss = -logJoint(params, layers) - logRecognition(params, layers);
  const learned = structuredClone(params);
  learnGenerative(learned, layers, 1);
  learnRecognition(learned, layers, 1);
  const grads = structuredClone(params);
  for (const name of Object.keys(params) as (keyof HelmholtzParams)[]) {
    grads[name].forEach((value, i) =>
      grads[name][i] = value - learned[name][i]
    );
  }
  return { loss, grads };
}
