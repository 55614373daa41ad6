/**
 * One seed of the losses of two views on real encoders: modules that each see
 * a strip of a random-dot stereogram, trained to agree by any of the losses.
 *
 * @module
 */
import * as is from "../../lib/run/checks.ts";
import {
  checkedConfig,
  type Configure,
  each,
  partOf,
} from "../../lib/run/config.ts";
import { newPairs, type Pairs } from "../../lib/agreement/pairs.ts";
import { correlationRatio } from "../../lib/agreement/readout.ts";
import { effectiveRank, spread } from "../../lib/numeric/eigen.ts";
import { columnOf } from "../../lib/numeric/least_squares.ts";
import { type Rng, stream } from "../../lib/numeric/random.ts";
import { correlation, mean } from "../../lib/numeric/statistics.ts";
import type { Outcome } from "../../lib/run/experiment.ts";
import {
  inTurn,
  type Training,
  withHistory,
  withRows,
} from "../../lib/run/training.ts";
import {
  codesOf,
  type EncoderParams,
  initTwoView,
  trainTwoView,
  type TwoView,
  twoViewConfig,
} from "../../lib/two_view/encoders.ts";
import { LOSSES, type LossName } from "../../lib/agreement/catalogue.ts";
import { stereoSampler } from "../worlds/stereograms.ts";

/** The world, the encoders and the loss. */
export interface Settings {
  loss: LossName;
  /** "independent": the control in which the strips share no disparity. */
  pairing: "shared" | "independent";
  /** Pixels of a strip, each eye. */
  stripWidth: number;
  /** Disparities are the integers from −maxDisparity to maxDisparity. */
  maxDisparity: number;
  /** Rectified units of an encoder. */
  hidden: number;
  /** Entries of a code. */
  codes: number;
  learningRate: number;
  batchSize: number;
  steps: number;
  evalEvery: number;
  /** Held-out pairs. */
  heldOut: number;
}

/** Settings of one seed; throws where one cannot work. */
export const settings: Configure<Settings> = checkedConfig(
  "train the encoders of stereograms",
  {
    loss: ["vicReg", is.oneOf(...Object.keys(LOSSES))],
    pairing: ["shared", is.oneOf("shared", "independent")],
    stripWidth: [6, is.integerIn(3, 64)],
    maxDisparity: [2, is.integerIn(1, 8)],
    ...each(is.positiveInteger, { hidden: 16, codes: 4 }),
    learningRate: [0.01, is.positive],
    batchSize: [128, is.integerIn(2, 4096)],
    ...each(is.positiveInteger, { steps: 300, evalEvery: 10 }),
    heldOut: [500, is.integerIn(2, 100_000)],
  },
);

/** What is measured on held-out pairs. */
export interface EncoderMetrics {
  /** Share of the variance of the codes between the disparities: η². */
  eta: number;
  /** Effective rank of the codes, from 1 to their number. */
  rank: number;
  /** Mean singular value of the codes: their spread. */
  spread: number;
  /** Mean correlation of the entries of a with those of b. */
  correlation: number;
}

/** A row of the history. */
export type EncoderRow = { step: number; loss: number } & EncoderMetrics;

/** What `trainSeed` returns. */
export type EncoderOutcome = Outcome<EncoderMetrics, EncoderParams>;

/** Entries of a view: both eyes, and the left eye times the right, shifted. */
function viewLength({ stripWidth, maxDisparity }: Settings): number {
  return stripWidth * (2 + 2 * maxDisparity + 1);
}

/** Draws n pairs of views; the cause is the disparity that they share. */
export function sampleViews(
  rng: Rng,
  n: number,
  settings: Settings,
): Pairs<Float64Array> {
  const pixels = newPairs(Float64Array, n, 2 * settings.stripWidth);
  const { stripWidth, maxDisparity, pairing } = settings;
  const strips = { stripWidth, maxDisparity, pairing };
  stereoSampler({ ...strips, disparities: "integer" })(rng, pixels);
  const [a, b] = [pixels.a, pixels.b].map((x) => withProducts(x, settings));
  return { a, b, cause: pixels.cause };
}

