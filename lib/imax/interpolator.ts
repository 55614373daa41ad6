/**
 * Modules along a curved surface, and the linear interpolator that predicts
 * one module's output from its neighbours'.
 *
 * Becker, S., & Hinton, G. E. (1992). Nature 355, 161–163. Where a surface is
 * curved, neighbours do not see the same disparity, but a weighted sum of four
 * neighbours can predict the fifth:
 *
 *     ŷ_i = w₋₂ y_{i−2} + w₋₁ y_{i−1} + w₁ y_{i+1} + w₂ y_{i+2}
 *     I = ½ ln[V(y + ŷ) / V(y − ŷ)]
 *
 * is maximised by the weights and by the modules together. All modules share
 * one network, and all positions the same four weights.
 *
 * @module
 */
import {
  informationLoss,
  jointInformation,
  jointOf,
} from "../agreement/gaussian_information.ts";
import { etaSquared } from "../agreement/readout.ts";
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure } from "../run/config.ts";
import { teamwork } from "../run/team.ts";
import { encoder, encodeStrips, type ImaxModel } from "./imax.ts";
import { type Workspace, workspace } from "../numeric/matrix/workspace.ts";
import { cos } from "../numeric/elementary.ts";
import { columnOf } from "../numeric/least_squares.ts";
import { adam, type Matrices } from "../numeric/optimizers.ts";
import { type Floats, type Rng, stream, uniform } from "../numeric/random.ts";
import { correlation } from "../numeric/statistics.ts";
import {
  type Training,
  type TrainingConfig,
  trainingSteps,
} from "../run/training.ts";

/** Where the four neighbours of a module stand. */
export const OFFSETS: readonly number[] = [-2, -1, 1, 2];

/** Lines of modules on surfaces, in arrays that a sampler fills. */
export interface Lines {
  /** (lines · modules) × pixels of a module. */
  pixels: Floats;
  /** lines × modules, never shown to the model. */
  disparity: Float64Array;
  breaks: Float64Array;
}

/** Fills a batch of lines. */
export type LineSampler = (rng: Rng, lines: Lines) => void;

/** How the interpolator is trained. */
export interface InterpolatorConfig extends TrainingConfig {
  /** Modules along a line. */
  modules: number;
  /** Lines a batch. */
  lines: number;
  /** Share of the past in the running covariance. */
  memory: number;
}

/** Checks a configuration. */
export const interpolatorConfig: Configure<InterpolatorConfig> = checkedConfig(
  "train the interpolator",
  {
    modules: [10, is.integerIn(5, 64)],
    lines: [64, is.integerIn(2, 65536)],
    steps: [1000, is.positiveInteger],
    learningRate: [1e-3, is.positive],
    memory: [0.98, is.share],
    evalEvery: [50, is.positiveInteger],
  },
);

/** The modules of a line with the weights of their interpolator. */
export interface InterpolatorModel {
  readonly config: Readonly<InterpolatorConfig>;
  /** The modules' network, and `interpolation` (4 × 1). */
  readonly params: Matrices;
  readonly grads: Matrices;
  readonly batch: Lines;
  /** −I of the batch, with its gradient in `grads`. */
  lossAndGrads(): number;
  /** The four weights. */
  weights(): number[];
}

/**
 * A model whose modules start as those of `modules`, trained on neighbours.
 * The interpolator starts from random weights in [0, ½).
 *
 * @throws {TypeError} unless the modules share weights and put out one number
 */
