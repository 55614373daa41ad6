/**
 * The deterministic Helmholtz machine: layers of means in place of samples, and
 * units that can only add, by a noisy-or.
 *
 *   recognition  q₁ = σ(v R₁ + c₁)              q₂ = σ(q₁ R₂ + c₂)
 *   generation   p₁ = 1 − exp(−(q₂ G₂⁺ + b₁⁺))  p₀ = 1 − exp(−(q₁ G₁⁺ + b₀⁺))
 *   free energy  F = Σ −ln p₀(v) + KL(q₁ ‖ p₁) + KL(q₂ ‖ ½)
 *
 * with x⁺ = softplus(x). F bounds −ln p(v) only where all means are 0 or 1: a
 * mean between them is a number that the layer below reads exactly, which the
 * samples of a stochastic machine would not tell it.
 *
 * Source: Dayan, P., Hinton, G. E., Neal, R. M., & Zemel, R. S. (1995). The
 * Helmholtz machine. Neural Computation 7(5), 889–904, section 3; the noisy-or
 * stands for its competitive units. Adam follows the gradient, where the paper
 * has conjugate gradients.
 *
 * @module
 */
import {
  exp,
  expm1,
  LN2,
  log,
  LOG2E,
  sigmoid,
  softplus,
} from "../numeric/elementary.ts";
import * as map from "../numeric/matrix/elementwise.ts";
import {
  addMatmulNT,
  matmul,
  matmulNT,
  matmulTN,
} from "../numeric/matrix/products.ts";
import { columnSums } from "../numeric/matrix/reductions.ts";
import { addRow } from "../numeric/matrix/rows.ts";
import {
  type Matrix,
  type Workspace,
  workspace,
} from "../numeric/matrix/workspace.ts";
import { adam, likeParams } from "../numeric/optimizers.ts";
import { fillNormal, fillUniform, type Rng } from "../numeric/random.ts";
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure, each } from "../run/config.ts";
import {
  type Training,
  type TrainingConfig,
  trainingSteps,
} from "../run/training.ts";
import { stateProbabilities } from "./likelihood.ts";
import { causeAccuracy, type CausePatterns, causeScores } from "./readout.ts";

/** Sizes and training of a deterministic machine. */
export interface MeanFieldConfig extends TrainingConfig {
  visible: number;
  hidden: number;
  top: number;
}

/** The checked configuration; sizes as the reference program's machine. */
export const meanFieldConfig: Configure<MeanFieldConfig> = checkedConfig(
  "train a deterministic Helmholtz machine",
  {
    ...each(is.positiveInteger, { visible: 32, hidden: 16 }),
    top: [4, is.integerIn(1, 12)],
    learningRate: [0.02, is.positive],
    ...each(is.positiveInteger, { steps: 1000, evalEvery: 50 }),
  },
);

/** Weights below × above to recognize, above × below to generate; biases 1 × units. */
export type MeanFieldParams = Readonly<
  Record<"R1" | "c1" | "R2" | "c2" | "G2" | "b1" | "G1" | "b0", Matrix>
>;

/** Small random weights; units are seldom on at first, and pixels hardly ever. */
export function initMeanField(
  rng: Rng,
  { visible, hidden, top }: MeanFieldConfig,
  space: Workspace = workspace("float64", { bytes: 1 << 20 }),
): MeanFieldParams {
  const params = space.matrices({
    R1: [visible, hidden],
    c1: [1, hidden],
    R2: [hidden, top],
    c2: [1, top],
    G2: [top, hidden],
    b1: [1, hidden],
    G1: [hidden, visible],
    b0: [1, visible],
  });
  fillNormal(rng, params.R1.data, 0.1);
  fillNormal(rng, params.R2.data, 0.5);
  fillUniform(rng, params.G1.data, -2, -1.5);
  fillUniform(rng, params.G2.data, -2, -1.5);
  params.c1.data.fill(-1);
  params.b1.data.fill(-2);
  params.b0.data.fill(-3);
  return params;
}

/** One layer's generation from the means above it. */
interface Generation {
  /** G⁺ and b⁺. */
  weights: Matrix;
  bias: Matrix;
  /** −ln(1 − p), images × units. */
  rates: Matrix;
  dRates: Matrix;
}

