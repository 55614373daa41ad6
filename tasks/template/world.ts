/**
 * REPLACE: how the paper makes its data, with the citation and its section.
 *
 * The example: sensors measure one hidden cause, each with noise of its own. No
 * sensor tells the cause alone; what they share does.
 *
 * @module
 */
import { normal, type Rng } from "../../lib/numeric/random.ts";
import * as is from "../../lib/run/checks.ts";
import { checkedConfig, type Configure } from "../../lib/run/config.ts";

/** What an example is made of. */
export interface WorldConfig {
  // REPLACE: sizes and probabilities of the paper's data, each with its unit.
  /** Measurements in an example. */
  sensors: number;
  /** Standard deviation of the hidden cause; 0: there is none. */
  strength: number;
  /** Standard deviation of each sensor's own noise. */
  noise: number;
}

/** The checked configuration of a world; defaults as in the paper. */
export const worldConfig: Configure<WorldConfig> = checkedConfig(
  "draw examples of template",
  {
    sensors: [8, is.positiveInteger],
    strength: [1, is.nonNegative],
    noise: [1, is.positive],
  },
);

/** Examples with what made them, which no model is shown. */
export interface Examples {
  /** Measurements, examples × sensors. */
  inputs: Float64Array;
  /** The hidden cause of each example. */
  causes: Float64Array;
}

/** Draws `n` examples. REPLACE: as the paper does. */
export function sampleWorld(
  rng: Rng,
  n: number,
  { sensors, strength, noise }: WorldConfig,
): Examples {
  const inputs = new Float64Array(n * sensors);
  const causes = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    causes[i] = normal(rng);
    for (let j = 0; j < sensors; j++) {
      inputs[i * sensors + j] = strength * causes[i] + noise * normal(rng);
    }
  }
  return { inputs, causes };
}

/**
 * The largest correlation with the cause that any code of an example can have.
 * REPLACE: what nothing can exceed, where it can be derived.
 */
export function bestCorrelation(
  { sensors, strength, noise }: WorldConfig,
): number {
  // The mean of all sensors says all that they know.
  return strength / Math.sqrt(strength * strength + noise * noise / sensors);
}
