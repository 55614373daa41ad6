/**
 * What the top layer says about a hidden cause: three readouts, from the
 * reference program's to the one that asks the model itself.
 *
 * A cause has values d = 0, 1, … ; `labels` holds, for pattern k and value d,
 * their joint probability under the data (patterns × values).
 *
 * @module
 */
import type { HelmholtzParams } from "./machine.ts";
import {
  stateProbabilities,
  sumRecognitionTop,
  sumTopJoint,
} from "./likelihood.ts";
import { log2, sigmoid } from "../numeric/elementary.ts";
import { bernoulli, type Rng } from "../numeric/random.ts";
import { finish, type Training } from "../run/training.ts";

/** p(t) of every top state. */
export function topPrior(params: HelmholtzParams): Float64Array {
  return stateProbabilities(params.topBias.map(sigmoid));
}

/**
 * What the generative model means by each top state: the probability that a
 * fantasy from t is a pattern of value d, top states × values. Rows need not
 * sum to 1: a fantasy may be no valid pattern, or one of several values.
 *
 * @param joint p(v, t) of each pattern, patterns × top states
 */
export function topMeaning(
  params: HelmholtzParams,
  joint: Float64Array,
  labels: Float64Array,
): Float64Array {
  const prior = topPrior(params);
  const tops = prior.length;
  const patterns = joint.length / tops;
  const values = labels.length / patterns;
  const meaning = new Float64Array(tops * values);
  for (let k = 0; k < patterns; k++) {
    for (let d = 0; d < values; d++) {
      if (labels[k * values + d] === 0) continue;
      for (let t = 0; t < tops; t++) {
        meaning[t * values + d] += joint[k * tops + t] / prior[t];
      }
    }
  }
  return meaning;
}

/**
 * How much speaks for each value in each pattern, without a label:
 * Σ_t w(t | v) P(d | t), patterns × values.
 *
 * @param weights q(t | v), or the joint p(v, t) for the exact posterior,
 *   patterns × top states
 * @param meaning from `topMeaning`, top states × values
 */
export function causeScores(
  weights: Float64Array,
  meaning: Float64Array,
  values: number,
): Float64Array {
  const tops = meaning.length / values;
  const scores = new Float64Array(weights.length / tops * values);
  for (let k = 0; k < weights.length / tops; k++) {
    for (let t = 0; t < tops; t++) {
      const w = weights[k * tops + t];
      for (let d = 0; d < values; d++) {
        scores[k * values + d] += w * meaning[t * values + d];
      }
    }
  }
  return scores;
}

/**
 * How often the value with the highest score is right under the data; equal
 * scores share the guess.
 *
 * @param labels joint probability of pattern and value, patterns × values
 */
export function causeAccuracy(
  labels: Float64Array,
  scores: Float64Array,
  values: number,
): number {
  let sum = 0;
  for (let at = 0; at < labels.length; at += values) {
    const row = scores.subarray(at, at + values);
    const best = Math.max(...row);
    const ties = row.filter((score) => score === best).length;
    row.forEach((score, d) =>
      sum += score === best ? labels[at + d] / ties : 0
    );
  }
  return sum;
}

/** All distinct patterns of a world with a hidden cause. */
export interface CausePatterns {
  /** Pixels, patterns × visible, 0 or 1. */
  pixels: Uint8Array;
  /** Probability of each pattern under the data. */
  probability: Float64Array;
  /** Joint probability of pattern and value, patterns × values. */
  joint: Float64Array;
}

/** How well a machine knows a world, all of it exact. */
export interface Assessment {
  /** −log₂ p(v), mean over the data; bits an image. */
  nllBits: number;
  /** KL(data ‖ model); bits an image. */
  klBits: number;
  /** Probability that a fantasy is a pattern of the world. */
  validMass: number;
  /** Accuracy of the cause by Σ_t q(t | v) P(d | t). */
  accuracyByMeaning: number;
  /** The same with the exact posterior p(t | v) in place of q. */
  accuracyByPosterior: number;
}

/** Assesses a machine by enumeration; some 0.2 s for 16 hidden and 4 top units. */
export function assess(
  params: HelmholtzParams,
  patterns: CausePatterns,
): Assessment {
  return finish(assessing(params, patterns));
}

