/**
 * Population codes by minimising description length: an image is sent as a
 * place in the implicit space, the deviations of the activities from the bump
 * at that place, and the pixels' residuals. Every part is counted in honest
 * bits, with noise on the code that is paid back.
 *
 * Zemel, R. S., & Hinton, G. E. (1995). Learning population codes by
 * minimizing description length. Neural Computation 7(3), 549–564. The
 * accounting by noise ("bits back"): Hinton, G. E., & van Camp, D. (1993).
 * Keeping neural networks simple by minimizing the description length of the
 * weights. COLT, 5–13.
 *
 *   a = σ(f(x)), c = Σ aⱼμⱼ / Σ aⱼ        activities and their centre
 *   z = c + s ε                           place as sent, with noise s
 *   bⱼ = exp(−‖μⱼ − z‖² / 2σ²)            the standard bump there
 *   x̂ = (a + τ η) V + d                   reconstruction from noisy activities
 *
 *   code   Σₖ KL( N(cₖ, sₖ²) ‖ N(νₖ, ωₖ²) )
 *   bump   Σⱼ (aⱼ − bⱼ)² / 2τ²            = KL( N(a, τ²) ‖ N(b, τ²) )
 *   pixels E Σₚ (xₚ − x̂ₚ)² / 2v + ½ ln 2πv − ln δ
 *
 * s, ν, ω, τ and v are learned with the weights. The average over η is taken
 * exactly (it adds τ²‖V‖² to the squared error), that over ε by one draw.
 * Distances are measured in widths of a trained bump: σ falls to 1.
 *
 * Pixels are whole multiples of δ; a Gaussian density times δ is a proper code
 * for them to within 10⁻⁸ as long as √v ≥ δ, which v = δ² + e^u ensures.
 *
 * With activities "built-in" the bump itself is the activity, a = b, the
 * encoder gives c directly and the deviations cost nothing: the architecture
 * of `population_code.ts` under the same pressure.
 *
 * @module
 */
import {
  between,
  defineConfig,
  integerIn,
  nonNegativeInteger,
  oneOf,
  positive,
  positiveInteger,
} from "../run/config.ts";
import {
  axpy,
  scale,
  sigmoid,
  sigmoidBackward,
  sub,
} from "../numeric/matrix/elementwise.ts";
import {
  gaussianBumps,
  gaussianBumpsBackward,
} from "../numeric/matrix/gaussian_bumps.ts";
import { matmul, matmulNT, matmulTN } from "../numeric/matrix/products.ts";
import { columnSums, sumOfSquares } from "../numeric/matrix/reductions.ts";
import { addRow } from "../numeric/matrix/rows.ts";
import { type Matrix, workspace } from "../numeric/matrix/workspace.ts";
import type { Dtype } from "../numeric/wasm/kernels.ts";
import { mlp, type MlpShape } from "../numeric/mlp.ts";
import { exp, LN2, log, pow } from "../numeric/elementary.ts";
import { adam, likeParams, type Matrices } from "../numeric/optimizers.ts";
import {
  encoderShape,
  fillEncoder,
  fillGlorot,
  mlpShapes,
  scheduledRate,
} from "./population_code.ts";
import {
  fillNormal,
  fillUniform,
  type Floats,
  type Rng,
} from "../numeric/random.ts";
import type { Training } from "../run/training.ts";

/** Everything that decides how a code is learned. */
export interface DescriptionConfig {
  pixels: number;
  encoderUnits: number;
  encoderLayers: number;
  activation: "tanh" | "relu";
  units: number;
  /** Dimensions of the implicit space. */
  dims: number;
  /** "free": any pattern, cheap when it is a bump; "built-in": always a bump. */
  activities: "free" | "built-in";
  /**
   * "description-length", or "none": the squared error alone, no noise on the
   * code.
   */
  pressure: "description-length" | "none";
  /** Centres start in [−span, span]^dims, in widths of a bump. */
  span: number;
  /** How many times wider bumps are at the start. */
  widening: number;
  /**
   * The code and bump costs weigh this many times more at the start, falling
   * geometrically to 1 over the first half of training.
   */
  strictness: number;
  /** δ: pixels are whole multiples of it. 2/255 is 8 bits over [−1, 1]. */
  precision: number;
  learningRate: number;
  schedule: "constant" | "cosine";
  batchSize: number;
  steps: number;
  evalEvery: number;
}