export function interpolatorModel(
  rng: Rng,
  modules: ImaxModel,
  options: { config?: Partial<InterpolatorConfig>; space?: Workspace } = {},
): InterpolatorModel {
  const config = interpolatorConfig(options.config);
  if (!modules.config.shared || modules.config.outputs !== 1) {
    throw new TypeError(
      "Cannot train the interpolator as its modules must share weights and " +
        "have one output",
    );
  }
  const space = options.space ?? workspace("float32", teamwork());
  const rows = config.lines * config.modules;
  const code = encoder(space, modules.config, { rows });
  for (const name in code.net.params) {
    code.net.params[name].data.set(modules.params[name].data);
  }
  const w = space.matrix(OFFSETS.length, 1);
  const dw = space.matrix(OFFSETS.length, 1);
  for (let k = 0; k < w.data.length; k++) w.data[k] = uniform(rng, 0, 0.5);
  const dOutput = space.matrix(rows, 1);
  const centres = interiorOf(config.lines, config.modules);
  const n = centres.length;
  const [a, b, da, db] = [0, 1, 2, 3].map(() => new Float64Array(n));
  const predictionLoss = informationLoss(
    "sumDifference",
    { a, b, da, db },
    { k: 1, memory: config.memory },
  );
  const batch = {
    pixels: code.pixels,
    disparity: new Float64Array(rows),
    breaks: new Float64Array(config.lines),
  };
  return {
    config,
    params: { ...code.net.params, interpolation: w },
    grads: { ...code.net.grads, interpolation: dw },
    batch,
    lossAndGrads(): number {
      code.forward();
      const y = code.output.data;
      const dy = dOutput.data.fill(0);
      const sums = new Float64Array(OFFSETS.length);
      centres.forEach((c, i) => {
        a[i] = y[c];
        b[i] = predicted(y, c, w.data);
      });
      const loss = predictionLoss();
      centres.forEach((c, i) => {
        dy[c] += da[i];
        OFFSETS.forEach((offset, k) => {
          dy[c + offset] += db[i] * w.data[k];
          sums[k] += db[i] * y[c + offset];
        });
      });
      dw.data.set(sums);
      code.backward(dOutput);
      return loss;
    },
    weights: () => Array.from(w.data),
  };
}

// Indices of the modules with two neighbours on each side.
function interiorOf(lines: number, modules: number): Int32Array {
  const inner = modules - 4;
  return Int32Array.from(
    { length: lines * inner },
    (_, i) => Math.floor(i / inner) * modules + 2 + i % inner,
  );
}

function predicted(y: Floats, i: number, w: ArrayLike<number>): number {
  return w[0] * y[i - 2] + w[1] * y[i - 1] + w[2] * y[i + 1] + w[3] * y[i + 2];
}

/** Held-out metrics after `step` updates. */
export interface InterpolatorRow {
  step: number;
  /** ½ ln[V(y + ŷ) / V(y − ŷ)], nats. */
  nats: number;
  /** corr(y, ŷ). */
  correlation: number;
  /** |corr(y, d)|. */
  signed: number;
  /** η²(y | d). */
  etaSquared: number;
  /** |corr(ŷ, d)|: how well the neighbours alone tell the disparity. */
  predictedSigned: number;
  /** The four weights. */
  weights: number[];
}

/** What training leaves. */
export interface InterpolatorState {
  model: InterpolatorModel;
  steps: number;
  /** Outputs of the modules for (lines · modules) strips. */
  encode(pixels: Floats): Float64Array;
}

/**
 * Trains modules and interpolator together. Yields a row every `evalEvery`
 * steps, as `lib/run/training.ts` says.
 */
export function* trainInterpolator(
  config: Partial<InterpolatorConfig>,
  task: {
    seed: number | string;
    sample: LineSampler;
    modules: ImaxModel;
    heldOut: Lines;
  },
): Training<InterpolatorRow, InterpolatorState> {
  const { seed, sample, modules, heldOut } = task;
  const space = workspace("float32", teamwork());
  const rng = stream(seed, "interpolator init");
  const model = interpolatorModel(rng, modules, { config, space });
  const code = encoder(space, modules.config, {
    rows: 320,
    params: model.params,
  });
  const { steps, learningRate } = model.config;
  const { interpolation, ...network } = model.params;
  const optimizer = adam(network, { learningRate });
  // Four weights that start at random have further to go.
  const fast = adam({ interpolation }, { learningRate: 10 * learningRate });
  const data = stream(seed, "interpolator data");
  let made = 0;
  yield* trainingSteps(model.config, {
    update(step): void {
      const rate = 0.5 * (1 + cos(Math.PI * step / steps));
      optimizer.learningRate = rate * learningRate;
      fast.learningRate = rate * 10 * learningRate;
      sample(data, model.batch);
      model.lossAndGrads();
      optimizer.update(model.grads);
      fast.update(model.grads);
      made++;
    },
    row(step): InterpolatorRow {
      const y = encodeStrips(code, heldOut.pixels);
      return { step, ...surfaceMetrics(y, heldOut, model.weights()) };
    },
  });
  return { model, steps: made, encode: (pixels) => encodeStrips(code, pixels) };
}

