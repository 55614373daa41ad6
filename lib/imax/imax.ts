/**
 * Imax: two modules look at different strips of one stereogram, and learn to
 * make their outputs a and b agree.
 *
 * Becker, S., & Hinton, G. E. (1992). Self-organizing neural network that
 * discovers surfaces in random-dot stereograms. Nature 355, 161–163.
 *
 *     y = f(left, right)            one network a module, or one for both
 *     I = ½ ln[V(a + b) / V(a − b)] maximised over pairs that share a disparity
 *
 * The defaults are the reference program's: products of the two eyes as extra
 * inputs, one sigmoid layer, and V(a) + V(b) in place of V(a + b).
 *
 * @module
 */
import { LOSSES } from "../agreement/catalogue.ts";
import {
  type Convention,
  CONVENTIONS,
  informationLoss,
  jointOf,
  type Outputs,
} from "../agreement/gaussian_information.ts";
import { newPairs, type Pairs, type PairSampler } from "../agreement/pairs.ts";
import {
  type AgreementMetrics,
  agreementMetrics,
} from "../agreement/readout.ts";
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure, each } from "../run/config.ts";
import { canonicalCorrelations } from "../numeric/eigen.ts";
import { scale, sub } from "../numeric/matrix/elementwise.ts";
import {
  type Matrix,
  type Workspace,
  workspace,
} from "../numeric/matrix/workspace.ts";
import type { Dtype } from "../numeric/wasm/kernels.ts";
import { type Activation, initMlp, type Mlp, mlp } from "../numeric/mlp.ts";
import { cos } from "../numeric/elementary.ts";
import { adam, type Matrices, sgd } from "../numeric/optimizers.ts";
import { type Floats, type Rng, stream } from "../numeric/random.ts";
import { teamwork } from "../run/team.ts";
import {
  type Training,
  type TrainingConfig,
  trainingSteps,
} from "../run/training.ts";

/** What is maximised: a convention of Imax, or a contrastive relative of it. */
export type Objective = Convention | "infoNce" | "barlowTwins" | "vicReg";

/** Architecture, objective and optimiser. */
export interface ImaxConfig extends TrainingConfig {
  /** Pixels an eye. */
  stripWidth: number;
  /** "products" adds left[i] · right[i + k] for |k| ≤ 3. */
  inputs: "pixels" | "products";
  /** Units of each hidden layer. */
  hidden: readonly number[];
  activation: Activation;
  /** Numbers that a module puts out. */
  outputs: number;
  /** Do both modules use the same weights? */
  shared: boolean;
  /** "odd": y = f(left, right) − f(right, left), so that swapping the eyes negates y. */
  parity: "free" | "odd";
  objective: Objective;
  /**
   * Share of the past in the running covariance that the gradient divides by,
   * in [0, 1). 0 is the batch alone, as in the reference.
   */
  memory: number;
  optimizer: "momentum" | "adam";
  /** "cosine" lets the rate fall to 0 at the last step. */
  schedule: "constant" | "cosine";
  momentum: number;
  weightDecay: number;
  /** Weights start from N(0, initScale² / inputs). */
  initScale: number;
  /**
   * Adds signedStart · k · sign(w2) to the first weights of the product
   * left[i] · right[i + k], so that every module starts as a faint readout of
   * signed disparity.
   */
  signedStart: number;
  batchSize: number;
  /** Updates; the reference calls them epochs. */
  steps: number;
}

/** Largest shift of the product features. */
const MAX_SHIFT = 3;

/** Checks a configuration; the defaults are the reference's. */
export const imaxConfig: Configure<ImaxConfig> = checkedConfig("train Imax", {
  stripWidth: [10, is.integerIn(2, 64)],
  inputs: ["products", is.oneOf("pixels", "products")],
  hidden: [[48], (value) =>
    Array.isArray(value) && value.length > 0 &&
      value.every((units) => Number.isSafeInteger(units) && units > 0)
      ? undefined
      : "an array of layer sizes ≥ 1"],
  activation: ["sigmoid", is.oneOf("sigmoid", "tanh", "relu")],
  outputs: [1, is.integerIn(1, 16)],
  shared: [false],
  parity: ["free", is.oneOf("free", "odd")],
  objective: [
    "difference",
    is.oneOf(...CONVENTIONS, "infoNce", "barlowTwins", "vicReg"),
  ],
  memory: [0, is.share],
  optimizer: ["momentum", is.oneOf("momentum", "adam")],
  learningRate: [0.05, is.positive],
  schedule: ["constant", is.oneOf("constant", "cosine")],
  ...each(is.nonNegative, { momentum: 0.9, weightDecay: 1e-5 }),
  initScale: [0.5, is.positive],
  signedStart: [0, is.nonNegative],
  batchSize: [256, is.integerIn(2, 65536)],
  ...each(is.positiveInteger, { steps: 800, evalEvery: 10 }),
}, ({ batchSize, outputs, shared, signedStart, inputs, hidden }) => [
  ["batchSize", batchSize > 2 * outputs, `above twice the ${outputs} outputs`],
  ["outputs", outputs === 1 || shared, "1 unless the modules share weights"],
  [
    "signedStart",
    signedStart === 0 || (inputs === "products" && hidden.length === 1),
    "0 unless products feed one layer",
  ],
]);