/** Free energy and its gradient, for images in rows. */
export interface MeanFieldPass {
  /** Means of the top units, images × units. */
  q2: Matrix;
  /** Where `lossAndGrads` writes. */
  grads: MeanFieldParams;
  /** Mean free energy in nats an image; fills `q2` and `grads`. */
  lossAndGrads(): number;
}

/** ln(1 − e^−a). */
const logNoisyOr = (a: number): number => log(-expm1(-a));

/** Makes the scratch for all patterns of a world, in the params' workspace. */
export function meanFieldPass(
  params: MeanFieldParams,
  { pixels, probability }: Pick<CausePatterns, "pixels" | "probability">,
): MeanFieldPass {
  const { workspace: space, rows: visible, cols: hidden } = params.R1;
  const top = params.R2.cols;
  const count = probability.length;
  const grads = likeParams(params);
  const layer = (units: number): Matrix => space.matrix(count, units);
  const v = layer(visible);
  v.data.set(pixels);
  const [z1, q1, dq1] = [layer(hidden), layer(hidden), layer(hidden)];
  const [z2, q2, dq2] = [layer(top), layer(top), layer(top)];
  const generation = (from: Matrix, to: Matrix): Generation => ({
    weights: space.matrix(from.rows, from.cols),
    bias: space.matrix(1, to.cols),
    rates: layer(to.cols),
    dRates: layer(to.cols),
  });
  const toHidden = generation(params.G2, params.b1);
  const toVisible = generation(params.G1, params.b0);

  const recognize = (
    below: Matrix,
    [weights, bias, z, q]: readonly [Matrix, Matrix, Matrix, Matrix],
  ): void => {
    matmul(below, weights, z);
    addRow(z, bias, z);
    map.sigmoid(z, q);
  };
  const generate = (
    q: Matrix,
    from: [Matrix, Matrix],
    to: Generation,
  ): void => {
    map.softplus(from[0], to.weights);
    map.softplus(from[1], to.bias);
    matmul(q, to.weights, to.rates);
    addRow(to.rates, to.bias, to.rates);
  };
  /** −Σ s ln p + (1 − s) ln(1 − p), weighted, with its gradient by the rates. */
  const explain = (s: Matrix, { rates, dRates }: Generation): number => {
    let sum = 0;
    for (let at = 0; at < s.data.length; at++) {
      const weight = probability[Math.trunc(at / s.cols)];
      const a = rates.data[at];
      const on = s.data[at];
      sum += weight * ((1 - on) * a - on * logNoisyOr(a));
      dRates.data[at] = weight * (1 + on / expm1(-a));
    }
    return sum;
  };
  /** Σ s ln s + (1 − s) ln(1 − s), weighted; adds its gradient to `dq`. */
  const order = (z: Matrix, q: Matrix, dq: Matrix): number => {
    let sum = 0;
    for (let at = 0; at < q.data.length; at++) {
      const weight = probability[Math.trunc(at / q.cols)];
      sum += weight * (q.data[at] * z.data[at] - softplus(z.data[at]));
      dq.data[at] += weight * z.data[at];
    }
    return sum;
  };
  /** Gradients of weights and bias that made the rates. */
  const generateBackward = (
    q: Matrix,
    { dRates }: Generation,
    [weights, bias]: [Matrix, Matrix],
    [dWeights, dBias]: [Matrix, Matrix],
  ): void => {
    matmulTN(q, dRates, dWeights);
    columnSums(dRates, dBias);
    throughSoftplus(weights, dWeights);
    throughSoftplus(bias, dBias);
  };
  const recognizeBackward = (
    below: Matrix,
    [q, dq]: [Matrix, Matrix],
    [dWeights, dBias]: [Matrix, Matrix],
  ): void => {
    map.sigmoidBackward(q, dq, dq);
    matmulTN(below, dq, dWeights);
    columnSums(dq, dBias);
  };

  return {
    q2,
    grads,
    lossAndGrads(): number {
      recognize(v, [params.R1, params.c1, z1, q1]);
      recognize(q1, [params.R2, params.c2, z2, q2]);
      generate(q2, [params.G2, params.b1], toHidden);
      generate(q1, [params.G1, params.b0], toVisible);
      let loss = explain(v, toVisible) + explain(q1, toHidden);

      matmulNT(toHidden.dRates, toHidden.weights, dq2);
      loss += order(z2, q2, dq2) + top * LN2;
      matmulNT(toVisible.dRates, toVisible.weights, dq1);
      loss += order(z1, q1, dq1);
      for (let at = 0; at < dq1.data.length; at++) {
        const a = toHidden.rates.data[at];
        dq1.data[at] -= probability[Math.trunc(at / hidden)] *
          (logNoisyOr(a) + a);
      }
      recognizeBackward(q1, [q2, dq2], [grads.R2, grads.c2]);
      addMatmulNT(dq2, params.R2, dq1);
      recognizeBackward(v, [q1, dq1], [grads.R1, grads.c1]);
      const { G1, b0, G2, b1 } = params;
      generateBackward(q1, toVisible, [G1, b0], [grads.G1, grads.b0]);
      generateBackward(q2, toHidden, [G2, b1], [grads.G2, grads.b1]);
      return loss;
    },
  };
}

