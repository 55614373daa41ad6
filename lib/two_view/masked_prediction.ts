/**
 * Predict the hidden part of a pattern from the part that is seen.
 *
 * A linear encoder W (k × m) turns the seen part x into a code c = W x; a
 * linear predictor P guesses a target t of the hidden part y:
 *
 *   loss = mean ‖P c − t‖²,   t = y                 "data"
 *                             t = W y               "own": gradient through both
 *                             t = W y, held fixed   "stop"
 *                             t = V y, V trails W   "ema"
 *                             "own" + variance floor on c   "floor"
 *
 * Assran et al. (2023), CVPR (I-JEPA: EMA targets); Grill et al. (2020),
 * NeurIPS (BYOL); Tian, Chen & Ganguli (2021), ICML (the linear case).
 *
 * @module
 */
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure, each } from "../run/config.ts";
import { spread } from "../numeric/eigen.ts";
import { product, productTN } from "../numeric/linear_algebra.ts";
import { descend, linear } from "./linear_layer.ts";
import { fillNormal, type Rng } from "../numeric/random.ts";
import { vicReg } from "../agreement/losses.ts";

/** What the predictor must guess. */
export type MaskedTarget = "data" | "own" | "stop" | "ema" | "floor";

/** Sizes and learning constants. */
export interface MaskedConfig {
  /** Entries of the seen part, and of the hidden part. */
  inputs: number;
  /** Entries of a code. */
  codes: number;
  target: MaskedTarget;
  /** The encoder is held at W = 0: only the predictor learns. */
  collapsed: boolean;
  learningRate: number;
  weightDecay: number;
  /** Share of the target's weights that stays, a step. */
  emaDecay: number;
  initScale: number;
  steps: number;
}

/** The checked configuration of masked prediction. */
const maskedConfig: Configure<MaskedConfig> = checkedConfig(
  "predict hidden parts",
  {
    ...each(is.positiveInteger, { inputs: 4, codes: 2 }),
    target: ["data", is.oneOf("data", "own", "stop", "ema", "floor")],
    collapsed: [false],
    learningRate: [0.2, is.positive],
    weightDecay: [0, is.nonNegative],
    emaDecay: [0.99, is.probability],
    initScale: [0.7, is.positive],
    steps: [1200, is.positiveInteger],
  },
);

/** Weights. Row-major, a row for each unit that is fed. */
export type MaskedParams = {
  /** Encoder, k × m. */
  w: Float64Array;
  /** Predictor, targets × k. */
  p: Float64Array;
};

/** Encoder, predictor, and the encoder that trails behind. */
export interface Masked {
  config: Readonly<MaskedConfig>;
  params: MaskedParams;
  /** The trailing encoder V, k × m. */
  trailing: Float64Array;
  step: number;
}

/** Draws initial weights. The draws do not depend on the target. */
export function initMasked(
  rng: Rng,
  overrides: Partial<MaskedConfig> = {},
): Masked {
  const config = maskedConfig(overrides);
  const { inputs, codes, target, collapsed, initScale } = config;
  const scale = initScale / Math.sqrt(inputs);
  const w = fillNormal(rng, new Float64Array(codes * inputs), scale);
  const outputs = target === "data" ? inputs : codes;
  const p = fillNormal(
    rng,
    new Float64Array(outputs * codes),
    initScale / Math.sqrt(codes),
  );
  if (collapsed) w.fill(0);
  return { config, params: { w, p }, trailing: w.slice(), step: 0 };
}

/** What the predictor must guess for the hidden parts y. */
export function targets(model: Masked, y: Float64Array): Float64Array {
  const { config, params, trailing } = model;
  if (config.target === "data") return y;
  const encoder = config.target === "ema" ? trailing : params.w;
  return linear(y, encoder, config.inputs);
}

/** What the predictor guesses from the seen parts x. */
export function predict(model: Masked, x: Float64Array): Float64Array {
  const { config, params } = model;
  const codes = linear(x, params.w, config.inputs);
  return linear(codes, params.p, config.codes);
}

const FLOOR = vicReg({ invariance: 0, variance: 1, covariance: 0 });

/** The loss on seen parts x and hidden parts y, and its gradient. */
export function maskedLossAndGrads(
  model: Masked,
  x: Float64Array,
  y: Float64Array,
): { loss: number; grads: MaskedParams } {
  const { config, params } = model;
  const { inputs, codes: k } = config;
  const n = x.length / inputs;
  const codes = linear(x, params.w, inputs);
  const guess = linear(codes, params.p, k);
  const target = targets(model, y);
  const scale = 1 / guess.length;
  let loss = 0;
  const error = guess.map((g, i) => {
    const e = g - target[i];
    loss += scale * e * e;
    return 2 * scale * e;
  });
  const grads: MaskedParams = {
    w: new Float64Array(params.w.length),
    p: new Float64Array(params.p.length),
  };
  productTN(error, codes, n, grads.p);
  const dCodes = product(error, params.p, error.length / n);
  if (config.target === "floor") {
    const out = { da: new Float64Array(n * k), db: new Float64Array(n * k) };
    loss += FLOOR(codes, codes, k, out);
    for (let i = 0; i < dCodes.length; i++) {
      dCodes[i] += out.da[i] + out.db[i];
    }
  }
  if (config.collapsed) return { loss, grads };
  productTN(dCodes, x, n, grads.w);
  if (config.target === "own" || config.target === "floor") {
    const through = new Float64Array(grads.w.length);
    productTN(error, y, n, through);
    for (let i = 0; i < through.length; i++) grads.w[i] -= through[i];
  }
  return { loss, grads };
}

/** One step of gradient descent: changes the model. Answers the loss before. */
export function stepMasked(
  model: Masked,
  x: Float64Array,
  y: Float64Array,
): number {
  const { loss, grads } = maskedLossAndGrads(model, x, y);
  const { params, trailing, config } = model;
  for (const name of ["w", "p"] as const) {
    descend(params[name], grads[name], config);
  }
  for (let i = 0; i < trailing.length; i++) {
    trailing[i] += (1 - config.emaDecay) * (params.w[i] - trailing[i]);
  }
  model.step++;
  return loss;
}

/** The mean spread of the codes of x: 0 for a collapsed encoder. */
export function codeSpread(model: Masked, x: Float64Array): number {
  const { inputs, codes } = model.config;
  const values = spread(
    linear(x, model.params.w, inputs),
    x.length / inputs,
  );
  return values.reduce((sum, value) => sum + value, 0) / codes;
}