/** `assess` with pauses, for a history that the stop button may end. */
export function* assessing(
  params: HelmholtzParams,
  { pixels, probability, joint: labels }: CausePatterns,
): Training<never, Assessment> {
  const joint = yield* sumTopJoint(params, pixels);
  const likelihood = marginals(joint, probability.length);
  const nllBits = crossEntropyBits(probability, likelihood);
  return {
    nllBits,
    klBits: nllBits - crossEntropyBits(probability, probability),
    validMass: likelihood.reduce((sum, p) => sum + p, 0),
    ...causeAccuracies(labels, topMeaning(params, joint, labels), {
      values: labels.length / probability.length,
      recognition: yield* sumRecognitionTop(params, pixels),
      posterior: joint,
    }),
  };
}

/** p(v) of each pattern. `joint`: p(v, t), patterns × top states. */
export function marginals(joint: Float64Array, patterns: number): Float64Array {
  const tops = joint.length / patterns;
  return Float64Array.from(
    { length: patterns },
    (_, k) => joint.subarray(k * tops, (k + 1) * tops).reduce((a, b) => a + b),
  );
}

/** −Σ data · log₂ model, over patterns; bits. */
export function crossEntropyBits(
  data: Float64Array,
  model: Float64Array,
): number {
  return data.reduce((sum, p, k) => sum - p * log2(model[k]), 0);
}

/**
 * How often the cause is read right, by what recognition and by what the
 * posterior say of the top states, each patterns × top states.
 *
 * @param labels joint probability of pattern and value, patterns × values
 * @param meaning from `topMeaning`, top states × values
 */
export function causeAccuracies(
  labels: Float64Array,
  meaning: Float64Array,
  { values, recognition, posterior }: {
    values: number;
    recognition: Float64Array;
    posterior: Float64Array;
  },
): Pick<Assessment, "accuracyByMeaning" | "accuracyByPosterior"> {
  const accuracy = (weights: Float64Array): number =>
    causeAccuracy(labels, causeScores(weights, meaning, values), values);
  return {
    accuracyByMeaning: accuracy(recognition),
    accuracyByPosterior: accuracy(posterior),
  };
}

/**
 * The reference program's metric: a sign for each top unit, the sign of the
 * signed vote as the guess, and of all 2^top sign vectors the one that does
 * best on the labels it is scored with. A tied vote counts one half.
 *
 * @param states sampled top states, one number a pattern, bit k is unit k
 * @param labels 0 or 1 for each pattern
 */
export function bestSignVector(
  states: ArrayLike<number>,
  labels: ArrayLike<number>,
  top: number,
): { accuracy: number; signs: number } {
  // How often each state comes with each label: then patterns do not matter.
  const counts = new Float64Array(2 ** (top + 1));
  for (let k = 0; k < states.length; k++) counts[2 * states[k] + labels[k]]++;
  let best = { accuracy: -1, signs: 0 };
  for (let signs = 0; signs < 2 ** top; signs++) {
    let right = 0;
    for (let t = 0; t < 2 ** top; t++) {
      let vote = 0;
      for (let k = 0; k < top; k++) {
        vote += (t >> k) & 1 ^ (signs >> k) & 1 ? -1 : 1;
      }
      const [zeros, ones] = [counts[2 * t], counts[2 * t + 1]];
      right += vote > 0 ? ones : vote < 0 ? zeros : (zeros + ones) / 2;
    }
    const accuracy = right / states.length;
    if (accuracy > best.accuracy) best = { accuracy, signs };
  }
  return best;
}

/**
 * What `bestSignVector` makes of labels that are coin flips: its chance level,
 * one accuracy a trial.
 */
export function signVectorChance(
  rng: Rng,
  states: ArrayLike<number>,
  { top, trials }: { top: number; trials: number },
): Float64Array {
  const labels = new Uint8Array(states.length);
  return Float64Array.from({ length: trials }, () => {
    for (let k = 0; k < labels.length; k++) labels[k] = bernoulli(rng, 0.5);
    return bestSignVector(states, labels, top).accuracy;
  });
}
