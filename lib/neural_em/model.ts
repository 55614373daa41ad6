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
 *       "sigmoid", "tanh" (RNN-EM)   hₖ ← f(residual W + hₖ V + b)
 *       "gradient" (N-EM, eq. 7)     θₖ ← θₖ + η σ'(θₖ) ∘ (residual W), hₖ = σ(θₖ)
 *       ψₖ = σ(aₖ)                   aₖ = hₖ U + c;  N-EM: aₖ = hₖ Wᵀ
 *   E   γₖ = p(x | ψₖ) / Σⱼ p(x | ψⱼ)               pixel by pixel
 *
 * and the loss after a step, in nats an image (eq. 8 and the seed's)
 *
 *   Σ_pixels { Σₖ [ intra γₖ BCE(x, ψₖ) + inter (1 − γₖ) KL(0 ‖ ψₖ) ]
 *              − mixture ln Σₖ p(x | ψₖ) / K }.
 *
 * Gradients run backwards through the unrolled steps, by hand.
 *
 * @module
 */
import {
  between,
  defineConfig,
  integerIn,
  nonNegative,
  nonNegativeInteger,
  oneOf,
  positive,
  positiveInteger,
  probability,
} from "../run/config.ts";
import {
  add,
  axpy,
  copy,
  fill,
  mul,
  scale,
  sigmoid,
  sigmoidBackward,
  tanh,
  tanhBackward,
} from "../numeric/matrix/elementwise.ts";
import { emStep, emStepBackward } from "../numeric/matrix/em_step.ts";
import {
  addMatmul,
  addMatmulNT,
  addMatmulTN,
  matmul,
  matmulNT,
} from "../numeric/matrix/products.ts";
import { addColumnSums, dot } from "../numeric/matrix/reductions.ts";
import { addRow } from "../numeric/matrix/rows.ts";
import type { Matrix, Workspace } from "../numeric/matrix/workspace.ts";
import { likeParams } from "../numeric/optimizers.ts";
import { fillUniform, normal, type Rng } from "../numeric/random.ts";

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
   * first step with states at 0; or "states", a learned state a component.
   */
  start: string;
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
export const neuralEmConfig: (
  overrides?: Partial<NeuralEmConfig>,
) => Readonly<NeuralEmConfig> = defineConfig<NeuralEmConfig>(
  "train neural EM",
  {
    canvas: 28,
    components: 4,
    hidden: 250,
    mStep: "sigmoid",
    start: "responsibilities",
    startNoise: 0,
    steps: 15,
    unroll: 15,
    lossSteps: "last",
    intra: 1,
    inter: 1,
    interOn: 1,
    mixture: 0,
    throughGamma: true,
    noise: 0.1,
    noiseOn: "input",
    batchSize: 64,
    updates: 100_000,
    learningRate: 1e-3,
    warmup: 0,
    cooldown: 0,
    clipNorm: 1e9,
    initScale: 1,
    initTied: false,
    initMemory: 0,
    pixelBias: 0,
  },
  {
    canvas: integerIn(2, 256),
    components: integerIn(1, 64),
    hidden: positiveInteger,
    mStep: oneOf("sigmoid", "tanh", "gradient"),
    start: oneOf("responsibilities", "states"),
    startNoise: nonNegative,
    steps: positiveInteger,
    unroll: positiveInteger,
    lossSteps: oneOf("last", "half", "all"),
    intra: nonNegative,
    inter: nonNegative,
    interOn: nonNegative,
    mixture: nonNegative,
    noise: probability,
    noiseOn: oneOf("input", "image"),
    batchSize: positiveInteger,
    updates: nonNegativeInteger,
    learningRate: positive,
    warmup: nonNegativeInteger,
    cooldown: between(0, 1),
    clipNorm: positive,
    initScale: positive,
    initMemory: nonNegative,
  },
  [
    ({ steps, unroll }) =>
      steps % unroll !== 0
        ? { key: "unroll", mustBe: `a divisor of steps, ${steps}` }
        : undefined,
    ({ steps, unroll, batchSize }) =>
      batchSize % (steps / unroll) !== 0
        ? {
          key: "batchSize",
          mustBe: `a multiple of steps / unroll, ${steps / unroll}`,
        }
        : undefined,
    ({ start, steps, unroll }) =>
      start === "states" && unroll !== steps
        ? { key: "unroll", mustBe: `steps, ${steps}, with learned states` }
        : undefined,
    ({ start, mStep }) =>
      start === "states" && mStep === "gradient"
        ? { key: "start", mustBe: '"responsibilities" with mStep "gradient"' }
        : undefined,
  ],
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

/** Parameters by name; which there are depends on the M-step and the start. */
export type NeuralEmParams = Readonly<Record<string, Matrix>>;

/** Shapes of the parameters of a configuration. */
export function paramShapes(
  config: NeuralEmConfig,
): Record<string, readonly [number, number]> {
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
): NeuralEmParams {
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
  if (params.startStates) {
    const { data } = params.startStates;
    for (let i = 0; i < data.length; i++) data[i] = 0.5 * normal(rng);
  }
  return params;
}

function transpose(a: Matrix, out: Matrix): void {
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.cols; j++) {
      out.data[j * out.cols + i] = a.data[i * a.cols + j];
    }
  }
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
  /** Loss of each image, batch × 1, nats. */
  readonly imageLosses: readonly Matrix[];
  /** Loss after each step, nats an image. */
  readonly losses: Float64Array;
  /** Runs the steps; returns Σ weights[s] · losses[s]. */
  forward(weights: ArrayLike<number>): number;
  /** Gradients of that sum, after `forward` with the same weights. */
  backward(weights: ArrayLike<number>): NeuralEmParams;
}

