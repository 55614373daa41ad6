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
 *   (1)  m = σ(f(x))                    a point in [0, 1]^dims, f a perceptron
 *   (2)  bᵢ = exp(−‖μᵢ − m‖² / 2σ²)     activity of unit i, centred on μᵢ
 *   (3)  x̂ = b V + c                    reconstruction
 *   (4)  L = ½ ‖x̂ − x‖², averaged over images
 *
 * The decoder "dense" replaces the bumps by tanh units on m: a plain
 * autoencoder with the same bottleneck.
 *
 * @module
 */
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure, each } from "../run/config.ts";
import { pow } from "../numeric/elementary.ts";
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
import { addRow } from "../numeric/matrix/rows.ts";
import { type Matrix, workspace } from "../numeric/matrix/workspace.ts";
import type { Dtype } from "../numeric/wasm/kernels.ts";
import { mlp, mlpShapes } from "../numeric/mlp.ts";
import { likeParams, type Matrices } from "../numeric/optimizers.ts";
import {
  fillNormal,
  type Floats,
  normal,
  permutation,
  type Rng,
  uniform,
} from "../numeric/random.ts";
import { setParams } from "../run/params.ts";
import { teamwork } from "../run/team.ts";
import {
  borrow,
  type Coder,
  type CoderConfig,
  encoderShape,
  fillEncoder,
  fillGlorot,
} from "./coder.ts";

/** Everything that decides how a population coder is trained. */
export interface PopulationConfig extends CoderConfig {
  /**
   * Standard deviation of a trained bump, in units of the implicit space.
   * With `widening` σ falls to it geometrically in the first 60 % of the run.
   */
  sigma: number;
  /** "dense": `units` tanh units instead of bumps. */
  decoder: "bumps" | "dense";
  /** Where the bumps start: on a grid, or uniformly at random. */
  centres: "grid" | "random";
  optimizer: "sgd" | "adam";
}

/**
 * The checked configuration of a population coder; defaults as in the
 * reference program: 200 epochs of 32 updates, 2,000 images in batches of 64.
 */
export const populationConfig: Configure<PopulationConfig> = checkedConfig(
  "train a population code",
  {
    ...each(is.positiveInteger, { pixels: 64, encoderUnits: 64 }),
    encoderLayers: [1, is.integerIn(1, 4)],
    activation: ["tanh", is.oneOf("tanh", "relu")],
    units: [225, is.integerIn(1, 1_000_000)],
    dims: [3, is.integerIn(1, 16)],
    ...each(is.positive, { sigma: 0.18, widening: 1 }),
    decoder: ["bumps", is.oneOf("bumps", "dense")],
    centres: ["grid", is.oneOf("grid", "random")],
    optimizer: ["sgd", is.oneOf("sgd", "adam")],
    learningRate: [0.1, is.positive],
    schedule: ["constant", is.oneOf("constant", "cosine")],
    batchSize: [64, is.positiveInteger],
    steps: [6400, is.nonNegativeInteger],
    evalEvery: [64, is.positiveInteger],
  },
  ({ decoder, centres, units, dims }) => [[
    "units",
    decoder === "dense" || centres === "random" || !!gridSides(units, dims),
    `a product of ${dims} grid sides, none above twice another and none ` +
    'below 2 (or centres must be "random")',
  ]],
);

/**
 * The sides of the most cube-like grid of `units` points, largest first, or
 * undefined where one side would be less than half another: 225 points in
 * three dimensions make 9 × 5 × 5.
 */
export function gridSides(units: number, dims: number): number[] | undefined {
  let best: number[] | undefined;
  // Where all sides are half the largest or more, it is this at most.
  const largest = Math.floor(pow(2 ** (dims - 1) * units, 1 / dims) + 0.5);
  const search = (left: number, sides: number[]): void => {
    if (sides.length === dims - 1) {
      const all = [...sides, left];
      const isGrid = left >= 2 && left <= (sides.at(-1) ?? left) &&
        all[0] <= 2 * left;
      if (isGrid && !(best && best[0] <= all[0])) best = all;
      return;
    }
    const top = sides.at(-1) ?? largest;
    for (let side = Math.min(top, left); side >= 2; side--) {
      if (left % side === 0) search(left / side, [...sides, side]);
    }
  };
  search(units, []);
  return best;
}

/**
 * A coder. Its parameters: w1, b1, …: the encoder; centres μ (units × dims),
 * or wHidden (dims × units) and bHidden; wOut V (units × pixels), bOut c.
 */
export type Population = Coder<PopulationConfig>;

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
  const params: Matrices = workspace(dtype, teamwork())
    .matrices(shapes(config));
  fillEncoder(rng, params, encoderShape(config, config.dims));
  if (config.decoder === "bumps") placeCentres(rng, params.centres, config);
  else placeRidges(rng, params);
  fillGlorot(rng, params.wOut);
  return { config, params, sigma: config.sigma * config.widening };
}

