/**
 * What EM starts from: images with noise, states, and the first residual with
 * responsibilities at random, given, or of components that know the labels.
 *
 * @module
 */
import { log, log1p } from "../numeric/elementary.ts";
import { type Floats, normal, type Rng } from "../numeric/random.ts";
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
  { input, states, residuals, gamma }: EmStart,
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
    randomResiduals(rng, input, config.components, pixels, residuals);
    return;
  }
  for (let i = 0; i < residuals.length; i++) {
    const image = Math.floor(i / perImage);
    residuals[i] = gamma[i] * input[image * pixels + i % pixels];
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
