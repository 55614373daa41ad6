/**
 * One seed of Imax on stereograms: strips at one disparity, or scan lines of a
 * curved surface, from initial weights to every number of the result tables.
 *
 * @module
 */
import { information } from "../../lib/agreement/gaussian_information.ts";
import { newPairs } from "../../lib/agreement/pairs.ts";
import {
  type AgreementMetrics,
  conditionalMeans,
} from "../../lib/agreement/readout.ts";
import * as is from "../../lib/run/checks.ts";
import {
  checkedConfig,
  type Configure,
  partOf,
  startingFrom,
} from "../../lib/run/config.ts";
import {
  evaluate,
  type ImaxConfig,
  imaxConfig,
  imaxModel,
  type ImaxState,
  imaxStep,
  objectiveBytes,
  scalarOutputs,
  trainImax,
} from "../../lib/imax/imax.ts";
import {
  type InterpolatorState,
  surfaceMetrics,
  trainInterpolator,
  wienerWeights,
  windowsOf,
} from "../../lib/imax/interpolator.ts";
import { workspace } from "../../lib/numeric/matrix/workspace.ts";
import { countedKernels } from "../../lib/numeric/wasm/traffic.ts";
import { arraysOf } from "../../lib/numeric/optimizers.ts";
import { type Floats, stream } from "../../lib/numeric/random.ts";
import {
  enumerateStrips,
  exactAgreement,
  stereoLimits,
  type StripTable,
} from "../../lib/imax/stereo_limits.ts";
import type { Expose, Outcome } from "../../lib/run/experiment.ts";
import { type Training, withRows } from "../../lib/run/training.ts";
import {
  neighbourSampler,
  type StereoConfig,
  stereoConfig,
  stereoPairs,
  stereoSampler,
  surfaceLines,
  surfaceSampler,
} from "../worlds/stereograms.ts";

/** Named starting points; every setting can be changed from there. */
export type Variant =
  | "reference"
  | "signed"
  | "slanted"
  | "odd"
  | "pixels"
  | "surface";

/** The world, the model, and how it is measured. */
export type Settings = StereoConfig & ImaxConfig & {
  variant: Variant;
  /** Held-out pairs, or (for "surface") ten times the held-out lines. */
  heldOut: number;
  /** Stop at the first evaluation where η²(y | d) reaches this; 1 never. */
  target: number;
  /** Updates of the interpolator ("surface" alone). */
  interpolatorSteps: number;
};

/** A network that finds disparity in raw pixels. */
const FROM_PIXELS: Partial<Settings> = {
  inputs: "pixels",
  hidden: [128, 64],
  activation: "relu",
  shared: true,
  memory: 0.98,
  optimizer: "adam",
  weightDecay: 0,
  initScale: 1.4142135623730951,
};

/** What each variant changes in the reference's settings. */
export const VARIANTS: Readonly<Record<Variant, Partial<Settings>>> = {
  reference: {},
  signed: { signedStart: 0.1 },
  slanted: { slant: 1 },
  odd: { parity: "odd" },
  pixels: {
    ...FROM_PIXELS,
    disparities: "integer",
    outputs: 3,
    objective: "sumDifference",
    schedule: "cosine",
    learningRate: 4e-3,
    batchSize: 1024,
    steps: 3000,
    evalEvery: 100,
  },
  surface: {
    ...FROM_PIXELS,
    renderer: "blurred",
    objective: "sumDifference",
    learningRate: 2e-3,
    batchSize: 512,
    steps: 800,
    evalEvery: 50,
  },
};

/** Settings over those of the variant; throws where one cannot work. */
export const settings: Configure<Settings> = startingFrom(
  "variant",
  VARIANTS,
  checkedConfig(
    "run Imax on stereograms",
    {
      ...stereoConfig.fields,
      ...imaxConfig.fields,
      variant: ["reference", is.oneOf(...Object.keys(VARIANTS))],
      heldOut: [4096, is.integerIn(100, 1_000_000)],
      target: [1, is.between(0, 1)],
      interpolatorSteps: [800, is.positiveInteger],
    },
    (all) => {
      modelOf(all);
      worldOf(all);
    },
  ),
);