/** A module, its prediction by the neighbours, and the truth, for each window. */
export interface Windows {
  y: Float64Array;
  predicted: Float64Array;
  disparity: Float64Array;
  /** windows × 4: the neighbours' outputs. */
  neighbours: Float64Array;
  /** The index of the centre among all modules of all lines. */
  centres: Int32Array;
}

/** Cuts outputs y (lines × modules) into windows of five. */
export function windowsOf(
  y: Float64Array,
  { disparity, breaks }: Lines,
  weights: readonly number[],
): Windows {
  const centres = interiorOf(breaks.length, y.length / breaks.length);
  const n = centres.length;
  const neighbours = new Float64Array(4 * n);
  centres.forEach((c, i) =>
    OFFSETS.forEach((offset, k) => neighbours[4 * i + k] = y[c + offset])
  );
  return {
    y: Float64Array.from(centres, (c) => y[c]),
    predicted: Float64Array.from(centres, (c) => predicted(y, c, weights)),
    disparity: Float64Array.from(centres, (c) => disparity[c]),
    neighbours,
    centres,
  };
}

/** The row of metrics for outputs y of held-out lines. */
export function surfaceMetrics(
  y: Float64Array,
  lines: Lines,
  weights: readonly number[],
): Omit<InterpolatorRow, "step"> {
  const windows = windowsOf(y, lines, weights);
  const { covariance } = jointOf(windows.y, windows.predicted, 1);
  return {
    nats: jointInformation("sumDifference", covariance, new Float64Array(4)),
    correlation: correlation(windows.y, windows.predicted),
    signed: Math.abs(correlation(windows.y, windows.disparity)),
    etaSquared: etaSquared(windows.y, windows.disparity, 64),
    predictedSigned: Math.abs(
      correlation(windows.predicted, windows.disparity),
    ),
    weights: [...weights],
  };
}

/**
 * The weights that Imax is after, in closed form: the direction of Wiener's
 * least-squares weights C⁻¹c, scaled so that the prediction varies as much as
 * the output. (For a given correlation ρ, ½ ln[V(y + ŷ) / V(y − ŷ)] is largest
 * at equal variances, where it is artanh ρ.)
 */
export function wienerWeights(
  windows: Pick<Windows, "y" | "neighbours">,
): { weights: number[]; correlation: number } {
  const { y, neighbours } = windows;
  const k = OFFSETS.length;
  const columns = [...OFFSETS.map((_, j) => columnOf(neighbours, k, j)), y];
  // Rows of [C | c], then Gaussian elimination (C is positive definite).
  const system = columns.map((p) => columns.map((q) => dotCentred(p, q)));
  const rows = system.slice(0, k).map((row) => row.slice());
  for (let p = 0; p < k; p++) {
    for (let r = 0; r < k; r++) {
      if (r === p) continue;
      const factor = rows[r][p] / rows[p][p];
      for (let q = p; q <= k; q++) rows[r][q] -= factor * rows[p][q];
    }
  }
  const least = rows.map((row, p) => row[k] / row[p]);
  const explained = least.reduce((sum, w, p) => sum + w * system[p][k], 0);
  const rho = Math.sqrt(explained / system[k][k]);
  return { weights: least.map((w) => w / rho), correlation: rho };
}

function dotCentred(x: Float64Array, y: Float64Array): number {
  let meanX = 0, meanY = 0, sum = 0;
  for (let i = 0; i < x.length; i++) {
    meanX += x[i] / x.length;
    meanY += y[i] / y.length;
  }
  for (let i = 0; i < x.length; i++) sum += (x[i] - meanX) * (y[i] - meanY);
  return sum / x.length;
}