/**
 * The trained coder whose parameters `arraysOf` copied.
 *
 * @throws {Refusal} if a parameter is missing or has another size
 */
export function restorePopulation(
  config: Readonly<PopulationConfig>,
  stored: Readonly<Record<string, ArrayLike<number>>>,
): Population {
  const params: Matrices = workspace("float32").matrices(shapes(config));
  setParams(params, stored);
  return { config, params, sigma: config.sigma };
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
  /** x, batch × pixels: write the images here. */
  images: Matrix;
  /** m, batch × dims, after `encode`. */
  codes: Matrix;
  /** b, batch × units: the activities, after `decode`. */
  activities: Matrix;
  /** x̂, batch × pixels, after `decode`. */
  outputs: Matrix;
  /** images → codes. */
  encode(): void;
  /** codes → activities → outputs. Write `codes` first to decode others. */
  decode(): void;
  /** activities → outputs. Write `activities` first to damage them. */
  readOut(): void;
  /** Both, then ‖x̂ − x‖², summed over the batch. */
  squaredError(): number;
  /** The same as the loss (4); fills the gradients. */
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
  const { dims, units, pixels } = config;
  const space = params.w1.workspace;
  const shape = encoderShape(config, dims);
  const encoder = mlp(space, shape, { rows: batch, params, grads });
  const s = space.matrices({
    codes: [batch, dims],
    dCodes: [batch, dims],
    activities: [batch, units],
    dActivities: [batch, units],
    outputs: [batch, pixels],
    errors: [batch, pixels],
  });
  const { codes, dCodes, activities, dActivities, outputs, errors } = s;
  const encode = (): void => { // (1)
    encoder.forward();
    sigmoid(encoder.output, codes);
  };
  const readOut = (): void => { // (3)
    matmul(activities, params.wOut, outputs);
    addRow(outputs, params.bOut, outputs);
  };
  const decode = (): void => {
    if (config.decoder === "bumps") { // (2)
      gaussianBumps(codes, params.centres, population.sigma, activities);
    } else {
      matmul(codes, params.wHidden, activities);
      addRow(activities, params.bHidden, activities);
      tanh(activities, activities);
    }
    readOut();
  };
  const decodeBackward = (): void => {
    matmulTN(activities, errors, grads.wOut);
    columnSums(errors, grads.bOut);
    matmulNT(errors, params.wOut, dActivities);
    if (config.decoder === "bumps") {
      gaussianBumpsBackward({
        codes,
        centres: params.centres,
        sigma: population.sigma,
        bumps: activities,
        dBumps: dActivities,
        dCodes,
        dCentres: grads.centres,
      });
    } else {
      tanhBackward(activities, dActivities, dActivities);
      matmulTN(codes, dActivities, grads.wHidden);
      columnSums(dActivities, grads.bHidden);
      matmulNT(dActivities, params.wHidden, dCodes);
    }
  };
  const squaredError = (): number => {
    encode();
    decode();
    return sumOfSquares(sub(outputs, encoder.input, errors));
  };
  return {
    images: encoder.input,
    codes,
    activities,
    outputs,
    encode,
    decode,
    readOut,
    squaredError,
    lossAndGrads(): number { // (4)
      const loss = squaredError() / (2 * batch);
      scale(1 / batch, errors, errors);
      decodeBackward();
      sigmoidBackward(codes, dCodes, dCodes);
      encoder.backward(dCodes);
      return loss;
    },
  };
}

/** What `runPopulation` returns; arrays of float64, count rows each. */
export interface PopulationRun {
  /** count × dims. */
  codes: Float64Array<ArrayBuffer>;
  /** count × units. */
  activities: Float64Array<ArrayBuffer>;
  /** count × pixels. */
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
  /** Draws noise and dead units; needed where there are any. */
  rng?: Rng;
}

/**
 * Encodes and decodes images, undisturbed or disturbed.
 *
 * @param images count × pixels
 */
export function runPopulation(
  population: Population,
  images: Floats,
  { codeNoise = 0, deadUnits = 0, rng }: Disturbance = {},
): PopulationRun {
  const { config, params } = population;
  return borrow(params.w1.workspace, () => {
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
    return {
      codes: Float64Array.from(codes.data),
      activities: Float64Array.from(activities.data),
      outputs: Float64Array.from(outputs.data),
      mse: squares / images.length,
    };
  });
}

/**
 * The activities that codes (count × dims) raise on the coder's units,
 * count × units.
 */
export function bumpsAt(
  population: Population,
  codes: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  const { config, params } = population;
  return borrow(params.w1.workspace, () => {
    const pass = populationPass(population, codes.length / config.dims);
    pass.codes.data.set(codes);
    pass.decode();
    return Float64Array.from(pass.activities.data);
  });
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
