/**
 * Neural EM at work: running the EM steps of a model on images or sequences.
 *
 * @module
 */
import { log, log1p } from "../numeric/elementary.ts";
import {
  type Matrix,
  type Workspace,
  workspace,
} from "../numeric/matrix/workspace.ts";
import { Refusal } from "../run/config.ts";
import {
  type NeuralEmConfig,
  neuralEmConfig,
  type NeuralEmParams,
  paramShapes,
  type UnrolledEm,
  unrolledEm,
} from "./model.ts";
import { normal, type Rng } from "../numeric/random.ts";
import type { Tensors } from "../run/safetensors.ts";
import { finish, type Training } from "../run/training.ts";

/** Images, count × D; or one such batch for each frame of moving images. */
export type Frames =
  | { images: Float32Array }
  | readonly { images: Float32Array }[];

/** A model with its parameters, in the memory they live in. */
export interface NeuralEm {
  readonly config: Readonly<NeuralEmConfig>;
  readonly params: NeuralEmParams;
  readonly space: Workspace;
}

/** The frames of sequences; images are sequences of one frame. */
export function framesOf(frames: Frames): readonly { images: Float32Array }[] {
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

/** The first residual, γ (x̃ − 0), with given responsibilities. */
export function residualsFrom(
  gamma: ArrayLike<number>,
  input: Matrix["data"],
  K: number,
  pixels: number,
  out: Matrix["data"],
): void {
  for (let i = 0; i < out.length; i++) {
    const image = Math.floor(i / (K * pixels));
    out[i] = gamma[i] * input[image * pixels + i % pixels];
  }
}

/**
 * Responsibilities, count × K × D, of components that know the labels: a pixel
 * of object n is component n's, one of no single object is shared by all.
 */
export function trueResponsibilities(
  labels: Uint8Array,
  K: number,
  pixels: number,
): Float32Array {
  const gamma = new Float32Array(labels.length * K);
  labels.forEach((label, i) => {
    const first = Math.floor(i / pixels) * K * pixels + i % pixels;
    const owned = label >= 1 && label <= K;
    for (let k = 0; k < K; k++) {
      gamma[first + k * pixels] = owned ? (k === label - 1 ? 1 : 0) : 1 / K;
    }
  });
  return gamma;
}

/** States before the first step: 0, or learned with noise. */
export function startStates(
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

/** What EM makes of a batch of images. */
export interface Inference {
  /**
   * Component with the largest γ for each pixel, count × D, after each step, or
   * after the last alone.
   */
  groups: Uint8Array[];
  /** Loss after each step, nats an image. */
  losses: number[];
  /** Loss of each image after the last step, nats. */
  imageLosses: Float32Array;
  /** γ after the last step, count × K × D. */
  responsibilities: Float32Array;
}

/** How EM is run on images. */
export interface InferOptions {
  /** E-steps; default the training's. */
  steps?: number;
  /** Noise on the input; default the training's. */
  noise?: number;
  /** Images at a time. */
  batch?: number;
  /** Whether groups are wanted after the last step alone. */
  lastOnly?: boolean;
  /** Responsibilities to start from, count × K × D; default random ones. */
  start?: Float32Array;
  /** Called after each step of each batch: em's entry 1 holds the result. */
  onStep?: (step: number, firstImage: number, em: UnrolledEm) => void;
}

/**
 * Runs EM on images or sequences with a model's present parameters. The state
 * of the model does not change.
 *
 * @throws {TypeError} if `start` has not one number a component and pixel
 */
export function inferGroups(
  rng: Rng,
  model: NeuralEm,
  frames: Frames,
  options?: InferOptions,
): Inference {
  return finish(inferringGroups(rng, model, frames, options));
}

/**
 * `inferGroups` with a pause after each step of each batch. Asked to stop, it
 * takes no further step with the batch, and a single one with those that follow.
 */
export function* inferringGroups(
  rng: Rng,
  model: NeuralEm,
  frames: Frames,
  options: InferOptions = {},
): Training<never, Inference> {
  const { config, params, space } = model;
  const { components: K } = config;
  const { steps = config.steps, onStep } = options;
  const noise = options.noise ??
    (config.noiseOn === "input" ? config.noise : 0);
  const pixels = config.canvas * config.canvas;
  const list = framesOf(frames);
  const count = list[0].images.length / pixels;
  const batch = Math.min(options.batch ?? 50, count);
  const groups = Array.from(
    { length: options.lastOnly ? 1 : steps },
    () => new Uint8Array(count * pixels),
  );
  const losses = new Array<number>(steps).fill(0);
  const wanted = count * K * pixels;
  if (options.start && options.start.length !== wanted) {
    throw new TypeError(
      `Cannot start EM as start must have ${wanted} responsibilities, for ` +
        `${count} images and ${K} components: it has ${options.start.length}`,
    );
  }
  const imageLosses = new Float32Array(count);
  const responsibilities = new Float32Array(wanted);
  let stop: boolean | void = false;
  const mark = space.mark();
  try {
    const em = unrolledEm(space, params, config, { batch, steps: 1 });
    for (let start = 0; start < count; start += batch) {
      // The last batch overlaps the one before, so that all have one size.
      const first = Math.min(start, count - batch);
      const [from, to] = [first * pixels, (first + batch) * pixels];
      const show = (s: number, frame: number): void => {
        const { images } = list[Math.min(frame, list.length - 1)];
        const shown = images.subarray(from, to);
        em.targets[s].data.set(shown);
        flipPixels(rng, shown, noise, em.inputs[s].data);
      };
      show(0, 0);
      startStates(rng, model, em.states[0].data);
      const learned = config.start === "states";
      const { data: input } = em.inputs[0];
      const { data: residuals } = em.residuals[0];
      if (options.start) {
        const gamma = options.start.subarray(first * K * pixels);
        residualsFrom(gamma, input, K, pixels, residuals);
      } else if (!learned) {
        randomResiduals(rng, input, K, pixels, residuals);
      }
      for (let step = 1; step <= steps; step++) {
        show(1, step);
        // With learned states entry 0 is an E-step of its own: the first.
        em.forward([1, 1]);
        const at = learned && step === 1 ? 0 : 1;
        if (!options.lastOnly) {
          const out = groups[step - 1].subarray(from, to);
          argmaxGroups(em.responsibilities[at], K, out);
        }
        losses[step - 1] += em.losses[at] * batch / count;
        onStep?.(step, first, em);
        if (at === 1) {
          em.states[0].data.set(em.states[1].data);
          em.residuals[0].data.set(em.residuals[1].data);
        }
        stop ||= yield step;
        if (!stop) continue;
        for (let s = step; s < steps; s++) { // as if nothing more changed
          groups[s]?.set(groups[step - 1].subarray(from, to), from);
          losses[s] += em.losses[at] * batch / count;
        }
        break;
      }
      const last = learned && steps === 1 ? 0 : 1;
      imageLosses.set(em.imageLosses[last].data, first);
      const gamma = em.responsibilities[last];
      responsibilities.set(gamma.data, first * K * pixels);
      if (options.lastOnly) {
        argmaxGroups(gamma, K, groups[0].subarray(from, to));
      }
    }
  } finally {
    space.release(mark);
  }
  return { groups, losses, imageLosses, responsibilities };
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

/** What one EM step makes of one image. */
export interface RecordedStep {
  /** γ, pixels × K. */
  gamma: Float32Array;
  /** ψ of each component, pixels. */
  psi: Float32Array[];
}

/** Runs EM and keeps γ and ψ: `[image][step − 1]`. Meant for a few images. */
export function recordSteps(
  rng: Rng,
  model: NeuralEm,
  frames: Frames,
  options: Omit<InferOptions, "onStep" | "batch"> = {},
): RecordedStep[][] {
  const { canvas, components: K, start } = model.config;
  const pixels = canvas * canvas;
  const count = framesOf(frames)[0].images.length / pixels;
  const kept: RecordedStep[][] = Array.from({ length: count }, () => []);
  const onStep = (step: number, _: number, em: UnrolledEm): void => {
    const at = start === "states" && step === 1 ? 0 : 1;
    const { data: gamma } = em.responsibilities[at];
    const { data: psi } = em.predictions[at];
    for (let i = 0; i < count; i++) {
      const first = i * K * pixels;
      kept[i].push({
        gamma: Float32Array.from(
          { length: pixels * K },
          (_, n) => gamma[first + n % K * pixels + Math.floor(n / K)],
        ),
        psi: Array.from({ length: K }, (_, k) => {
          const from = first + k * pixels;
          return Float32Array.from(psi.subarray(from, from + pixels));
        }),
      });
    }
  };
  inferGroups(rng, model, frames, { ...options, batch: count, onStep });
  return kept;
}

/**
 * A model from plain parameters.
 *
 * @throws {Refusal} if a parameter is missing or has another size
 */
export function modelFrom(
  config: Readonly<NeuralEmConfig>,
  values: Readonly<Record<string, ArrayLike<number>>>,
): NeuralEm {
  const space = workspace("float32", { bytes: 256 << 20 });
  const params = space.matrices(paramShapes(config));
  for (const [name, matrix] of Object.entries(params)) {
    const found = values[name]?.length;
    if (found !== matrix.data.length) {
      throw new Refusal(
        `Cannot make a neural EM model as ${name} must have ` +
          `${matrix.data.length} numbers: it has ${found ?? "none"}`,
      );
    }
    matrix.data.set(values[name]);
  }
  return { config, params, space };
}

/**
 * The model of a checkpoint: parameters, and the configuration in its metadata.
 *
 * @throws {Refusal} if the two do not fit or there is no configuration
 */
export function restoreNeuralEm({ tensors, metadata }: Tensors): NeuralEm {
  if (metadata.config === undefined) {
    throw new Refusal(
      "Cannot restore neural EM as the checkpoint must hold its configuration: " +
        `its metadata has ${Object.keys(metadata).join(", ") || "nothing"}`,
    );
  }
  const config = neuralEmConfig(JSON.parse(metadata.config));
  const values = Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [name, data]),
  );
  return modelFrom(config, values);
}
