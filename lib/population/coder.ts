/**
 * What the coders of this folder share: settings, the perceptron that encodes
 * with its first weights, and the schedule of the step size.
 *
 * @module
 */
import type { Matrix, Workspace } from "../numeric/matrix/workspace.ts";
import type { MlpShape } from "../numeric/mlp.ts";
import { cos } from "../numeric/elementary.ts";
import type { Matrices } from "../numeric/optimizers.ts";
import { fillNormal, type Rng } from "../numeric/random.ts";
import type { TrainingConfig } from "../run/training.ts";

/** Settings of every coder. */
export interface CoderConfig extends TrainingConfig {
  /** Pixels of an image. */
  pixels: number;
  /** Units in each hidden layer of the encoder. */
  encoderUnits: number;
  /** Hidden layers of the encoder. */
  encoderLayers: number;
  /** What a hidden unit of the encoder does with its input. */
  activation: "tanh" | "relu";
  /** Units that the implicit space is covered by. */
  units: number;
  /** Dimensions of the implicit space. */
  dims: number;
  /**
   * How many times wider bumps are at the start. Wide bumps lay the code out
   * as a whole, narrow ones draw sharply.
   */
  widening: number;
  /** "cosine": down to 0 along half a cosine, after a short rise. */
  schedule: "constant" | "cosine";
  /** Images an update. */
  batchSize: number;
}

/** A coder, in training or trained. */
export interface Coder<Config> {
  config: Readonly<Config>;
  /** By name; each kind of coder tells which. */
  params: Matrices;
  /** Present width of the bumps. */
  sigma: number;
}

/** The encoder as a perceptron: pixels, hidden layers, `outputs`. */
export function encoderShape(
  { pixels, encoderUnits, encoderLayers, activation }: CoderConfig,
  outputs: number,
): MlpShape {
  const hidden = Array<number>(encoderLayers).fill(encoderUnits);
  return { sizes: [pixels, ...hidden, outputs], activation };
}

/**
 * Overwrites a weight matrix with N(0, g² · 2 / (rows + cols)): Glorot and
 * Bengio's scale for gain g = 1.
 */
export function fillGlorot(rng: Rng, w: Matrix, gain = 1): void {
  fillNormal(rng, w.data, gain * Math.sqrt(2 / (w.rows + w.cols)));
}

/** Draws a perceptron's weights w1, w2, …; hidden ReLU layers get gain √2. */
export function fillEncoder(
  rng: Rng,
  params: Matrices,
  { sizes, activation }: MlpShape,
): void {
  for (let l = 1; l < sizes.length; l++) {
    const gain = activation === "relu" && l < sizes.length - 1 ? Math.SQRT2 : 1;
    fillGlorot(rng, params[`w${l}`], gain);
  }
}

/** The step size of update `step` (from 0) of a run of `steps`. */
export function scheduledRate(
  { schedule, learningRate, steps }: Pick<
    CoderConfig,
    "schedule" | "learningRate" | "steps"
  >,
  step: number,
): number {
  if (schedule === "constant") return learningRate;
  const rise = Math.min(1, (step + 1) / 200);
  return learningRate * rise * 0.5 * (1 + cos(Math.PI * step / steps));
}

/** What `use` returns; the matrices that it makes in `space` are given back. */
export function borrow<T>(space: Workspace, use: () => T): T {
  const mark = space.mark();
  try {
    return use();
  } finally {
    space.release(mark);
  }
}
