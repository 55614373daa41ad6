/**
 * Neural expectation maximization: a network that learns to group pixels.
 *
 * Greff, K., van Steenkiste, S., & Schmidhuber, J. (2017). Neural Expectation
 * Maximization. NIPS 30, arXiv:1708.03498.
 *
 * K components explain an image x of D binary pixels. Component k has a state
 * that a network decodes into pixel probabilities ψₖ. One EM step is
 *
 *   M   residual = γₖ (x̃ − ψₖ)                     x̃: the image with noise
 *       or, where the network reads the image, γₖ x̃
 *       "sigmoid", "tanh" (RNN-EM)   hₖ ← f(residual W + hₖ V + b)
 *       "gradient" (N-EM, eq. 7)     θₖ ← θₖ + η σ'(θₖ) ∘ (residual W), hₖ = σ(θₖ)
 *       ψₖ = σ(aₖ)                   aₖ = hₖ U + c;  N-EM: aₖ = hₖ Wᵀ
 *   E   γₖ = πₖ p(x | ψₖ) / Σⱼ πⱼ p(x | ψⱼ)         pixel by pixel
 *
 * and the loss after a step, in nats an image (eq. 8 and the seed's)
 *
 *   Σ_pixels { Σₖ [ intra γₖ BCE(x, ψₖ) + inter (1 − γₖ) KL(0 ‖ ψₖ) ]
 *              − mixture ln Σₖ p(x | ψₖ) / K }.
 *
 * In the paper all πₖ are equal. Here they may be learned by EM, too: πₖ is the
 * share of the pixels that are on that component k had in the E-step before.
 *
 * Gradients run backwards through the unrolled steps, by hand. M-steps and
 * decoders are in `m_step.ts`; the E-step with its loss is a kernel,
 * `lib/numeric/matrix/em_step.ts`.
 *
 * @module
 */
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure, each, Refusal } from "../run/config.ts";
import { fill } from "../numeric/matrix/elementwise.ts";
import { emStep, emStepBackward } from "../numeric/matrix/em_step.ts";
import { addColumnSums } from "../numeric/matrix/reductions.ts";
import {
  type Matrix,
  type Workspace,
  workspace,
} from "../numeric/matrix/workspace.ts";
import { exp, log } from "../numeric/elementary.ts";
import { likeParams, type Matrices } from "../numeric/optimizers.ts";
import { fillNormal, fillUniform, type Rng } from "../numeric/random.ts";
import { setParams } from "../run/params.ts";
import { reader } from "../run/reader.ts";
import type { Tensors } from "../run/safetensors.ts";
import { gradientCell, recurrentCell } from "./m_step.ts";

