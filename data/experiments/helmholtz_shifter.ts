/**
 * One seed of the Helmholtz machine on the shifter, from initial weights to
 * every number of the result table.
 *
 * @module
 */
import {
  checkedConfig,
  type Configure,
  defaultsOf,
  integerIn,
  partOf,
  positiveInteger,
  refusal,
} from "../../lib/run/config.ts";
import { samplingNll } from "../../lib/helmholtz/importance_sampling.ts";
import {
  type HelmholtzConfig,
  helmholtzConfig,
  type HelmholtzParams,
  initHelmholtz,
  layersOf,
  learner,
  type OnlineLearner,
  recognize,
  type SamplePattern,
  trainHelmholtz,
} from "../../lib/helmholtz/machine.ts";
import {
  assessing,
  type Assessment,
  bestSignVector,
  signVectorChance,
} from "../../lib/helmholtz/readout.ts";
import { LOG2E, logit } from "../../lib/numeric/elementary.ts";
import { type Rng, stream } from "../../lib/numeric/random.ts";
import { reweightedWakeSleep } from "../../lib/helmholtz/reweighted_wake_sleep.ts";
import { mean } from "../../lib/numeric/statistics.ts";
import type { Outcome } from "../../lib/run/experiment.ts";
import { trainAndMeasure, type Training } from "../../lib/run/training.ts";
import { compileWakeSleep } from "../../lib/helmholtz/compiled_wake_sleep.ts";
import {
  entropyBits,
  enumerateShifter,
  sampleShifter,
  type ShifterConfig,
  shifterConfig,
} from "../worlds/shifter.ts";

/** The machine, the world and how many recognitions an image gets. */
export type Settings =
  & Omit<HelmholtzConfig, "visible">
  & Omit<ShifterConfig, "shifts">
  & {
    /** 1: wake-sleep; more: reweighted wake-sleep with so many recognitions. */
    recognitions: number;
    /** Images of the eval stream that the sampled metrics are taken on. */
    evalImages: number;
  };

const { visible: _, ...machineDefaults } = helmholtzConfig();
const { shifts: __, ...worldDefaults } = shifterConfig();

/** Settings over the reference program's; throws where one cannot work. */
export const settings: Configure<Settings> = checkedConfig(
  "train the Helmholtz machine on the shifter",
  {
    ...defaultsOf(machineDefaults),
    ...defaultsOf(worldDefaults),
    recognitions: [1, integerIn(1, 1000)],
    evalImages: [256, positiveInteger],
  },
  (all) => {
    machineOf(all);
    worldOf(all);
  },
);

/** The machine's part of the settings. */
export function machineOf(settings: Settings): Readonly<HelmholtzConfig> {
  const visible = settings.width * settings.height;
  return partOf(helmholtzConfig, { ...settings, visible });
}

/** The world's part of the settings. */
export function worldOf(settings: Settings): Readonly<ShifterConfig> {
  return partOf(shifterConfig, settings);
}

/** What the settings learn with: compiled wake-sleep, or the reweighted one. */
export function learnerOf(
  seed: number,
  params: HelmholtzParams,
  settings: Settings,
): OnlineLearner {
  const world = worldOf(settings);
  const sample: SamplePattern = (rng, out) => sampleShifter(rng, out, world);
  const rng = stream(seed, "train");
  const { recognitions } = settings;
  return recognitions === 1
    ? compileWakeSleep(rng, params, sample)
    : learner(rng, reweightedWakeSleep(params, sample, recognitions));
}

/** Numbers of the result table; bits are bits an image. */
export type ShifterMetrics = Assessment & {
  /** Importance-sampled, 200 samples an image. */
  nllBitsSampled: number;
  /** Its standard error from the samples of the latents. */
  nllBitsSampledError: number;
  /** The reference program's readout, on `evalImages` images. */
  accuracyBySigns: number;
  /** Mean of `accuracyBySigns` when the labels are coin flips. */
  accuracyBySignsChance: number;
};

/** Trains and assesses one seed; one that was stopped is not measured. */
export function* trainSeed(
  seed: number,
  settings: Settings,
): Training<{ step: number }, Outcome<ShifterMetrics, HelmholtzParams>> {
  const { state, metrics } = yield* trainAndMeasure(train(seed, settings), {
    steps: settings.steps,
    measure: (params) => measuring(stream(seed, "eval"), params, settings),
  });
  return { metrics: metrics ?? NOT_MEASURED, params: state };
}

function train(
  seed: number,
  settings: Settings,
): Training<{ step: number }, HelmholtzParams> {
  const config = machineOf(settings);
  const params = initHelmholtz(stream(seed, "init"), config);
  return trainHelmholtz(params, {
    config,
    learner: learnerOf(seed, params, settings),
    evaluate: () => ({}),
  });
}

const NOT_MEASURED: Readonly<ShifterMetrics> = Object.freeze({
  nllBits: NaN,
  klBits: NaN,
  validMass: NaN,
  accuracyByMeaning: NaN,
  accuracyByPosterior: NaN,
  nllBitsSampled: NaN,
  nllBitsSampledError: NaN,
  accuracyBySigns: NaN,
  accuracyBySignsChance: NaN,
});

