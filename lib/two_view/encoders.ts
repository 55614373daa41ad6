/**
 * Two encoders of two views of one scene, trained to agree.
 *
 * Becker, S., & Hinton, G. E. (1992). Self-organizing neural network that
 * discovers surfaces in random-dot stereograms. Nature 355, 161–163; and the
 * losses that followed it, see lib/agreement/losses.ts.
 *
 *   a = f_A(x_A),  b = f_B(x_B),  minimise loss(a, b)
 *
 * An encoder is linear, or has one hidden layer; a code has no bias, to which
 * all losses but naive agreement are blind. Batches are small here, so
 * products are plain loops: the whole model travels to a browser in a few kB.
 *
 * @module
 */
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure, each } from "../run/config.ts";
import { tanh } from "../numeric/elementary.ts";
import { fillNormal, type Rng } from "../numeric/random.ts";
import {
  type Training,
  type TrainingConfig,
  trainingSteps,
} from "../run/training.ts";
import { descend, linear } from "./linear_layer.ts";
import { newPairs, type PairSampler, type Views } from "../agreement/pairs.ts";
import { product, productTN } from "../numeric/linear_algebra.ts";
import type { CodeLoss } from "../agreement/losses.ts";

/** Sizes and learning constants of two encoders. */
export interface TwoViewConfig extends TrainingConfig {
  /** Entries of one view. */
  inputs: number;
  /** Hidden units of an encoder; 0 for a linear one. */
  hidden: number;
  /** Entries of a code, k. */
  codes: number;
  activation: "tanh" | "relu";
  /** Whether both views go through the same weights. */
  shared: boolean;
  /** "descent" is plain gradient descent. */
  optimizer: "adam" | "descent";
  weightDecay: number;
  /** Initial weights are normal, sd initScale / √(inputs of the layer). */
  initScale: number;
  batchSize: number;
}

/** The checked configuration of two encoders. */
export const twoViewConfig: Configure<TwoViewConfig> = checkedConfig(
  "train two views to agree",
  {
    inputs: [4, is.positiveInteger],
    hidden: [0, is.nonNegativeInteger],
    codes: [2, is.positiveInteger],
    activation: ["tanh", is.oneOf("tanh", "relu")],
    shared: [false],
    optimizer: ["adam", is.oneOf("adam", "descent")],
    learningRate: [0.01, is.positive],
    ...each(is.nonNegative, { weightDecay: 0, initScale: 1 }),
    batchSize: [256, is.integerIn(2, Infinity)],
    steps: [500, is.nonNegativeInteger],
    evalEvery: [25, is.positiveInteger],
  },
);

/** Weights of one encoder. Row-major, a row for each unit that is fed. */
export type EncoderParams = Record<string, Float64Array>;

/** The encoders of both views, and what training them needs. */
export interface TwoView {
  config: Readonly<TwoViewConfig>;
  /** The encoder of the first and of the second view; one object if shared. */
  first: EncoderParams;
  second: EncoderParams;
  /** Adam's moments, by encoder. */
  moments: readonly AdamMoments[];
  /** Updates made so far. */
  step: number;
}

interface AdamMoments {
  mean: EncoderParams;
  square: EncoderParams;
}

/** Draws initial weights; biases start at 0. */
export function initTwoView(
  rng: Rng,
  overrides: Partial<TwoViewConfig> = {},
): TwoView {
  const config = twoViewConfig(overrides);
  const first = initEncoder(rng, config);
  const second = config.shared ? first : initEncoder(rng, config);
  const encoders = config.shared ? [first] : [first, second];
  return {
    config,
    first,
    second,
    moments: encoders.map((params) => ({
      mean: zerosLike(params),
      square: zerosLike(params),
    })),
    step: 0,
  };
}

function initEncoder(rng: Rng, config: TwoViewConfig): EncoderParams {
  const { inputs, hidden, codes, initScale } = config;
  const layer = (from: number, to: number): Float64Array =>
    fillNormal(rng, new Float64Array(to * from), initScale / Math.sqrt(from));
  if (hidden === 0) return { w: layer(inputs, codes) };
  return {
    w1: layer(inputs, hidden), // hidden × inputs
    b1: new Float64Array(hidden),
    w2: layer(hidden, codes), // codes × hidden
  };
}

function zerosLike(params: EncoderParams): EncoderParams {
  return Object.fromEntries(
    Object.entries(params).map((
      [name, values],
    ) => [name, new Float64Array(values.length)]),
  );
}

/** What an encoder makes of a batch. */
export interface Encoded {
  /** batch × codes. */
  codes: Float64Array;
  /** Adds ∂loss/∂params to `grads`, for d = ∂loss/∂codes. */
  backward(d: Float64Array, grads: EncoderParams): void;
}