/** The reference's input: pixels, and products at every shift (0 outside). */
function withProducts(pixels: Float64Array, settings: Settings): Float64Array {
  const { stripWidth: width, maxDisparity } = settings;
  const length = viewLength(settings);
  const n = pixels.length / (2 * width);
  const views = new Float64Array(n * length);
  for (let i = 0; i < n; i++) {
    const eyes = pixels.subarray(i * 2 * width, (i + 1) * 2 * width);
    views.set(eyes, i * length);
    let at = i * length + 2 * width;
    for (let shift = -maxDisparity; shift <= maxDisparity; shift++) {
      for (let p = 0; p < width; p++, at++) {
        const q = p + shift;
        if (q >= 0 && q < width) views[at] = eyes[p] * eyes[width + q];
      }
    }
  }
  return views;
}

/** Untrained encoders. */
function initEncoders(seed: number, settings: Settings): TwoView {
  const inputs = viewLength(settings);
  return initTwoView(
    stream(seed, "init"),
    partOf(twoViewConfig, { ...settings, inputs, activation: "relu" }),
  );
}

/** Metrics of the codes of held-out pairs. */
export function measure(
  model: TwoView,
  pairs: Pairs<Float64Array>,
): EncoderMetrics {
  const { codes: k } = model.config;
  const n = pairs.cause.length;
  const { a, b } = codesOf(model, pairs);
  const spreads = spread(a, n);
  const correlations = Array.from(
    { length: k },
    (_, j) => correlation(columnOf(a, k, j), columnOf(b, k, j)),
  );
  return {
    eta: correlationRatio(a, pairs.cause),
    rank: effectiveRank(spreads),
    spread: mean(spreads),
    correlation: mean(correlations),
  };
}

/** Trains one seed on fresh batches; yields metrics of held-out pairs. */
export function* trainSeed(
  seed: number,
  settings: Settings,
): Training<EncoderRow, EncoderOutcome> {
  const model = initEncoders(seed, settings);
  const heldOut = sampleViews(stream(seed, "eval"), settings.heldOut, settings);
  const first = { step: 0, loss: NaN, ...measure(model, heldOut) };
  if (!(yield first)) {
    const training = trainTwoView(stream(seed, "train"), model, {
      loss: LOSSES[settings.loss],
      sample(rng, batch): void {
        const { a, b } = sampleViews(rng, settings.batchSize, settings);
        batch.a.set(a);
        batch.b.set(b);
      },
    });
    yield* withRows(
      training,
      (row) => ({ ...row, ...measure(model, heldOut) }),
    );
  }
  return { metrics: measure(model, heldOut), params: named(model) };
}

/** A whole training: its settings, its history and its end. */
export interface EncoderRun {
  settings: Settings & { seed: number };
  numbers: EncoderMetrics & Record<string, number>;
  rows: EncoderRow[];
}

function* trainRun(
  seed: number,
  config: Settings,
): Training<EncoderRow, EncoderRun> {
  const { state, rows } = yield* withHistory(trainSeed(seed, config));
  const numbers = { ...state.metrics };
  return { settings: { ...config, seed }, numbers, rows };
}

/** Trains every loss under every seed, in turn; returns the runs. */
export function trainAll(
  losses: readonly LossName[],
  seeds: readonly number[],
  overrides: Partial<Settings> = {},
): Training<{ step: number }, EncoderRun[]> {
  return inTurn(losses.flatMap((loss) => {
    const config = settings({ ...overrides, loss });
    return seeds.map((seed) => trainRun(seed, config));
  }));
}

/** Both encoders' weights under one set of names. */
function named({ first, second }: TwoView): EncoderParams {
  return Object.fromEntries([
    ...Object.entries(first).map(([name, w]) => [`a.${name}`, w]),
    ...Object.entries(second).map(([name, w]) => [`b.${name}`, w]),
  ]);
}
