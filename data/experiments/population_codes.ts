/**
 * One seed of a population code, from images to every number of the tables:
 * the reference program's configuration, ours, and the paper's three tasks
 * under description length.
 *
 * @module
 */
import * as is from "../../lib/run/checks.ts";
import {
  checkedConfig,
  type Configure,
  each,
  partOf,
  startingFrom,
} from "../../lib/run/config.ts";
import {
  type Description,
  type DescriptionConfig,
  descriptionConfig,
  dimensionsInUse,
  runDescription,
} from "../../lib/population/description_length.ts";
import { spread } from "../../lib/numeric/eigen.ts";
import {
  gapBetweenKinds,
  intrinsicDimension,
  participationRatio,
} from "../../lib/population/intrinsic_dimension.ts";
import { polynomialReadout } from "../../lib/numeric/least_squares.ts";
import {
  landmarkBarcodes,
  loopProminence,
} from "../../lib/population/persistent_homology.ts";
import {
  initPopulation,
  type Population,
  type PopulationConfig,
  populationConfig,
  runPopulation,
} from "../../lib/population/population_code.ts";
import {
  type PopulationRow,
  trainDescription,
  type TrainingImages,
  trainPopulation,
} from "../../lib/population/training.ts";
import { arraysOf } from "../../lib/numeric/optimizers.ts";
import { type Rng, stream } from "../../lib/numeric/random.ts";
import { mean } from "../../lib/numeric/statistics.ts";
import type { Expose, Outcome } from "../../lib/run/experiment.ts";
import { type Training, withRows } from "../../lib/run/training.ts";
import {
  dipoleWorld,
  drawSet,
  imageSampler,
  type ImageSet,
  oneBarWorld,
  regressionTargets,
  shuffledWorld,
  type World,
} from "../worlds/dipoles.ts";

/** The worlds by name. */
export const WORLDS = Object.freeze({
  /** Three hidden causes: x, y and θ in [0, π). A box. */
  dipole: (): World => dipoleWorld(),
  /** θ in [0, 2π): a loop times a square. */
  "turning dipole": (): World => dipoleWorld({ turn: 2 * Math.PI }),
  /** Two blobs of equal sign, θ in [0, π): a loop, as θ + π is θ. */
  pair: (): World => dipoleWorld({ second: 1 }),
  /** Two hidden causes. */
  blob: (): World => dipoleWorld({ second: 0 }),
  /** Four hidden causes: the distance of the blobs varies as well. */
  "stretching dipole": (): World =>
    dipoleWorld({ separation: 1.2, separationTo: 2.8 }),
  /** Two hidden causes of different kinds: what and where. */
  "one bar": (): World => oneBarWorld(),
  /** The midpoint stays within the central pixel: turning is what varies. */
  "centred dipole": (): World => dipoleWorld({ pad: 3 }),
  "centred turning dipole": (): World =>
    dipoleWorld({ pad: 3, turn: 2 * Math.PI }),
  "centred pair": (): World => dipoleWorld({ pad: 3, second: 1 }),
  /** The control: no cause is left. */
  "shuffled dipole": (): World => shuffledWorld(dipoleWorld()),
});

/** Name of a world. */
export type WorldName = keyof typeof WORLDS;

/** Everything that decides an experiment. */
export interface Settings
  extends PopulationConfig, Omit<DescriptionConfig, keyof PopulationConfig> {
  /** Which defaults the other settings are laid over. */
  recipe: string;
  /** The bump coder on squared error, or the whole description. */
  objective: "squared-error" | "description-length";
  world: WorldName;
  /** A fixed training set, or 0 for fresh images at every update. */
  trainImages: number;
  testImages: number;
  /**
   * Initial weights that are tried for `scoutSteps` updates each; the run goes
   * on with the one of least error on validation images.
   */
  starts: number;
  scoutSteps: number;
  /** Points of the implicit space whose loops are counted; 0 for none. */
  topologyPoints: number;
}

const REFERENCE: Settings = {
  ...descriptionConfig(),
  ...populationConfig(),
  recipe: "reference",
  objective: "squared-error",
  world: "dipole",
  trainImages: 2000,
  testImages: 500,
  starts: 1,
  scoutSteps: 1000,
  topologyPoints: 0,
};

const BEST: Settings = {
  ...REFERENCE,
  recipe: "best",
  encoderUnits: 128,
  encoderLayers: 2,
  activation: "relu",
  optimizer: "adam",
  schedule: "cosine",
  learningRate: 0.01,
  sigma: 0.12,
  widening: 2,
  batchSize: 256,
  steps: 14000,
  trainImages: 0,
  starts: 4,
  scoutSteps: 2000,
};

/** Free activities under description length. */
const DESCRIPTION: Settings = {
  ...REFERENCE,
  ...descriptionConfig(),
  recipe: "position",
  objective: "description-length",
  world: "blob",
  trainImages: 0,
  widening: 3,
  learningRate: 0.01,
};