/** Every number of the result table for a machine, with pauses. */
export function* measuring(
  rng: Rng,
  params: HelmholtzParams,
  settings: Settings,
): Training<never, ShifterMetrics> {
  const world = worldOf(settings);
  const { patterns, labels } = drawImages(rng, world, settings.evalImages);
  const states = recognizedTops(rng, params, patterns);
  const { top } = settings;
  const sampled = yield* samplingNll(rng, params, { patterns, samples: 200 });
  const chance = signVectorChance(rng, states, { top, trials: 500 });
  return {
    ...(yield* assessing(params, enumerateShifter(world))),
    nllBitsSampled: sampled.value * LOG2E,
    nllBitsSampledError: sampled.standardError * LOG2E,
    accuracyBySigns: bestSignVector(states, labels, top).accuracy,
    accuracyBySignsChance: mean(chance),
  };
}

/** `count` images in rows, with the index of the shift that made each. */
export function drawImages(
  rng: Rng,
  world: ShifterConfig,
  count: number,
): { patterns: Uint8Array; labels: Uint8Array } {
  const size = world.width * world.height;
  const patterns = new Uint8Array(count * size);
  const labels = Uint8Array.from(
    { length: count },
    (_, k) =>
      sampleShifter(rng, patterns.subarray(k * size, (k + 1) * size), world),
  );
  return { patterns, labels };
}

/** A sampled top state of each pattern as a number, bit k is unit k. */
export function recognizedTops(
  rng: Rng,
  params: HelmholtzParams,
  patterns: Uint8Array,
): Uint16Array {
  const layers = layersOf(params);
  const size = layers.v.length;
  return Uint16Array.from({ length: patterns.length / size }, (_, k) => {
    layers.v.set(patterns.subarray(k * size, (k + 1) * size));
    recognize(rng, params, layers);
    return layers.t.reduce((state, on, j) => state | on << j, 0);
  });
}

/**
 * Writes the ideal code of the hidden layer into a machine: for each shift and
 * each place x of the row, one unit that is on when bit x is on and that shift
 * made the image. Both directions of the hidden layer are set, generative and
 * recognition; the top layer is left as it is.
 *
 * @throws {RangeError} unless there is one hidden unit for each shift and place
 */
export function writePairCode(
  params: HelmholtzParams,
  world: ShifterConfig,
): void {
  const { width, height, shifts, pOn } = world;
  const hidden = params.hiddenBias.length;
  if (hidden !== width * shifts.length) {
    throw refusal(
      "write the pair code",
      "hidden",
      `${width} places × ${shifts.length} shifts`,
      hidden,
    );
  }
  const strong = 12;
  params.hiddenToVisible.fill(0);
  params.visibleToHidden.fill(0);
  params.visibleBias.fill(-strong / 2);
  params.hiddenBias.fill(logit(pOn / shifts.length));
  // On when both of its dots are on: 2 · strong exceeds 1.5 · strong.
  params.hiddenRecognitionBias.fill(-1.5 * strong);
  shifts.forEach((shift, d) => {
    for (let x = 0; x < width; x++) {
      const unit = d * width + x;
      for (let y = 0; y < height; y++) {
        const at = y < height / 2 ? x : (x + shift + width) % width;
        const pixel = y * width + at;
        params.hiddenToVisible[unit * width * height + pixel] = strong;
        // One row of each half is enough to recognize.
        if (y % (height / 2) === 0) {
          params.visibleToHidden[pixel * hidden + unit] = strong;
        }
      }
    }
  });
}

/**
 * Trains a machine whose hidden layer starts with the ideal code, so that only
 * the top layer has something to find. Yields its assessment every
 * `evalEvery` images.
 */
export function* trainOnPairCode(
  seed: number,
  settings: Settings,
): Training<{ step: number } & Assessment, HelmholtzParams> {
  const world = worldOf(settings);
  const images = enumerateShifter(world);
  const params = initHelmholtz(stream(seed, "init"), machineOf(settings));
  writePairCode(params, world);
  return yield* trainHelmholtz(params, {
    config: machineOf(settings),
    learner: learnerOf(seed, params, settings),
    evaluate: (now) => assessing(now, images),
  });
}

/**
 * A machine of any size, trained and scored by sampling alone; one that was
 * stopped is not scored: NaN.
 */
export function* trainLarge(
  seed: number,
  settings: Settings,
): Training<
  { step: number },
  { nllBits: number; standardError: number; entropyBits: number }
> {
  const world = worldOf(settings);
  const { patterns } = drawImages(
    stream(seed, "eval"),
    world,
    settings.evalImages,
  );
  const rng = stream(seed, "eval-sampled");
  const { metrics } = yield* trainAndMeasure(train(seed, settings), {
    steps: settings.steps,
    measure: (params) => samplingNll(rng, params, { patterns, samples: 200 }),
  });
  const { value, standardError } = metrics ??
    { value: NaN, standardError: NaN };
  return {
    nllBits: value * LOG2E,
    standardError: standardError * LOG2E,
    entropyBits: entropyBits(enumerateShifter(world)),
  };
}

/**
 * Trains as `trainSeed` does, on images whose two halves come from different
 * rows: a world without a direction. The control of the notebook.
 */
export function* trainUnpaired(
  seed: number,
  settings: Settings,
): Training<{ step: number }, HelmholtzParams> {
  const world = worldOf(settings);
  const size = world.width * world.height;
  const other = new Uint8Array(size);
  const params = initHelmholtz(stream(seed, "init"), machineOf(settings));
  const sample: SamplePattern = (rng, out) => {
    sampleShifter(rng, other, world);
    sampleShifter(rng, out, world);
    out.set(other.subarray(size / 2), size / 2);
  };
  return yield* trainHelmholtz(params, {
    config: machineOf(settings),
    learner: compileWakeSleep(stream(seed, "train"), params, sample),
    evaluate: () => ({}),
  });
}
