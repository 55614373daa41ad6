/**
 * Exact quantities of a Helmholtz machine that is small enough to enumerate:
 * likelihood, posterior and the recognition model's law of the top layer; and
 * the importance-sampled likelihood that larger machines need.
 *
 * A state of a layer is a number whose bit j is unit j. All 2^hidden hidden
 * states are visited; the top layer is summed out in closed form:
 *
 *   p(v, t) = p(t) Σ_h p(h | t) p(v | h)
 *
 * A pattern's probability given h is a product of one table look-up for each
 * byte of pixels, so a hidden state costs some 10 ns a pattern.
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
import { learnGenerative, learnRecognition } from "./wake_sleep.ts";
import { refusal } from "../run/config.ts";
import { exp, log, logSumExp, sigmoid } from "../numeric/elementary.ts";
import type { Rng } from "../numeric/random.ts";
import { variance } from "../numeric/statistics.ts";
import { finish, type Training } from "../run/training.ts";

/** Beyond 2²² hidden states enumeration takes more than a minute. */
const MOST_HIDDEN = 22;

/** Patterns in a row each, count × visible, 0 or 1. */
export type Patterns = Uint8Array;

/** products[s] = probability of the state s of independent units, from their on-probabilities. */
export function stateProbabilities(
  on: ArrayLike<number>,
  first = 0,
  units = on.length,
  products: Float64Array = new Float64Array(2 ** units),
): Float64Array {
  products[0] = 1;
  for (let i = 0, size = 1; i < units; i++, size *= 2) {
    const p = on[first + i];
    for (let s = 0; s < size; s++) {
      products[size + s] = products[s] * p;
      products[s] *= 1 - p;
    }
  }
  return products;
}

/** sums[s] = bias + Σ over the on bits i of s of row first + i of the weights, states × n. */
function stateInputs(
  weights: Float64Array,
  n: number,
  first: number,
  units: number,
  bias?: Float64Array,
): Float64Array {
  const sums = new Float64Array(2 ** units * n);
  if (bias) sums.set(bias);
  for (let i = 0, size = 1; i < units; i++, size *= 2) {
    const row = (first + i) * n;
    for (let s = 0; s < size; s++) {
      for (let j = 0; j < n; j++) {
        sums[(size + s) * n + j] = sums[s * n + j] + weights[row + j];
      }
    }
  }
  return sums;
}

/** On-probabilities of the lower layer for every state of the upper, states × n. */
function conditionals(
  weights: Float64Array,
  bias: Float64Array,
  units: number,
): Float64Array {
  return stateInputs(weights, bias.length, 0, units, bias).map(sigmoid);
}

/** The patterns' pixels packed in bytes, count × ceil(visible / 8). */
function packBytes(
  patterns: Patterns,
  visible: number,
): { bytes: Uint8Array; perPattern: number } {
  if (patterns.length % visible !== 0) {
    throw new TypeError(
      `Cannot score patterns as their length must be a multiple of ${visible} ` +
        `pixels: current length is ${patterns.length}`,
    );
  }
  const perPattern = Math.ceil(visible / 8);
  const bytes = new Uint8Array(patterns.length / visible * perPattern);
  for (let i = 0; i < patterns.length; i++) {
    const pattern = Math.floor(i / visible);
    const pixel = i % visible;
    bytes[pattern * perPattern + (pixel >> 3)] |= patterns[i] << (pixel & 7);
  }
  return { bytes, perPattern };
}

/**
 * Calls `visit(h, likelihoods)` for every hidden state h, with p(v | h) of
 * each pattern. The array is reused from call to call. Pauses now and then.
 */