/** What the model is and how it is trained. */
export interface NeuralEmConfig {
  /** Side of the square images in pixels; D is its square. */
  canvas: number;
  /** Components K. */
  components: number;
  /** Units H in a component's state. */
  hidden: number;
  /** The M-step: "sigmoid" or "tanh" recurrence (RNN-EM), "gradient" (N-EM). */
  mStep: string;
  /**
   * What tells the components apart: "responsibilities", random ones at the
   * first step with states at 0; "seeds", equal ones but for a random lit pixel
   * a component, which is its own; or "states", a learned state a component.
   */
  start: string;
  /** What the M-step reads: "residual", γ (x̃ − ψ), or "image", γ x̃. */
  reads: string;
  /** Standard deviation of the noise on learned starting states. */
  startNoise: number;
  /** E-steps T that an image is seen for. */
  steps: number;
  /**
   * Steps that a gradient runs back through. Below `steps`, states are carried
   * from update to update until an image has had its T steps (see training).
   */
  unroll: number;
  /** Steps of an unrolled stretch that the loss counts: "last", "half", "all". */
  lossSteps: string;
  /** Weight of the loss within a component, γₖ BCE. */
  intra: number;
  /** Weight of the loss between components, (1 − γₖ) KL. */
  inter: number;
  /** Share of that weight that holds at pixels that are on; the paper's is 1. */
  interOn: number;
  /** Weight of (1 − γₖ) ψₖ at pixels that are on: a charge of at most 1 each. */
  interPsi: number;
  /** E-steps, the first so many, in which `interOn` and `interPsi` hold. */
  chargedSteps: number;
  /** Exponent of πₖ in the E-steps after these; with 0 all are equal. */
  proportions: number;
  /** Weight of the mixture's negative log-likelihood. */
  mixture: number;
  /** Whether gradients run through γ, or γ is held. */
  throughGamma: boolean;
  /** Probability that a pixel of the input is flipped. */
  noise: number;
  /** What noise falls on: "input", anew each step; "image", target included. */
  noiseOn: string;
  /** Images an update. */
  batchSize: number;
  /** Updates. */
  updates: number;
  /** Adam's step size. */
  learningRate: number;
  /** Updates over which the step size grows from 0. */
  warmup: number;
  /** Last part of the updates over which it falls to 0 in a straight line. */
  cooldown: number;
  /** Largest norm of the gradient. */
  clipNorm: number;
  /** Factor on the uniform Glorot initial weights. */
  initScale: number;
  /** Whether the input weights start as the output weights, transposed. */
  initTied: boolean;
  /** Initial self-connection of the units, balanced by a bias of minus half. */
  initMemory: number;
  /** Initial bias of the pixels' logits. */
  pixelBias: number;
}

/** The checked configuration; the defaults are the paper's static shapes. */
export const neuralEmConfig: Configure<NeuralEmConfig> = checkedConfig(
  "train neural EM",
  {
    canvas: [28, is.integerIn(2, 256)],
    components: [4, is.integerIn(1, 64)],
    hidden: [250, is.positiveInteger],
    mStep: ["sigmoid", is.oneOf("sigmoid", "tanh", "gradient")],
    start: [
      "responsibilities",
      is.oneOf("responsibilities", "seeds", "states"),
    ],
    reads: ["residual", is.oneOf("residual", "image")],
    startNoise: [0, is.nonNegative],
    ...each(is.positiveInteger, { steps: 15, unroll: 15 }),
    lossSteps: ["last", is.oneOf("last", "half", "all")],
    ...each(is.nonNegative, { intra: 1, inter: 1, interOn: 1, interPsi: 0 }),
    chargedSteps: [1e9, is.nonNegativeInteger],
    ...each(is.nonNegative, { proportions: 0, mixture: 0 }),
    throughGamma: [true],
    noise: [0.1, is.probability],
    noiseOn: ["input", is.oneOf("input", "image")],
    batchSize: [64, is.positiveInteger],
    updates: [100_000, is.nonNegativeInteger],
    learningRate: [1e-3, is.positive],
    warmup: [0, is.nonNegativeInteger],
    cooldown: [0, is.between(0, 1)],
    ...each(is.positive, { clipNorm: 1e9, initScale: 1 }),
    initTied: [false],
    initMemory: [0, is.nonNegative],
    pixelBias: [0],
  },
  ({ steps, unroll, batchSize, start, mStep, chargedSteps }) => {
    const learned = start === "states";
    const groups = steps / unroll;
    return [
      ["unroll", steps % unroll === 0, `a divisor of steps, ${steps}`],
      [
        "batchSize",
        batchSize % groups === 0,
        `a multiple of steps / unroll, ${groups}`,
      ],
      [
        "unroll",
        !learned || unroll === steps,
        `steps, ${steps}, with learned states`,
      ],
      [
        "start",
        !learned || mStep !== "gradient",
        '"responsibilities" or "seeds" with mStep "gradient"',
      ],
      [
        "chargedSteps",
        !learned || chargedSteps >= steps,
        `at least steps, ${steps}, with learned states`,
      ],
    ];
  },
);