/** The model's part of the settings. */
export function modelOf(settings: Settings): Readonly<ImaxConfig> {
  return partOf(imaxConfig, settings);
}

/** The strips' part of the settings. */
export function worldOf(settings: Settings): Readonly<StereoConfig> {
  return partOf(stereoConfig, settings);
}

/** Trains and measures one seed; yields the step with held-out metrics. */
export function* trainSeed(
  seed: number,
  settings: Settings,
  expose?: Expose,
): Training<{ step: number }, Outcome> {
  if (settings.variant === "surface") {
    return yield* trainSurface(seed, settings);
  }
  const world = worldOf(settings);
  const heldOut = stereoPairs(stream(seed, "eval"), settings.heldOut, world);
  const training = trainImax(modelOf(settings), {
    seed,
    sample: stereoSampler(world),
    heldOut,
    watch(model, step): void {
      if (step === 0) expose?.(() => arraysOf(model.params));
    },
  });
  let reached = false;
  const state = yield* withRows(training, (row) => {
    reached = row.etaSquared >= settings.target;
    return row;
  }, () => reached);
  const metrics: Record<string, number> = {
    ...evaluate(state.model, heldOut, state.readout),
    oddShare: oddShare(outputsOf(state, heldOut.a), heldOut.cause),
    updates: state.steps,
  };
  if (settings.target < 1) {
    metrics.reached = reached ? 1 : 0;
    metrics.bytes = state.steps * stepBytes(settings);
  }
  if (world.disparities === "integer" && world.stripWidth <= 11) {
    Object.assign(metrics, exactMetrics(state, tableOf(settings)));
  }
  return { metrics, params: arraysOf(state.model.params) };
}

/** A model trained without a history, and its metrics on held-out pairs. */
export function* trainQuietly(
  seed: number,
  overrides: Partial<Settings>,
): Training<
  { step: number },
  { state: ImaxState; metrics: AgreementMetrics }
> {
  const all = settings({ ...overrides, evalEvery: 1_000_000 });
  const world = worldOf(all);
  const state = yield* trainImax(modelOf(all), {
    seed,
    sample: stereoSampler(world),
  });
  const pairs = stereoPairs(stream(seed, "eval"), all.heldOut, world);
  const { model, readout } = state;
  return { state, metrics: evaluate(model, pairs, readout) };
}

/** Scalar outputs of module A for strips of pixels. */
export function outputsOf(state: ImaxState, pixels: Floats): Float64Array {
  const { readout } = state;
  return scalarOutputs(state.model, pixels, { module: "a", readout });
}

const tables = new Map<string, StripTable>();

/** Every strip of the settings' world (kept after the first call). */
function tableOf(
  { stripWidth, maxDisparity }: Pick<
    Settings,
    "stripWidth" | "maxDisparity"
  >,
): StripTable {
  const key = `${stripWidth} ${maxDisparity}`;
  if (!tables.has(key)) {
    tables.set(key, enumerateStrips(stripWidth, maxDisparity));
  }
  return tables.get(key)!;
}

/** Metrics over all strips, free of sampling error. */
export interface ExactMetrics {
  exactCorrelation: number;
  /** −½ ln(1 − ρ), nats. */
  exactDifference: number;
  exactEtaSquared: number;
  /** `exactDifference` over its largest possible value. */
  shareOfCap: number;
}

/** Measures a model on every strip of a table. */
export function exactMetrics(
  { model, readout }: ImaxState,
  table: StripTable,
): ExactMetrics {
  const outputs = (module: "a" | "b"): Float64Array =>
    scalarOutputs(model, table.pixels, { module, readout });
  const { correlation, etaSquared } = exactAgreement(
    table,
    outputs("a"),
    outputs("b"),
  );
  const nats = information(1, 1, correlation).difference;
  return {
    exactCorrelation: correlation,
    exactDifference: nats,
    exactEtaSquared: etaSquared,
    shareOfCap: nats / stereoLimits(table).caps.difference,
  };
}

