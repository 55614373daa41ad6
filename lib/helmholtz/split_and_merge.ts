/**
 * Split and merge: a hidden unit that explains next to nothing is given half
 * of the unit whose pixels are explained worst. Duplicates and missing parts
 * are what a code of non-negative parts gets stuck in; this moves one to the
 * other.
 *
 *   useⱼ = mean of what the pattern's explanation loses when unit j is off
 *   blameⱼ = Σ −ln p(vᵢ | h) · its share in the input of pixel i
 *
 * @module
 */
import {
  type HelmholtzConfig,
  type HelmholtzParams,
  layerProbability,
  type OnlineMachine,
} from "./machine.ts";
import { log } from "../numeric/elementary.ts";
import type { Rng } from "../numeric/random.ts";
import { quantile } from "../numeric/statistics.ts";

/** A unit is recycled whose use is at most this share of the median. */
const LEAST_USE = 0.25;
/** An input of less explains nothing: so much blame is left unassigned. */
const LEAST_INPUT = 0.5;

/** What the hidden units are good for, in nats a pattern. */
export interface Usage {
  /** What is lost without the unit. */
  use: Float64Array;
  /** Cost of the pixels, shared out among the units that make them. */
  blame: Float64Array;
}

/** A unit that was recycled. */
export interface SplitAndMerge {
  unit: number;
  /** Its use, and the median of all units' use, in nats a pattern. */
  use: number;
  median: number;
  /** The unit that it was split from. */
  from: number;
}

/**
 * Measures the units on fresh patterns. `params` must be up to date.
 *
 * @param on "explained": a pattern counts for the units alone that are on in
 *   its explanation; the others lose nothing
 */
export function usage(
  machine: OnlineMachine,
  params: HelmholtzParams,
  { images, on: counted }: {
    images: number;
    on: HelmholtzConfig["splitOn"];
  },
): Usage {
  const hidden = params.hiddenBias.length;
  const use = new Float64Array(hidden);
  const blame = new Float64Array(hidden);
  const on = new Uint8Array(hidden);
  for (let n = 0; n < images; n++) {
    machine.see();
    const whole = machine.explain();
    on.set(machine.explanation);
    addBlame(params, { on, pattern: machine.pattern }, blame);
    for (let j = 0; j < hidden; j++) {
      if (on[j] || counted === "all") use[j] += whole - machine.explain(j);
    }
  }
  return { use: use.map((sum) => sum / images), blame };
}

/** Adds each pixel's −ln p(vᵢ | h) to the units that are on, by their weights. */
function addBlame(
  { hiddenToVisible, visibleBias }: HelmholtzParams,
  { on, pattern }: { on: Uint8Array; pattern: ArrayLike<number> },
  blame: Float64Array,
): void {
  const n = visibleBias.length;
  const probability = new Float64Array(n);
  layerProbability(on, hiddenToVisible, visibleBias, probability);
  for (let i = 0; i < n; i++) {
    const cost = -log(pattern[i] ? probability[i] : 1 - probability[i]);
    let input = 0;
    on.forEach((state, j) => input += state * hiddenToVisible[j * n + i]);
    on.forEach((state, j) => {
      const share = hiddenToVisible[j * n + i] / Math.max(input, LEAST_INPUT);
      if (state) blame[j] += cost * share;
    });
  }
}

/**
 * Recycles the least useful unit, if it is of little use: it takes a random
 * half of each weight of the unit with the most blame. Changes `params`.
 *
 * @returns what was done, or null
 */
export function splitAndMerge(
  rng: Rng,
  params: HelmholtzParams,
  { use, blame }: Usage,
): SplitAndMerge | null {
  const median = quantile(use, 0.5);
  const unit = use.indexOf(Math.min(...use));
  if (use[unit] > LEAST_USE * median) return null;
  const others = blame.map((b, j) => j === unit ? -Infinity : b);
  const from = others.indexOf(Math.max(...others));
  const { hiddenToVisible, visibleToHidden, hiddenRecognitionBias } = params;
  const visible = params.visibleBias.length;
  const hidden = use.length;
  for (let i = 0; i < visible; i++) {
    const half = 0.5 * rng();
    const weight = hiddenToVisible[from * visible + i];
    hiddenToVisible[unit * visible + i] = weight * (0.5 + half);
    hiddenToVisible[from * visible + i] = weight * (1 - half);
    visibleToHidden[i * hidden + unit] = visibleToHidden[i * hidden + from];
  }
  hiddenRecognitionBias[unit] = hiddenRecognitionBias[from];
  return { unit, use: use[unit], median, from };
}