/** The reference program's model and training, as far as overrides go. */
export const SEED_MODEL: Readonly<Partial<NeuralEmConfig>> = Object.freeze({
  canvas: 24,
  components: 3,
  hidden: 24,
  mStep: "tanh",
  start: "states",
  startNoise: 0.1,
  steps: 4,
  unroll: 4,
  lossSteps: "all",
  intra: 0,
  inter: 0,
  mixture: 1,
  noise: 0.1,
  noiseOn: "image",
  batchSize: 32,
  updates: 960,
  learningRate: 3e-3,
});

/**
 * Shapes of a configuration's parameters, by name; which there are depends on
 * the M-step and the start.
 */
export function paramShapes(
  config: NeuralEmConfig,
): Record<string, readonly [rows: number, cols: number]> {
  const { components, hidden } = config;
  const pixels = config.canvas * config.canvas;
  if (config.mStep === "gradient") {
    return { weights: [pixels, hidden], rate: [1, 1] };
  }
  return {
    inputWeights: [pixels, hidden],
    stateWeights: [hidden, hidden],
    stateBias: [1, hidden],
    outputWeights: [hidden, pixels],
    outputBias: [1, pixels],
    ...(config.start === "states" && { startStates: [components, hidden] }),
  };
}

/** Draws initial parameters: uniform Glorot weights, biases 0, states N(0, ½²). */
export function initNeuralEm(
  rng: Rng,
  space: Workspace,
  config: NeuralEmConfig,
): Matrices {
  const params = space.matrices(paramShapes(config));
  const { hidden, initScale } = config;
  const pixels = config.canvas * config.canvas;
  const glorot = (matrix: Matrix, fans: number): void => {
    const limit = initScale * Math.sqrt(6 / fans);
    fillUniform(rng, matrix.data, -limit, limit);
  };
  if (config.mStep === "gradient") {
    glorot(params.weights, pixels + hidden);
    params.rate.data[0] = 1;
    return params;
  }
  // Input and state feed the units together, as one matrix in the paper's code.
  glorot(params.inputWeights, pixels + 2 * hidden);
  glorot(params.stateWeights, pixels + 2 * hidden);
  glorot(params.outputWeights, pixels + hidden);
  fill(config.pixelBias, params.outputBias);
  if (config.initTied) transpose(params.outputWeights, params.inputWeights);
  for (let j = 0; j < hidden; j++) {
    params.stateWeights.data[j * hidden + j] += config.initMemory;
    params.stateBias.data[j] -= config.initMemory / 2;
  }
  if (params.startStates) fillNormal(rng, params.startStates.data, 0.5);
  return params;
}

function transpose(a: Matrix, out: Matrix): void {
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.cols; j++) {
      out.data[j * out.cols + i] = a.data[i * a.cols + j];
    }
  }
}

/** A model: its parameters, in the memory they live in. */
export interface NeuralEm {
  readonly config: Readonly<NeuralEmConfig>;
  readonly params: Matrices;
  readonly space: Workspace;
}

/**
 * A model from plain parameters.
 *
 * @throws {Refusal} if a parameter is missing or has another size
 */
export function modelFrom(
  config: Readonly<NeuralEmConfig>,
  values: Readonly<Record<string, ArrayLike<number>>>,
): NeuralEm {
  const space = workspace("float32", { bytes: 256 << 20 });
  const params = space.matrices(paramShapes(config));
  setParams(params, values);
  return { config, params, space };
}

/** Makes models of one configuration, each in the memory of the one before. */
export function modelMaker(
  config: Readonly<NeuralEmConfig>,
): (values: Readonly<Record<string, ArrayLike<number>>>) => NeuralEm {
  let model: NeuralEm | undefined;
  return (values) => {
    if (model) setParams(model.params, values);
    return model ??= modelFrom(config, values);
  };
}