/** One M-step and the decoder of one kind of model. */
interface Cell {
  /** State s from state s − 1 and residual s − 1. */
  forward(s: number): void;
  /** logits from state s. */
  decode(s: number): void;
  /** From dLogits: adds to the gradients and to dState, of state s. */
  decodeBackward(s: number): void;
  /** From dState of s: gradients, dState of s − 1 and, if wanted, dResidual. */
  backward(s: number, wantsResidual: boolean): void;
}

interface Scratch {
  logits: Matrix[];
  dLogits: Matrix;
  dResidual: Matrix;
  dState: Matrix;
  dStateNext: Matrix;
}

/**
 * Makes the memory for `steps` EM steps on batches of `batch` images.
 *
 * With learned starting states, entry 0 is decoded and its E-step run too, so
 * that `steps` M-steps make steps + 1 E-steps.
 */
export function unrolledEm(
  space: Workspace,
  params: NeuralEmParams,
  config: NeuralEmConfig,
  { batch, steps }: { batch: number; steps: number },
): UnrolledEm {
  const { components: K, hidden, intra, inter, mixture, throughGamma } = config;
  const interOn = inter * config.interOn;
  const pixels = config.canvas * config.canvas;
  const list = (rows: number, cols: number): Matrix[] =>
    Array.from({ length: steps + 1 }, () => space.matrix(rows, cols));
  const targets = list(batch, pixels);
  const inputs = list(batch, pixels);
  const states = list(batch * K, hidden);
  const residuals = list(batch * K, pixels);
  const predictions = list(batch * K, pixels);
  const responsibilities = list(batch * K, pixels);
  const imageLosses = list(batch, 1);
  const scratch: Scratch = {
    // Over which their sigmoids are written where no loss reads them again.
    logits: intra || inter ? list(batch * K, pixels) : predictions,
    dLogits: space.matrix(batch * K, pixels),
    dResidual: space.matrix(batch * K, pixels),
    dState: space.matrix(batch * K, hidden),
    dStateNext: space.matrix(batch * K, hidden),
  };
  const grads = likeParams(params);
  const parts = { space, params, grads, states, residuals, scratch };
  const cell = config.mStep === "gradient"
    ? gradientCell(parts)
    : recurrentCell(parts, config.mStep);
  const learnedStart = config.start === "states";
  const first = learnedStart ? 0 : 1;
  const losses = new Float64Array(steps + 1);
  const step = (s: number) => ({
    x: targets[s],
    input: inputs[s],
    logits: scratch.logits[s],
    psi: predictions[s],
    gamma: responsibilities[s],
    residual: residuals[s],
    K,
  });

  function forward(weights: ArrayLike<number>): number {
    let total = 0;
    for (let s = first; s <= steps; s++) {
      if (s > 0) cell.forward(s);
      cell.decode(s);
      const loss = emStep({
        ...step(s),
        ...{ intra, inter, interOn, mixture },
        losses: imageLosses[s],
      });
      losses[s] = loss / batch;
      total += weights[s] * losses[s];
    }
    return total;
  }

  function backward(weights: ArrayLike<number>): NeuralEmParams {
    const { dLogits, dResidual, dState } = scratch;
    for (const name in grads) fill(0, grads[name]);
    fill(0, dResidual);
    fill(0, dState);
    for (let s = steps; s >= first; s--) {
      const weight = weights[s] / batch;
      emStepBackward({
        ...step(s),
        intra: weight * intra,
        inter: weight * inter,
        interOn: weight * interOn,
        mixture: weight * mixture,
        throughGamma,
        dResidual,
        dLogits,
      });
      cell.decodeBackward(s);
      if (s > 0) cell.backward(s, s > first);
    }
    if (learnedStart) {
      const perImage = space.reshape(dState, batch, K * hidden);
      addColumnSums(perImage, space.reshape(grads.startStates, 1, K * hidden));
    }
    return grads;
  }

  return {
    targets,
    inputs,
    states,
    residuals,
    predictions,
    responsibilities,
    imageLosses,
    losses,
    forward,
    backward,
  };
}

