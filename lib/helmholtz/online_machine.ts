/**
 * A Helmholtz machine that learns from image after image, as it is read:
 * inference in one of five ways, a wake update, a dream, a sleep update.
 * `compiled_wake_sleep.ts` is the same to the last bit, many times as fast.
 *
 * Bornschein, J., & Bengio, Y. (2015). Reweighted wake-sleep. International
 * Conference on Learning Representations: recognitions k of an image weigh
 *
 *   wₖ ∝ p(v, hₖ, tₖ) / q(hₖ, tₖ | v),  Σₖ wₖ = 1
 *
 * and as they grow in number the generative weights follow the gradient of
 * ln p(v) rather than of a bound.
 *
 * @module
 */
import { gibbs } from "./gibbs.ts";
import {
  logGivenTop,
  logJoint,
  logProbability,
} from "./importance_sampling.ts";
import {
  dream,
  type HelmholtzConfig,
  type HelmholtzParams,
  layerProbability,
  type Layers,
  layersOf,
  NO_WEIGHTS,
  NOTHING,
  type OnlineMachine,
  type Phase,
  recognize,
  type SamplePattern,
  sampleStates,
} from "./machine.ts";
import {
  learnConstrained,
  learnGenerative,
  learnRecognition,
} from "./wake_sleep.ts";
import { exp, log } from "../numeric/elementary.ts";
import type { Rng } from "../numeric/random.ts";

/** Sweeps of a chain, with its top held and free. */
const CHAIN_SWEEPS = 2;
/** Sweeps and recognitions that an explanation takes. */
const EXPLAIN_SWEEPS = 4;
const EXPLAIN_RECOGNITIONS = 10;

/** The part of the configuration that says how a machine learns from an image. */
export type Learning = Pick<
  HelmholtzConfig,
  "inference" | "samples" | "holdTopBias"
>;

/** Plain wake-sleep. */
export const WAKE_SLEEP: Readonly<Learning> = Object.freeze({
  inference: "recognition",
  samples: 1,
  holdTopBias: 0,
});

/** Where learning begins: nothing is constrained. */
export const FREE: Readonly<Phase> = Object.freeze({
  constrained: false,
  dropout: 0,
});

/** Particles that inference and explanations of this kind need room for. */
export function particlesOf({ inference, samples }: Learning): number {
  if (inference === "gibbs" || inference === "recognition") samples = 1;
  const sampled = inference === "gibbs" || inference === "chains";
  return Math.max(samples, sampled ? 2 : EXPLAIN_RECOGNITIONS);
}

