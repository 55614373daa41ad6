/**
 * A mixture of linear interpolators, for surfaces that break off.
 *
 * Becker, S., & Hinton, G. E. (1993). Learning mixture models of spatial
 * coherence. Neural Computation 5(2), 267–277. Next to a discontinuity the
 * neighbours on one side say nothing about the centre. So each of K experts
 * has weights of its own, and a gating network that sees the neighbours alone
 * says which expert to trust:
 *
 *     p(y | z) = Σ_k g_k(z) N(y; w_k · z + b_k, σ_k²)
 *
 * with z the outputs of the four neighbours. Trained by descent on −ln p.
 *
 * @module
 */
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure, each } from "../run/config.ts";
import { type Matrix, workspace } from "../numeric/matrix/workspace.ts";
import type { Dtype } from "../numeric/wasm/kernels.ts";
import { initMlp, mlp } from "../numeric/mlp.ts";
import { cos, exp, log } from "../numeric/elementary.ts";
import { adam, likeParams, type Matrices } from "../numeric/optimizers.ts";
import { integer, type Rng, stream, uniform } from "../numeric/random.ts";
import {
  type Training,
  type TrainingConfig,
  trainingSteps,
} from "../run/training.ts";

/** Size of the mixture and its training. */
export interface MixtureConfig extends TrainingConfig {
  experts: number;
  /** Hidden units of the gating network. */
  hidden: number;
  batchSize: number;
}

/** Checks a configuration; one expert is the plain interpolator. */
export const mixtureConfig: Configure<MixtureConfig> = checkedConfig(
  "train the mixture of interpolators",
  {
    experts: [4, is.integerIn(1, 16)],
    ...each(is.positiveInteger, { hidden: 16, batchSize: 512, steps: 4000 }),
    learningRate: [5e-3, is.positive],
    evalEvery: [200, is.positiveInteger],
  },
);

/** Numbers that predict one another: y from the four of z. */
export interface Neighbourhoods {
  y: Float64Array;
  /** n × 4. */
  neighbours: Float64Array;
}

/** Inputs of an expert: four neighbours. */
const INPUTS = 4;

/** A mixture with room for a batch. */
export interface MixtureModel {
  /** Gating network, `experts` (4 × K), `bias` and `logSd` (1 × K). */
  readonly params: Matrices;
  readonly grads: Matrices;
  /** batch × 4 and batch: written before `lossAndGrads`. */
  readonly z: Matrix;
  readonly y: Float64Array;
  /** batch × K, after `lossAndGrads`: who explains y, given y. */
  readonly responsibilities: Float64Array;
  /** batch × K: who will explain it, said without y. */
  readonly gates: Float64Array;
  /** Mean −ln p(y | z) in nats, with its gradient. */
  lossAndGrads(): number;
}

/** A mixture with random experts. */
export function mixtureModel(
  rng: Rng,
  config: MixtureConfig,
  options: { rows?: number; dtype?: Dtype; params?: Matrices } = {},
): MixtureModel {
  const { experts: k, hidden } = config;
  const { rows = config.batchSize, dtype = "float64" } = options;
  const space = workspace(dtype, { bytes: 8 << 20 });
  const shape = { sizes: [INPUTS, hidden, k], activation: "relu" as const };
  const gating = mlp(space, shape, { rows });
  const own = space.matrices({
    experts: [INPUTS, k],
    bias: [1, k],
    logSd: [1, k],
  });
  const params: Matrices = { ...gating.params, ...own };
  const ownGrads = likeParams(own);
  initMlp(rng, gating.params, 1);
  for (let i = 0; i < own.experts.data.length; i++) {
    own.experts.data[i] = uniform(rng, -0.2, 0.7);
  }
  own.logSd.data.fill(-1);
  for (const name in options.params ?? {}) {
    params[name].data.set(options.params![name].data);
  }
  const dGate = space.matrix(rows, k);
  const y = new Float64Array(rows);
  const gates = new Float64Array(rows * k);
  const responsibilities = new Float64Array(rows * k);
  const z = gating.input.data;
  const errorOf = (i: number, e: number): number => {
    let error = y[i] - own.bias.data[e];
    for (let p = 0; p < INPUTS; p++) {
      error -= own.experts.data[p * k + e] * z[i * INPUTS + p];
    }
    return error;
  };
  // −ln p(y | z) of example i; adds its share of the gradient.
  const explain = (i: number): number => {
    const at = i * k;
    const logSd = own.logSd.data;
    for (let e = at; e < at + k; e++) gates[e] = gating.output.data[e];
    softmaxInPlace(gates, at, at + k);
    for (let e = 0; e < k; e++) {
      const scaled = errorOf(i, e) * exp(-logSd[e]);
      responsibilities[at + e] = log(gates[at + e] + 1e-300) - logSd[e] -
        0.5 * scaled * scaled - 0.9189385332046727; // ½ ln 2π
    }
    const nats = softmaxInPlace(responsibilities, at, at + k);
    for (let e = 0; e < k; e++) {
      const r = responsibilities[at + e];
      dGate.data[at + e] = (gates[at + e] - r) / rows;
      const error = errorOf(i, e);
      const precision = exp(-2 * logSd[e]);
      const pull = -r * error * precision / rows;
      for (let p = 0; p < INPUTS; p++) {
        ownGrads.experts.data[p * k + e] += pull * z[i * INPUTS + p];
      }
      ownGrads.bias.data[e] += pull;
      ownGrads.logSd.data[e] += r * (1 - error * error * precision) / rows;
    }
    return -nats;
  };
  return {
    params,
    grads: { ...gating.grads, ...ownGrads },
    z: gating.input,
    y,
    gates,
    responsibilities,
    lossAndGrads(): number {
      gating.forward();
      for (const grad of Object.values(ownGrads)) grad.data.fill(0);
      let loss = 0;
      for (let i = 0; i < rows; i++) loss += explain(i);
      gating.backward(dGate);
      return loss / rows;
    },
  };
}

