/**
 * One seed of the Helmholtz machine on the shifter, from initial weights to
 * every number of the result table.
 *
 * @module
 */
import {
  type CauseImages,
  entropyBits,
  surpriseBits,
} from "../worlds/cause_images.ts";
import * as is from "../../lib/run/checks.ts";
import {
  checkedConfig,
  type Configure,
  each,
  partOf,
  refusal,
  startingFrom,
} from "../../lib/run/config.ts";
import {
  sampledNll,
  samplingNll,
} from "../../lib/helmholtz/importance_sampling.ts";
import { topJointOfLikeliest } from "../../lib/helmholtz/likeliest_units.ts";
import {
  type HelmholtzConfig,
  helmholtzConfig,
  type HelmholtzParams,
  initHelmholtz,
  layersOf,
  receptiveFields,
  recognize,
  type SamplePattern,
  trainHelmholtz,
} from "../../lib/helmholtz/machine.ts";
import {
  assessing,
  type Assessment,
  bestSignVector,
  causeAccuracies,
  crossEntropyBits,
  marginals,
  signVectorChance,
  topPrior,
} from "../../lib/helmholtz/readout.ts";
import {
  sampledMeaning,
  sampledTops,
} from "../../lib/helmholtz/sampled_readout.ts";
import {
  type StagedLearner,
  stagedLearner,
} from "../../lib/helmholtz/staged_learning.ts";
import { LOG2E, logit } from "../../lib/numeric/elementary.ts";
import { type Rng, stream } from "../../lib/numeric/random.ts";
import { mean } from "../../lib/numeric/statistics.ts";
import type { Expose, Outcome } from "../../lib/run/experiment.ts";
import { trainAndMeasure, type Training } from "../../lib/run/training.ts";
import { compileWakeSleep } from "../../lib/helmholtz/compiled_wake_sleep.ts";
import { enumerateBars, sampleBars } from "../worlds/bars.ts";
import {
  enumerateShifter,
  sampleShifter,
  type ShifterConfig,
  shifterConfig,
  shiftsOf,
} from "../worlds/shifter.ts";

/** A way to learn, see `WAYS`. */
export type Way = "wakeSleep" | "reweighted" | "staged";

/** The machine, the world and how it is scored. */
export type Settings =
  & Omit<HelmholtzConfig, "visible">
  & Omit<ShifterConfig, "shifts">
  & {
    way: Way;
    /** The shifter, or bars (height × height) of two orientations. */
    world: "shifter" | "bars";
    /** Shifts of the shifter: 2 for ±1, 4 for ±1 and ±2. */
    directions: number;
    /** Images of the eval stream that the sampled metrics are taken on. */
    evalImages: number;
    /** Recognitions of each of them that the likelihood is estimated from. */
    evalSamples: number;
  };

/**
 * Ways to learn, over the defaults.
 *
 * - `wakeSleep`: the reference program's.
 * - `reweighted`: five weighted recognitions an image, dark pixels and rare
 *   hidden units at the start, a falling learning rate.
 * - `staged`: first a code of parts by constrained generation with split and
 *   merge, then everything, freely; Gibbs sampling infers in both stages.
 */
export const WAYS: Readonly<Record<Way, Partial<Settings>>> = {
  wakeSleep: {},
  reweighted: {
    inference: "weighted",
    samples: 5,
    visibleBias: -4,
    hiddenBias: -2,
    finalLearningRate: 0.002,
    steps: 500_000,
  },
  staged: {
    inference: "gibbs",
    samples: 2,
    visibleBias: -3,
    hiddenBias: -2,
    finalLearningRate: 0.002,
    steps: 500_000,
    constrainedSteps: 200_000,
  },
};

const { visible: _, ...machineFields } = helmholtzConfig.fields;
const { shifts: __, ...worldFields } = shifterConfig.fields;

/** Settings over those of their `way`; throws where one cannot work. */
export const settings: Configure<Settings> = startingFrom(
  "way",
  WAYS,
  checkedConfig(
    "train the Helmholtz machine on the shifter",
    {
      ...machineFields,
      ...worldFields,
      way: ["wakeSleep", is.oneOf(...Object.keys(WAYS))],
      world: ["shifter", is.oneOf("shifter", "bars")],
      directions: [2, is.oneOf(2, 4)],
      ...each(is.positiveInteger, { evalImages: 256, evalSamples: 200 }),
    },
    (all) => {
      machineOf(all);
      worldOf(all);
      return [[
        "world",
        all.world === "shifter" || all.width === all.height,
        "bars on as many rows as columns",
      ]];
    },
  ),
);

