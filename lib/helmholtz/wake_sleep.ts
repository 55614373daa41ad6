/**
 * The rule by which the Helmholtz machine learns, as it is read in the paper.
 * `online_machine.ts` applies it to image after image.
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
  type HelmholtzParams,
  layerProbability,
  type Layers,
  NO_WEIGHTS,
  NOTHING,
} from "./machine.ts";
import { logJoint, logRecognition } from "./importance_sampling.ts";

/** The wake update: teaches each layer to predict the one below. */
export function learnGenerative(
  params: HelmholtzParams,
  { t, h, v, pt, ph, pv }: Layers,
  epsilon: number,
  holdTopBias = false,
): void {
  const { topBias, topToHidden, hiddenBias } = params;
  const { hiddenToVisible, visibleBias } = params;
  if (!holdTopBias) {
    layerProbability(NOTHING, NO_WEIGHTS, topBias, pt);
    deltaRule(NOTHING, NO_WEIGHTS, topBias, t, pt, epsilon);
  }
  layerProbability(t, topToHidden, hiddenBias, ph);
  deltaRule(t, topToHidden, hiddenBias, h, ph, epsilon);
  layerProbability(h, hiddenToVisible, visibleBias, pv);
  deltaRule(h, hiddenToVisible, visibleBias, v, pv, epsilon);
}

/**
 * The wake update of a first stage: weights to the pixels stay at 0 or above
 * and all biases are held, so that units can only join their dots (noisy-or).
 *
 * @param explaining the units of the hidden layer that take part, 0 or 1
 */
export function learnConstrained(
  params: HelmholtzParams,
  { v, pv }: Layers,
  { explaining, epsilon }: { explaining: Uint8Array; epsilon: number },
): void {
  const { hiddenToVisible, visibleBias } = params;
  const n = v.length;
  layerProbability(explaining, hiddenToVisible, visibleBias, pv);
  for (let j = 0; j < explaining.length; j++) {
    if (explaining[j] === 0) continue;
    for (let i = 0, at = j * n; i < n; i++, at++) {
      const delta = epsilon * (v[i] - pv[i]);
      hiddenToVisible[at] = Math.max(0, hiddenToVisible[at] + delta);
    }
  }
}

/**
 * The sleep update: teaches each layer to recognize what made the one below.
 *
 * @param silentTop leaves the weights to the top as they are
 */
export function learnRecognition(
  params: HelmholtzParams,
  { t, h, v, pt, ph }: Layers,
  epsilon: number,
  silentTop = false,
): void {
  const { visibleToHidden, hiddenRecognitionBias } = params;
  const { hiddenToTop, topRecognitionBias } = params;
  layerProbability(v, visibleToHidden, hiddenRecognitionBias, ph);
  deltaRule(v, visibleToHidden, hiddenRecognitionBias, h, ph, epsilon);
  if (silentTop) return;
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
