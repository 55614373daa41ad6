/**
 * How a trained neural EM model is assessed in the notebook: by overlap, over
 * steps and random starts, on other numbers of objects, and in bytes moved. By
 * AMI over the larger entropy, as the paper measured: `amiMax`.
 *
 * @module
 */
import type { ClusteringScores } from "../../../lib/neural_em/clustering_scores.ts";
import {
  groupBatch,
  kMeansPositions,
  meanScores,
  overlapPixels,
  scoreGroups,
  scoreImages,
} from "../../../lib/neural_em/grouping.ts";
import {
  framesOf,
  groupsOf,
  inferGroups,
  type InferOptions,
  type StepEnd,
} from "../../../lib/neural_em/inference.ts";
import {
  type NeuralEm,
  type NeuralEmConfig,
  restoreNeuralEm,
} from "../../../lib/neural_em/model.ts";
import {
  inferWithMoves,
  type MoveOptions,
} from "../../../lib/neural_em/moves.ts";
import {
  inferInStages,
  type Stage,
  type StagedInference,
} from "../../../lib/neural_em/stages.ts";
import { trueResponsibilities } from "../../../lib/neural_em/start.ts";
import { log } from "../../../lib/numeric/elementary.ts";
import {
  fitLinear,
  predictLinear,
} from "../../../lib/numeric/least_squares.ts";
import { pickRows } from "../../../lib/numeric/points.ts";
import { permutation, type Rng, stream } from "../../../lib/numeric/random.ts";
import { decodeSafetensors } from "../../../lib/run/safetensors.ts";
import { mean } from "../../../lib/numeric/statistics.ts";
import { assess, type Settings } from "../../experiments/neural_em.ts";
import {
  paperShapes,
  type ShapesBatch,
  someImages,
} from "../../worlds/shapes.ts";

/** A row of a recorded curve; scores on validation images. */
export interface RecordedRow {
  step: number;
  loss: number;
  /** Over the mean of the entropies. */
  ami: number;
  /** Over the larger entropy; not in runs recorded before it was. */
  amiMax?: number;
  evalLoss: number;
  /** Seconds of processor time so far, all commands together. */
  cpuSeconds: number;
}

/** What `deno task train:neural_em` records of a run. */
export interface RecordedRun {
  commands: string[];
  seed: number;
  config: Settings;
  rows: RecordedRow[];
  /** Updates at the checkpoint, the best row on the validation images. */
  chosenStep: number;
}

/** A recorded model with its scores on fresh images. */
export interface ScoredCheckpoint {
  model: NeuralEm;
  run: RecordedRun;
  scores:
    & {
      seed: number;
      hidden: number;
      updates: number;
      minutes: number;
      loss: number;
    }
    & ClusteringScores;
}

/** Restores a recorded model and scores it. Throws as the checkpoint reader does. */
export function scoreCheckpoint(
  seed: number,
  { bytes, run, batch }: {
    bytes: Uint8Array;
    run: RecordedRun;
    batch: ShapesBatch;
  },
): ScoredCheckpoint {
  const model = restoreNeuralEm(decodeSafetensors(bytes));
  const scores = {
    seed: run.seed,
    hidden: model.config.hidden,
    updates: run.chosenStep,
    minutes: run.rows.at(-1)!.cpuSeconds / 60,
    ...assess(stream(seed, "recorded"), model, batch),
  };
  return { model, run, scores };
}

/** The scores of a model on a batch, from the stream "assess" of a seed. */
function scoresOf(
  seed: number,
  model: NeuralEm,
  batch: ShapesBatch,
  options?: InferOptions,
): ClusteringScores {
  const { groups } = inferGroups(stream(seed, "assess"), model, batch, options);
  return scoreGroups(batch, groups);
}

/** The AMI (max) of a model on a batch, from the same stream. */
export function amiOf(
  seed: number,
  model: NeuralEm,
  batch: ShapesBatch,
  options?: InferOptions,
): number {
  return scoresOf(seed, model, batch, options).amiMax;
}

/** Scores at an EM step or at a frame of a sequence. */
export interface ScoredAt extends Pick<ClusteringScores, "ami" | "amiMax"> {
  at: number;
}

/**
 * The means over a sequence, without its first frame, which nothing leads up to:
 * as the authors' `evaluate_groups_seq` weighs frames whose losses count alike.
 */
export function overSequence(
  scored: readonly ScoredAt[],
): Pick<ClusteringScores, "ami" | "amiMax"> {
  const frames = scored.filter(({ at }) => at > 0);
  return {
    ami: mean(frames.map(({ ami }) => ami)),
    amiMax: mean(frames.map(({ amiMax }) => amiMax)),
  };
}

/** The scores of a model that starts anew in each frame. */
export function scoresAfresh(
  seed: number,
  model: NeuralEm,
  frames: readonly ShapesBatch[],
): ScoredAt[] {
  return frames.map((frame, at) => ({ at, ...scoresOf(seed, model, frame) }));
}

