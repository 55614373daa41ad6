/**
 * How both coders are trained: on batches of a fixed set or of fresh images,
 * while their bumps narrow and their step size follows its schedule.
 *
 * @module
 */
import { pow } from "../numeric/elementary.ts";
import { gatherRows } from "../numeric/matrix/rows.ts";
import type { Matrix } from "../numeric/matrix/workspace.ts";
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
  permutation,
  type Rng,
  shuffle,
} from "../numeric/random.ts";
import { type Training, trainingSteps } from "../run/training.ts";
import { scheduledRate } from "./coder.ts";
import {
  type Description,
  type DescriptionCode,
  type DescriptionConfig,
  descriptionOf,
  descriptionPass,
  initDescription,
} from "./description_length.ts";
import { quantize } from "./pixel_code.ts";
import {
  initPopulation,
  type Population,
  type PopulationConfig,
  populationPass,
} from "./population_code.ts";

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
  /** Shuffles a fixed set, and draws the noise on a place. */
  train: Rng;
  /** Draws fresh images. */
  data: Rng;
}

/**
 * Fills successive mini-batches: from a fixed set in random order, the last
 * batch of an epoch being what is left; or with fresh images.
 *
 * @returns a function that fills the images of the right pass and returns it
 * @throws {TypeError} if there are neither images nor a sampler
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
  { optimizer, learningRate }: Pick<
    PopulationConfig,
    "optimizer" | "learningRate"
  >,
): Optimizer {
  return (optimizer === "sgd" ? sgd : adam)(params, { learningRate });
}

/** One row of the history of a population coder. */
export interface PopulationRow {
  /** Updates made. */
  step: number;
  /** Mean of the training loss since the last row, per pixel: squared error. */
  trainMse: number;
  /** Squared error per pixel on the held-out images. */
  testMse: number;
}

/**
 * Trains a population coder. Yields a row every `evalEvery` updates, as
 * `lib/run/training.ts` says.
 *
 * @param population what is trained, in place: pass one to watch it meanwhile
 * @throws {RangeError} if the loss grows beyond all numbers
 */
export function* trainPopulation(
  streams: TrainingStreams,
  config: Readonly<PopulationConfig>,
  data: TrainingImages,
  population: Population = initPopulation(streams.init, config),
): Training<PopulationRow, Population> {
  const grads = likeParams(population.params);
  const optimizer = makeOptimizer(population.params, config);
  const nextBatch = batches(streams, data, {
    ...config,
    makePass: (batch) => populationPass(population, batch, grads),
  });
  const held = populationPass(population, data.test.length / config.pixels);
  held.images.data.set(data.test);
  let loss = 0;
  yield* trainingSteps(config, {
    update(step): void {
      const rest = Math.max(0, 1 - (step + 1) / (0.6 * config.steps));
      optimizer.learningRate = scheduledRate(config, step);
      population.sigma = config.sigma * pow(config.widening, rest);
      loss += nextBatch().lossAndGrads();
      optimizer.update(grads);
    },
    row(step): PopulationRow {
      const since = (step - 1) % config.evalEvery + 1;
      const trainMse = 2 * loss / since / config.pixels;
      loss = 0;
      if (!Number.isFinite(trainMse)) {
        throw new RangeError(
          "Cannot go on training a population code as its loss must be " +
            `finite: current value is ${trainMse} after ${step} updates ` +
            `at learningRate ${config.learningRate} (a lower one helps)`,
        );
      }
      const testMse = held.squaredError() / data.test.length;
      return { step, trainMse, testMse };
    },
  });
  return population;
}

/** One row of the history: a description of the held-out images. */
export interface DescriptionRow extends Description {
  /** Updates made. */
  step: number;
}

/**
 * Learns to describe images briefly. Yields a description of the held-out
 * images every `evalEvery` updates, as `lib/run/training.ts` says.
 *
 * @param streams `eval` draws the noise on the places of held-out images
 * @param code what is trained, in place: pass one to watch it meanwhile
 */
export function* trainDescription(
  streams: TrainingStreams & { eval: Rng },
  config: Readonly<DescriptionConfig>,
  data: TrainingImages,
  code: DescriptionCode = initDescription(streams.init, config),
): Training<DescriptionRow, DescriptionCode> {
  const grads = likeParams(code.params);
  const optimizer = adam(code.params, config);
  const nextBatch = batches(streams, data, {
    ...config,
    makePass: (batch) => descriptionPass(code, batch, grads),
  });
  const held = descriptionOf(streams.eval, code, data.test);
  yield* trainingSteps(config, {
    update(step): void {
      const rest = Math.max(0, 1 - 2 * step / config.steps);
      optimizer.learningRate = scheduledRate(config, step);
      code.sigma = pow(config.widening, rest);
      const pass = nextBatch();
      quantize(pass.images.data, config.precision);
      fillNormal(streams.train, pass.noise.data);
      pass.lossAndGrads(pow(config.strictness, rest));
      optimizer.update(grads);
    },
    row: (step) => ({ step, ...held.describe() }),
  });
  return code;
}