/**
 * How much of E[y | d] is odd in d: 1 for a readout of signed d, 0 for one of
 * |d|, by the variance of the two parts over 32 bins.
 */
export function oddShare(y: Float64Array, cause: Float64Array): number {
  const groups = conditionalMeans(y, cause, 32);
  const total = groups.reduce((sum, g) => sum + g.mean, 0) / groups.length;
  let odd = 0;
  let all = 0;
  groups.forEach((g, i) => {
    const other = groups[groups.length - 1 - i].mean;
    odd += (g.mean - other) * (g.mean - other) / 4;
    all += (g.mean - total) * (g.mean - total);
  });
  return all > 0 ? odd / all : 0;
}

/** Bytes that one training step moves, its objective included. */
export function stepBytes(settings: Settings): number {
  const traffic = { bytes: 0 };
  const space = workspace("float32", { kernels: countedKernels(traffic) });
  const config = modelOf(settings);
  const model = imaxModel(stream(0, "init"), config, { space });
  imaxStep(model, stereoSampler(worldOf(settings)))(stream(0, "data"));
  const { objective, batchSize, outputs } = config;
  return traffic.bytes + objectiveBytes(objective, batchSize, outputs);
}

/** What training on a surface leaves, besides the outcome. */
export interface SurfaceRun {
  modules: ImaxState;
  interpolator: InterpolatorState;
}

/**
 * Modules that learn from their neighbours, then with an interpolator. Yields
 * the rows of both phases; the interpolator's steps follow the modules'.
 */
export function* surfaceTraining(
  seed: number,
  settings: Settings,
): Training<{ step: number; signed: number }, SurfaceRun> {
  const { steps } = modelOf(settings);
  const neighbours = neighbourSampler();
  const pairs = newPairs(Float32Array, 1024, 20);
  neighbours(stream(seed, "eval"), pairs);
  const modules = yield* trainImax(modelOf(settings), {
    seed,
    sample: neighbours,
    heldOut: pairs,
  });
  const heldOut = surfaceLines(100);
  surfaceSampler()(stream(seed, "eval"), heldOut);
  const phase = { steps: settings.interpolatorSteps };
  const training = trainInterpolator(phase, {
    seed,
    sample: surfaceSampler(),
    modules: modules.model,
    heldOut,
  });
  let next = training.next();
  while (!next.done) {
    const { value } = next;
    const at = typeof value === "object"
      ? { ...value, step: steps + value.step }
      : steps + value;
    // Stopped in the first phase, the second one ends as it begins.
    next = training.next((yield at) || modules.steps < steps);
  }
  return { modules, interpolator: next.value };
}

function* trainSurface(
  seed: number,
  settings: Settings,
): Training<{ step: number }, Outcome> {
  const { interpolator } = yield* surfaceTraining(seed, settings);
  const lines = surfaceLines(Math.ceil(settings.heldOut / 10));
  surfaceSampler()(stream(seed, "eval surface"), lines);
  const y = interpolator.encode(lines.pixels);
  const weights = interpolator.model.weights();
  const windows = windowsOf(y, lines, weights);
  const wiener = wienerWeights(windows);
  const { weights: _, ...metrics } = surfaceMetrics(y, lines, weights);
  return {
    metrics: {
      ...metrics,
      ...numbered("weight", weights),
      ...numbered("wiener", wiener.weights),
      wienerCorrelation: wiener.correlation,
    },
    params: arraysOf(interpolator.model.params),
  };
}

function numbered(
  name: string,
  values: readonly number[],
): Record<string, number> {
  return Object.fromEntries(values.map((v, i) => [`${name}${i + 1}`, v]));
}