/** The scores after each EM step. */
export function scoresOverSteps(
  seed: number,
  model: NeuralEm,
  batch: ShapesBatch | readonly ShapesBatch[],
  { steps = model.config.steps, noise }: Pick<
    InferOptions,
    "steps" | "noise"
  > = {},
): ScoredAt[] {
  const frames = framesOf(batch);
  const [{ canvas, images }] = frames;
  const pixels = canvas * canvas;
  const groups = Array.from(
    { length: steps },
    () => new Uint8Array(images.length),
  );
  const onStep = ({ step, first, responsibilities }: StepEnd): void =>
    groups[step - 1].set(
      groupsOf(responsibilities.data, model.config.components, pixels),
      first * pixels,
    );
  inferGroups(stream(seed, "assess"), model, frames, { steps, noise, onStep });
  return groups.map((group, t) => ({
    at: t + 1,
    ...scoreGroups(frames[Math.min(t + 1, frames.length - 1)], group),
  }));
}

/** The first `count` images of a batch. */
export function firstImages(batch: ShapesBatch, count: number): ShapesBatch {
  return someImages(batch, 0, count);
}

/** Moves the pixels of each image, with their labels, to random places. */
export function scatterPixels(rng: Rng, batch: ShapesBatch): ShapesBatch {
  const scattered = firstImages(batch, batch.count);
  const pixels = batch.canvas * batch.canvas;
  for (let i = 0; i < batch.count; i++) {
    permutation(rng, pixels).forEach((from, to) => {
      scattered.images[i * pixels + to] = batch.images[i * pixels + from];
      scattered.labels[i * pixels + to] = batch.labels[i * pixels + from];
    });
  }
  return scattered;
}

/** Mean AMI of images in which shapes share so many pixels. */
export interface OverlapClass {
  label: string;
  count: number;
  value: number;
}

/** The AMI of groups, count × D, by the number of pixels that shapes share. */
export function amiByOverlap(
  batch: ShapesBatch,
  groups: Uint8Array,
): OverlapClass[] {
  const scores = scoreImages(batch, groups);
  const shared = overlapPixels(batch);
  const classes: [number, number, string][] = [
    [0, 0, "none"],
    [1, 8, "1 to 8"],
    [9, 15, "9 to 15"],
    [16, Infinity, "16 or more"],
  ];
  return classes.map(([from, to, name]) => {
    const members = scores.filter((_, i) =>
      shared[i] >= from && shared[i] <= to
    );
    return {
      label: `${name} (${members.length} images)`,
      count: members.length,
      value: members.length > 0 ? meanScores(members).amiMax : NaN,
    };
  });
}

/** AMI with one random start, and with a choice among several for each image. */
export interface Restarts {
  one: number;
  /** The start with the least loss: a choice without labels. */
  byLoss: number;
  /** The start with the best score: what a perfect choice would reach. */
  byTruth: number;
  /** EM started from the true responsibilities: whether the truth is kept. */
  fromTruth: number;
  /** Mean loss at the end of the starts that `byLoss` chose, nats an image. */
  chosenLoss: number;
  /** Mean loss at the end of EM started from the truth, nats an image. */
  truthLoss: number;
}

/**
 * Runs stages from `tries` random starts and chooses among them, image by image.
 *
 * @param measure which AMI: `ami` over the mean of the entropies
 */
export function restarts(
  seed: number,
  stages: readonly Stage[],
  batch: ShapesBatch,
  tries: number,
  measure: "ami" | "amiMax" = "amiMax",
): Restarts {
  type Image = { ami: number; loss: number };
  const scored = ({ groups, imageLosses }: StagedInference): Image[] =>
    scoreImages(batch, groups).map((scores, i) => ({
      ami: scores[measure],
      loss: imageLosses[i],
    }));
  const ends: Image[][] = [];
  inferInStages(stream(seed, "starts"), stages, batch.images, {
    starts: tries,
    onEnd: (end) => ends.push(scored(end)),
  });
  const choose = (better: (a: Image, b: Image) => boolean): Image[] =>
    ends.reduce((best, next) =>
      best.map((a, i) => better(next[i], a) ? next[i] : a)
    );
  const ami = (images: readonly Image[]) => mean(images.map((i) => i.ami));
  const loss = (images: readonly Image[]) => mean(images.map((i) => i.loss));
  const chosen = choose((a, b) => a.loss < b.loss);
  // The truth is where the last stage would have to stay.
  const { components } = stages[0].model.config;
  const pixels = batch.canvas * batch.canvas;
  const start = trueResponsibilities(batch.labels, components, pixels);
  const last = stages.slice(-1);
  const truth = scored(
    inferInStages(stream(seed, "assess"), last, batch.images, { start }),
  );
  return {
    one: mean(ends.map(ami)),
    byLoss: ami(chosen),
    byTruth: ami(choose((a, b) => a.ami > b.ami)),
    fromTruth: ami(truth),
    chosenLoss: loss(chosen),
    truthLoss: loss(truth),
  };
}

