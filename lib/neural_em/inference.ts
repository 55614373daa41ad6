/**
 * Neural EM at work: running the EM steps of a model on images or sequences.
 *
 * @module
 */
import type { Matrix } from "../numeric/matrix/workspace.ts";
import type { Rng } from "../numeric/random.ts";
import { finish, type Training } from "../run/training.ts";
import { type NeuralEm, unrolledEm } from "./model.ts";
import { flipPixels, startEm } from "./start.ts";

/** Images, count × D; or one such batch for each frame of moving images. */
export type Frames =
  | { images: Float32Array }
  | readonly { images: Float32Array }[];

/** The frames of sequences; images are sequences of one frame. */
export function framesOf<Batch extends { images: Float32Array }>(
  frames: Batch | readonly Batch[],
): readonly Batch[] {
  return Array.isArray(frames) ? frames : [frames as Batch];
}

/** What EM makes of images. */
export interface Inference {
  /** Component with the largest γ for each pixel after the last step, count × D. */
  groups: Uint8Array;
  /** Loss after each step, nats an image. */
  losses: number[];
  /** Loss of each image after the last step, nats. */
  imageLosses: Float32Array;
  /** γ after the last step, count × K × D. */
  responsibilities: Float32Array;
  /** States after the last step, count·K × H. */
  states: Float32Array;
}

/** What one EM step makes of one batch of images. */
export interface StepEnd {
  /** Which step, from 1. */
  step: number;
  /** Number of the batch's first image. */
  first: number;
  /** γ, batch·K × D. */
  responsibilities: Matrix;
  /** ψ, batch·K × D. */
  predictions: Matrix;
}

/** How EM is run on images. */
export interface InferOptions {
  /** E-steps; default the training's. */
  steps?: number;
  /** Noise on the input; default the training's. */
  noise?: number;
  /** Images at a time. */
  batch?: number;
  /** Responsibilities to start from, count × K × D; default random ones. */
  start?: Float32Array;
  /** States to start from beside `start`, count·K × H; default 0. */
  states?: Float32Array;
  /** Called after each step of each batch; the matrices change afterwards. */
  onStep?: (end: StepEnd) => void;
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
  const { components: K, hidden } = config;
  const { steps = config.steps, onStep } = options;
  const noise = options.noise ??
    (config.noiseOn === "input" ? config.noise : 0);
  const pixels = config.canvas * config.canvas;
  const list = framesOf(frames);
  const count = list[0].images.length / pixels;
  const batch = Math.min(options.batch ?? 50, count);
  const losses = new Array<number>(steps).fill(0);
  const wanted = count * K * pixels;
  if (options.start && options.start.length !== wanted) {
    throw new TypeError(
      `Cannot start EM as start must have ${wanted} responsibilities, for ` +
        `${count} images and ${K} components: it has ${options.start.length}`,
    );
  }
  const imageLosses = new Float32Array(count);
  const states = new Float32Array(count * K * hidden);
  const responsibilities = new Float32Array(wanted);
  let stop: boolean | void = false;
  const mark = space.mark();
  try {
    const em = unrolledEm(space, params, config, { batch, steps: 1 });
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
      em.proportions[0].data.fill(1);
      startEm(rng, model, {
        images: em.targets[0].data,
        input: em.inputs[0].data,
        states: em.states[0].data,
        residuals: em.residuals[0].data,
        gamma: options.start?.subarray(first * K * pixels),
      });
      if (options.states) {
        const [from, to] = [first, first + batch].map((n) => n * K * hidden);
        em.states[0].data.set(options.states.subarray(from, to));
      }
      let at = 1;
      for (let step = 1; step <= steps; step++) {
        show(1, step);
        em.ages[0] = step - 1;
        em.forward([1, 1]);
        // With learned states entry 0 is an E-step of its own: the first.
        at = config.start === "states" && step === 1 ? 0 : 1;
        losses[step - 1] += em.losses[at] * batch / count;
        onStep?.({
          step,
          first,
          responsibilities: em.responsibilities[at],
          predictions: em.predictions[at],
        });
        if (at === 1) {
          em.states[0].data.set(em.states[1].data);
          em.residuals[0].data.set(em.residuals[1].data);
          em.proportions[0].data.set(em.proportions[1].data);
        }
        stop ||= yield step;
        if (!stop) continue;
        for (let s = step; s < steps; s++) { // as if nothing more changed
          losses[s] += em.losses[at] * batch / count;
        }
        break;
      }
      imageLosses.set(em.imageLosses[at].data, first);
      states.set(em.states[at].data, first * K * hidden);
      responsibilities.set(em.responsibilities[at].data, first * K * pixels);
    }
  } finally {
    space.release(mark);
  }
  const groups = groupsOf(responsibilities, K, pixels);
  return { groups, losses, imageLosses, responsibilities, states };
}

/**
 * Overwrites what `best` holds of those images that have less loss in `other`:
 * a choice without labels.
 *
 * @param images which images of `best` those of `other` are; default all
 */
export function keepBetter<T extends Pick<Inference, "imageLosses">>(
  best: T,
  other: T,
  images: readonly number[] = Array.from(best.imageLosses.keys()),
): void {
  const { length } = best.imageLosses;
  images.forEach((image, n) => {
    if (!(other.imageLosses[n] < best.imageLosses[image])) return;
    for (const name in best) {
      const [to, from] = [best[name], other[name]] as unknown[];
      if (!(to instanceof Float32Array || to instanceof Uint8Array)) continue;
      const size = to.length / length;
      const row = (from as typeof to).subarray(n * size, (n + 1) * size);
      to.set(row, image * size);
    }
  });
}

/** Component with the largest γ (count × K × D) for each pixel, count × D. */
export function groupsOf(
  gamma: ArrayLike<number>,
  K: number,
  pixels: number,
): Uint8Array {
  const groups = new Uint8Array(gamma.length / K);
  for (let i = 0; i < groups.length; i++) {
    const first = Math.floor(i / pixels) * K * pixels + i % pixels;
    let best = 0;
    for (let k = 1; k < K; k++) {
      if (gamma[first + k * pixels] > gamma[first + best * pixels]) best = k;
    }
    groups[i] = best;
  }
  return groups;
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
  const { canvas, components: K } = model.config;
  const pixels = canvas * canvas;
  const count = framesOf(frames)[0].images.length / pixels;
  const kept: RecordedStep[][] = Array.from({ length: count }, () => []);
  const onStep = ({ responsibilities, predictions }: StepEnd): void =>
    kept.forEach((steps, i) => {
      // K × D, of this image
      const [gamma, psi] = [responsibilities, predictions].map(({ data }) =>
        Float32Array.from(data.subarray(i * K * pixels, (i + 1) * K * pixels))
      );
      steps.push({
        gamma: gamma.map((_, n) => gamma[n % K * pixels + Math.floor(n / K)]),
        psi: Array.from(
          { length: K },
          (_, k) => psi.slice(k * pixels, (k + 1) * pixels),
        ),
      });
    });
  inferGroups(rng, model, frames, { ...options, batch: count, onStep });
  return kept;
}