/** The checked configuration; the defaults are the paper's position task. */
export const descriptionConfig: (
  overrides?: Partial<DescriptionConfig>,
) => Readonly<DescriptionConfig> = defineConfig<DescriptionConfig>(
  "minimise description length",
  {
    pixels: 64,
    encoderUnits: 128,
    encoderLayers: 2,
    activation: "relu",
    units: 100,
    dims: 2,
    activities: "free",
    pressure: "description-length",
    span: 4,
    widening: 1,
    strictness: 1,
    precision: 2 / 255,
    learningRate: 5e-3,
    schedule: "cosine",
    batchSize: 128,
    steps: 4000,
    evalEvery: 100,
  },
  {
    pixels: positiveInteger,
    encoderUnits: positiveInteger,
    encoderLayers: integerIn(1, 4),
    activation: oneOf("tanh", "relu"),
    units: positiveInteger,
    dims: integerIn(1, 16),
    activities: oneOf("free", "built-in"),
    pressure: oneOf("description-length", "none"),
    span: positive,
    widening: positive,
    strictness: positive,
    precision: between(1e-6, 1),
    learningRate: positive,
    schedule: oneOf("constant", "cosine"),
    batchSize: positiveInteger,
    steps: nonNegativeInteger,
    evalEvery: positiveInteger,
  },
);

/** The parts of a description, per image, in bits. */
export interface Description {
  /** Each dimension of the place, in the order of the dimensions. */
  dimensionBits: Float64Array;
  codeBits: number;
  bumpBits: number;
  pixelBits: number;
  totalBits: number;
  /** Squared error per pixel, of the noisy code. */
  mse: number;
}

/** One row of the history: a description of the held-out images. */
export interface DescriptionRow extends Description {
  step: number;
}

/** A learned code. */
export interface DescriptionCode {
  config: Readonly<DescriptionConfig>;
  /**
   * w1, b1, …: the encoder; centres, wOut, bOut; priorMean, priorLogSd,
   * noiseLogSd (1 × dims); logVariance (u), activityLogSd (ln τ).
   */
  params: Matrices;
  /** Present width of the bumps. */
  sigma: number;
}

/** What the encoder gives out: activities, or the place itself. */
function encoderOf(config: DescriptionConfig): MlpShape {
  const { activities, units, dims } = config;
  return encoderShape(config, activities === "free" ? units : dims);
}

/** Zero parameters in a workspace of their own. */
function makeParams(config: DescriptionConfig, dtype: Dtype): Matrices {
  const { units, dims, pixels } = config;
  return workspace(dtype).matrices({
    ...mlpShapes(encoderOf(config)),
    centres: [units, dims],
    wOut: [units, pixels],
    bOut: [1, pixels],
    priorMean: [1, dims],
    priorLogSd: [1, dims],
    noiseLogSd: [1, dims],
    logVariance: [1, 1],
    activityLogSd: [1, 1],
  });
}

/** Fresh parameters in a workspace of their own. */
export function initDescription(
  rng: Rng,
  config: DescriptionConfig,
  dtype: Dtype = "float32",
): DescriptionCode {
  const { span } = config;
  const params = makeParams(config, dtype);
  fillEncoder(rng, params, encoderOf(config));
  fillUniform(rng, params.centres.data, -span, span);
  fillGlorot(rng, params.wOut);
  params.priorLogSd.data.fill(log(span / 2));
  params.noiseLogSd.data.fill(log(span / 10));
  params.logVariance.data.fill(log(0.03));
  params.activityLogSd.data.fill(log(0.1));
  return { config, params, sigma: config.widening };
}

/** The trained code whose parameters `storePopulation` stored. */
export function restoreDescription(
  config: Readonly<DescriptionConfig>,
  stored: Readonly<Record<string, ArrayLike<number>>>,
): DescriptionCode {
  const params = makeParams(config, "float32");
  for (const name in params) params[name].data.set(stored[name]);
  return { config, params, sigma: 1 };
}

/** A code at one batch size: scratch memory, forward and backward passes. */
export interface DescriptionPass {
  /** batch × pixels: write the images here. */
  images: Matrix;
  /** batch × dims: write draws from N(0, 1) here; zeros for no noise. */
  noise: Matrix;
  /** batch × dims: centres c of the activities, after a pass. */
  centres: Matrix;
  /** batch × dims: places z as sent. */
  places: Matrix;
  /** batch × units. */
  activities: Matrix;
  /** batch × units: the standard bumps at the places. */
  bumps: Matrix;
  /** batch × pixels. */
  outputs: Matrix;
  /** The description of the images, averaged over the batch. */
  describe(): Description;
  /**
   * The loss in nats per image, with code and bump weighed by `weight`; fills
   * the gradients.
   */
  lossAndGrads(weight: number): number;
}

