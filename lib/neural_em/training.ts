/**
 * Training neural EM.
 *
 * **Carried states.** The paper unrolls all T steps for each update. Here a
 * stretch of L = `unroll` steps is unrolled; the states and residuals at its
 * end are where the next update starts from, and an image is replaced once it
 * has had T steps. The batch is staggered: in each update one part of it starts
 * afresh, one is L steps old, and so on. An update then costs T / L times less
 * and still sees images at every age. With L = T this is the paper's scheme.
 *
 * @module
 */
import { type Matrix, workspace } from "../numeric/matrix/workspace.ts";
import { type Frames, framesOf } from "./inference.ts";
import {
  initNeuralEm,
  type NeuralEm,
  type NeuralEmConfig,
  unrolledEm,
} from "./model.ts";
import { flipPixels, startEm } from "./start.ts";
import { adam, clipGlobalNorm } from "../numeric/optimizers.ts";
import {
  resume,
  type Rng,
  type StatefulRng,
  stream,
} from "../numeric/random.ts";
import { Refusal } from "../run/config.ts";
import { teamwork } from "../run/team.ts";
import { setParams } from "../run/params.ts";
import { type Json, reader } from "../run/reader.ts";
import type { Tensors } from "../run/safetensors.ts";
import {
  type Measurement,
  type Training,
  trainingSteps,
} from "../run/training.ts";

/** Draws `count` images or sequences. */
export type SampleFrames = (rng: Rng, count: number) => Frames;

/** Responsibilities, count × K × D, that training starts `images` from. */
export type StartImages = (
  rng: Rng,
  images: Float32Array,
  model: NeuralEmTrainer,
) => Float32Array;

/** One row of the history. */
export interface NeuralEmRow {
  /** Updates so far. */
  step: number;
  /** Mean training loss of the updates since the last row, nats an image. */
  loss: number;
}

/** Training losses since the last row, which the trainer does not save. */
export interface LossSum {
  sum: number;
  count: number;
}

/** A model in training. */
export interface NeuralEmTrainer extends NeuralEm {
  /** Updates so far. */
  readonly step: number;
  /** Makes one update; returns its loss in nats an image. */
  update(): number;
  /** Everything that the next update depends on. */
  save(): Tensors;
}

/** The weight of the loss after each step, 0 … steps. */
export function lossWeights(
  config: NeuralEmConfig,
  steps: number,
): Float64Array {
  const first = config.start === "states" ? 0 : 1;
  const from = {
    last: steps,
    half: first + Math.floor((steps - first + 1) / 2),
    all: first,
  }[config.lossSteps as "last" | "half" | "all"];
  return Float64Array.from(
    { length: steps + 1 },
    (_, s) => s >= from ? 1 / (steps - from + 1) : 0,
  );
}

/** The step size of an update: warm-up, constant, straight fall to 0. */
export function learningRateAt(config: NeuralEmConfig, step: number): number {
  const { learningRate, warmup, cooldown, updates } = config;
  const rise = warmup > 0 ? Math.min(1, (step + 1) / warmup) : 1;
  const fall = cooldown > 0
    ? Math.min(1, (updates - step) / (cooldown * updates))
    : 1;
  return learningRate * rise * Math.max(0, fall);
}

/** M-steps between the first and the last E-step of one unrolled stretch. */
function mSteps(config: NeuralEmConfig): number {
  return config.start === "states" ? config.steps - 1 : config.unroll;
}

/** Images that a trainer has drawn after `updates` updates. */
export function imagesDrawn(
  { batchSize, steps, unroll }: NeuralEmConfig,
  updates: number,
): number {
  // All parts of the batch at first, then one at a time.
  const part = batchSize / (steps / unroll);
  return updates === 0 ? 0 : batchSize + (updates - 1) * part;
}

/** Settings that may change when training goes on. */
const SCHEDULE = ["updates", "learningRate", "warmup", "cooldown"];