interface CellParts {
  space: Workspace;
  params: NeuralEmParams;
  grads: NeuralEmParams;
  states: Matrix[];
  residuals: Matrix[];
  scratch: Scratch;
}

/** RNN-EM: h ← f(residual W + h V + b), logits = h U + c. */
function recurrentCell(parts: CellParts, activation: string): Cell {
  const { params, grads, states, residuals, scratch } = parts;
  const { logits, dLogits, dResidual, dState, dStateNext } = scratch;
  const [activate, activateBackward] = activation === "tanh"
    ? [tanh, tanhBackward]
    : [sigmoid, sigmoidBackward];
  return {
    forward(s): void {
      const h = states[s];
      matmul(residuals[s - 1], params.inputWeights, h);
      addMatmul(states[s - 1], params.stateWeights, h);
      addRow(h, params.stateBias, h);
      activate(h, h);
    },
    decode(s): void {
      matmul(states[s], params.outputWeights, logits[s]);
      addRow(logits[s], params.outputBias, logits[s]);
    },
    decodeBackward(s): void {
      addMatmulTN(states[s], dLogits, grads.outputWeights);
      addColumnSums(dLogits, grads.outputBias);
      addMatmulNT(dLogits, params.outputWeights, dState);
    },
    backward(s, wantsResidual): void {
      const dInput = activateBackward(states[s], dState, dStateNext);
      addMatmulTN(residuals[s - 1], dInput, grads.inputWeights);
      addMatmulTN(states[s - 1], dInput, grads.stateWeights);
      addColumnSums(dInput, grads.stateBias);
      if (!wantsResidual) return;
      matmulNT(dInput, params.inputWeights, dResidual);
      matmulNT(dInput, params.stateWeights, dState);
    },
  };
}

/** N-EM: θ ← θ + η σ'(θ) ∘ (residual W), logits = σ(θ) Wᵀ. */
function gradientCell(parts: CellParts): Cell {
  const { space, params, grads, states, residuals, scratch } = parts;
  const { logits, dLogits, dResidual, dState, dStateNext } = scratch;
  const like = (): Matrix => space.matrix(dState.rows, dState.cols);
  const hidden = states.map(like); // σ(θ)
  const drive = states.map(like); // residual W
  const change = states.map(like); // σ'(θ) ∘ drive
  const product = like();
  const dHidden = like();
  fill(0.5, hidden[0]);
  return {
    forward(s): void {
      sigmoid(states[s - 1], hidden[s - 1]);
      matmul(residuals[s - 1], params.weights, drive[s]);
      sigmoidBackward(hidden[s - 1], drive[s], change[s]);
      copy(states[s - 1], states[s]);
      axpy(params.rate.data[0], change[s], states[s]);
    },
    decode(s): void {
      sigmoid(states[s], hidden[s]);
      matmulNT(hidden[s], params.weights, logits[s]);
    },
    decodeBackward(s): void {
      addMatmulTN(dLogits, hidden[s], grads.weights);
      matmul(dLogits, params.weights, dHidden);
      sigmoidBackward(hidden[s], dHidden, dHidden);
      add(dState, dHidden, dState);
    },
    backward(s, wantsResidual): void {
      const eta = params.rate.data[0];
      grads.rate.data[0] += dot(dState, change[s]);
      // dChange = η dState; through σ'(θ) = h (1 − h) and through the drive.
      const h = hidden[s - 1];
      const dDrive = sigmoidBackward(h, dState, dStateNext);
      scale(eta, dDrive, dDrive);
      addMatmulTN(residuals[s - 1], dDrive, grads.weights);
      if (!wantsResidual) return;
      matmulNT(dDrive, params.weights, dResidual);
      // dθ += η dState ∘ drive ∘ (1 − 2h) ∘ h (1 − h)
      mul(dState, drive[s], dHidden);
      mul(dHidden, h, product);
      axpy(-2, product, dHidden);
      sigmoidBackward(h, dHidden, dHidden);
      axpy(eta, dHidden, dState);
    },
  };
}
