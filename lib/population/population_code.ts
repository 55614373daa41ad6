/**
 * A population code with an explicit implicit space: an image becomes a point
 * of few dimensions, the point raises a bump of activity on many units, and
 * the bump is decoded linearly.
 *
 * Zemel, R. S., & Hinton, G. E. (1995). Learning population codes by
 * minimizing description length. Neural Computation 7(3), 549–564. This file
 * holds the architecture of the reference program, in which the bump is built
 * in; `description_length.ts` holds the paper's objective, in which it is
 * cheap.
 *
 *   m = σ(f(x))                          a point in [0, 1]^dims, f a perceptron
 *   bᵢ = exp(−‖μᵢ − m‖² / 2σ²)           activity of unit i, centred on μᵢ
 *   x̂ = b V + c                          reconstruction
 *   L = ½ ‖x̂ − x‖², averaged over images
 *
 * The decoder "dense" replaces the bumps by tanh units on m: a plain
 * autoencoder with the same bottleneck.
 *
 * @module
 */
import {
  defineConfig,
  integerIn,
  nonNegativeInteger,
  oneOf,
  positive,
  positiveInteger,
} from "../run/config.ts";
import {
  scale,
  sigmoid,
  sigmoidBackward,
  sub,
  tanh,
  tanhBackward,
} from "../numeric/matrix/elementwise.ts";
import {
  gaussianBumps,
  gaussianBumpsBackward,
} from "../numeric/matrix/gaussian_bumps.ts";
import { matmul, matmulNT, matmulTN } from "../numeric/matrix/products.ts";
import { columnSums, sumOfSquares } from "../numeric/matrix/reductions.ts";
import { addRow, gatherRows } from "../numeric/matrix/rows.ts";
import { type Matrix, workspace } from "../numeric/matrix/workspace.ts";
import type { Dtype } from "../numeric/wasm/kernels.ts";
import { mlp, type MlpShape } from "../numeric/mlp.ts";
import { cos, pow } from "../numeric/elementary.ts";
import {
  adam,
  likeParams,
  type Matrices,
  type Optimizer,
  sgd,
} from "../numeric/optimizers.ts";
import {
  fillNormal,
  type Floats,
  normal,
  permutation,
  type Rng,
  shuffle,
  uniform,
} from "../numeric/random.ts";
import type { Training } from "../run/training.ts";

/** Everything that decides how a population coder is trained. */
export interface PopulationConfig {
  /** Pixels of an image. */
  pixels: number;
  /** Units in each hidden layer of the encoder. */
  encoderUnits: number;
  /** Hidden layers of the encoder. */
  encoderLayers: number;
  activation: "tanh" | "relu";
  /** Units with a bump (or dense hidden units of the decoder). */
  units: number;
  /** Dimensions of the implicit space. */
  dims: number;
  /** Standard deviation of a trained bump, in units of the implicit space. */
  sigma: number;
  /**
   * How many times wider bumps are at the start: σ falls geometrically to
   * `sigma` in the first 60 % of the run. Wide bumps lay the code out as a
   * whole, narrow ones draw sharply.
   */
  widening: number;
  decoder: "bumps" | "dense";
  /** Where the bumps start: on a grid, or uniformly at random. */
  centres: "grid" | "random";
  optimizer: "sgd" | "adam";
  learningRate: number;
  /** "cosine": down to 0 along half a cosine, after a short rise. */
  schedule: "constant" | "cosine";
  batchSize: number;
  /** Updates; an epoch of 2,000 images in batches of 64 has 32. */
  steps: number;
  /** Updates between two rows of the history. */
  evalEvery: number;
}

/**
 * The checked configuration of a population coder; defaults as in the
 * reference program: 200 epochs of 32 updates.
 */
export const populationConfig: (
  overrides?: Partial<PopulationConfig>,
) => Readonly<PopulationConfig> = defineConfig<PopulationConfig>(
  "train a population code",
  {
    pixels: 64,
    encoderUnits: 64,
    encoderLayers: 1,
    activation: "tanh",
    units: 225,
    dims: 3,
    sigma: 0.18,
    widening: 1,
    decoder: "bumps",
    centres: "grid",
    optimizer: "sgd",
    learningRate: 0.1,
    schedule: "constant",
    batchSize: 64,
    steps: 6400,
    evalEvery: 64,
  },
  {
    pixels: positiveInteger,
    encoderUnits: positiveInteger,
    encoderLayers: integerIn(1, 4),
    activation: oneOf("tanh", "relu"),
    units: positiveInteger,
    dims: integerIn(1, 16),
    sigma: positive,
    widening: positive,
    decoder: oneOf("bumps", "dense"),
    centres: oneOf("grid", "random"),
    optimizer: oneOf("sgd", "adam"),
    learningRate: positive,
    schedule: oneOf("constant", "cosine"),
    batchSize: positiveInteger,
    steps: nonNegativeInteger,
    evalEvery: positiveInteger,
  },
  [
    ({ decoder, centres, units, dims }) =>
      decoder === "bumps" && centres === "grid" && !gridSides(units, dims)
        ? {
          key: "units",
          mustBe: `a product of ${dims} grid sides, none above twice ` +
            'another and none below 2 (or centres must be "random")',
        }
        : undefined,
  ],
);