/** Settings to start from, by name. */
export const RECIPES: Readonly<Record<string, Settings>> = Object.freeze({
  /** The reference program: SGD on 2,000 images, 200 epochs. */
  reference: REFERENCE,
  /** Ours: deeper, Adam, shrinking bumps, fresh images. */
  best: BEST,
  /** Ours on the reference's 2,000 images. */
  "best fixed": {
    ...BEST,
    recipe: "best fixed",
    trainImages: 2000,
  },
  /** The paper's first task: where. 100 units, two dimensions. */
  position: DESCRIPTION,
  /** Its second: where and how oriented. 225 units, three dimensions. */
  orientation: {
    ...DESCRIPTION,
    recipe: "orientation",
    world: "dipole",
    encoderUnits: 192,
    units: 225,
    dims: 3,
    span: 5,
    steps: 12000,
  },
  /** Its third: what and where. 100 units, two dimensions. */
  "what and where": {
    ...DESCRIPTION,
    recipe: "what and where",
    world: "one bar",
  },
  /** Ten dimensions offered: how many are taken? */
  "ten dimensions": {
    ...DESCRIPTION,
    recipe: "ten dimensions",
    units: 225,
    dims: 10,
    span: 1.5,
    steps: 5000,
  },
});

/**
 * Settings over those of `overrides.recipe` (default: the reference's).
 *
 * @throws {RangeError} where a setting is unknown or cannot work
 */
export const settings: Configure<Settings> = startingFrom(
  "recipe",
  RECIPES,
  checkedConfig(
    "run a population code",
    {
      ...descriptionConfig.fields,
      ...populationConfig.fields,
      recipe: ["reference", is.oneOf(...Object.keys(RECIPES))],
      objective: [
        "squared-error",
        is.oneOf("squared-error", "description-length"),
      ],
      world: ["dipole", is.oneOf(...Object.keys(WORLDS))],
      trainImages: [2000, is.nonNegativeInteger],
      ...each(is.positiveInteger, {
        testImages: 500,
        starts: 1,
        scoutSteps: 1000,
      }),
      topologyPoints: [0, is.nonNegativeInteger],
    },
    (all) => {
      if (all.objective === "squared-error") coderOf(all);
      else describerOf(all);
    },
  ),
);

/** The bump coder's part of the settings. */
export function coderOf(settings: Settings): Readonly<PopulationConfig> {
  return partOf(populationConfig, settings);
}

/** The description's part of the settings. */
export function describerOf(settings: Settings): Readonly<DescriptionConfig> {
  return partOf(descriptionConfig, settings);
}

/** The independent streams of a seed. */
export function streamsOf(
  seed: number | string,
): { init: Rng; train: Rng; data: Rng; eval: Rng } {
  return {
    init: stream(seed, "init"),
    train: stream(seed, "train"),
    data: stream(seed, "fresh data"),
    eval: stream(seed, "code noise"),
  };
}

/** The images of a seed: a training set (perhaps empty) and a test set. */
export function imagesOf(
  seed: number,
  { world, trainImages, testImages }: Settings,
): { world: World; train: ImageSet; test: ImageSet } {
  const made = WORLDS[world]();
  return {
    world: made,
    train: drawSet(made, stream(seed, "data"), trainImages),
    test: drawSet(made, stream(seed, "eval"), testImages),
  };
}

/** One line of progress. */
export interface SeedRow {
  step: number;
  /** Squared error per pixel on the test images. */
  testMse: number;
  /** Bits an image, where the objective is description length. */
  totalBits?: number;
}

/** Trains and measures one seed; yields a row every `evalEvery` updates. */
export function* trainSeed(
  seed: number,
  settings: Settings,
  expose?: Expose,
): Training<SeedRow, Outcome> {
  const images = imagesOf(seed, settings);
  return settings.objective === "squared-error"
    ? yield* trainCoder(seed, settings, images, expose)
    : yield* trainDescriber(seed, settings, images);
}

type Images = ReturnType<typeof imagesOf>;

function* trainCoder(
  seed: number,
  settings: Settings,
  { world, train, test }: Images,
  expose?: Expose,
): Training<SeedRow, Outcome> {
  const source = train.count
    ? { images: train.images }
    : { sample: imageSampler(world) };
  const data = { ...source, test: test.images };
  const coder = settings.starts === 1
    ? yield* trainExposed(seed, coderOf(settings), data, expose)
    : yield* trainBestStart(seed, settings, { world, source });
  const { codes, mse } = runPopulation(coder, test.images);
  return {
    metrics: {
      testMse: mse,
      ...train.count
        ? { trainMse: runPopulation(coder, train.images).mse }
        : {},
      explained: 1 - mse / meanImageMse(test.images, world.pixels),
      ...codeMetrics(codes, settings, { world, test }),
    },
    params: arraysOf(coder.params),
  };
}