/** The machine's part of the settings. */
export function machineOf(settings: Settings): Readonly<HelmholtzConfig> {
  const visible = settings.width * settings.height;
  return partOf(helmholtzConfig, { ...settings, visible });
}

/** The shifter's part of the settings. */
export function worldOf(settings: Settings): Readonly<ShifterConfig> {
  const shifts = settings.directions === 4 ? [-2, -1, 1, 2] : [-1, 1];
  return partOf(shifterConfig, { ...settings, shifts });
}

/** Where images come from, each with the value of its hidden cause. */
export interface Source {
  /** Pixels of an image. */
  size: number;
  /** Values of the cause. */
  values: number;
  /** Draws an image; returns the value that made it. */
  sample: (rng: Rng, out: Uint8Array) => number;
  /** All distinct images. */
  images: () => CauseImages;
  /** The values that could have made an image. */
  valuesOf: (image: Uint8Array) => number[];
}

/** The world that the settings name. */
export function sourceOf(settings: Settings): Source {
  const size = settings.width * settings.height;
  if (settings.world === "bars") {
    const images = enumerateBars(settings.height);
    const known = new Map(
      Array.from(images.probability, (_, k) => {
        const image = images.pixels.subarray(k * size, (k + 1) * size);
        const values = [0, 1].filter((d) => images.joint[2 * k + d] > 0);
        return [image.join(""), values];
      }),
    );
    return {
      size,
      values: 2,
      sample: (rng, out) => sampleBars(rng, out, settings.height),
      images: () => images,
      valuesOf: (image) => known.get(image.join("")) ?? [],
    };
  }
  const world = worldOf(settings);
  return {
    size,
    values: world.shifts.length,
    sample: (rng, out) => sampleShifter(rng, out, world),
    images: () => enumerateShifter(world),
    valuesOf: (image) =>
      shiftsOf(image, world).map((shift) => world.shifts.indexOf(shift)),
  };
}

/** What the settings learn with, compiled; `recycled` is the log of split and merge. */
export function learnerOf(
  seed: number,
  params: HelmholtzParams,
  settings: Settings,
  sample: SamplePattern = sourceOf(settings).sample,
): StagedLearner {
  const config = machineOf(settings);
  const rng = stream(seed, "train");
  const machine = compileWakeSleep(rng, params, sample, config);
  return stagedLearner(machine, params, config);
}

/** Numbers of the result table; bits are bits an image. */
export type ShifterMetrics = Assessment & {
  /** Importance-sampled. */
  nllBitsSampled: number;
  /** Its standard error from the samples of the latents. */
  nllBitsSampledError: number;
  /** The reference program's readout, on `evalImages` images. */
  accuracyBySigns: number;
  /** Mean of `accuracyBySigns` when the labels are coin flips. */
  accuracyBySignsChance: number;
  /** Hidden units that were recycled. */
  recycled: number;
};

/** Where the hidden units stand. */
export interface ShifterRow {
  step: number;
  /** NLL of fresh images in bits, by a few samples each: leans upwards. */
  nllBitsSampled: number;
  /** What each adds to the pixels, hidden × visible, see `receptiveFields`. */
  fields: Float64Array;
  /** Those that were recycled so far. */
  recycled: StagedLearner["recycled"];
}

/** Fresh images that a row's NLL is estimated on, and samples of each. */
const ROW_IMAGES = 300;
const ROW_SAMPLES = 5;

/** Trains and assesses one seed; one that was stopped is not measured. */
export function* trainSeed(
  seed: number,
  settings: Settings,
  expose?: Expose,
): Training<ShifterRow, Outcome<ShifterMetrics, HelmholtzParams>> {
  const config = machineOf(settings);
  const params = initHelmholtz(stream(seed, "init"), config);
  const learner = learnerOf(seed, params, settings);
  const rng = stream(seed, "rows");
  const { patterns } = drawImages(rng, sourceOf(settings), ROW_IMAGES);
  const judged = { patterns, samples: ROW_SAMPLES };
  expose?.(() => {
    learner.store();
    return structuredClone(params);
  });
  const training = trainHelmholtz(params, {
    config,
    learner,
    evaluate: (now) => ({
      nllBitsSampled: LOG2E * sampledNll(rng, now, judged).value,
      fields: receptiveFields(now),
      recycled: learner.recycled.slice(),
    }),
  });
  const { metrics } = yield* trainAndMeasure(training, {
    steps: settings.steps,
    measure: () => measuring(stream(seed, "eval"), params, settings),
  });
  const recycled = learner.recycled.length;
  return { metrics: { ...(metrics ?? NOT_MEASURED), recycled }, params };
}

