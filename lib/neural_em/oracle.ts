/**
 * Unrolled EM in the most obvious loops, one image at a time, in float64: the
 * oracle of `model.ts`. It can also hold the responsibilities at given
 * values, which is what a gradient "with γ held" is the gradient of.
 *
 * @module
 */
import {
  type GradientCheck,
  gradientCheck,
} from "../numeric/gradient_check.ts";
import { doubles, workspace } from "../numeric/matrix/workspace.ts";
import type { Matrices } from "../numeric/optimizers.ts";
import {
  initNeuralEm,
  type NeuralEmConfig,
  neuralEmConfig,
  type UnrolledEm,
  unrolledEm,
} from "./model.ts";
import { exp, log, sigmoid, softplus, tanh } from "../numeric/elementary.ts";
import {
  bernoulli,
  fillNormal,
  fillUniform,
  type Rng,
} from "../numeric/random.ts";

const EPSILON = 1e-6; // keeps responsibilities from 0 / 0, as in the kernel

/**
 * Σ weights[s] · loss after step s, nats an image, from the present parameters,
 * targets, inputs, first states and first residuals of `em`.
 *
 * @param held responsibilities of each step, to be used in place of the E-step's;
 *   proportions are then those that `em` holds
 */
export function plainLoss(
  params: Matrices,
  config: NeuralEmConfig,
  { em, weights, held }: {
    em: UnrolledEm;
    weights: ArrayLike<number>;
    held?: readonly Float64Array[];
  },
): number {
  const { components: K, hidden: H } = config;
  const D = config.canvas * config.canvas;
  const batch = em.targets[0].rows;
  const first = config.start === "states" ? 0 : 1;
  let total = 0;
  for (let b = 0; b < batch; b++) {
    const of = (
      m: { data: ArrayLike<number> },
      k: number,
      width: number,
    ): number[] =>
      Array.from({ length: width }, (_, i) => m.data[(b * K + k) * width + i]);
    const components = Array.from({ length: K }, (_, k) => k);
    let states = components.map((k) => of(em.states[0], k, H));
    let residuals = components.map((k) => of(em.residuals[0], k, D));
    let proportions = components.map((k) => of(em.proportions[0], k, 1)[0]);
    const age = em.ages[Math.floor(b * em.ages.length / batch)];
    for (let s = first; s < weights.length; s++) {
      if (s > 0) {
        states = states.map((h, k) => mStep(params, config, h, residuals[k]));
      }
      const logits = states.map((h) => decode(params, config, h));
      let loss = 0;
      residuals = components.map(() => new Array<number>(D).fill(0));
      const charged = age + s <= config.chargedSteps ? 1 : 0;
      const lit = components.map(() => 0.5);
      for (let i = 0; i < D; i++) {
        const x = em.targets[s].data[b * D + i];
        const input = em.inputs[s].data[b * D + i];
        const apart = config.inter * (1 - x + x * charged * config.interOn);
        const charge = x * charged * config.interPsi;
        const psi = logits.map((a) => sigmoid(a[i]));
        const p = psi.map((q, k) =>
          proportions[k] * (x * q + (1 - x) * (1 - q) + EPSILON)
        );
        const sum = p.reduce((x, y) => x + y);
        for (let k = 0; k < K; k++) {
          const gamma = held ? held[s][(b * K + k) * D + i] : p[k] / sum;
          const a = logits[k][i];
          loss += config.intra * gamma * (softplus(a) - x * a) +
            (1 - gamma) * (apart * softplus(a) + charge * psi[k]);
          const explained = config.reads === "image" ? 0 : psi[k];
          residuals[k][i] = gamma * (input - explained);
          lit[k] += x * gamma;
        }
        loss -= config.mixture * log(sum / K);
      }
      total += weights[s] * loss / batch;
      if (held) {
        proportions = components.map((k) => of(em.proportions[s], k, 1)[0]);
      } else if (config.proportions > 0 && age + s >= config.chargedSteps) {
        const parts = lit.map((n) => exp(config.proportions * log(n)));
        const sum = parts.reduce((x, y) => x + y);
        proportions = parts.map((part) => K * part / sum);
      }
    }
  }
  return total;
}