/**
 * The sides of the most cube-like grid of `units` points, largest first, or
 * undefined where one side would be less than half another: 225 points in
 * three dimensions make 9 × 5 × 5.
 */
export function gridSides(units: number, dims: number): number[] | undefined {
  let best: number[] | undefined;
  const search = (left: number, sides: number[]): void => {
    if (sides.length === dims) {
      const candidate = left === 1 && sides[0] <= 2 * sides[dims - 1];
      if (candidate && !(best && best[0] <= sides[0])) best = sides;
      return;
    }
    const top = sides.length ? sides[sides.length - 1] : left;
    for (let side = Math.min(top, left); side >= 2; side--) {
      if (left % side === 0) search(left / side, [...sides, side]);
    }
  };
  search(units, []);
  return best;
}

/** One row of the history; the losses are those that the caller asked for. */
export interface PopulationRow {
  /** Updates made. */
  step: number;
  /** Mean of the training loss since the last row, per pixel: squared error. */
  trainMse: number;
  /** Squared error per pixel on the held-out images. */
  testMse: number;
}

/** A trained coder. */
export interface Population {
  config: Readonly<PopulationConfig>;
  /** w1, b1, …: the encoder; centres (or wHidden, bHidden); wOut, bOut. */
  params: Matrices;
  /** Present width of the bumps. */
  sigma: number;
}

/** The encoder as a perceptron: pixels, hidden layers, code. */
export function encoderShape(
  config: Pick<
    PopulationConfig,
    "pixels" | "encoderUnits" | "encoderLayers" | "activation"
  >,
  outputs: number,
): MlpShape {
  const { pixels, encoderUnits, encoderLayers, activation } = config;
  const hidden = Array<number>(encoderLayers).fill(encoderUnits);
  return { sizes: [pixels, ...hidden, outputs], activation };
}

/** Shapes of a perceptron's parameters, by the names that `mlp` gives them. */
export function mlpShapes(
  { sizes }: MlpShape,
): Record<string, readonly [number, number]> {
  return Object.fromEntries(
    sizes.slice(1).flatMap((size, l) => [
      [`w${l + 1}`, [sizes[l], size]],
      [`b${l + 1}`, [1, size]],
    ]),
  );
}

/**
 * Overwrites a weight matrix with N(0, g² · 2 / (rows + cols)): Glorot and
 * Bengio's scale for gain g = 1.
 */
export function fillGlorot(rng: Rng, w: Matrix, gain = 1): void {
  fillNormal(rng, w.data, gain * Math.sqrt(2 / (w.rows + w.cols)));
}

/** Draws a perceptron's weights; hidden ReLU layers get gain √2. */
export function fillEncoder(
  rng: Rng,
  params: Matrices,
  { sizes, activation }: MlpShape,
): void {
  for (let l = 1; l < sizes.length; l++) {
    const gain = activation === "relu" && l < sizes.length - 1 ? Math.SQRT2 : 1;
    fillGlorot(rng, params[`w${l}`], gain);
  }
}

/** Shapes of the parameters, by name. */
function shapes(
  config: PopulationConfig,
): Record<string, readonly [number, number]> {
  const { dims, units, pixels, decoder } = config;
  return {
    ...mlpShapes(encoderShape(config, dims)),
    ...decoder === "bumps"
      ? { centres: [units, dims] }
      : { wHidden: [dims, units], bHidden: [1, units] },
    wOut: [units, pixels],
    bOut: [1, pixels],
  };
}

/** Number of parameters of a configuration. */
export function parameterCount(config: PopulationConfig): number {
  return Object.values(shapes(config)).reduce((n, [r, c]) => n + r * c, 0);
}