/**
 * The model of a checkpoint: parameters, and the configuration in its metadata.
 *
 * @throws {Refusal} if the two do not fit or there is no configuration
 */
export function restoreNeuralEm({ tensors, metadata }: Tensors): NeuralEm {
  if (metadata.config === undefined) {
    throw new Refusal(
      "Cannot restore neural EM as the checkpoint must hold its configuration: " +
        `its metadata has ${Object.keys(metadata).join(", ") || "nothing"}`,
    );
  }
  const from = reader("restore neural EM");
  const config = neuralEmConfig(
    from.object(from.json(metadata.config, "its config"), "its config"),
  );
  const values = Object.entries(tensors).map(([name, { data }]) =>
    [name, data] as const
  );
  return modelFrom(config, Object.fromEntries(values));
}

/**
 * Memory for EM steps on a batch, forwards and backwards. Entry 0 of each list
 * is where the steps start from, entry s what step s makes of it.
 */
export interface UnrolledEm {
  /** Clean images, batch × D; the E-step and the loss see these. */
  readonly targets: readonly Matrix[];
  /** Images as the M-step sees them, batch × D. */
  readonly inputs: readonly Matrix[];
  /** States, batch·K × H: h, or θ for N-EM. */
  readonly states: readonly Matrix[];
  /** γ (x̃ − ψ), batch·K × D: what the next M-step reads. */
  readonly residuals: readonly Matrix[];
  /** ψ, batch·K × D. */
  readonly predictions: readonly Matrix[];
  /** γ, batch·K × D. */
  readonly responsibilities: readonly Matrix[];
  /** K πₖ in the E-step after, batch·K × 1. */
  readonly proportions: readonly Matrix[];
  /** E-steps that each group of images has had before, the groups alike. */
  readonly ages: number[];
  /** Loss of each image, batch × 1, nats. */
  readonly imageLosses: readonly Matrix[];
  /** Loss after each step, nats an image. */
  readonly losses: Float64Array;
  /** Runs the steps; returns Σ weights[s] · losses[s]. */
  forward(weights: ArrayLike<number>): number;
  /** Gradients of that sum, after `forward` with the same weights. */
  backward(weights: ArrayLike<number>): Matrices;
}

/**
 * Fills K πₖ of each image: the components' shares of its pixels that are on, to
 * the power `exponent`, half a pixel added to each.
 */
function fillProportions(
  { x, gamma, K, exponent, out }: {
    x: Matrix;
    gamma: Matrix;
    K: number;
    exponent: number;
    out: Matrix;
  },
): void {
  for (let b = 0; b < x.rows; b++) {
    const first = b * x.cols;
    let total = 0;
    for (let k = b * K; k < (b + 1) * K; k++) {
      let pixels = 0.5;
      for (let i = 0; i < x.cols; i++) {
        pixels += x.data[first + i] * gamma.data[k * x.cols + i];
      }
      out.data[k] = exponent === 1 ? pixels : exp(exponent * log(pixels));
      total += out.data[k];
    }
    for (let k = b * K; k < (b + 1) * K; k++) out.data[k] *= K / total;
  }
}

/**
 * Makes the memory for `steps` EM steps on batches of `batch` images, in
 * `groups` of their own ages.
 *
 * With learned starting states, entry 0 is decoded and its E-step run too, so
 * that `steps` M-steps make steps + 1 E-steps.
 */
