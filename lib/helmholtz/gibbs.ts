/**
 * Gibbs sampling of a Helmholtz machine's causes: each unit in turn is drawn
 * from its probability given all others, which leaves the posterior
 * p(h, t | v) as it is.
 *
 * The odds of hidden unit j are those that the top gives it, times
 *
 *   Πᵢ p(vᵢ | hⱼ = 1, others) / p(vᵢ | hⱼ = 0, others)
 *     = Πᵢ (1 + xᵢ) / (1 + xᵢ eᵢ) · (eᵢ where pixel i is on),
 *
 * with the odds xᵢ that the other units give to pixel i and eᵢ = e^wⱼᵢ: no
 * function is evaluated. Odds follow a unit that changes by one product.
 *
 * @module
 */
import type { HelmholtzParams, Layers } from "./machine.ts";
import { exp } from "../numeric/elementary.ts";
import { integer, type Rng } from "../numeric/random.ts";

/** What stays as it is during a sweep. */
export interface Held {
  /** A hidden unit; default none. */
  unit?: number;
  /** Whether the top layer is. */
  top?: boolean;
}

/** Gibbs sweeps over the hidden units, from a random one on, then the top's. */
export function gibbs(
  rng: Rng,
  params: HelmholtzParams,
  layers: Layers,
  { sweeps, unit: held, top: topHeld = false }: Held & { sweeps: number },
): void {
  const { h, t } = layers;
  const conditional = conditionals(params, layers);
  for (let s = 0; s < sweeps; s++) {
    const start = integer(rng, h.length);
    for (let n = 0; n < h.length; n++) {
      const j = (start + n) % h.length;
      if (j !== held) {
        conditional.hidden.set(j, rng() < conditional.hidden.of(j));
      }
    }
    if (topHeld) continue;
    for (let i = 0; i < t.length; i++) {
      conditional.top.set(i, rng() < conditional.top.of(i));
    }
  }
}

/** The units of one layer, one of which is drawn anew at a time. */
export interface Conditional {
  /** p(unit on | all others), which takes the unit out of the odds below. */
  of(unit: number): number;
  /** Sets the unit whose probability was asked for. */
  set(unit: number, on: boolean): void;
}

/** The conditional probabilities of hidden and top units; they share odds. */
export function conditionals(
  params: HelmholtzParams,
  { t, h, v }: Layers,
): { hidden: Conditional; top: Conditional } {
  const { topToHidden, hiddenToVisible, hiddenBias, visibleBias } = params;
  const oddsV = odds(h, hiddenToVisible, visibleBias);
  const oddsH = odds(t, topToHidden, hiddenBias);
  return {
    hidden: conditional(
      { states: h, below: v, prior: oddsH, odds: oddsV },
      hiddenToVisible,
    ),
    top: conditional(
      { states: t, below: h, prior: params.topBias.map(exp), odds: oddsH },
      topToHidden,
    ),
  };
}

/** e to the power of bias plus the rows of the units that are on. */
function odds(
  states: Uint8Array,
  weights: Float64Array,
  bias: Float64Array,
): Float64Array {
  const sums = bias.slice();
  const n = bias.length;
  states.forEach((on, j) => {
    for (let i = 0; on && i < n; i++) sums[i] += weights[j * n + i];
  });
  return sums.map(exp);
}

function conditional(
  { states, below, prior, odds }: {
    states: Uint8Array;
    below: Uint8Array;
    /** Odds of the units, from the layer above. */
    prior: Float64Array;
    /** Odds of the units below, from these. */
    odds: Float64Array;
  },
  weights: Float64Array,
): Conditional {
  const n = below.length;
  const factors = weights.map(exp);
  return {
    of(unit): number {
      const row = unit * n;
      if (states[unit]) {
        for (let i = 0; i < n; i++) odds[i] /= factors[row + i];
      }
      // Two products, as the kernel's vectors hold two.
      const ratio = [1, 1];
      for (let i = 0; i < n; i++) {
        const e = factors[row + i];
        const off = (1 + odds[i]) / (1 + odds[i] * e);
        ratio[i & 1] *= below[i] ? off * e : off;
      }
      return 1 / (1 + 1 / (prior[unit] * (ratio[0] * ratio[1])));
    },
    set(unit, on): void {
      states[unit] = on ? 1 : 0;
      if (!on) return;
      for (let i = 0; i < n; i++) odds[i] *= factors[unit * n + i];
    },
  };
}