// Keeps the centre of no activity at all at the origin.
const LEAST_ACTIVITY = 1e-3;

/**
 * Makes the scratch of a code for `batch` images, in the params' workspace.
 *
 * @param grads where `lossAndGrads` writes; shaped like the parameters
 */
export function descriptionPass(
  code: DescriptionCode,
  batch: number,
  grads: Matrices = likeParams(code.params),
): DescriptionPass {
  const { config, params } = code;
  const { units, dims, pixels, precision } = config;
  const free = config.activities === "free";
  const pressed = config.pressure === "description-length";
  const space = params.w1.workspace;
  const encoder = mlp(space, encoderOf(config), {
    rows: batch,
    params,
    grads,
  });
  const s = space.matrices({
    noise: [batch, dims],
    centres: [batch, dims],
    places: [batch, dims],
    bumps: [batch, units],
    active: [batch, units],
    outputs: [batch, pixels],
    errors: [batch, pixels],
    dPlaces: [batch, dims],
    dActive: [batch, units],
    dBumps: [batch, units],
    dCentres: [units, dims],
    total: [1, 1],
  });
  const activities = free ? s.active : s.bumps;
  const centres = free ? s.centres : encoder.output;
  const sums = new Float64Array(batch);

  /** c = Σ aⱼμⱼ / Σ aⱼ. */
  const centreOfActivity = (): void => {
    sigmoid(encoder.output, s.active);
    matmul(s.active, params.centres, s.centres);
    for (let i = 0; i < batch; i++) {
      let sum = LEAST_ACTIVITY;
      for (let j = 0; j < units; j++) sum += s.active.data[i * units + j];
      sums[i] = sum;
      for (let k = 0; k < dims; k++) s.centres.data[i * dims + k] /= sum;
    }
  };
  const forward = (): void => {
    encoder.forward();
    if (free) centreOfActivity();
    for (let i = 0; i < s.places.data.length; i++) {
      const sd = pressed ? exp(params.noiseLogSd.data[i % dims]) : 0;
      s.places.data[i] = centres.data[i] + sd * s.noise.data[i];
    }
    gaussianBumps(s.places, params.centres, code.sigma, s.bumps);
    matmul(activities, params.wOut, s.outputs);
    addRow(s.outputs, params.bOut, s.outputs);
    sub(s.outputs, encoder.input, s.errors);
  };
  /** E Σ (x − x̂)² of an image, η averaged out; and τ², ‖V‖², v. */
  const residual = (): {
    squares: number;
    tau2: number;
    gain: number;
    v: number;
  } => {
    const tau2 = free && pressed ? exp(2 * params.activityLogSd.data[0]) : 0;
    const gain = tau2 > 0 ? sumOfSquares(params.wOut) : 0;
    return {
      squares: sumOfSquares(s.errors) / batch + tau2 * gain,
      tau2,
      gain,
      v: precision * precision + exp(params.logVariance.data[0]),
    };
  };
  /** Σⱼ (aⱼ − bⱼ)² of an image; leaves a − b in dBumps. */
  const deviation = (): number =>
    free ? sumOfSquares(sub(s.active, s.bumps, s.dBumps)) / batch : 0;
  /** Mean KL of dimension k, in nats. */
  const placeNats = (k: number): number => {
    const omega2 = exp(2 * params.priorLogSd.data[k]);
    const noise2 = exp(2 * params.noiseLogSd.data[k]);
    let squares = 0;
    for (let i = 0; i < batch; i++) {
      const away = centres.data[i * dims + k] - params.priorMean.data[k];
      squares += away * away;
    }
    return 0.5 * ((noise2 + squares / batch) / omega2 - 1 -
      log(noise2 / omega2));
  };

  const describe = (): Description => {
    forward();
    const { squares, tau2, v } = residual();
    const dimensionBits = new Float64Array(dims);
    for (let k = 0; k < dims; k++) dimensionBits[k] = placeNats(k) / LN2;
    const codeBits = dimensionBits.reduce((a, b) => a + b, 0);
    const bumpBits = tau2 > 0 ? deviation() / (2 * tau2) / LN2 : 0;
    const pixelBits = pixelNats(squares, v, config) / LN2;
    return {
      dimensionBits,
      codeBits,
      bumpBits,
      pixelBits,
      totalBits: codeBits + bumpBits + pixelBits,
      mse: squares / pixels,
    };
  };

  const lossAndGrads = (weight: number): number => {
    forward();
    const { squares, tau2, gain, v } = residual();
    const { priorMean, priorLogSd, noiseLogSd } = params;
    for (const name of SCALARS) grads[name].data.fill(0);
    // Pixels. Without pressure: the squared error over a fixed variance.
    const rate = 1 / (pressed ? v : FIXED_VARIANCE) / batch;
    let loss = pressed
      ? pixelNats(squares, v, config)
      : squares / (2 * FIXED_VARIANCE);
    if (pressed) {
      grads.logVariance.data[0] = (v - precision * precision) *
        (pixels / (2 * v) - squares / (2 * v * v));
    }
    scale(rate, s.errors, s.errors);
    matmulTN(activities, s.errors, grads.wOut);
    columnSums(s.errors, grads.bOut);
    const dActivities = free ? s.dActive : s.dBumps;
    matmulNT(s.errors, params.wOut, dActivities);
    if (tau2 > 0) {
      axpy(tau2 * rate * batch, params.wOut, grads.wOut);
      const off = deviation();
      loss += weight * off / (2 * tau2);
      grads.activityLogSd.data[0] = tau2 * gain * rate * batch -
        weight * off / tau2;
      axpy(weight / tau2 / batch, s.dBumps, s.dActive);
      scale(-weight / tau2 / batch, s.dBumps, s.dBumps);
    } else if (free) s.dBumps.data.fill(0);
    gaussianBumpsBackward({
      codes: s.places,
      centres: params.centres,
      sigma: code.sigma,
      bumps: s.bumps,
      dBumps: s.dBumps,
      dCodes: s.dPlaces,
      dCentres: grads.centres,
    });
    // Place: from here on dPlaces is the gradient by the centres c.
    if (pressed) {
      for (let k = 0; k < dims; k++) {
        loss += weight * placeNats(k);
        const omega2 = exp(2 * priorLogSd.data[k]);
        const sd = exp(noiseLogSd.data[k]);
        let noisy = 0;
        let first = 0;
        let second = 0;
        for (let i = 0; i < batch; i++) {
          const at = i * dims + k;
          const away = centres.data[at] - priorMean.data[k];
          noisy += s.dPlaces.data[at] * s.noise.data[at];
          first += away;
          second += away * away;
          s.dPlaces.data[at] += weight * away / omega2 / batch;
        }
        grads.noiseLogSd.data[k] = weight * (sd * sd / omega2 - 1) + sd * noisy;
        grads.priorMean.data[k] = -weight * first / batch / omega2;
        grads.priorLogSd.data[k] = weight *
          (1 - (sd * sd + second / batch) / omega2);
      }
    }
    if (free) centreBackward();
    encoder.backward(free ? s.dActive : s.dPlaces);
    return loss;
  };
  /** From dPlaces to grads.centres (added) and dActive, by the input. */
  const centreBackward = (): void => {
    for (let i = 0; i < batch; i++) {
      let inner = 0;
      for (let k = 0; k < dims; k++) {
        const at = i * dims + k;
        s.dPlaces.data[at] /= sums[i];
        inner += s.dPlaces.data[at] * s.centres.data[at];
      }
      for (let j = 0; j < units; j++) {
        let along = -inner;
        for (let k = 0; k < dims; k++) {
          along += s.dPlaces.data[i * dims + k] *
            params.centres.data[j * dims + k];
        }
        s.dActive.data[i * units + j] += along;
      }
    }
    matmulTN(s.active, s.dPlaces, s.dCentres);
    axpy(1, s.dCentres, grads.centres);
    sigmoidBackward(s.active, s.dActive, s.dActive);
  };
  return {
    images: encoder.input,
    noise: s.noise,
    centres,
    places: s.places,
    activities,
    bumps: s.bumps,
    outputs: s.outputs,
    describe,
    lossAndGrads,
  };
}