export function unrolledEm(
  space: Workspace,
  params: Matrices,
  config: NeuralEmConfig,
  { batch, steps, groups = 1 }: {
    batch: number;
    steps: number;
    groups?: number;
  },
): UnrolledEm {
  const { components: K, hidden, intra, inter, mixture, throughGamma } = config;
  const { chargedSteps, proportions: exponent } = config;
  const pixels = config.canvas * config.canvas;
  const list = (rows: number, cols: number): Matrix[] =>
    Array.from({ length: steps + 1 }, () => space.matrix(rows, cols));
  const em = {
    targets: list(batch, pixels),
    inputs: list(batch, pixels),
    states: list(batch * K, hidden),
    residuals: list(batch * K, pixels),
    predictions: list(batch * K, pixels),
    responsibilities: list(batch * K, pixels),
    proportions: list(batch * K, 1),
    ages: new Array<number>(groups).fill(0),
    imageLosses: list(batch, 1),
    losses: new Float64Array(steps + 1),
  };
  // Over which their sigmoids are written where no loss reads them again.
  const logits = intra || inter ? list(batch * K, pixels) : em.predictions;
  const dLogits = space.matrix(batch * K, pixels);
  const dResidual = space.matrix(batch * K, pixels);
  const dState = space.matrix(batch * K, hidden);
  const grads = likeParams(params);
  const { states, residuals, losses } = em;
  const cell = (config.mStep === "gradient" ? gradientCell : recurrentCell)(
    { params, grads, states, residuals, logits, dLogits, dResidual, dState },
    config,
  );
  const learnedStart = config.start === "states";
  const first = learnedStart ? 0 : 1;
  for (const ones of em.proportions) fill(1, ones);
  // Groups differ once some are charged for lit pixels and some are not.
  const parts = chargedSteps < config.steps ? groups : 1;
  const rows = batch / parts;
  const stretch = states.map((_, s) =>
    Array.from({ length: parts }, (_, g) => {
      const images = (matrix: Matrix): Matrix =>
        space.rows(matrix, g * rows, rows);
      const all = (matrix: Matrix): Matrix =>
        space.rows(matrix, g * rows * K, rows * K);
      return {
        x: images(em.targets[s]),
        input: images(em.inputs[s]),
        losses: images(em.imageLosses[s]),
        logits: all(logits[s]),
        psi: all(em.predictions[s]),
        gamma: all(em.responsibilities[s]),
        residual: all(residuals[s]),
        proportions: all(em.proportions[Math.max(0, s - 1)]),
        next: all(em.proportions[s]),
        dResidual: all(dResidual),
        dLogits: all(dLogits),
        ...{ K, explained: config.reads === "image" ? 0 : 1 },
      };
    })
  );
  /** What part g pays for in step s, if the whole weighs so much. */
  const weighted = (weight: number, s: number, g: number) => {
    const charged = em.ages[g] + s <= chargedSteps ? weight : 0;
    return {
      intra: weight * intra,
      inter: weight * inter,
      interOn: charged * inter * config.interOn,
      interPsi: charged * config.interPsi,
      mixture: weight * mixture,
    };
  };

  function forward(weights: ArrayLike<number>): number {
    let total = 0;
    for (let s = first; s <= steps; s++) {
      if (s > 0) cell.forward(s);
      cell.decode(s);
      let loss = 0;
      stretch[s].forEach((part, g) => {
        loss += emStep({ ...part, ...weighted(1, s, g) });
        if (exponent === 0) return;
        if (em.ages[g] + s < chargedSteps) fill(1, part.next);
        else fillProportions({ ...part, exponent, out: part.next });
      });
      losses[s] = loss / batch;
      total += weights[s] * losses[s];
    }
    return total;
  }

  function backward(weights: ArrayLike<number>): Matrices {
    for (const name in grads) fill(0, grads[name]);
    fill(0, dResidual);
    fill(0, dState);
    for (let s = steps; s >= first; s--) {
      const weight = weights[s] / batch;
      stretch[s].forEach((part, g) =>
        emStepBackward({ ...part, ...weighted(weight, s, g), throughGamma })
      );
      cell.decodeBackward(s);
      if (s > 0) cell.backward(s, s > first);
    }
    if (learnedStart) {
      const perImage = space.reshape(dState, batch, K * hidden);
      addColumnSums(perImage, space.reshape(grads.startStates, 1, K * hidden));
    }
    return grads;
  }

  return { ...em, forward, backward };
}
