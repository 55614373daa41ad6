/**
 * The likelihood of a machine with too many hidden units to enumerate, from
 * below: the sum goes over the states of the units that are likeliest to
 * explain the pattern, with all others off,
 *
 *   p(v, t) ≥ p(t) Πⱼ∉S p(hⱼ = 0 | t) Σ over h_S of p(h_S | t) p(v | h_S).
 *
 * Importance sampling misses the few states that explain a pattern of many
 * parts, as a factorial q must draw all of them at once; this does not.
 *
 * @module
 */
import { gibbs } from "./gibbs.ts";
import { exactTopJoint, hiddenGivenTop } from "./likelihood.ts";
import {
  type HelmholtzParams,
  layerProbability,
  layersOf,
  NO_WEIGHTS,
  NOTHING,
  recognize,
  sampleStates,
} from "./machine.ts";
import type { Rng } from "../numeric/random.ts";
import type { Training } from "../run/training.ts";

/** Sweeps of a chain with its top held, and chains of a pattern. */
const SWEEPS = 3;
const CHAINS = 8;
/** Units whose states are summed over. */
const LIKELIEST = 14;

/**
 * p(v, t) of each pattern from below, by its likeliest units; count × 2^top.
 * With at most fourteen hidden units it is exact.
 *
 * @param patterns in rows, count × visible, 0 or 1
 */
export function* topJointOfLikeliest(
  rng: Rng,
  params: HelmholtzParams,
  patterns: Uint8Array,
): Training<never, Float64Array> {
  const visible = params.visibleBias.length;
  const tops = 2 ** params.topBias.length;
  const count = patterns.length / visible;
  const joint = new Float64Array(count * tops);
  for (let k = 0; k < count; k++) {
    const pattern = patterns.subarray(k * visible, (k + 1) * visible);
    const units = likeliestUnits(rng, params, pattern).slice(0, LIKELIEST);
    joint.set(topJointWithin(params, pattern, units), k * tops);
    yield k;
  }
  return joint;
}

/** The hidden units in the order of how often Gibbs sampling has them on. */
export function likeliestUnits(
  rng: Rng,
  params: HelmholtzParams,
  pattern: Uint8Array,
): number[] {
  const layers = layersOf(params);
  const { h, t, v, pt } = layers;
  const often = new Float64Array(h.length);
  v.set(pattern);
  for (let k = 0; k < CHAINS; k++) {
    recognize(rng, params, layers);
    // The recognition's own weighs little: where it is sure, chains may differ.
    layers.ph.forEach((p, j) => often[j] += p / 100);
    layerProbability(NOTHING, NO_WEIGHTS, params.topBias, pt);
    if (k > 0) sampleStates(rng, pt, t);
    gibbs(rng, params, layers, { sweeps: SWEEPS, top: true });
    for (let s = 0; s < SWEEPS; s++) {
      gibbs(rng, params, layers, { sweeps: 1 });
      h.forEach((on, j) => often[j] += on);
    }
  }
  return Array.from(often.keys()).sort((a, b) => often[b] - often[a]);
}

/**
 * p(v, t) of a pattern with all hidden units but `units` off, one a top state:
 * at most the machine's own, and equal to it with all units.
 */
export function topJointWithin(
  params: HelmholtzParams,
  pattern: Uint8Array,
  units: readonly number[],
): Float64Array {
  const hidden = params.hiddenBias.length;
  const visible = params.visibleBias.length;
  const top = params.topBias.length;
  const rows = (weights: Float64Array, length: number): Float64Array =>
    Float64Array.from(
      { length: units.length * length },
      (_, i) => weights[units[Math.floor(i / length)] * length + i % length],
    );
  const columns = (weights: Float64Array, from: number): Float64Array =>
    Float64Array.from(
      { length: from * units.length },
      (_, i) =>
        weights[
          Math.floor(i / units.length) * hidden + units[i % units.length]
        ],
    );
  const within = exactTopJoint({
    ...params,
    topToHidden: columns(params.topToHidden, top),
    hiddenBias: rows(params.hiddenBias, 1),
    hiddenToVisible: rows(params.hiddenToVisible, visible),
    visibleToHidden: columns(params.visibleToHidden, visible),
    hiddenRecognitionBias: rows(params.hiddenRecognitionBias, 1),
    hiddenToTop: rows(params.hiddenToTop, top),
  }, pattern);
  const on = hiddenGivenTop(params);
  const chosen = new Set(units);
  return within.map((p, t) => {
    for (let j = 0; j < hidden; j++) {
      if (!chosen.has(j)) p *= 1 - on[t * hidden + j];
    }
    return p;
  });
}