function* visitHiddenStates(
  params: HelmholtzParams,
  patterns: Patterns,
  visit: (h: number, likelihoods: Float64Array) => void,
): Training<never, void> {
  const visible = params.visibleBias.length;
  const hidden = params.hiddenBias.length;
  const { bytes, perPattern } = packBytes(patterns, visible);
  const count = patterns.length / visible;
  // The input of a pixel is a sum of two parts, from the low and the high units.
  const lowUnits = hidden >> 1;
  const weights = params.hiddenToVisible;
  const low = stateInputs(weights, visible, 0, lowUnits, params.visibleBias);
  const high = stateInputs(weights, visible, lowUnits, hidden - lowUnits);
  const lowMask = 2 ** lowUnits - 1;
  const on = new Float64Array(perPattern * 8);
  const tables = Array.from(
    { length: perPattern },
    () => new Float64Array(256),
  );
  const likelihoods = new Float64Array(count);
  for (let h = 0; h < 2 ** hidden; h++) {
    const lowRow = (h & lowMask) * visible;
    const highRow = (h >>> lowUnits) * visible;
    for (let i = 0; i < visible; i++) {
      on[i] = sigmoid(low[lowRow + i] + high[highRow + i]);
    }
    likelihoods.fill(1);
    for (let b = 0; b < perPattern; b++) {
      const table = stateProbabilities(on, 8 * b, 8, tables[b]);
      for (let k = 0, at = b; k < count; k++, at += perPattern) {
        likelihoods[k] *= table[bytes[at]];
      }
    }
    visit(h, likelihoods);
    if (h % 1024 === 1023) yield h;
  }
}

/**
 * p(h, t) of every hidden state and top state, 2^hidden × 2^top.
 *
 * @throws {RangeError} if there are too many hidden units to enumerate
 */
export function hiddenPrior(params: HelmholtzParams): Float64Array {
  const hidden = params.hiddenBias.length;
  if (hidden > MOST_HIDDEN) {
    throw new RangeError(
      refusal(
        "enumerate the hidden states",
        "hidden",
        `at most ${MOST_HIDDEN} units (use sampledNll)`,
        hidden,
      ),
    );
  }
  const top = params.topBias.length;
  const states = 2 ** hidden;
  const tops = 2 ** top;
  const pTop = stateProbabilities(params.topBias.map(sigmoid));
  const on = conditionals(params.topToHidden, params.hiddenBias, top);
  const prior = new Float64Array(states * tops);
  const products = new Float64Array(states);
  for (let t = 0; t < tops; t++) {
    stateProbabilities(on, t * hidden, hidden, products);
    for (let h = 0; h < states; h++) {
      prior[h * tops + t] = pTop[t] * products[h];
    }
  }
  return prior;
}

/**
 * ln p(v) of each pattern in nats, exact.
 *
 * @throws {TypeError} if the patterns are not whole images
 */
export function exactLogLikelihood(
  params: HelmholtzParams,
  patterns: Patterns,
): Float64Array {
  const tops = 2 ** params.topBias.length;
  const prior = hiddenPrior(params);
  const total = new Float64Array(patterns.length / params.visibleBias.length);
  finish(visitHiddenStates(params, patterns, (h, likelihoods) => {
    let p = 0;
    for (let t = 0; t < tops; t++) p += prior[h * tops + t];
    for (let k = 0; k < total.length; k++) total[k] += p * likelihoods[k];
  }));
  return total.map(log);
}

/** Hidden states that are summed over at a time, to stay in the cache. */
const BLOCK = 128;

/** p(v, t) of each pattern and top state, count × 2^top, exact. */
export function exactTopJoint(
  params: HelmholtzParams,
  patterns: Patterns,
): Float64Array {
  return finish(sumTopJoint(params, patterns));
}

/** `exactTopJoint` with pauses. */
export function* sumTopJoint(
  params: HelmholtzParams,
  patterns: Patterns,
): Training<never, Float64Array> {
  const tops = 2 ** params.topBias.length;
  const prior = hiddenPrior(params);
  const count = patterns.length / params.visibleBias.length;
  const joint = new Float64Array(count * tops);
  const states = Math.min(BLOCK, 2 ** params.hiddenBias.length);
  const block = new Float64Array(states * count);
  yield* visitHiddenStates(params, patterns, (h, likelihoods) => {
    const at = h % states;
    block.set(likelihoods, at * count);
    if (at < states - 1) return;
    const rows = prior.subarray((h - at) * tops, (h + 1) * tops);
    for (let k = 0; k < count; k++) {
      const out = joint.subarray(k * tops, (k + 1) * tops);
      addWeightedRows(rows, block, out, { first: k, stride: count });
    }
  });
  return joint;
}

/**
 * out += Σ_i w_i · row i, with w_i = weights[first + i · stride]: each entry is
 * summed in the order of i. Four columns at a time, in registers.
 */