const NOT_MEASURED: Readonly<Omit<ShifterMetrics, "recycled">> = Object.freeze({
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

/** Beyond so many hidden units, images and fantasies stand for all states. */
const MOST_EXACT = 20;
/** Beyond so many distinct images, a sample of them stands for all. */
const MOST_IMAGES = 4096;

/** Every number of the result table for a machine, with pauses. */
export function* measuring(
  rng: Rng,
  params: HelmholtzParams,
  settings: Settings,
): Training<never, Omit<ShifterMetrics, "recycled">> {
  const { top, evalSamples: samples } = settings;
  const source = sourceOf(settings);
  const { patterns, labels } = drawImages(rng, source, settings.evalImages);
  const states = recognizedTops(rng, params, patterns);
  const halves = labels.map((d) => d < source.values / 2 ? 0 : 1);
  const sampled = yield* samplingNll(rng, params, { patterns, samples });
  const chance = signVectorChance(rng, states, { top, trials: 500 });
  const all = settings.hidden > MOST_EXACT
    ? yield* estimating(rng, params, { source, patterns, labels, samples })
    : yield* assessing(params, source.images());
  return {
    ...all,
    nllBitsSampled: sampled.value * LOG2E,
    nllBitsSampledError: sampled.standardError * LOG2E,
    accuracyBySigns: bestSignVector(states, halves, top).accuracy,
    accuracyBySignsChance: mean(chance),
  };
}

/**
 * What `assessing` computes for a machine that is too large to enumerate: what
 * the top means by fantasies; likelihoods over all images, where they are few,
 * by the sum over their likeliest units, or over `patterns` by importance
 * sampling. NLL and KL lean upwards. How much rarer than the average image the
 * patterns are is known, and taken off: what is left of their choice is how the
 * machine misjudges them.
 */
function* estimating(
  rng: Rng,
  params: HelmholtzParams,
  { source, patterns, labels, samples }: {
    source: Source;
    patterns: Uint8Array;
    labels: Uint8Array;
    samples: number;
  },
): Training<never, Assessment> {
  const images = source.images();
  const entropy = entropyBits(images);
  const { values } = source;
  const few = images.count <= MOST_IMAGES;
  const pixels = few ? images.pixels : patterns;
  const joint = few ? images.joint : Float64Array.from(
    { length: labels.length * values },
    (_, i) =>
      labels[Math.floor(i / values)] === i % values ? 1 / labels.length : 0,
  );
  let nllBits: number;
  let likeliest: Float64Array | undefined;
  if (few) {
    likeliest = yield* topJointOfLikeliest(rng, params, pixels);
    nllBits = crossEntropyBits(
      images.probability,
      marginals(likeliest, images.count),
    );
  } else {
    const { value } = yield* samplingNll(rng, params, { patterns, samples });
    const rarer = mean(surpriseBits(images, patterns)) - entropy;
    nllBits = value * LOG2E - rarer;
  }
  const { meaning, valid } = sampledMeaning(rng, params, {
    ...source,
    count: 4000,
  });
  const validMass = topPrior(params).reduce((s, p, t) => s + p * valid[t], 0);
  const { recognition, posterior } = yield* sampledTops(rng, params, {
    patterns: pixels,
    samples,
  });
  return {
    nllBits,
    klBits: nllBits - entropy,
    validMass,
    ...causeAccuracies(joint, meaning, {
      values,
      recognition,
      posterior: likeliest ?? posterior,
    }),
  };
}

/** `count` images in rows, with the value of the cause that made each. */
export function drawImages(
  rng: Rng,
  { size, sample }: Pick<Source, "size" | "sample">,
  count: number,
): { patterns: Uint8Array; labels: Uint8Array } {
  const patterns = new Uint8Array(count * size);
  const labels = Uint8Array.from(
    { length: count },
    (_, k) => sample(rng, patterns.subarray(k * size, (k + 1) * size)),
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
    learner: learnerOf(seed, params, settings, sample),
    evaluate: () => ({}),
  });
}