function mStep(
  params: Matrices,
  { mStep: kind, hidden: H }: NeuralEmConfig,
  state: readonly number[],
  residual: readonly number[],
): number[] {
  const drive = (weights: { data: ArrayLike<number> }, j: number): number =>
    residual.reduce((sum, r, i) => sum + r * weights.data[i * H + j], 0);
  if (kind === "gradient") {
    return state.map((theta, j) => {
      const h = sigmoid(theta);
      const change = h * (1 - h) * drive(params.weights, j);
      return theta + params.rate.data[0] * change;
    });
  }
  const f = kind === "tanh" ? tanh : sigmoid;
  return state.map((_, j) =>
    f(
      params.stateBias.data[j] + drive(params.inputWeights, j) +
        state.reduce(
          (sum, h, i) => sum + h * params.stateWeights.data[i * H + j],
          0,
        ),
    )
  );
}

function decode(
  params: Matrices,
  { mStep: kind, canvas, hidden: H }: NeuralEmConfig,
  state: readonly number[],
): number[] {
  const D = canvas * canvas;
  return Array.from({ length: D }, (_, i) =>
    kind === "gradient"
      ? state.reduce(
        (sum, theta, j) =>
          sum + sigmoid(theta) * params.weights.data[i * H + j],
        0,
      )
      : state.reduce(
        (sum, h, j) => sum + h * params.outputWeights.data[j * D + i],
        params.outputBias.data[i],
      ));
}

/** A small model in float64 with images, states and residuals at random. */
export interface ProbeModel {
  config: Readonly<NeuralEmConfig>;
  params: Matrices;
  em: UnrolledEm;
  /** A different weight for each step's loss. */
  weights: number[];
}

/**
 * Makes one: 4 × 4 images, 3 components, 5 units, 4 steps, unless overridden. Its
 * second image has had an E-step before.
 */
export function probeModel(
  rng: Rng,
  overrides: Partial<NeuralEmConfig>,
): ProbeModel {
  const sizes = { canvas: 4, components: 3, hidden: 5, batchSize: 2 };
  const rest = { steps: 4, unroll: 4, lossSteps: "all" };
  const config = neuralEmConfig({ ...rest, ...overrides, ...sizes });
  const space = workspace("float64", { bytes: 1 << 20 });
  const params = initNeuralEm(rng, space, config);
  for (const name in params) {
    if (name.endsWith("Bias")) fillNormal(rng, params[name].data, 0.3);
  }
  const steps = config.steps - (config.start === "states" ? 1 : 0);
  const em = unrolledEm(space, params, config, { batch: 2, steps, groups: 2 });
  em.ages[1] = 1;
  for (const { data } of [...em.targets, ...em.inputs]) {
    for (let i = 0; i < data.length; i++) data[i] = bernoulli(rng, 0.4);
  }
  fillUniform(rng, em.residuals[0].data, 0, 1);
  fillNormal(rng, em.states[0].data, 0.5);
  const weights = Array.from({ length: steps + 1 }, (_, s) => 0.2 + 0.1 * s);
  return { config, params, em, weights };
}

/** Every gradient of a probe model against finite differences. */
export function checkGradients(probe: ProbeModel): GradientCheck {
  const { config, params, em, weights } = probe;
  const start = params.startStates?.data;
  /** Every image starts from the learned states, if there are any. */
  const begin = (): void => {
    const { data } = em.states[0];
    for (let i = 0; start && i < data.length; i++) {
      data[i] = start[i % start.length];
    }
  };
  const run = (): { loss: number; grads: Record<string, Float64Array> } => {
    begin();
    return { loss: em.forward(weights), grads: doubles(em.backward(weights)) };
  };
  if (config.throughGamma) return gradientCheck(doubles(params), run);
  // With γ held, the loss to compare with is one in which γ does not move.
  const { grads } = run();
  const held = em.responsibilities.map(({ data }) => Float64Array.from(data));
  return gradientCheck(doubles(params), () => {
    begin();
    return { loss: plainLoss(params, config, { em, weights, held }), grads };
  });
}