/** Trains a coder that can be looked at meanwhile. */
function* trainExposed(
  seed: number,
  config: Readonly<PopulationConfig>,
  data: TrainingImages,
  expose?: Expose,
): Training<SeedRow, Population> {
  const streams = streamsOf(seed);
  const coder = initPopulation(streams.init, config);
  expose?.(() => arraysOf(coder.params));
  return yield* trainPopulation(streams, config, data, coder);
}

/**
 * Tries several initial weights and goes on with the one whose error on
 * validation images is least. A fold of the code is laid down early and never
 * undone, so the first steps tell which start will end well.
 */
function* trainBestStart(
  seed: number,
  settings: Settings,
  { world, source }: {
    world: World;
    source: Omit<TrainingImages, "test">;
  },
): Training<SeedRow, Population> {
  const validation = drawSet(world, stream(seed, "validation"), 1000).images;
  const config = coderOf(settings);
  let best: ReturnType<typeof trainPopulation> | undefined;
  let least = Infinity;
  for (let start = 0; start < settings.starts; start++) {
    const name = start === 0 ? seed : `${seed}, start ${start + 1}`;
    const run = trainPopulation(streamsOf(name), config, {
      ...source,
      test: validation,
    });
    let next = run.next();
    while (!next.done && !isScouted(next.value, settings)) {
      next = run.next(yield next.value);
    }
    if (next.done) return next.value; // stopped, or a short run
    const { testMse } = next.value as PopulationRow;
    if (testMse < least) {
      least = testMse;
      best = run;
    }
  }
  return yield* best!;
}

/** Whether this is the row that tells how well a start has done. */
function isScouted(
  at: PopulationRow | number,
  { scoutSteps }: Settings,
): boolean {
  return typeof at === "object" && at.step >= scoutSteps;
}

function* trainDescriber(
  seed: number,
  settings: Settings,
  { world, test }: Images,
): Training<SeedRow, Outcome> {
  const streams = streamsOf(seed);
  const training = trainDescription(streams, describerOf(settings), {
    sample: imageSampler(world),
    test: test.images,
  });
  const code = yield* withRows(
    training,
    ({ step, mse, totalBits }) => ({ step, testMse: mse, totalBits }),
  );
  const run = runDescription(stream(seed, "test noise"), code, test.images);
  return {
    metrics: {
      ...bitsOf(run),
      axesInUse: dimensionsInUse(run),
      ...codeMetrics(run.centres, settings, { world, test }),
    },
    params: arraysOf(code.params),
  };
}

function bitsOf(d: Description): Record<string, number> {
  const { codeBits, bumpBits, pixelBits, totalBits, mse } = d;
  return { testMse: mse, totalBits, codeBits, bumpBits, pixelBits };
}

/** Squared error per pixel of the mean of these images. */
export function meanImageMse(images: Float64Array, pixels: number): number {
  const count = images.length / pixels;
  let sum = 0;
  for (let p = 0; p < pixels; p++) {
    let first = 0;
    let second = 0;
    for (let i = 0; i < count; i++) {
      const x = images[i * pixels + p];
      first += x;
      second += x * x;
    }
    sum += second / count - (first / count) * (first / count);
  }
  return sum / pixels;
}

/**
 * What the implicit space tells: singular values, R² of linear and cubic
 * readouts of the latents, dimensions, and loops.
 */
export function codeMetrics(
  codes: Float64Array,
  { dims, topologyPoints }: Pick<Settings, "dims" | "topologyPoints">,
  { world, test }: { world: World; test: ImageSet },
): Record<string, number> {
  const rows = test.count;
  const axes = spread(codes, rows);
  const metrics: Record<string, number> = {
    participation: participationRatio(axes),
    intrinsicDimension: intrinsicDimension(codes, dims),
  };
  axes.subarray(0, 3).forEach((sd, k) => {
    metrics[`singular${k + 1}`] = sd * Math.sqrt(rows);
  });
  if (world.latents.includes("vertical")) {
    const kinds = Float64Array.from(
      { length: rows },
      (_, i) => test.latents[2 * i],
    );
    metrics.gap = gapBetweenKinds(codes, dims, kinds);
  } else if (dims <= 4) {
    const turns = world.latents.includes("θ");
    for (const multiple of turns ? [1, 2] : [1]) {
      const { values } = regressionTargets(world, test, multiple);
      for (const [degree, name] of [[1, "linear"], [3, "cubic"]] as const) {
        const fit = polynomialReadout(codes, values, { rows, degree });
        const of = multiple === 2 ? "R2Twice" : "R2";
        metrics[`${name}${of}`] = mean(fit.heldOut);
        metrics[`${name}${of}InSample`] = mean(fit.inSample);
      }
    }
  }
  if (topologyPoints > 0) {
    const { h1 } = landmarkBarcodes(codes, dims, topologyPoints);
    metrics.loopProminence = loopProminence(h1);
    metrics.longestLoop = h1.length ? h1[0].death - h1[0].birth : 0;
  }
  return metrics;
}
