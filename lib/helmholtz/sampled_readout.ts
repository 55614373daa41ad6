/**
 * What the top layer of a machine says that is too large to enumerate: its
 * meaning from fantasies, its states from recognitions. `readout.ts` has the
 * exact counterparts.
 *
 * @module
 */
import {
  dream,
  type HelmholtzParams,
  layerProbability,
  layersOf,
  recognize,
} from "./machine.ts";
import { hiddenGivenTop, stateProbabilities } from "./likelihood.ts";
import { logProbability } from "./importance_sampling.ts";
import { topPrior } from "./readout.ts";
import { exp, log, logSumExp } from "../numeric/elementary.ts";
import type { Rng } from "../numeric/random.ts";
import type { Training } from "../run/training.ts";

/**
 * The probability that a fantasy from each top state is a pattern that each
 * value can have made, top states × values; and that it is a pattern at all.
 *
 * @param count fantasies from each top state
 */
export function sampledMeaning(
  rng: Rng,
  params: HelmholtzParams,
  { valuesOf, values, count }: {
    valuesOf: (pattern: Uint8Array) => readonly number[];
    values: number;
    count: number;
  },
): { meaning: Float64Array; valid: Float64Array } {
  const layers = layersOf(params);
  const tops = 2 ** layers.t.length;
  const meaning = new Float64Array(tops * values);
  const valid = new Float64Array(tops);
  for (let t = 0; t < tops; t++) {
    layers.t.forEach((_, k) => layers.t[k] = t >> k & 1);
    for (let n = 0; n < count; n++) {
      dream(rng, params, layers, true);
      const found = valuesOf(layers.v);
      if (found.length > 0) valid[t] += 1 / count;
      for (const d of found) meaning[t * values + d] += 1 / count;
    }
  }
  return { meaning, valid };
}

/**
 * q(t | v), the mean of q(t | h) over recognitions h of v, and p(t | v), the
 * mean of p(t | h) weighted by p(v, h) / q(h | v); patterns × top states.
 *
 * @param samples recognitions of a pattern
 */
export function* sampledTops(
  rng: Rng,
  params: HelmholtzParams,
  { patterns, samples }: { patterns: Uint8Array; samples: number },
): Training<never, { recognition: Float64Array; posterior: Float64Array }> {
  const layers = layersOf(params);
  const { h, v, ph, pv, pt } = layers;
  const count = patterns.length / v.length;
  const logPrior = topPrior(params).map(log);
  const tops = logPrior.length;
  const on = hiddenGivenTop(params);
  const recognition = new Float64Array(count * tops);
  const posterior = new Float64Array(count * tops);
  const logWeights = new Float64Array(samples);
  const topsOfHidden = new Float64Array(samples * tops);
  for (let k = 0; k < count; k++) {
    v.set(patterns.subarray(k * v.length, (k + 1) * v.length));
    for (let m = 0; m < samples; m++) {
      recognize(rng, params, layers);
      const ofQ = logProbability(h, ph);
      stateProbabilities(pt).forEach((q, t) =>
        recognition[k * tops + t] += q / samples
      );
      const logJoint = logPrior.map((p, t) =>
        p + logProbability(h, on.subarray(t * h.length, (t + 1) * h.length))
      );
      const logHidden = logSumExp(logJoint);
      logJoint.forEach((p, t) =>
        topsOfHidden[m * tops + t] = exp(p - logHidden)
      );
      layerProbability(h, params.hiddenToVisible, params.visibleBias, pv);
      logWeights[m] = logHidden + logProbability(v, pv) - ofQ;
    }
    const total = logSumExp(logWeights);
    topsOfHidden.forEach((p, i) => {
      const weight = exp(logWeights[Math.floor(i / tops)] - total);
      posterior[k * tops + i % tops] += weight * p;
    });
    yield k;
  }
  return { recognition, posterior };
}