/** Fresh parameters in a workspace of their own. */
export function initPopulation(
  rng: Rng,
  config: PopulationConfig,
  dtype: Dtype = "float32",
): Population {
  const params: Matrices = workspace(dtype).matrices(shapes(config));
  fillEncoder(rng, params, encoderShape(config, config.dims));
  if (config.decoder === "bumps") placeCentres(rng, params.centres, config);
  else placeRidges(rng, params);
  fillGlorot(rng, params.wOut);
  return { config, params, sigma: config.sigma * config.widening };
}

/** Grid over [.05, .95]^dims with jitter N(0, .01²), or U[0, 1]^dims. */
function placeCentres(
  rng: Rng,
  centres: Matrix,
  config: PopulationConfig,
): void {
  const { units, dims } = config;
  const sides = gridSides(units, dims);
  for (let i = 0; i < units; i++) {
    for (let k = 0, rest = i; k < dims; k++) {
      if (config.centres === "random") {
        centres.data[i * dims + k] = uniform(rng, 0, 1);
        continue;
      }
      const side = sides![k];
      const place = rest % side;
      rest = (rest - place) / side;
      centres.data[i * dims + k] = 0.05 + 0.9 * place / (side - 1) +
        0.01 * normal(rng);
    }
  }
}

// As steep across as a bump of the reference's width is at its steepest.
const RIDGE_SLOPE = 4;

/**
 * Dense units that tile the cube as bumps do: each is a ridge of random
 * direction through a random point of it.
 */
function placeRidges(rng: Rng, { wHidden, bHidden }: Matrices): void {
  fillNormal(rng, wHidden.data, RIDGE_SLOPE);
  const { rows: dims, cols: units } = wHidden;
  for (let j = 0; j < units; j++) {
    let at = 0;
    for (let k = 0; k < dims; k++) at += wHidden.data[k * units + j] * rng();
    bHidden.data[j] = -at;
  }
}

/** A coder at one batch size: scratch memory and the two passes. */
export interface PopulationPass {
  /** batch × pixels: write the images here. */
  images: Matrix;
  /** batch × dims, after `encode`. */
  codes: Matrix;
  /** batch × units: the activities, after `decode`. */
  activities: Matrix;
  /** batch × pixels, after `decode`. */
  outputs: Matrix;
  /** images → codes. */
  encode(): void;
  /** codes → activities → outputs. Write `codes` first to decode others. */
  decode(): void;
  /** activities → outputs. Write `activities` first to damage them. */
  readOut(): void;
  /** Both, then ½‖x̂ − x‖² averaged over the batch; fills the gradients. */
  lossAndGrads(): number;
}

/**
 * Makes the scratch of a coder for `batch` images, in the params' workspace.
 *
 * @param grads where `lossAndGrads` writes; shaped like the parameters
 */
export function populationPass(
  population: Population,
  batch: number,
  grads: Matrices = likeParams(population.params),
): PopulationPass {
  const { config, params } = population;
  const space = params.w1.workspace;
  const shape = encoderShape(config, config.dims);
  const encoder = mlp(space, shape, { rows: batch, params, grads });
  const s = space.matrices({
    codes: [batch, config.dims],
    dCodes: [batch, config.dims],
    activities: [batch, config.units],
    dActivities: [batch, config.units],
    outputs: [batch, config.pixels],
    errors: [batch, config.pixels],
  });
  const encode = (): void => {
    encoder.forward();
    sigmoid(encoder.output, s.codes);
  };
  const readOut = (): void => {
    matmul(s.activities, params.wOut, s.outputs);
    addRow(s.outputs, params.bOut, s.outputs);
  };
  const decode = (): void => {
    if (config.decoder === "bumps") {
      gaussianBumps(
        s.codes,
        params.centres,
        population.sigma,
        s.activities,
      );
    } else {
      matmul(s.codes, params.wHidden, s.activities);
      addRow(s.activities, params.bHidden, s.activities);
      tanh(s.activities, s.activities);
    }
    readOut();
  };
  const decodeBackward = (): void => {
    matmulTN(s.activities, s.errors, grads.wOut);
    columnSums(s.errors, grads.bOut);
    matmulNT(s.errors, params.wOut, s.dActivities);
    if (config.decoder === "bumps") {
      gaussianBumpsBackward({
        codes: s.codes,
        centres: params.centres,
        sigma: population.sigma,
        bumps: s.activities,
        dBumps: s.dActivities,
        dCodes: s.dCodes,
        dCentres: grads.centres,
      });
    } else {
      tanhBackward(s.activities, s.dActivities, s.dActivities);
      matmulTN(s.codes, s.dActivities, grads.wHidden);
      columnSums(s.dActivities, grads.bHidden);
      matmulNT(s.dActivities, params.wHidden, s.dCodes);
    }
  };
  return {
    images: encoder.input,
    codes: s.codes,
    activities: s.activities,
    outputs: s.outputs,
    encode,
    decode,
    readOut,
    lossAndGrads(): number {
      encode();
      decode();
      sub(s.outputs, encoder.input, s.errors);
      const loss = sumOfSquares(s.errors) / (2 * batch);
      scale(1 / batch, s.errors, s.errors);
      decodeBackward();
      sigmoidBackward(s.codes, s.dCodes, s.dCodes);
      encoder.backward(s.dCodes);
      return loss;
    },
  };
}