/**
 * The straight line in ln x, fitted by least squares to points from x = `from`
 * on, at its two ends.
 */
export function logTrend(
  points: readonly (readonly [number, number])[],
  { from, to }: { from: number; to: number },
): [number, number][] {
  const later = points.filter(([x]) => x >= from);
  const fit = fitLinear(
    Float64Array.from(later, ([x]) => log(x)),
    Float64Array.from(later, ([, y]) => y),
    { rows: later.length },
  );
  const ends = Float64Array.of(log(from), log(to));
  const [first, last] = predictLinear(fit, ends);
  return [[from, first], [to, last]];
}

/** The images of a batch in which shapes share `from` pixels or more. */
export function crossing(batch: ShapesBatch, from: number): ShapesBatch {
  const pixels = batch.canvas * batch.canvas;
  const members = overlapPixels(batch)
    .flatMap((shared, i) => shared >= from ? [i] : []);
  return {
    ...batch,
    count: members.length,
    images: pickRows(batch.images, pixels, members),
    labels: pickRows(batch.labels, pixels, members),
  };
}

/** The same weights with another number of components. */
export function withComponents(model: NeuralEm, components: number): NeuralEm {
  return { ...model, config: { ...model.config, components } };
}

/** How models do on images of another number of objects. */
export interface ObjectsRow {
  objects: number;
  /** AMI of the first stage's model, with one component more than objects. */
  matching: number;
  /** The same with four components. */
  four: number;
  /** AMI of all stages, with one component more than objects. */
  staged: number;
  /** The same of the model that reads the image, with moves. */
  moved: number;
  /** AMI of k-means that is told the number of objects. */
  kMeans: number;
}

/** What is tested on other numbers of objects. */
export interface ObjectsOptions {
  stages: readonly Stage[];
  /** The model that reads the image. */
  image: NeuralEm;
  /** How it is run. */
  moving: MoveOptions;
  /** Images of each number. */
  count: number;
  /** Random starts of the stages. */
  starts: number;
}

/** Tests on 2 … 5 objects; a single object cannot be scored by AMI. */
export function otherObjects(
  seed: number,
  { stages, image, moving, count, starts }: ObjectsOptions,
): ObjectsRow[] {
  const [{ model }] = stages;
  return [2, 3, 4, 5].map((objects) => {
    const batch = paperShapes({ objects })(
      stream(seed, `objects ${objects}`),
      count,
    );
    const kMeans = kMeansPositions(stream(seed, "k-means"), objects, 3);
    const matching = stages.map((stage): Stage => ({
      ...stage,
      model: withComponents(stage.model, objects + 1),
    }));
    const rng = stream(seed, "assess");
    const staged = inferInStages(rng, matching, batch.images, { starts });
    const moved = inferWithMoves(
      stream(seed, "moves"),
      withComponents(image, objects + 1),
      batch.images,
      moving,
    );
    return {
      objects,
      matching: amiOf(seed, matching[0].model, batch),
      four: amiOf(seed, withComponents(model, 4), batch),
      staged: scoreGroups(batch, staged.groups).amiMax,
      moved: scoreGroups(batch, moved.groups).amiMax,
      kMeans: scoreGroups(batch, groupBatch(batch, kMeans)).amiMax,
    };
  });
}

/** The share of lone objects whose pixels mostly go to one of two components. */
export function loneObjects(
  seed: number,
  model: NeuralEm,
  count: number,
): number {
  const batch = paperShapes({ objects: 1 })(stream(seed, "objects 1"), count);
  const pixels = batch.canvas * batch.canvas;
  const two = withComponents(model, 2);
  const { groups } = inferGroups(stream(seed, "assess"), two, batch);
  const purity = Array.from({ length: count }, (_, i) => {
    let lit = 0;
    let second = 0;
    for (let p = i * pixels; p < (i + 1) * pixels; p++) {
      lit += batch.images[p];
      second += batch.images[p] * groups[p];
    }
    return Math.max(second, lit - second) / lit;
  });
  return mean(purity);
}

/**
 * Kilobytes that EM moves for one image in float32: for each component and step
 * logits, ψ, γ and residual (D each) and the states (3 H); for each step the
 * weights, shared by the images of a batch.
 */
export function kilobytesMoved(
  { components, steps, hidden, canvas, batchSize }: NeuralEmConfig,
): number {
  const pixels = canvas * canvas;
  const numbers = components * steps * (4 * pixels + 3 * hidden) +
    steps * (2 * pixels * hidden + hidden * hidden) / batchSize;
  return 4 * numbers / 1024;
}

/**
 * Kilobytes that k-means moves for one image: the position of each lit pixel
 * and the means, read in each iteration of each restart.
 */
export function kMeansKilobytes(
  { lit, k, iterations, restarts }: {
    lit: number;
    k: number;
    iterations: number;
    restarts: number;
  },
): number {
  return 4 * restarts * iterations * (2 * lit + 2 * k) / 1024;
}