const SCALARS = [
  "priorMean",
  "priorLogSd",
  "noiseLogSd",
  "logVariance",
  "activityLogSd",
];
// What weighs the squared error where nothing else does.
const FIXED_VARIANCE = 0.01;

function pixelNats(
  squares: number,
  v: number,
  { pixels, precision }: DescriptionConfig,
): number {
  return squares / (2 * v) + pixels * gaussianNats(v, precision);
}

/** ½ ln 2πv − ln δ: what a residual of 0 costs, in nats. */
function gaussianNats(v: number, precision: number): number {
  return 0.5 * log(2 * Math.PI * v) - log(precision);
}

/**
 * Bits per image of pixels whose residuals have the variance `mse`, under a
 * Gaussian code of that very variance at precision δ: what a code that costs
 * nothing itself would need.
 */
export function residualBits(
  mse: number,
  { pixels, precision }: Pick<DescriptionConfig, "pixels" | "precision">,
): number {
  const v = Math.max(mse, precision * precision);
  return pixels * (mse / (2 * v) + gaussianNats(v, precision)) / LN2;
}

/**
 * Bits per image of a Gaussian with the given variances along its principal
 * axes (probabilistic PCA with all axes), at precision δ: the best linear code.
 */
export function gaussianBits(
  variances: ArrayLike<number>,
  precision: number,
): number {
  let nats = 0;
  for (let i = 0; i < variances.length; i++) {
    const v = Math.max(variances[i], precision * precision);
    nats += variances[i] / (2 * v) + gaussianNats(v, precision);
  }
  return nats / LN2;
}

