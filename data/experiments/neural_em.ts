/**
 * One seed of neural EM, from initial weights to every number of the result
 * tables: the reference program's configuration by default, the paper's and the
 * ablations by settings.
 *
 * @module
 */
import * as is from "../../lib/run/checks.ts";
import {
  checkedConfig,
  type Configure,
  each,
  partOf,
  withDefaults,
} from "../../lib/run/config.ts";
import type { ClusteringScores } from "../../lib/neural_em/clustering_scores.ts";
import {
  type NeuralEm,
  type NeuralEmConfig,
  neuralEmConfig,
  SEED_MODEL,
} from "../../lib/neural_em/model.ts";
import { scoreGroups } from "../../lib/neural_em/grouping.ts";
import { inferringGroups } from "../../lib/neural_em/inference.ts";
import {
  type NeuralEmRow,
  neuralEmTrainer,
  type SampleFrames,
  trainNeuralEm,
} from "../../lib/neural_em/training.ts";
import { arraysOf } from "../../lib/numeric/optimizers.ts";
import { permutation, type Rng, stream } from "../../lib/numeric/random.ts";
import type { Expose, Params } from "../../lib/run/experiment.ts";
import { finish, type Training, withRows } from "../../lib/run/training.ts";
import {
  paperShapes,
  seedShapes,
  type ShapesBatch,
  type ShapesSampler,
} from "../worlds/shapes.ts";

/** The model, the images and how they are scored. */
export interface Settings extends NeuralEmConfig {
  /** The seed document's or the paper's shapes. */
  world: string;
  /** Shapes in an image. */
  objects: number;
  /** Images trained on over and over; 0: fresh images for ever. */
  trainImages: number;
  /** Images of the validation set and of the test set. */
  evalImages: number;
  /** Updates between two rows. */
  evalEvery: number;
}

/** Settings over the reference program's; throws where one cannot work. */
export const settings: Configure<Settings> = checkedConfig(
  "group shapes by neural EM",
  {
    ...withDefaults(neuralEmConfig.fields, SEED_MODEL),
    world: ["seed", is.oneOf("seed", "paper")],
    objects: [3, is.integerIn(1, 9)],
    trainImages: [1024, is.nonNegativeInteger],
    ...each(is.positiveInteger, { evalImages: 128, evalEvery: 32 }),
  },
  (all) => {
    modelOf(all);
    worldOf(all);
    return [["updates", all.updates >= 1, "an integer ≥ 1"]];
  },
);

/** The model's part of the settings. */
export function modelOf(settings: Settings): Readonly<NeuralEmConfig> {
  return partOf(neuralEmConfig, settings);
}

/** The sampler that the settings ask for. */
export function worldOf({ world, canvas, objects }: Settings): ShapesSampler {
  return (world === "seed" ? seedShapes : paperShapes)({ canvas, objects });
}

/**
 * The configuration that this project trains on the paper's images: the
 * paper's model and loss with carried states, a loss at every step and a
 * larger step size. The deviations are studied in the notebook.
 */
export const PAPER_SETTINGS: Readonly<Partial<Settings>> = Object.freeze({
  ...neuralEmConfig({
    hidden: 128,
    steps: 16,
    unroll: 4,
    lossSteps: "all",
    batchSize: 64,
    updates: 1500,
    learningRate: 5e-3,
    warmup: 100,
    cooldown: 0.3,
    clipNorm: 1,
    initTied: true,
    initMemory: 4,
    pixelBias: -2,
  }),
  world: "paper",
  trainImages: 0,
  evalImages: 200,
  evalEvery: 250,
});

/** E-steps after which a training with `IMAGE_SETTINGS` is scored on its way. */
export const IMAGE_STEPS = 24;

/**
 * One model that binds from one random start. It differs from `PAPER_SETTINGS`
 * in what the M-step reads (the image that a component is responsible for, not
 * what is left of it), in its start from seeds, in a bounded charge for lit
 * pixels that holds for the first steps alone, and in proportions learned by EM.
 */
export const IMAGE_SETTINGS: Readonly<Partial<Settings>> = Object.freeze({
  ...PAPER_SETTINGS,
  ...{ reads: "image", start: "seeds" },
  ...{ interOn: 0, interPsi: 0.4, chargedSteps: 4, proportions: 1 },
  updates: 8000,
  evalEvery: 1000,
});

/**
 * The authors' own scheme, by their program: the paper's configuration, 50,000
 * images again and again, a row after each epoch of 781 updates, 500 epochs at
 * most. They stop once the loss on 1,000 validation images has not improved for
 * ten epochs, as `deno task train:neural_em --scheme paper` does.
 */
export const PAPER_SCHEME: Readonly<Partial<Settings>> = Object.freeze({
  ...neuralEmConfig({ updates: 500 * 781 }),
  world: "paper",
  trainImages: 50_000,
  evalImages: 1000,
  evalEvery: 781,
});

/**
 * Batches from a fixed set, each image once an epoch, in a new order.
 *
 * @param begun images that were drawn before, and the stream that they were
 *   drawn by from its beginning: goes on from there
 */