// Replaces the values before `end` by their softmax. Returns their ln Σ exp.
function softmaxInPlace(x: Float64Array, start: number, end: number): number {
  let most = -Infinity;
  for (let e = start; e < end; e++) most = Math.max(most, x[e]);
  let total = 0;
  for (let e = start; e < end; e++) total += x[e] = exp(x[e] - most);
  for (let e = start; e < end; e++) x[e] /= total;
  return most + log(total);
}

/** How well a mixture predicts, and who predicts where. */
export interface MixtureFit {
  /** −ln p(y | z) of each window, nats. */
  nll: Float64Array;
  /** windows × K. */
  gates: Float64Array;
  responsibilities: Float64Array;
  /** Σ_k g_k(z) (w_k · z + b_k). */
  mean: Float64Array;
}

/** Applies a mixture to windows. */
export function mixtureFit(
  config: MixtureConfig,
  params: Matrices,
  windows: Neighbourhoods,
): MixtureFit {
  const n = windows.y.length;
  const k = config.experts;
  const model = mixtureModel(stream(0, "unused"), config, {
    rows: 1,
    params,
  });
  const fit: MixtureFit = {
    nll: new Float64Array(n),
    gates: new Float64Array(n * k),
    responsibilities: new Float64Array(n * k),
    mean: new Float64Array(n),
  };
  const { experts, bias } = model.params;
  for (let i = 0; i < n; i++) {
    const z = windows.neighbours.subarray(INPUTS * i, INPUTS * (i + 1));
    model.z.data.set(z);
    model.y[0] = windows.y[i];
    fit.nll[i] = model.lossAndGrads();
    fit.gates.set(model.gates, i * k);
    fit.responsibilities.set(model.responsibilities, i * k);
    for (let e = 0; e < k; e++) {
      let value = bias.data[e];
      for (let p = 0; p < INPUTS; p++) value += experts.data[p * k + e] * z[p];
      fit.mean[i] += model.gates[e] * value;
    }
  }
  return fit;
}

/** The loss on a batch after `step` updates. */
export interface MixtureRow {
  step: number;
  /** −ln p(y | z) per window, nats, averaged since the last row. */
  nll: number;
}

/** Trains a mixture on windows drawn at random; returns its parameters. */
export function* trainMixture(
  overrides: Partial<MixtureConfig>,
  task: { seed: number | string; windows: Neighbourhoods },
): Training<
  MixtureRow,
  { config: Readonly<MixtureConfig>; params: Matrices }
> {
  const config = mixtureConfig(overrides);
  const { seed, windows } = task;
  const model = mixtureModel(stream(seed, "mixture init"), config);
  const optimizer = adam(model.params, { learningRate: config.learningRate });
  const rng = stream(seed, "mixture data");
  let since = 0;
  yield* trainingSteps(config, {
    update(step): void {
      for (let i = 0; i < config.batchSize; i++) {
        const j = integer(rng, windows.y.length);
        model.y[i] = windows.y[j];
        for (let p = 0; p < INPUTS; p++) {
          model.z.data[INPUTS * i + p] = windows.neighbours[INPUTS * j + p];
        }
      }
      const done = step / config.steps;
      optimizer.learningRate = config.learningRate *
        0.5 * (1 + cos(Math.PI * done));
      since += model.lossAndGrads();
      optimizer.update(model.grads);
    },
    row(step): MixtureRow {
      const nll = since / (step % config.evalEvery || config.evalEvery);
      since = 0;
      return { step, nll };
    },
  });
  return { config, params: model.params };
}