/** The step size of update `step` (from 0) of a run of `steps`. */
export function scheduledRate(
  { schedule, learningRate, steps }: Pick<
    PopulationConfig,
    "schedule" | "learningRate" | "steps"
  >,
  step: number,
): number {
  if (schedule === "constant") return learningRate;
  const rise = Math.min(1, (step + 1) / 200);
  return learningRate * rise * 0.5 * (1 + cos(Math.PI * step / steps));
}

/** Where training images come from. */
export interface TrainingImages {
  /** A fixed set, count × pixels, shuffled anew each epoch; or … */
  images?: Floats;
  /** … fresh images: fills `out` (batch × pixels). */
  sample?: (rng: Rng, out: Floats) => void;
  /** Held-out images, count × pixels. */
  test: Floats;
}

/** The three streams that training draws from. */
export interface TrainingStreams {
  init: Rng;
  /** Shuffles a fixed set. */
  train: Rng;
  /** Draws fresh images. */
  data: Rng;
}

/**
 * Fills successive mini-batches: from a fixed set in random order, the last
 * batch of an epoch being what is left; or with fresh images.
 *
 * @returns a function that fills the images of the right pass and returns it
 */
export function batches<P extends { images: Matrix }>(
  streams: TrainingStreams,
  { images, sample }: TrainingImages,
  { batchSize, pixels, makePass }: {
    batchSize: number;
    pixels: number;
    makePass: (batch: number) => P;
  },
): () => P {
  const whole = makePass(batchSize);
  if (!images) {
    if (!sample) {
      throw new TypeError(
        "Cannot train as images or sample must be given: current value is " +
          "undefined",
      );
    }
    return () => {
      sample(streams.data, whole.images.data);
      return whole;
    };
  }
  const count = images.length / pixels;
  const set = whole.images.workspace.matrix(count, pixels, images);
  const left = count % batchSize;
  const rest = left ? makePass(left) : whole;
  const order = permutation(streams.train, count);
  let start = 0;
  return () => {
    if (start >= count) {
      shuffle(streams.train, order);
      start = 0;
    }
    const pass = start + batchSize <= count ? whole : rest;
    gatherRows(set, order, start, pass.images);
    start += batchSize;
    return pass;
  };
}

/** The optimiser that a configuration asks for. */
export function makeOptimizer(
  params: Matrices,
  { optimizer, learningRate }: {
    optimizer: "sgd" | "adam";
    learningRate: number;
  },
): Optimizer {
  return (optimizer === "sgd" ? sgd : adam)(params, { learningRate });
}

/**
 * Trains a population coder. Yields a row every `evalEvery` updates, as
 * `lib/run/training.ts` says.
 *
 * @param population what is trained, in place: pass one to watch it meanwhile
 */
export function* trainPopulation(
  streams: TrainingStreams,
  config: Readonly<PopulationConfig>,
  data: TrainingImages,
  population: Population = initPopulation(streams.init, config),
): Training<PopulationRow, Population> {
  const { params } = population;
  const grads = likeParams(params);
  const optimizer = makeOptimizer(params, config);
  const nextBatch = batches(streams, data, {
    ...config,
    makePass: (batch) => populationPass(population, batch, grads),
  });
  const evaluate = evaluator(population, data.test);
  let loss = 0;
  for (let step = 0; step < config.steps; step++) {
    optimizer.learningRate = scheduledRate(config, step);
    population.sigma = config.sigma *
      pow(config.widening, Math.max(0, 1 - (step + 1) / (0.6 * config.steps)));
    loss += nextBatch().lossAndGrads();
    optimizer.update(grads);
    const updates = step + 1;
    const due = updates % config.evalEvery === 0 || updates === config.steps;
    if (!due && !(yield updates)) continue;
    const since = step % config.evalEvery + 1;
    const trainMse = 2 * loss / since / config.pixels;
    loss = 0;
    if (!Number.isFinite(trainMse)) {
      throw new RangeError(
        "Cannot go on training a population code as its loss must be " +
          `finite: current value is ${trainMse} after ${updates} updates ` +
          `at learningRate ${config.learningRate} (a lower one helps)`,
      );
    }
    if (yield { step: updates, trainMse, testMse: evaluate() }) break;
  }
  return population;
}

