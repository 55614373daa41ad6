/**
 * Training and applying neural EM.
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
import type { AleaState, Rng, StatefulRng } from "./random.ts";
import { normal, resume, stream } from "./random.ts";
import { log, log1p } from "./numeric.ts";
import { type Matrix, type Workspace, workspace } from "./matrix.ts";
import { adam, clipGlobalNorm } from "./optimizers.ts";
import {
  initNeuralEm,
  type NeuralEmConfig,
  type NeuralEmParams,
  type UnrolledEm,
  unrolledEm,
} from "./neural_em.ts";
import type { Tensors } from "./safetensors.ts";

/** Images, count × D; or one such batch for each frame of moving images. */
export type Frames =
  | { images: Float32Array }
  | readonly { images: Float32Array }[];

/** Draws `count` images or sequences. */
export type SampleFrames = (rng: Rng, count: number) => Frames;

/** One row of the history. */
export interface NeuralEmRow {
  /** Updates so far. */
  step: number;
  /** Mean training loss of the updates since the last row, nats an image. */
  loss: number;
}

/** A model with its parameters, in the memory they live in. */
export interface NeuralEm {
  readonly config: Readonly<NeuralEmConfig>;
  readonly params: NeuralEmParams;
  readonly space: Workspace;
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

function framesOf(frames: Frames): readonly { images: Float32Array }[] {
  return Array.isArray(frames) ? frames : [frames as { images: Float32Array }];
}

/** Copies binary images and flips each pixel with probability p. */
export function flipPixels(
  rng: Rng,
  images: ArrayLike<number>,
  p: number,
  out: Matrix["data"],
): void {
  out.set(images);
  if (p <= 0) return;
  const scale = p < 1 ? 1 / log1p(-p) : 0;
  // The gaps between flips are geometric.
  for (let i = gap(rng, scale); i < out.length; i += 1 + gap(rng, scale)) {
    out[i] = 1 - out[i];
  }
}

function gap(rng: Rng, scale: number): number {
  return Math.floor(log(1 - rng()) * scale);
}

/**
 * The first residual, γ (x̃ − 0), with random responsibilities: |N(0, 1)| for
 * each component, normalised. Pixels that are off need none.
 */
export function randomResiduals(
  rng: Rng,
  input: Matrix["data"],
  K: number,
  pixels: number,
  out: Matrix["data"],
): void {
  out.fill(0);
  for (let i = 0; i < input.length; i++) {
    if (input[i] === 0) continue;
    const first = Math.floor(i / pixels) * K * pixels + i % pixels;
    let total = 0;
    for (let k = 0; k < K; k++) {
      const g = Math.abs(normal(rng));
      out[first + k * pixels] = g;
      total += g;
    }
    for (let k = 0; k < K; k++) out[first + k * pixels] *= input[i] / total;
  }
}

/** States before the first step: 0, or learned with noise. */
function startStates(
  rng: Rng,
  { config, params }: Pick<NeuralEm, "config" | "params">,
  out: Matrix["data"],
): void {
  if (config.start === "responsibilities") {
    out.fill(0);
    return;
  }
  const start = params.startStates.data;
  for (let i = 0; i < out.length; i++) {
    out[i] = start[i % start.length] + config.startNoise * normal(rng);
  }
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

/** A configuration without what may change when training goes on. */
function scheduleFree(config: NeuralEmConfig): string {
  const { updates: _, learningRate: __, warmup: ___, cooldown: ____, ...rest } =
    config;
  return JSON.stringify(rest);
}

/**
 * A trainer that starts from `seed`, or goes on from what `save` gave, if need
 * be on another schedule.
 *
 * @throws {TypeError} if `saved` belongs to another configuration
 */
export function neuralEmTrainer(
  seed: number,
  { config, sample, saved }: {
    config: Readonly<NeuralEmConfig>;
    sample: SampleFrames;
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
  const space = workspace("float32", { bytes });
  const params = initNeuralEm(stream(seed, "init"), space, config);
  const optimizer = adam(params, { learningRate: config.learningRate });
  const em = unrolledEm(space, params, config, { batch: batchSize, steps });
  const weights = lossWeights(config, steps);
  const rngs: Record<string, StatefulRng> = {
    data: stream(seed, "data"),
    train: stream(seed, "train"),
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
    startStates(rngs.train, { config, params }, part(em.states[0], g, K));
    if (config.start === "responsibilities") {
      const input = part(em.inputs[0], g);
      const residual = part(em.residuals[0], g, K);
      randomResiduals(rngs.train, input, K, pixels, residual);
    }
  }

  function update(): number {
    for (let g = 0; g < groups; g++) {
      const age = (step + g) % groups;
      present(g, age, age === 0 || step === 0);
    }
    const loss = em.forward(weights);
    const grads = em.backward(weights);
    clipGlobalNorm(grads, config.clipNorm);
    optimizer.learningRate = learningRateAt(config, step);
    optimizer.update(grads);
    em.states[0].data.set(em.states[steps].data);
    em.residuals[0].data.set(em.residuals[steps].data);
    step++;
    return loss;
  }

  /** All matrices that outlive an update, by name. */
  function matrices(): Record<string, Matrix> {
    const named: Record<string, Matrix> = {
      carriedStates: em.states[0],
      carriedResiduals: em.residuals[0],
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
      },
    };
  }

  function restore({ tensors, metadata }: Tensors): void {
    const was = metadata.seed + scheduleFree(JSON.parse(metadata.config));
    if (was !== seed + scheduleFree(config)) {
      throw new TypeError(
        "Cannot go on training neural EM as the saved state must have the " +
          `same seed and model: it has seed ${metadata.seed} and ` +
          `${metadata.config}`,
      );
    }
    for (const [name, matrix] of Object.entries(matrices())) {
      matrix.data.set(tensors[name].data);
    }
    for (const name in tensors) {
      const [kind, g, f] = name.split(".");
      if (kind === "frames") held[Number(g)][Number(f)] = tensors[name].data;
    }
    step = Number(metadata.step);
    optimizer.resume(step);
    for (const name of ["data", "train"]) {
      rngs[name] = resume(JSON.parse(metadata[name]) as AleaState);
    }
  }

  return {
    config,
    params,
    space,
    get step(): number {
      return step;
    },
    update,
    save,
  };
}

/**
 * Trains to the last update, or until `next(true)`; yields a row every
 * `evalEvery` updates and at the end.
 *
 * @param evaluate metrics for a row; must draw from streams of its own
 */
export function* trainNeuralEm<M extends object>(
  trainer: NeuralEmTrainer,
  { evalEvery, evaluate }: {
    evalEvery: number;
    evaluate: (model: NeuralEm) => M;
  },
): Generator<NeuralEmRow & M, NeuralEmTrainer, boolean | void> {
  const { updates } = trainer.config;
  let sum = 0;
  let count = 0;
  while (trainer.step < updates) {
    sum += trainer.update();
    count++;
    const { step } = trainer;
    if (step % evalEvery !== 0 && step !== updates) continue;
    const row = { step, loss: sum / count, ...evaluate(trainer) };
    sum = count = 0;
    if (yield row) break;
  }
  return trainer;
}

/** What EM makes of a batch of images. */
export interface Inference {
  /** Component with the largest γ for each pixel, count × D, after each step. */
  groups: Uint8Array[];
  /** Loss after each step, nats an image. */
  losses: number[];
}

/** How EM is run on images. */
export interface InferOptions {
  /** E-steps; default the training's. */
  steps?: number;
  /** Noise on the input; default the training's. */
  noise?: number;
  /** Images at a time. */
  batch?: number;
  /** Called after each step of each batch: em's entry 1 holds the result. */
  onStep?: (step: number, firstImage: number, em: UnrolledEm) => void;
}

/**
 * Runs EM on images or sequences with a model's present parameters. The state
 * of the model does not change.
 */
export function inferGroups(
  rng: Rng,
  model: NeuralEm,
  frames: Frames,
  options: InferOptions = {},
): Inference {
  const { config, params, space } = model;
  const { components: K } = config;
  const { steps = config.steps, onStep } = options;
  const noise = options.noise ??
    (config.noiseOn === "input" ? config.noise : 0);
  const pixels = config.canvas * config.canvas;
  const list = framesOf(frames);
  const count = list[0].images.length / pixels;
  const batch = Math.min(options.batch ?? 50, count);
  const mark = space.mark();
  const em = unrolledEm(space, params, config, { batch, steps: 1 });
  const groups = Array.from(
    { length: steps },
    () => new Uint8Array(count * pixels),
  );
  const losses = new Array<number>(steps).fill(0);
  for (let start = 0; start < count; start += batch) {
    // The last batch overlaps the one before, so that all have one size.
    const first = Math.min(start, count - batch);
    const show = (s: number, frame: number): void => {
      const { images } = list[Math.min(frame, list.length - 1)];
      const shown = images.subarray(first * pixels, (first + batch) * pixels);
      em.targets[s].data.set(shown);
      flipPixels(rng, shown, noise, em.inputs[s].data);
    };
    show(0, 0);
    startStates(rng, model, em.states[0].data);
    const learned = config.start === "states";
    if (!learned) {
      const { data } = em.residuals[0];
      randomResiduals(rng, em.inputs[0].data, K, pixels, data);
    }
    for (let step = 1; step <= steps; step++) {
      show(1, step);
      // With learned states entry 0 is an E-step of its own: the first.
      em.forward([1, 1]);
      const at = learned && step === 1 ? 0 : 1;
      argmaxGroups(
        em.responsibilities[at],
        K,
        groups[step - 1].subarray(first * pixels, (first + batch) * pixels),
      );
      losses[step - 1] += em.losses[at] * batch / count;
      onStep?.(step, first, em);
      if (at === 1) {
        em.states[0].data.set(em.states[1].data);
        em.residuals[0].data.set(em.residuals[1].data);
      }
    }
  }
  space.release(mark);
  return { groups, losses };
}

/** Component with the largest responsibility for each pixel. */
export function argmaxGroups(
  gamma: Matrix,
  K: number,
  out: Uint8Array,
): void {
  const { data, cols } = gamma;
  for (let i = 0; i < out.length; i++) {
    const first = Math.floor(i / cols) * K * cols + i % cols;
    let best = 0;
    for (let k = 1; k < K; k++) {
      if (data[first + k * cols] > data[first + best * cols]) best = k;
    }
    out[i] = best;
  }
}