export function epochs(
  images: Float32Array,
  pixels: number,
  begun?: { rng: Rng; drawn: number },
): SampleFrames {
  const count = images.length / pixels;
  let order: Int32Array = new Int32Array(0);
  let at = 0;
  const next = (rng: Rng): number => {
    if (at === order.length) [order, at] = [permutation(rng, count), 0];
    return order[at++];
  };
  for (let i = 0; begun && i < begun.drawn; i++) next(begun.rng);
  return (rng, wanted) => {
    const out = new Float32Array(wanted * pixels);
    for (let i = 0; i < wanted; i++) {
      const first = next(rng) * pixels;
      out.set(images.subarray(first, first + pixels), i * pixels);
    }
    return { images: out };
  };
}

/**
 * What a seed is trained on: fresh images, or its training set by epochs.
 *
 * @param drawn images that its trainer has drawn before
 */
export function trainingImages(
  seed: number,
  settings: Settings,
  drawn = 0,
): SampleFrames {
  const world = worldOf(settings);
  if (settings.trainImages === 0) return world;
  const { images } = world(stream(seed, "train set"), settings.trainImages);
  const begun = { rng: stream(seed, "data"), drawn };
  return epochs(images, settings.canvas * settings.canvas, begun);
}

/** One row of the history: losses in nats an image, scores of both sets. */
export interface Row extends NeuralEmRow {
  validation: ClusteringScores;
  test: ClusteringScores;
  /** Loss after the last EM step on the test images. */
  testLoss: number;
}

/** The numbers of the result table; "chosen" is the best on validation NMI. */
export interface NeuralEmMetrics {
  [name: string]: number;
  chosenStep: number;
  chosenNmi: number;
  chosenAmi: number;
  chosenAmiMax: number;
  chosenAri: number;
  chosenLoss: number;
  finalNmi: number;
  finalAmi: number;
  finalAmiMax: number;
  finalAri: number;
  finalLoss: number;
}

/** What `trainSeed` returns. */
export interface Outcome {
  metrics: NeuralEmMetrics;
  /** Parameters at the end. */
  params: Params;
  /** Parameters where validation NMI was best. */
  chosenParams: Params;
  rows: Row[];
}

/** Scores and loss of a model on a batch. */
export function assess(
  rng: Rng,
  model: NeuralEm,
  batch: ShapesBatch,
  steps?: number,
): ClusteringScores & { loss: number } {
  return finish(assessing(rng, model, batch, steps));
}

/** `assess` with pauses. */
function* assessing(
  rng: Rng,
  model: NeuralEm,
  batch: ShapesBatch,
  steps?: number,
): Training<never, ClusteringScores & { loss: number }> {
  const inferring = inferringGroups(rng, model, batch, { steps });
  const { groups, losses } = yield* inferring;
  return { ...scoreGroups(batch, groups), loss: losses.at(-1)! };
}

/** The row with the best NMI on validation images, the first of equal ones. */
function chosenRow(rows: readonly Row[]): Row {
  return rows.reduce((best, row) =>
    row.validation.nmi > best.validation.nmi ? row : best
  );
}

/** The metrics of a training with this history. */
export function metricsOf(rows: readonly Row[]): NeuralEmMetrics {
  const chosen = chosenRow(rows);
  const named = (name: string, row: Row): Record<string, number> => ({
    [`${name}Nmi`]: row.test.nmi,
    [`${name}Ami`]: row.test.ami,
    [`${name}AmiMax`]: row.test.amiMax,
    [`${name}Ari`]: row.test.ari,
    [`${name}Loss`]: row.testLoss,
  });
  return {
    chosenStep: chosen.step,
    ...named("chosen", chosen),
    ...named("final", rows.at(-1)!),
  } as NeuralEmMetrics;
}

/** Trains and assesses one seed; yields a row every `evalEvery` updates. */
export function* trainSeed(
  seed: number,
  settings: Settings,
  expose?: Expose,
): Training<Row, Outcome> {
  const config = modelOf(settings);
  const world = worldOf(settings);
  const draw = (name: string): ShapesBatch =>
    world(stream(seed, name), settings.evalImages);
  const [validation, test] = [draw("validation set"), draw("test set")];
  const trainer = neuralEmTrainer(seed, {
    config,
    sample: trainingImages(seed, settings),
  });
  expose?.(() => arraysOf(trainer.params));
  const rows: Row[] = [];
  let chosenParams = arraysOf(trainer.params);
  const training = trainNeuralEm(trainer, {
    evalEvery: settings.evalEvery,
    *evaluate(model): Training<never, Omit<Row, keyof NeuralEmRow>> {
      const rng = stream(seed, "eval");
      const { loss: _, ...valid } = yield* assessing(rng, model, validation);
      const { loss: testLoss, ...scores } = yield* assessing(rng, model, test);
      return { validation: valid, test: scores, testLoss };
    },
  });
  yield* withRows(training, (row) => {
    rows.push(row);
    if (chosenRow(rows) === row) chosenParams = arraysOf(trainer.params);
    return row;
  });
  return {
    metrics: metricsOf(rows),
    params: arraysOf(trainer.params),
    chosenParams,
    rows,
  };
}