/** A configuration without them. */
function scheduleFree(config: object): string {
  return JSON.stringify(
    config,
    (key, value) => SCHEDULE.includes(key) ? undefined : value,
  );
}

/**
 * A trainer that starts from `seed`, or goes on from what `save` gave, if need
 * be on another schedule.
 *
 * @param start what images are started from in place of random
 *   responsibilities, as in a later stage (see `stages.ts`)
 * @throws {Refusal} if `saved` belongs to another configuration
 */
export function neuralEmTrainer(
  seed: number,
  { config, sample, start, saved }: {
    config: Readonly<NeuralEmConfig>;
    sample: SampleFrames;
    start?: StartImages;
    saved?: Tensors;
  },
): NeuralEmTrainer {
  const { batchSize, components: K, unroll, noise } = config;
  const pixels = config.canvas * config.canvas;
  const steps = mSteps(config);
  const groups = config.steps / unroll;
  const rows = batchSize / groups;
  const bytes = 4 * (batchSize * pixels * (2 + 5 * K) * (steps + 2)) +
    (64 << 20);
  const space = workspace("float32", { bytes, ...teamwork() });
  const params = initNeuralEm(stream(seed, "init"), space, config);
  const optimizer = adam(params, { learningRate: config.learningRate });
  const em = unrolledEm(space, params, config, {
    batch: batchSize,
    ...{ steps, groups },
  });
  const weights = lossWeights(config, steps);
  const rngs: Record<string, StatefulRng> = {
    data: stream(seed, "data"),
    train: stream(seed, "train"),
    start: stream(seed, "start"),
  };
  /** The frames of each group, from its first to its last. */
  const held: Float32Array[][] = Array.from({ length: groups }, () => []);
  let step = 0;
  if (saved) restore(saved);

  /** Rows of group g in a matrix with `height` rows an image. */
  const part = (matrix: Matrix, g: number, height = 1): Matrix["data"] =>
    matrix.data.subarray(
      g * rows * height * matrix.cols,
      (g + 1) * rows * height * matrix.cols,
    );

  function present(g: number, age: number, fresh: boolean): void {
    if (fresh) {
      held[g] = framesOf(sample(rngs.data, rows)).map((f) => f.images);
    }
    for (let s = 0; s <= steps; s++) {
      const frame = held[g][Math.min(age * unroll + s, held[g].length - 1)];
      const target = part(em.targets[s], g);
      const input = part(em.inputs[s], g);
      if (config.noiseOn === "image" && s > 0) {
        target.set(part(em.targets[0], g));
        input.set(target);
        continue;
      }
      if (s === 0 && !fresh) continue; // entry 0 feeds a fresh start only
      flipPixels(rngs.train, frame, noise, input);
      target.set(config.noiseOn === "image" ? input : frame);
    }
    if (!fresh) return;
    part(em.proportions[0], g, K).fill(1);
    startEm(rngs.train, trainer, {
      images: held[g][0],
      input: part(em.inputs[0], g),
      states: part(em.states[0], g, K),
      residuals: part(em.residuals[0], g, K),
      gamma: start?.(rngs.start, held[g][0], trainer),
    });
  }

  function update(): number {
    for (let g = 0; g < groups; g++) {
      const age = (step + g) % groups;
      em.ages[g] = age * unroll;
      present(g, age, age === 0 || step === 0);
    }
    const loss = em.forward(weights);
    const grads = em.backward(weights);
    clipGlobalNorm(grads, config.clipNorm);
    optimizer.learningRate = learningRateAt(config, step);
    optimizer.update(grads);
    em.states[0].data.set(em.states[steps].data);
    em.residuals[0].data.set(em.residuals[steps].data);
    em.proportions[0].data.set(em.proportions[steps].data);
    step++;
    return loss;
  }

  /** All matrices that outlive an update, by name. */
  function matrices(): Record<string, Matrix> {
    const named: Record<string, Matrix> = {
      carriedStates: em.states[0],
      carriedResiduals: em.residuals[0],
      ...(config.proportions > 0 && { carriedProportions: em.proportions[0] }),
    };
    for (const name in params) {
      named[name] = params[name];
      named[`${name}.first`] = optimizer.moments.first[name];
      named[`${name}.second`] = optimizer.moments.second[name];
    }
    return named;
  }

  function save(): Tensors {
    const tensors: Tensors["tensors"] = {};
    for (const [name, { rows, cols, data }] of Object.entries(matrices())) {
      tensors[name] = { shape: [rows, cols], data: Float32Array.from(data) };
    }
    held.forEach((frames, g) =>
      frames.forEach((data, f) => {
        tensors[`frames.${g}.${f}`] = { shape: [rows, pixels], data };
      })
    );
    return {
      tensors,
      metadata: {
        seed: String(seed),
        step: String(step),
        config: JSON.stringify(config),
        data: JSON.stringify(rngs.data.state()),
        train: JSON.stringify(rngs.train.state()),
        start: JSON.stringify(rngs.start.state()),
      },
    };
  }

  function restore({ tensors, metadata }: Tensors): void {
    const from = reader("go on training neural EM");
    const said = (key: string): Json =>
      from.object(from.json(metadata[key] ?? "", key), key);
    const was = metadata.seed + scheduleFree(said("config"));
    if (was !== seed + scheduleFree(config)) {
      throw new Refusal(
        "Cannot go on training neural EM as the saved state must have the " +
          `same seed and model: it has seed ${metadata.seed} and ` +
          `${metadata.config}`,
      );
    }
    const values = Object.entries(tensors).map(([name, { data }]) =>
      [name, data] as const
    );
    setParams(matrices(), Object.fromEntries(values));
    for (const [name, data] of values) {
      const [kind, g, f] = name.split(".");
      if (kind !== "frames") continue;
      const frames = held[Number(g)];
      if (frames?.length !== Number(f) || data.length !== rows * pixels) {
        from.refuse(name, `the next frame of ${rows} images`, data.length);
      }
      frames.push(data);
    }
    step = from.number(from.json(metadata.step ?? "", "step"), "step");
    optimizer.resume(step);
    for (const name in rngs) {
      const state = said(name);
      const part = (key: string): number =>
        from.number(state[key], `${key} of ${name}`);
      rngs[name] = resume({
        c: part("c"),
        s0: part("s0"),
        s1: part("s1"),
        s2: part("s2"),
      });
    }
  }

  const trainer: NeuralEmTrainer = {
    config,
    params,
    space,
    get step(): number {
      return step;
    },
    update,
    save,
  };
  return trainer;
}

/**
 * Trains to the last update; yields a row every `evalEvery` updates and at the
 * end, as `lib/run/training.ts` says.
 *
 * @param evaluate metrics for a row; must draw from streams of its own
 * @param since kept up to date, so that a training that is left between two rows
 *   can go on with the same rows
 */
export function* trainNeuralEm<M extends object>(
  trainer: NeuralEmTrainer,
  { evalEvery, evaluate, since = { sum: 0, count: 0 } }: {
    evalEvery: number;
    evaluate: (model: NeuralEm) => Measurement<M>;
    since?: LossSum;
  },
): Training<NeuralEmRow & M, NeuralEmTrainer> {
  const { config: { updates: steps }, step: from } = trainer;
  yield* trainingSteps<NeuralEmRow & M>({ steps, evalEvery, from }, {
    update(): void {
      since.sum += trainer.update();
      since.count++;
    },
    *row(step): Training<never, NeuralEmRow & M> {
      const measurement = evaluate(trainer);
      const metrics = "next" in measurement ? yield* measurement : measurement;
      const loss = since.sum / since.count;
      since.sum = since.count = 0;
      return { step, loss, ...metrics };
    },
  });
  return trainer;
}
