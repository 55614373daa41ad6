/**
 * Reweighted wake-sleep: K recognitions of each image, weighted by how well
 * the generative model explains them.
 *
 * Bornschein, J., & Bengio, Y. (2015). Reweighted wake-sleep. International
 * Conference on Learning Representations.
 *
 *   wₖ ∝ p(v, hₖ, tₖ) / q(hₖ, tₖ | v),  Σₖ wₖ = 1
 *   wake    generative and recognition weights: Σₖ wₖ · delta rule on (v, hₖ, tₖ)
 *   sleep   recognition weights: delta rule on a dream, as in wake-sleep
 *
 * With K = 1 only the wake update of the recognition weights differs from
 * plain wake-sleep. As K grows the generative weights follow the gradient of
 * ln p(v) rather than of a bound.
 *
 * @module
 */
import {
  dream,
  type HelmholtzParams,
  layersOf,
  type OnlineUpdate,
  recognize,
  type SamplePattern,
} from "./machine.ts";
import { learnGenerative, learnRecognition } from "./wake_sleep.ts";
import { exp } from "../numeric/elementary.ts";
import { logJoint, logRecognition } from "./importance_sampling.ts";

/** Makes the update on one image with `samples` recognitions of it. */
export function reweightedWakeSleep(
  params: HelmholtzParams,
  sample: SamplePattern,
  samples: number,
): OnlineUpdate {
  const particles = Array.from({ length: samples }, () => layersOf(params));
  const fantasy = layersOf(params);
  const weights = new Float64Array(samples);
  return (rng, epsilon) => {
    const image = particles[0].v;
    sample(rng, image);
    let max = -Infinity;
    particles.forEach((particle, k) => {
      particle.v.set(image);
      recognize(rng, params, particle);
      weights[k] = logJoint(params, particle) -
        logRecognition(params, particle);
      max = Math.max(max, weights[k]);
    });
    let total = 0;
    for (let k = 0; k < samples; k++) {
      weights[k] = exp(weights[k] - max);
      total += weights[k];
    }
    for (let k = 0; k < samples; k++) {
      const share = epsilon * weights[k] / total;
      learnGenerative(params, particles[k], share);
      learnRecognition(params, particles[k], share);
    }
    dream(rng, params, fantasy);
    learnRecognition(params, fantasy, epsilon);
  };
}