/** Makes a function that measures the squared error per pixel on `images`. */
function evaluator(population: Population, images: Floats): () => number {
  const { config, params } = population;
  const count = images.length / config.pixels;
  const pass = populationPass(population, count);
  const error = params.w1.workspace.matrix(count, config.pixels);
  pass.images.data.set(images);
  return () => {
    pass.encode();
    pass.decode();
    return sumOfSquares(sub(pass.outputs, pass.images, error)) / images.length;
  };
}

/** Copies of the parameters, as plain arrays. */
export function storePopulation(
  { params }: { params: Matrices },
): Record<string, Float32Array | Float64Array> {
  return Object.fromEntries(
    Object.entries(params).map(([name, { data }]) => [name, data.slice()]),
  );
}

/** The trained coder whose parameters `storePopulation` stored. */
export function restorePopulation(
  config: Readonly<PopulationConfig>,
  stored: Readonly<Record<string, ArrayLike<number>>>,
): Population {
  const params: Matrices = workspace("float32").matrices(shapes(config));
  for (const name in params) params[name].data.set(stored[name]);
  return { config, params, sigma: config.sigma };
}

/** What `runPopulation` returns; arrays of float64, count rows each. */
export interface PopulationRun {
  codes: Float64Array<ArrayBuffer>;
  activities: Float64Array<ArrayBuffer>;
  outputs: Float64Array<ArrayBuffer>;
  /** Squared error per pixel. */
  mse: number;
}

/** How `runPopulation` is disturbed. */
export interface Disturbance {
  /** Standard deviation of noise added to the codes. */
  codeNoise?: number;
  /** Share of units whose activity is set to 0, chosen for all images alike. */
  deadUnits?: number;
  /** Draws noise and dead units. */
  rng?: Rng;
}

/** Encodes and decodes images, undisturbed or disturbed. */
export function runPopulation(
  population: Population,
  images: Floats,
  { codeNoise = 0, deadUnits = 0, rng }: Disturbance = {},
): PopulationRun {
  const { config, params } = population;
  const space = params.w1.workspace;
  const mark = space.mark();
  const pass = populationPass(population, images.length / config.pixels);
  pass.images.data.set(images);
  pass.encode();
  const { codes, activities, outputs } = pass;
  if (codeNoise > 0) {
    for (let i = 0; i < codes.data.length; i++) {
      codes.data[i] += codeNoise * normal(rng!);
    }
  }
  pass.decode();
  if (deadUnits > 0) {
    const dead = permutation(rng!, config.units)
      .subarray(0, Math.round(deadUnits * config.units));
    for (let i = 0; i < activities.rows; i++) {
      for (const unit of dead) activities.data[i * config.units + unit] = 0;
    }
    pass.readOut();
  }
  let squares = 0;
  for (let i = 0; i < images.length; i++) {
    const error = outputs.data[i] - images[i];
    squares += error * error;
  }
  const run = {
    codes: Float64Array.from(codes.data),
    activities: Float64Array.from(activities.data),
    outputs: Float64Array.from(outputs.data),
    mse: squares / images.length,
  };
  space.release(mark);
  return run;
}

/** What the decoder makes of points of the implicit space. */
function decoded(
  population: Population,
  codes: ArrayLike<number>,
  layer: "activities" | "outputs",
): Float64Array<ArrayBuffer> {
  const { config, params } = population;
  const space = params.w1.workspace;
  const mark = space.mark();
  const pass = populationPass(population, codes.length / config.dims);
  pass.codes.data.set(codes);
  pass.decode();
  const values = Float64Array.from(pass[layer].data);
  space.release(mark);
  return values;
}

/** Decodes points of the implicit space into images, count × pixels. */
export function decodeCodes(
  population: Population,
  codes: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  return decoded(population, codes, "outputs");
}

/** The bumps that codes raise on the coder's units, count × units. */
export function bumpsAt(
  population: Population,
  codes: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  return decoded(population, codes, "activities");
}

/**
 * Bytes that one reconstruction of one image reads and writes, each number
 * once and four bytes each: the decoder's weights, the code, the activities
 * twice (written, read) and the output. A model of memory traffic without a
 * cache between layers.
 */
export function bytesPerReconstruction(
  { decoder, units, dims, pixels }: PopulationConfig,
): number {
  const hidden = decoder === "bumps" ? units * dims : units * dims + units;
  return 4 * (hidden + units * pixels + pixels + dims + 2 * units + pixels);
}