/** d ← d σ(x): back through softplus(x). */
function throughSoftplus(x: Matrix, d: Matrix): void {
  for (let at = 0; at < d.data.length; at++) d.data[at] *= sigmoid(x.data[at]);
}

/** A row of the history. */
export interface MeanFieldRow {
  step: number;
  /** Mean free energy, bits an image. */
  freeEnergyBits: number;
  /** Accuracy of the cause, read from the top means with all labels in hand. */
  accuracy: number;
}

/** Trains on all patterns of a world at once, each weighted by its probability. */
export function* trainMeanField(
  params: MeanFieldParams,
  config: Readonly<MeanFieldConfig>,
  patterns: CausePatterns,
): Training<MeanFieldRow, MeanFieldParams> {
  const pass = meanFieldPass(params, patterns);
  const optimizer = adam(params, config);
  yield* trainingSteps(config, {
    update: () => {
      pass.lossAndGrads();
      optimizer.update(pass.grads);
    },
    row: (step) => ({
      step,
      freeEnergyBits: pass.lossAndGrads() * LOG2E,
      accuracy: accuracyOf(pass.q2, patterns.joint),
    }),
  });
  return params;
}

/**
 * How often the cause is right if the top units are drawn from their means and
 * each state stands for what the data makes of it.
 */
function accuracyOf(q2: Matrix, joint: Float64Array): number {
  const states = 2 ** q2.cols;
  const values = joint.length / q2.rows;
  const weights = new Float64Array(q2.rows * states);
  for (let k = 0; k < q2.rows; k++) {
    const one = stateProbabilities(q2.data, k * q2.cols, q2.cols);
    weights.set(one, k * states);
  }
  const meaning = new Float64Array(states * values);
  weights.forEach((w, at) => {
    const [k, t] = [Math.trunc(at / states), at % states];
    for (let d = 0; d < values; d++) {
      meaning[t * values + d] += w * joint[k * values + d];
    }
  });
  const mass = meaning.map((_, at) => {
    const t = at - at % values;
    return meaning.subarray(t, t + values).reduce((a, b) => a + b);
  });
  const shares = meaning.map((m, at) => m / (mass[at] || 1));
  return causeAccuracy(joint, causeScores(weights, shares, values), values);
}

/** What a hidden unit alone changes: p(v | unit on) − p(v | none), hidden × visible. */
export function generativeFields({ G1, b0 }: MeanFieldParams): Float64Array {
  return Float64Array.from(
    G1.data,
    (g, at) => -exp(-softplus(b0.data[at % G1.cols])) * expm1(-softplus(g)),
  );
}

/** The weights into each hidden unit, hidden × visible. */
export function recognitionFields({ R1 }: MeanFieldParams): Float64Array {
  return Float64Array.from(
    { length: R1.data.length },
    (_, at) => R1.data[(at % R1.rows) * R1.cols + Math.trunc(at / R1.rows)],
  );
}