/** Rounds pixels to whole multiples of δ, in place. Returns them. */
export function quantize<T extends Floats>(images: T, precision: number): T {
  for (let i = 0; i < images.length; i++) {
    images[i] = precision * Math.round(images[i] / precision);
  }
  return images;
}

/** Where images and randomness come from. */
export interface DescriptionData {
  /** Fills `out` (batch × pixels) with fresh images. */
  sample: (rng: Rng, out: Floats) => void;
  /** Held-out images, count × pixels. */
  test: Floats;
}

/**
 * Learns a code from fresh images. Yields a description of the held-out images
 * every `evalEvery` updates, as `lib/run/training.ts` says.
 *
 * @param code what is trained, in place: pass one to watch it meanwhile
 */
export function* trainDescription(
  streams: { init: Rng; data: Rng; train: Rng; eval: Rng },
  config: Readonly<DescriptionConfig>,
  { sample, test }: DescriptionData,
  code: DescriptionCode = initDescription(streams.init, config),
): Training<DescriptionRow, DescriptionCode> {
  const grads = likeParams(code.params);
  const pass = descriptionPass(code, config.batchSize, grads);
  const held = descriptionPass(code, test.length / config.pixels);
  held.images.data.set(quantize(Float64Array.from(test), config.precision));
  fillNormal(streams.eval, held.noise.data);
  const optimizer = adam(code.params, config);
  for (let step = 0; step < config.steps; step++) {
    const rest = Math.max(0, 1 - 2 * step / config.steps);
    optimizer.learningRate = scheduledRate(config, step);
    code.sigma = pow(config.widening, rest);
    sample(streams.data, pass.images.data);
    quantize(pass.images.data, config.precision);
    fillNormal(streams.train, pass.noise.data);
    pass.lossAndGrads(pow(config.strictness, rest));
    optimizer.update(grads);
    const updates = step + 1;
    const due = updates % config.evalEvery === 0 || updates === config.steps;
    if (!due && !(yield updates)) continue;
    if (yield { step: updates, ...held.describe() }) break;
  }
  return code;
}

/** What `runDescription` returns; arrays of float64, count rows each. */
export interface DescriptionRun extends Description {
  /** Centres of the activities, count × dims. */
  centres: Float64Array<ArrayBuffer>;
  activities: Float64Array<ArrayBuffer>;
  bumps: Float64Array<ArrayBuffer>;
  outputs: Float64Array<ArrayBuffer>;
}

/** Describes images; the noise on the place is drawn from `rng`. */
export function runDescription(
  rng: Rng,
  code: DescriptionCode,
  images: Floats,
): DescriptionRun {
  const { config, params } = code;
  const space = params.w1.workspace;
  const mark = space.mark();
  const pass = descriptionPass(code, images.length / config.pixels);
  pass.images.data.set(quantize(Float64Array.from(images), config.precision));
  fillNormal(rng, pass.noise.data);
  const run = {
    ...pass.describe(),
    centres: Float64Array.from(pass.centres.data),
    activities: Float64Array.from(pass.activities.data),
    bumps: Float64Array.from(pass.bumps.data),
    outputs: Float64Array.from(pass.outputs.data),
  };
  space.release(mark);
  return run;
}

/** How many dimensions cost at least `leastBits` an image. */
export function dimensionsInUse(
  { dimensionBits }: Pick<Description, "dimensionBits">,
  leastBits = 0.5,
): number {
  return dimensionBits.reduce((n, bits) => n + (bits >= leastBits ? 1 : 0), 0);
}