/** One network, from pixels to outputs, for a fixed number of strips. */
export interface Encoder {
  readonly net: Mlp;
  /** rows × 2·stripWidth, written before `forward`. */
  readonly pixels: Floats;
  /** rows × outputs. */
  readonly output: Matrix;
  forward(): void;
  backward(dOutput: Matrix): void;
}

/** The outputs (rows × outputs) of any number of strips, a few at a time. */
export function encodeStrips(
  { pixels, output, forward }: Encoder,
  strips: Floats,
): Float64Array {
  const width = pixels.length / output.rows;
  const rows = strips.length / width;
  const out = new Float64Array(rows * output.cols);
  for (let row = 0; row < rows; row += output.rows) {
    const count = Math.min(output.rows, rows - row);
    pixels.set(strips.subarray(row * width, (row + count) * width));
    forward();
    out.set(output.data.subarray(0, count * output.cols), row * output.cols);
  }
  return out;
}

/** Makes a module's network, or with `params` another view of it. */
export function encoder(
  space: Workspace,
  config: ImaxConfig,
  options: { rows: number; params?: Matrices; grads?: Matrices },
): Encoder {
  const { stripWidth, inputs, parity, outputs } = config;
  const { rows } = options;
  const features = inputs === "pixels"
    ? 2 * stripWidth
    : (3 + 2 * MAX_SHIFT) * stripWidth;
  const odd = parity === "odd";
  const net = mlp(space, {
    sizes: [features, ...config.hidden, outputs],
    activation: config.activation,
  }, { ...options, rows: odd ? 2 * rows : rows });
  const plain = inputs === "pixels" && !odd;
  const count = rows * 2 * stripWidth;
  const pixels = plain ? net.input.data : new Float64Array(
    space.memory.buffer as ArrayBuffer,
    space.matrix(1, count * 8 / space.all.BYTES_PER_ELEMENT).pointer,
    count,
  );
  // The inputs from pixels: left, right and the products left[i] · right[i + k]
  // of all shifts k; where i + k is outside the strip they stay 0, as made.
  // With `swap` the eyes change places first.
  const fill = (to: Matrix, swap: boolean): void =>
    space.kernels.shiftProducts(
      pixels.byteOffset,
      to.pointer,
      rows,
      stripWidth,
      inputs === "pixels" ? 0 : 2 * MAX_SHIFT + 1,
      Number(swap),
    );
  if (!odd) {
    return {
      net,
      pixels,
      output: net.output,
      forward(): void {
        if (!plain) fill(net.input, false);
        net.forward();
      },
      backward: (dOutput) => net.backward(dOutput),
    };
  }
  const output = space.matrix(rows, outputs);
  const seen = space.rows(net.output, 0, rows);
  const swapped = space.rows(net.output, rows, rows);
  const inputSwapped = space.rows(net.input, rows, rows);
  const d = space.matrix(2 * rows, outputs);
  const dSwapped = space.rows(d, rows, rows);
  return {
    net,
    pixels,
    output,
    forward(): void {
      fill(net.input, false);
      fill(inputSwapped, true);
      net.forward();
      sub(seen, swapped, output);
    },
    backward(dOutput): void {
      d.data.set(dOutput.data);
      scale(-1, dOutput, dSwapped);
      net.backward(d);
    },
  };
}

/** Two modules with their parameters, a batch and its gradients. */
export interface ImaxModel {
  readonly config: Readonly<ImaxConfig>;
  /** w1, b1, … if the modules share weights, else a.w1, …, b.w1, …. */
  readonly params: Matrices;
  readonly grads: Matrices;
  /** The batch: written by a sampler before `lossAndGrads`. */
  readonly batch: Pairs;
  /** batchSize × outputs of each module, after `lossAndGrads`. */
  readonly outputs: { readonly a: Floats; readonly b: Floats };
  /** −I of the batch, with its gradient in `grads`. */
  lossAndGrads(): number;
  /** Outputs (n × outputs) of a module for n strips of pixels. */
  encode(pixels: Floats, module: "a" | "b"): Float64Array;
}