/** A machine that learns into `params`, in place, and draws from `rng`. */
export function onlineMachine(
  rng: Rng,
  params: HelmholtzParams,
  sample: SamplePattern,
  learning: Learning = WAKE_SLEEP,
): OnlineMachine {
  const { inference, samples } = learning;
  const holdTopBias = learning.holdTopBias === 1;
  const particles = Array.from(
    { length: particlesOf(learning) },
    () => layersOf(params),
  );
  const [first, second] = particles;
  const pattern = first.v.slice();
  const explaining = first.h.slice();
  const weights = new Float64Array(particles.length);
  let phase: Phase = FREE;
  let total = 0;

  /** Weights become e to their power, over that of the largest; returns it. */
  const exponentiate = (count: number): number => {
    const most = weights.subarray(0, count)
      .reduce((a, b) => Math.max(a, b), -Infinity);
    total = 0;
    for (let k = 0; k < count; k++) {
      weights[k] = exp(weights[k] - most);
      total += weights[k];
    }
    return most;
  };
  const pick = (count: number): Layers => {
    let u = rng() * total;
    let k = 0;
    while (k < count - 1 && (u -= weights[k]) > 0) k++;
    return particles[k];
  };
  const recognizeOften = (count: number, off?: number): number => {
    for (let k = 0; k < count; k++) {
      const logQ = recognizeWithout(rng, params, particles[k], off);
      weights[k] = logJoint(params, particles[k]) - logQ;
    }
    return exponentiate(count);
  };
  const runChain = (k: number): void => {
    const { t, pt } = particles[k];
    const sweeps = CHAIN_SWEEPS;
    recognize(rng, params, particles[k]);
    if (k > 0) {
      layerProbability(NOTHING, NO_WEIGHTS, params.topBias, pt);
      sampleStates(rng, pt, t);
      gibbs(rng, params, particles[k], { sweeps, top: true });
    }
    gibbs(rng, params, particles[k], { sweeps });
  };
  /** Finds causes of the pattern; returns the particle to learn from. */
  const infer = (): Layers => {
    for (const { v } of particles) v.set(pattern);
    if (inference === "weighted" || inference === "drawn") {
      recognizeOften(samples);
      return inference === "drawn" ? pick(samples) : first;
    }
    if (inference === "chains" && !phase.constrained) {
      for (let k = 0; k < samples; k++) {
        runChain(k);
        weights[k] = logJoint(params, particles[k]);
      }
      exponentiate(samples);
      return pick(samples);
    }
    if (inference === "chains") runChain(0);
    else recognize(rng, params, first);
    if (inference === "gibbs") gibbs(rng, params, first, { sweeps: samples });
    return first;
  };
  const wake = (layers: Layers, epsilon: number): void => {
    if (phase.constrained) {
      explaining.set(layers.h);
      for (let j = 0; phase.dropout > 0 && j < explaining.length; j++) {
        if (explaining[j]) explaining[j] = rng() < phase.dropout ? 0 : 1;
      }
      learnConstrained(params, layers, { explaining, epsilon });
    } else {
      learnGenerative(params, layers, epsilon, holdTopBias);
    }
    if (inference === "recognition") return;
    learnRecognition(params, layers, epsilon, phase.constrained);
  };

  return {
    rng,
    pattern,
    explanation: first.h,
    enter: (next) => void (phase = next),
    load: () => {},
    store: () => {},
    see: () => void sample(rng, pattern),
    update(epsilon): void {
      sample(rng, pattern);
      const found = infer();
      if (inference === "weighted") {
        for (let k = 0; k < samples; k++) {
          wake(particles[k], epsilon * weights[k] / total);
        }
      } else wake(found, epsilon);
      dream(rng, params, first);
      learnRecognition(params, first, epsilon, phase.constrained);
    },
    explain(off): number {
      for (const { v } of particles) v.set(pattern);
      if (inference !== "gibbs" && inference !== "chains") {
        const most = recognizeOften(EXPLAIN_RECOGNITIONS, off);
        const mean = total / EXPLAIN_RECOGNITIONS;
        if (off === undefined) copyCauses(pick(EXPLAIN_RECOGNITIONS), first);
        return most + log(mean);
      }
      const held = { sweeps: EXPLAIN_SWEEPS, unit: off };
      if (off === undefined) {
        recognize(rng, params, first);
        gibbs(rng, params, first, held);
        return logGivenTop(params, first);
      }
      copyCauses(first, second);
      second.h[off] = 0;
      gibbs(rng, params, second, held);
      return logGivenTop(params, second);
    },
  };
}

function copyCauses(from: Layers, to: Layers): void {
  to.h.set(from.h);
  to.t.set(from.t);
}

/** `recognize` with hidden unit `off` silenced; returns ln q(h, t | v). */
function recognizeWithout(
  rng: Rng,
  params: HelmholtzParams,
  { t, h, v, pt, ph }: Layers,
  off?: number,
): number {
  layerProbability(v, params.visibleToHidden, params.hiddenRecognitionBias, ph);
  if (off !== undefined) ph[off] = 0;
  sampleStates(rng, ph, h);
  layerProbability(h, params.hiddenToTop, params.topRecognitionBias, pt);
  sampleStates(rng, pt, t);
  return logProbability(h, ph) + logProbability(t, pt);
}
