/**
 * REPLACE: the model, with the citation and the equations that the code follows.
 *
 * The example: one linear unit, y = w·x, learns what its inputs share, by
 * making the loss ½ |x − w y|², the mean over examples, small. Its gradient is
 * −((x − w y) y + ((x − w y)·w) x).
 *
 * @module
 */
import { fillUniform, type Rng } from "../../lib/numeric/random.ts";
import * as is from "../../lib/run/checks.ts";
import { checkedConfig, type Configure, each } from "../../lib/run/config.ts";
import {
  type Training,
  type TrainingConfig,
  trainingSteps,
} from "../../lib/run/training.ts";

/** Sizes of the model, and how it is trained. */
export interface ModelConfig extends TrainingConfig {
  // REPLACE: what the paper's model and training are made of.
  /** Entries of an example. */
  inputs: number;
  /** Examples an update. */
  batch: number;
}

/** The checked configuration of the model; defaults as in the paper. */
export const modelConfig: Configure<ModelConfig> = checkedConfig(
  "train template",
  {
    ...each(is.positiveInteger, { inputs: 8, steps: 2000, batch: 32 }),
    learningRate: [0.01, is.positive],
    evalEvery: [100, is.positiveInteger],
  },
);

/** What is learned: arrays by name. REPLACE: the paper's weights. */
export type ModelParams = {
  /** One weight an input. */
  weights: Float64Array;
};

/** Parameters at the start of a training. */
export function initModel(rng: Rng, { inputs }: ModelConfig): ModelParams {
  const weights = fillUniform(rng, new Float64Array(inputs), -0.1, 0.1);
  return { weights };
}

/**
 * The code of each example, y = w·x.
 *
 * @param examples in rows, examples × inputs
 */
export function codesOf(
  { weights }: ModelParams,
  examples: Float64Array,
): Float64Array {
  const size = weights.length;
  return Float64Array.from(
    { length: examples.length / size },
    (_, i) => weights.reduce((y, w, j) => y + w * examples[i * size + j], 0),
  );
}

/**
 * The loss of examples, ½ |x − w y|² on average, and its gradient.
 *
 * @param examples in rows, examples × inputs
 */
export function lossAndGrads(
  params: ModelParams,
  examples: Float64Array,
): { loss: number; grads: ModelParams } {
  const { weights } = params;
  const size = weights.length;
  const codes = codesOf(params, examples);
  const grad = new Float64Array(size);
  let loss = 0;
  codes.forEach((y, i) => {
    const x = examples.subarray(i * size, (i + 1) * size);
    const rest = x.map((value, j) => value - weights[j] * y);
    const along = rest.reduce((sum, r, j) => sum + r * weights[j], 0);
    for (let j = 0; j < size; j++) {
      loss += rest[j] * rest[j] / 2 / codes.length;
      grad[j] -= (rest[j] * y + along * x[j]) / codes.length;
    }
  });
  return { loss, grads: { weights: grad } };
}

/** How to train: on what, and what the rows of the history say besides. */
export interface TrainOptions<Row extends object> {
  config: ModelConfig;
  /** Draws examples, in rows. */
  sample: (n: number) => Float64Array;
  evaluate: (params: ModelParams) => Row;
}

/** Trains `params`, in place, by gradient descent; returns them. */
export function* trainModel<Row extends object>(
  params: ModelParams,
  { config, sample, evaluate }: TrainOptions<Row>,
): Training<{ step: number } & Row, ModelParams> {
  const { batch, learningRate } = config;
  const { weights } = params;
  yield* trainingSteps<{ step: number } & Row>(config, {
    // REPLACE: the paper's learning rule.
    update: () => {
      const { grads } = lossAndGrads(params, sample(batch));
      for (let j = 0; j < weights.length; j++) {
        weights[j] -= learningRate * grads.weights[j];
      }
    },
    row: (step) => ({ step, ...evaluate(params) }),
  });
  return params;
}