const EVAL_ROWS = 256;

/** A model with fresh weights from `rng`. */
export function imaxModel(
  rng: Rng,
  overrides: Partial<ImaxConfig> = {},
  options: { dtype?: Dtype; space?: Workspace } = {},
): ImaxModel {
  const config = imaxConfig(overrides);
  const { batchSize: n, shared } = config;
  const space = options.space ??
    workspace(options.dtype ?? "float32", teamwork());
  const encoders = shared
    ? [encoder(space, config, { rows: 2 * n })]
    : [0, 1].map(() => encoder(space, config, { rows: n }));
  for (const { net } of encoders) {
    initMlp(rng, net.params, config.initScale);
    if (config.signedStart > 0) leanToSigned(net.params, config);
  }
  // The two halves of a shared encoder's rows, or each encoder's own.
  const half = <T extends Floats>(array: T, second: boolean): T =>
    (shared
      ? array.subarray(
        second ? array.length / 2 : 0,
        second ? array.length : array.length / 2,
      )
      : array) as T;
  const [first, last] = [encoders[0], encoders[encoders.length - 1]];
  const batch = {
    a: half(first.pixels, false),
    b: half(last.pixels, true),
    cause: new Float64Array(n),
  };
  const outputs = {
    a: half(first.output.data, false),
    b: half(last.output.data, true),
  };
  const deltas = encoders.map(({ output }) =>
    space.matrix(output.rows, output.cols)
  );
  const loss = lossOf(config, {
    ...outputs,
    da: half(deltas[0].data, false),
    db: half(deltas[deltas.length - 1].data, true),
  });
  const evaluators = encoders.map(({ net }) =>
    encoder(space, config, { rows: EVAL_ROWS, ...net })
  );
  return {
    config,
    params: merged(encoders.map(({ net }) => net.params)),
    grads: merged(encoders.map(({ net }) => net.grads)),
    batch,
    outputs,
    lossAndGrads(): number {
      for (const e of encoders) e.forward();
      const value = loss();
      encoders.forEach((e, i) => e.backward(deltas[i]));
      return value;
    },
    encode: (pixels, module) =>
      encodeStrips(evaluators[module === "a" || shared ? 0 : 1], pixels),
  };
}

// See `signedStart`.
function leanToSigned(
  { w1, w2 }: Matrices,
  { signedStart, stripWidth: w }: ImaxConfig,
): void {
  for (let k = -MAX_SHIFT; k <= MAX_SHIFT; k++) {
    for (let i = 0; i < w; i++) {
      const row = (2 + k + MAX_SHIFT) * w + i;
      for (let j = 0; j < w1.cols; j++) {
        const sign = w2.data[j * w2.cols] < 0 ? -1 : 1;
        w1.data[row * w1.cols + j] += signedStart * k * sign;
      }
    }
  }
}

function merged(parts: readonly Matrices[]): Matrices {
  if (parts.length === 1) return parts[0];
  return Object.fromEntries(
    parts.flatMap((part, i) =>
      Object.entries(part).map(([name, m]) => [`${"ab"[i]}.${name}`, m])
    ),
  );
}

/** A function that writes da and db for the present a and b. Returns the loss. */
function lossOf(
  { objective, outputs: k, memory }: ImaxConfig,
  outputs: Outputs,
): () => number {
  if (isConvention(objective)) {
    return informationLoss(objective, outputs, { k, memory });
  }
  const { a, b, da, db } = outputs;
  const grads = {
    da: new Float64Array(a.length),
    db: new Float64Array(b.length),
  };
  return () => {
    const [a64, b64] = [Float64Array.from(a), Float64Array.from(b)];
    const loss = LOSSES[objective](a64, b64, k, grads);
    da.set(grads.da);
    db.set(grads.db);
    return loss;
  };
}

function isConvention(objective: Objective): objective is Convention {
  return (CONVENTIONS as readonly string[]).includes(objective);
}

/**
 * Bytes that an objective of n pairs of k outputs moves: it reads the outputs
 * twice (value, gradient) and writes their gradients. InfoNCE scores all n²
 * pairs in float64: scores written once and read in both directions, their
 * gradient added to in both directions and read once.
 */
export function objectiveBytes(
  objective: Objective,
  n: number,
  k: number,
): number {
  const outputs = 6 * n * k * 4;
  return objective === "infoNce" ? outputs + 8 * n * n * 8 : outputs;
}