function addWeightedRows(
  rows: Float64Array,
  weights: Float64Array,
  out: Float64Array,
  { first, stride }: { first: number; stride: number },
): void {
  const n = out.length;
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    let [s0, s1, s2, s3] = [out[j], out[j + 1], out[j + 2], out[j + 3]];
    for (let at = j, i = first; at < rows.length; at += n, i += stride) {
      const w = weights[i];
      s0 += w * rows[at];
      s1 += w * rows[at + 1];
      s2 += w * rows[at + 2];
      s3 += w * rows[at + 3];
    }
    out[j] = s0;
    out[j + 1] = s1;
    out[j + 2] = s2;
    out[j + 3] = s3;
  }
  for (; j < n; j++) {
    for (let at = j, i = first; at < rows.length; at += n, i += stride) {
      out[j] += weights[i] * rows[at];
    }
  }
}

/** p(h, t | v) of one pattern, 2^hidden × 2^top, exact. */
export function exactPosterior(
  params: HelmholtzParams,
  pattern: Patterns,
): Float64Array {
  const tops = 2 ** params.topBias.length;
  const posterior = hiddenPrior(params);
  let evidence = 0;
  finish(visitHiddenStates(params, pattern, (h, [likelihood]) => {
    for (let t = 0, at = h * tops; t < tops; t++, at++) {
      posterior[at] *= likelihood;
      evidence += posterior[at];
    }
  }));
  return posterior.map((p) => p / evidence);
}

/** q(t | v) = Σ_h q(h | v) q(t | h) of each pattern and top state, count × 2^top, exact. */
export function recognitionTop(
  params: HelmholtzParams,
  patterns: Patterns,
): Float64Array {
  return finish(sumRecognitionTop(params, patterns));
}

/** `recognitionTop` with pauses. */
export function* sumRecognitionTop(
  params: HelmholtzParams,
  patterns: Patterns,
): Training<never, Float64Array> {
  const visible = params.visibleBias.length;
  const hidden = params.hiddenBias.length;
  const top = params.topBias.length;
  const tops = 2 ** top;
  const count = patterns.length / visible;
  const { hiddenToTop, topRecognitionBias, visibleToHidden } = params;
  const on = conditionals(hiddenToTop, topRecognitionBias, hidden);
  const topGivenHidden = new Float64Array(2 ** hidden * tops);
  for (let h = 0; h < 2 ** hidden; h++) {
    const row = topGivenHidden.subarray(h * tops, (h + 1) * tops);
    stateProbabilities(on, h * top, top, row);
  }
  const out = new Float64Array(count * tops);
  const hiddenOn = new Float64Array(hidden);
  const weight = new Float64Array(2 ** hidden);
  for (let k = 0; k < count; k++) {
    const pattern = patterns.subarray(k * visible, (k + 1) * visible);
    const bias = params.hiddenRecognitionBias;
    layerProbability(pattern, visibleToHidden, bias, hiddenOn);
    stateProbabilities(hiddenOn, 0, hidden, weight);
    const sum = out.subarray(k * tops, (k + 1) * tops);
    for (let first = 0; first < weight.length; first += BLOCK) {
      const rows = topGivenHidden.subarray(
        first * tops,
        (first + BLOCK) * tops,
      );
      addWeightedRows(rows, weight, sum, { first, stride: 1 });
    }
    yield k;
  }
  return out;
}

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
  patterns: Patterns;
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
function logProbability(states: Uint8Array, on: Float64Array): number {
  let product = 1;
  for (let j = 0; j < states.length; j++) {
    product *= states[j] ? on[j] : 1 - on[j];
  }
  return log(Math.max(product, Number.MIN_VALUE));
}

/** ln p(t) p(h | t) p(v | h) of the states in `layers`. */
export function logJoint(params: HelmholtzParams, layers: Layers): number {
  const { t, h, v, pt, ph, pv } = layers;
  for (let j = 0; j < t.length; j++) pt[j] = sigmoid(params.topBias[j]);
  layerProbability(t, params.topToHidden, params.hiddenBias, ph);
  layerProbability(h, params.hiddenToVisible, params.visibleBias, pv);
  return logProbability(t, pt) + logProbability(h, ph) + logProbability(v, pv);
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