/** Runs a batch of views (batch × inputs) through an encoder. */
export function encode(
  params: EncoderParams,
  views: Float64Array,
  { inputs, hidden: units, codes: k, activation }: TwoViewConfig,
): Encoded {
  const n = views.length / inputs;
  if (units === 0) {
    return {
      codes: linear(views, params.w, inputs),
      backward: (d, grads) => void productTN(d, views, n, grads.w),
    };
  }
  const smooth = activation === "tanh";
  const hidden = linear(views, params.w1, inputs, params.b1)
    .map((x) => smooth ? tanh(x) : Math.max(0, x));
  return {
    codes: linear(hidden, params.w2, units),
    backward(d, grads): void {
      productTN(d, hidden, n, grads.w2);
      const dHidden = product(d, params.w2, k);
      for (let i = 0; i < dHidden.length; i++) {
        const h = hidden[i];
        dHidden[i] *= smooth ? 1 - h * h : h > 0 ? 1 : 0;
        grads.b1[i % units] += dHidden[i];
      }
      productTN(dHidden, views, n, grads.w1);
    },
  };
}

/** The codes (batch × codes) that a model's encoders make of both views. */
export function codesOf(
  { config, first, second }: TwoView,
  { a, b }: Views<Float64Array>,
): Views<Float64Array> {
  return {
    a: encode(first, a, config).codes,
    b: encode(second, b, config).codes,
  };
}

/** A loss with its gradient by each encoder's weights. */
export interface LossAndGrads {
  loss: number;
  /** One entry for shared weights, else first and second. */
  grads: EncoderParams[];
}

/** The loss of a batch of pairs, and its gradient. */
export function lossAndGrads(
  { config, first, second }: Pick<TwoView, "config" | "first" | "second">,
  views: Views<Float64Array>,
  codeLoss: CodeLoss,
): LossAndGrads {
  const a = encode(first, views.a, config);
  const b = encode(second, views.b, config);
  const out = {
    da: new Float64Array(a.codes.length),
    db: new Float64Array(b.codes.length),
  };
  const loss = codeLoss(a.codes, b.codes, config.codes, out);
  const gradsA = zerosLike(first);
  const gradsB = config.shared ? gradsA : zerosLike(second);
  a.backward(out.da, gradsA);
  b.backward(out.db, gradsB);
  return { loss, grads: config.shared ? [gradsA] : [gradsA, gradsB] };
}

/**
 * One update on a batch of pairs: changes the model. Answers the loss before.
 */
export function stepTwoView(
  model: TwoView,
  views: Views<Float64Array>,
  codeLoss: CodeLoss,
): number {
  const { loss, grads } = lossAndGrads(model, views, codeLoss);
  model.step++;
  const encoders = [model.first, model.second];
  grads.forEach((g, i) => {
    for (const name of Object.keys(g)) {
      updateArray(
        encoders[i][name],
        g[name],
        model.moments[i].mean[name],
        model.moments[i].square[name],
        model.step,
        model.config,
      );
    }
  });
  return loss;
}

/** Plain descent, or Adam (Kingma & Ba 2015) with its usual constants. */
function updateArray(
  p: Float64Array,
  g: Float64Array,
  mean: Float64Array,
  square: Float64Array,
  step: number,
  { optimizer, learningRate, weightDecay }: Pick<
    TwoViewConfig,
    "optimizer" | "learningRate" | "weightDecay"
  >,
): void {
  if (optimizer === "descent") {
    descend(p, g, { learningRate, weightDecay });
    return;
  }
  let kept1 = 1;
  let kept2 = 1;
  for (let i = 0; i < Math.min(step, 40_000); i++) {
    kept1 *= 0.9;
    kept2 *= 0.999;
  }
  for (let i = 0; i < p.length; i++) {
    const slope = g[i] + weightDecay * p[i];
    mean[i] += 0.1 * (slope - mean[i]);
    square[i] += 0.001 * (slope * slope - square[i]);
    const size = Math.sqrt(square[i] / (1 - kept2)) + 1e-8;
    p[i] -= learningRate * (mean[i] / (1 - kept1)) / size;
  }
}

/** What training needs besides a model. */
export interface TwoViewTask {
  sample: PairSampler<Float64Array>;
  loss: CodeLoss;
}

/** A row of the training history. */
export interface TwoViewRow {
  step: number;
  /** Loss of the last batch. */
  loss: number;
}

/**
 * Trains on fresh batches, and yields a row every `evalEvery` steps and at the
 * end, as `lib/run/training.ts` says. Changes the model.
 */
export function* trainTwoView(
  rng: Rng,
  model: TwoView,
  { sample, loss: codeLoss }: TwoViewTask,
): Training<TwoViewRow, TwoView> {
  const { batchSize, inputs } = model.config;
  const batch = newPairs(Float64Array, batchSize, inputs);
  let loss = NaN;
  yield* trainingSteps({ ...model.config, from: model.step }, {
    update(): void {
      sample(rng, batch);
      loss = stepTwoView(model, batch, codeLoss);
    },
    row: (step) => ({ step, loss }),
  });
  return model;
}