/** A training step: draws a batch, updates the weights, returns −I. */
export type ImaxStep = (rng: Rng) => number;

/** The step that `trainImax` repeats, for timing and for other loops. */
export function imaxStep(model: ImaxModel, sample: PairSampler): ImaxStep {
  const { config, params } = model;
  const optimizer = (config.optimizer === "adam" ? adam : sgd)(params, config);
  return (rng) => {
    if (config.schedule === "cosine") {
      const done = optimizer.steps / config.steps;
      optimizer.learningRate = config.learningRate *
        0.5 * (1 + cos(Math.PI * done));
    }
    sample(rng, model.batch);
    const loss = model.lossAndGrads();
    optimizer.update(model.grads);
    return loss;
  };
}

/** The metrics on held-out pairs after `step` updates. */
export interface ImaxRow extends AgreementMetrics {
  step: number;
}

/** What training leaves. */
export interface ImaxState {
  config: Readonly<ImaxConfig>;
  model: ImaxModel;
  steps: number;
  /** Weighs a module's outputs into the scalar that agrees best; [1] for one. */
  readout: Float64Array;
}

/** What `trainImax` is handed. */
export interface ImaxTask {
  seed: number | string;
  sample: PairSampler;
  /** Pairs that the history is measured on; default the last batch. */
  heldOut?: Pairs;
  /** Called at each row, to take pictures. */
  watch?: (model: ImaxModel, step: number) => void;
  dtype?: Dtype;
}

/**
 * Trains two modules to agree. Yields a row of held-out metrics every
 * `evalEvery` steps, as `lib/run/training.ts` says.
 */
export function* trainImax(
  overrides: Partial<ImaxConfig>,
  task: ImaxTask,
): Training<ImaxRow, ImaxState> {
  const config = imaxConfig(overrides);
  const { seed, sample, watch } = task;
  const model = imaxModel(stream(seed, "init"), config, task);
  const { heldOut = model.batch } = task;
  const train = imaxStep(model, sample);
  const rng = stream(seed, "data");
  watch?.(model, 0);
  let steps = 0;
  yield* trainingSteps(config, {
    update(): void {
      train(rng);
      steps++;
    },
    row(step): ImaxRow {
      watch?.(model, step);
      const readout = readoutOf(model, heldOut);
      return { step, ...evaluate(model, heldOut, readout) };
    },
  });
  // Of several outputs, the readout is found on pairs of its own.
  const fresh = config.outputs === 1 ? 0 : 16384;
  const pairs = newPairs(Float32Array, fresh, 2 * config.stripWidth);
  sample(stream(seed, "readout"), pairs);
  return { config, model, steps, readout: readoutOf(model, pairs) };
}

/**
 * The weights of the outputs whose sum agrees best between the modules: their
 * first canonical direction on `pairs`. [1] for a single output.
 */
function readoutOf(model: ImaxModel, pairs: Pairs): Float64Array {
  const k = model.config.outputs;
  if (k === 1) return Float64Array.of(1);
  const a = model.encode(pairs.a, "a");
  const b = model.encode(pairs.b, "b");
  const joint = jointOf(a, b, k).covariance;
  const within = new Float64Array(k * k);
  const across = new Float64Array(k * k);
  for (let p = 0; p < k; p++) {
    for (let q = 0; q < k; q++) {
      const at = (r: number, c: number): number => joint[r * 2 * k + c];
      within[p * k + q] = (at(p, q) + at(k + p, k + q)) / 2;
      across[p * k + q] = (at(p, k + q) + at(q, k + p)) / 2;
    }
  }
  return canonicalCorrelations(within, within, across, k).first.slice(0, k);
}

/** Each strip's scalar: its outputs weighed by `readout`. */
export function scalarOutputs(
  model: ImaxModel,
  pixels: Floats,
  options: { module: "a" | "b"; readout?: Float64Array },
): Float64Array {
  const outputs = model.encode(pixels, options.module);
  const { readout } = options;
  if (!readout || readout.length === 1) return outputs;
  const k = readout.length;
  return Float64Array.from(
    { length: outputs.length / k },
    (_, i) => readout.reduce((sum, w, p) => sum + w * outputs[i * k + p], 0),
  );
}

/** The metrics of a model on pairs. */
export function evaluate(
  model: ImaxModel,
  pairs: Pairs,
  readout?: Float64Array,
): AgreementMetrics {
  return agreementMetrics(
    scalarOutputs(model, pairs.a, { module: "a", readout }),
    scalarOutputs(model, pairs.b, { module: "b", readout }),
    pairs.cause,
  );
}
