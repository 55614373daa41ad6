/**
 * What EM starts from: images with noise, states, and the first residual with
 * responsibilities at random, given, or of components that know the labels.
 *
 * @module
 */
import { log, log1p } from "../numeric/elementary.ts";
import { type Floats, integer, normal, type Rng } from "../numeric/random.ts";
import type { NeuralEm } from "./model.ts";

/** Copies binary images and flips each pixel with probability p. */
export function flipPixels(
  rng: Rng,
  images: ArrayLike<number>,
  p: number,
  out: Floats,
): void {
  out.set(images);
  if (p <= 0) return;
  const scale = p < 1 ? 1 / log1p(-p) : 0;
  // The gaps between flips are geometric.
  const gap = (): number => Math.floor(log(1 - rng()) * scale);
  for (let i = gap(); i < out.length; i += 1 + gap()) out[i] = 1 - out[i];
}

/** What `startEm` reads and fills; matrices of entry 0 of an unrolled stretch. */
export interface EmStart {
  /** Images without noise, count × D. */
  images: Floats;
  /** Images as the M-step sees them, count × D. */
  input: Floats;
  /** States, count·K × H: filled. */
  states: Floats;
  /** γ (x̃ − ψ), count·K × D: filled unless states are learned. */
  residuals: Floats;
  /** Responsibilities to start from, count × K × D; default random ones. */
  gamma?: Float32Array;
}

/**
 * Fills what the first step reads: learned states with noise, or states of 0
 * and the residual γ (x̃ − 0).
 */
export function startEm(
  rng: Rng,
  { config, params }: Pick<NeuralEm, "config" | "params">,
  { images, input, states, residuals, gamma }: EmStart,
): void {
  const pixels = config.canvas * config.canvas;
  const perImage = config.components * pixels;
  if (config.start === "states") {
    const start = params.startStates.data;
    for (let i = 0; i < states.length; i++) {
      states[i] = start[i % start.length] + config.startNoise * normal(rng);
    }
    return;
  }
  states.fill(0);
  if (!gamma) {
    const { components: K } = config;
    if (config.start === "seeds") {
      seedResiduals(rng, { images, input, K, pixels, out: residuals });
    } else randomResiduals(rng, input, K, pixels, residuals);
    return;
  }
  for (let i = 0; i < residuals.length; i++) {
    const image = Math.floor(i / perImage);
    residuals[i] = gamma[i] * input[image * pixels + i % pixels];
  }
}

/**
 * The first residual with a seed a component: a pixel that is on, drawn without
 * replacement from the image, which belongs to that component alone. All other
 * pixels are shared alike.
 *
 * @param images count × D, without noise @param input count × D
 * @param out count·K × D
 */
export function seedResiduals(
  rng: Rng,
  { images, input, K, pixels, out }: {
    images: Floats;
    input: Floats;
    K: number;
    pixels: number;
    out: Floats;
  },
): void {
  for (let image = 0; image < images.length; image += pixels) {
    for (let k = 0; k < K; k++) {
      for (let i = 0; i < pixels; i++) {
        out[image * K + k * pixels + i] = input[image + i] / K;
      }
    }
    const lit: number[] = [];
    for (let i = 0; i < pixels; i++) if (images[image + i] > 0) lit.push(i);
    const seeds = Math.min(K, lit.length);
    for (let seed = 0; seed < seeds; seed++) {
      const chosen = seed + integer(rng, lit.length - seed);
      [lit[seed], lit[chosen]] = [lit[chosen], lit[seed]];
      for (let k = 0; k < K; k++) {
        out[image * K + k * pixels + lit[seed]] = k === seed
          ? input[image + lit[seed]]
          : 0;
      }
    }
  }
}

/**
 * The first residual with random responsibilities: |N(0, 1)| for each
 * component, normalised. Pixels that are off need none.
 *
 * @param input count × D @param out count·K × D
 */
export function randomResiduals(
  rng: Rng,
  input: Floats,
  K: number,
  pixels: number,
  out: Floats,
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
