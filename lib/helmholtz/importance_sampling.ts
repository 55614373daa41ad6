/**
 * The likelihood of a Helmholtz machine of any size, by importance sampling
 * with its recognition model; and ln p and ln q of given states, which that
 * and reweighted learning are made of.
 *
 * @module
 */
import {
  type HelmholtzParams,
  layerProbability,
  type Layers,
  layersOf,
  recognize,
} from "./machine.ts";
import { exp, log, logSumExp, sigmoid } from "../numeric/elementary.ts";
import type { Rng } from "../numeric/random.ts";
import { variance } from "../numeric/statistics.ts";
import { finish, type Training } from "../run/training.ts";

/** An estimate with the standard error that sampling leaves. */
export interface Estimate {
  value: number;
  standardError: number;
}

/**
 * The mean of −ln p(v) over patterns in nats, by importance sampling with the
 * recognition model as proposal: ln p(v) ≈ ln (1/M) Σ p(v, h, t) / q(h, t | v).
 *
 * The estimate of −ln p is too high on average (Jensen), by about half the
 * squared standard error of each pattern.
 */
export function sampledNll(
  rng: Rng,
  params: HelmholtzParams,
  options: SampledNllOptions,
): Estimate {
  return finish(samplingNll(rng, params, options));
}

/** What the estimate is made of. */
export interface SampledNllOptions {
  /** In rows, count × visible, 0 or 1. */
  patterns: Uint8Array;
  /** Samples of each pattern, M. */
  samples: number;
  /** Probability of each pattern; default equal. */
  weights?: ArrayLike<number>;
}

/** `sampledNll` with a pause after each pattern. */
export function* samplingNll(
  rng: Rng,
  params: HelmholtzParams,
  { patterns, samples, weights }: SampledNllOptions,
): Training<never, Estimate> {
  const layers = layersOf(params);
  const visible = layers.v.length;
  const count = patterns.length / visible;
  const logRatios = new Float64Array(samples);
  let value = 0;
  let squaredError = 0;
  for (let k = 0; k < count; k++) {
    layers.v.set(patterns.subarray(k * visible, (k + 1) * visible));
    for (let m = 0; m < samples; m++) {
      recognize(rng, params, layers);
      logRatios[m] = logJoint(params, layers) - logRecognition(params, layers);
    }
    const total = logSumExp(logRatios);
    const share = weights ? weights[k] : 1 / count;
    value -= share * (total - log(samples));
    // Relative weights M · rₘ / Σ r have mean 1; their variance over M is that
    // of ln of their mean to first order.
    const relative = logRatios.map((r) => samples * exp(r - total));
    squaredError += share * share * variance(relative) / samples;
    yield k;
  }
  return { value, standardError: Math.sqrt(squaredError) };
}

/** ln p of independent binary states, from their on-probabilities. */
export function logProbability(states: Uint8Array, on: Float64Array): number {
  let product = 1;
  for (let j = 0; j < states.length; j++) {
    product *= states[j] ? on[j] : 1 - on[j];
  }
  return log(Math.max(product, Number.MIN_VALUE));
}

/** ln p(t) p(h | t) p(v | h) of the states in `layers`. */
export function logJoint(params: HelmholtzParams, layers: Layers): number {
  const { t, pt } = layers;
  for (let j = 0; j < t.length; j++) pt[j] = sigmoid(params.topBias[j]);
  return logGivenTop(params, layers, logProbability(t, pt));
}

/** `before` + ln p(h | t) p(v | h) of the states in `layers`. */
export function logGivenTop(
  params: HelmholtzParams,
  { t, h, v, ph, pv }: Layers,
  before = 0,
): number {
  layerProbability(t, params.topToHidden, params.hiddenBias, ph);
  layerProbability(h, params.hiddenToVisible, params.visibleBias, pv);
  return before + logProbability(h, ph) + logProbability(v, pv);
}

/** ln q(h | v) q(t | h) of the states in `layers`. */
export function logRecognition(
  params: HelmholtzParams,
  layers: Layers,
): number {
  const { t, h, v, pt, ph } = layers;
  layerProbability(v, params.visibleToHidden, params.hiddenRecognitionBias, ph);
  layerProbability(h, params.hiddenToTop, params.topRecognitionBias, pt);
  return logProbability(h, ph) + logProbability(t, pt);
}
