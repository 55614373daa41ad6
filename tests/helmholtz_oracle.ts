/**
 * What small Helmholtz machines are tested with: a world of two patterns, and
 * one state after the other, straight from the definition.
 *
 * @module
 */
import {
  type HelmholtzParams,
  layerProbability,
  type Layers,
  layersOf,
} from "../lib/helmholtz/machine.ts";
import { sigmoid } from "../lib/numeric/elementary.ts";
import { bernoulli, type Rng } from "../lib/numeric/random.ts";

/** The patterns of two causes, one bit an image. */
export const TWO_CAUSES = Uint8Array.from("111000000111");

/** Two causes: the left three of six pixels are on, or the right three. */
export function sampleTwoCauses(rng: Rng, out: Uint8Array): void {
  const right = bernoulli(rng, 0.5);
  for (let i = 0; i < 6; i++) out[i] = (i >= 3) === (right === 1) ? 1 : 0;
}

/** A state of the hidden and the top layer, with its probabilities. */
export interface State {
  /** Bit j is unit j. */
  h: number;
  t: number;
  /** p(v, h, t). */
  joint: number;
  /** q(h, t | v). */
  recognition: number;
}

/** p(v, h, t) and q(h, t | v) of every state for one pattern. */
export function everyState(
  params: HelmholtzParams,
  pattern: Uint8Array,
): State[] {
  const layers = layersOf(params);
  layers.v.set(pattern);
  const { h, t } = layers;
  return Array.from({ length: 2 ** (h.length + t.length) }, (_, s) => {
    for (let j = 0; j < h.length; j++) h[j] = s >> j & 1;
    for (let k = 0; k < t.length; k++) t[k] = s >> h.length + k & 1;
    return {
      h: s & 2 ** h.length - 1,
      t: s >> h.length,
      joint: jointOf(params, layers),
      recognition: recognitionOf(params, layers),
    };
  });
}

/** p(t) p(h | t) p(v | h) of the states in `layers`. */
function jointOf(params: HelmholtzParams, layers: Layers): number {
  const { t, h, v, ph, pv } = layers;
  layerProbability(t, params.topToHidden, params.hiddenBias, ph);
  layerProbability(h, params.hiddenToVisible, params.visibleBias, pv);
  return product(t, params.topBias.map(sigmoid)) * product(h, ph) *
    product(v, pv);
}

/** q(h | v) q(t | h) of the states in `layers`. */
function recognitionOf(params: HelmholtzParams, layers: Layers): number {
  const { t, h, v, pt, ph } = layers;
  layerProbability(v, params.visibleToHidden, params.hiddenRecognitionBias, ph);
  layerProbability(h, params.hiddenToTop, params.topRecognitionBias, pt);
  return product(h, ph) * product(t, pt);
}

function product(states: Uint8Array, on: Float64Array): number {
  return on.reduce((p, one, j) => p * (states[j] ? one : 1 - one), 1);
}
