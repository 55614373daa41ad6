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
 *   (1)  a = σ(f(x)), c = Σ aⱼμⱼ / Σ aⱼ     activities and their centre
 *   (2)  z = c + s ε                        place as sent, with noise s
 *   (3)  bⱼ = exp(−‖μⱼ − z‖² / 2σ²)         the standard bump there
 *   (4)  x̂ = (a + τ η) V + d                reconstruction from noisy activities
 *
 *   (5)  code    Σₖ KL( N(cₖ, sₖ²) ‖ N(νₖ, ωₖ²) )
 *   (6)  bump    Σⱼ (aⱼ − bⱼ)² / 2τ²        = KL( N(a, τ²) ‖ N(b, τ²) )
 *   (7)  pixels  E Σₚ (xₚ − x̂ₚ)² / 2v + ½ ln 2πv − ln δ
 *
 * s, ν, ω, τ and v are learned with the weights. The average over η is taken
 * exactly (it adds τ²‖V‖² to the squared error), that over ε by one draw.
 * Distances are measured in widths of a trained bump: σ falls to 1.
 *
 * Pixels are whole multiples of δ (`pixel_code.ts`): v = δ² + e^u keeps √v at
 * δ or above.
 *
 * With activities "built-in" the bump itself is the activity, a = b, the
 * encoder gives c directly and the deviations cost nothing: the architecture
 * of `population_code.ts` under the same pressure.
 *
 * @module
 */
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure, each } from "../run/config.ts";
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
import { mlp, type MlpShape, mlpShapes } from "../numeric/mlp.ts";
import { exp, LN2, log } from "../numeric/elementary.ts";
import { likeParams, type Matrices } from "../numeric/optimizers.ts";
import {
  fillNormal,
  fillUniform,
  type Floats,
  type Rng,
} from "../numeric/random.ts";
import { setParams } from "../run/params.ts";
import { teamwork } from "../run/team.ts";
import {
  borrow,
  type Coder,
  type CoderConfig,
  encoderShape,
  fillEncoder,
  fillGlorot,
} from "./coder.ts";
import { gaussianNats, quantize } from "./pixel_code.ts";

/** Everything that decides how a code is learned. */
export interface DescriptionConfig extends CoderConfig {
  /** "free": any pattern, cheap when it is a bump; "built-in": always a bump. */
  activities: "free" | "built-in";
  /**
   * "description-length", or "none": the squared error alone, no noise on the
   * code.
   */
  pressure: "description-length" | "none";
  /** Centres start in [−span, span]^dims, in widths of a bump. */
  span: number;
  /**
   * The code and bump costs weigh this many times more at the start. Like the
   * widening, it falls geometrically to 1 over the first half of training.
   */
  strictness: number;
  /** δ: pixels are whole multiples of it. 2/255 is 8 bits over [−1, 1]. */
  precision: number;
}

/** The checked configuration; the defaults are the paper's position task. */
export const descriptionConfig: Configure<DescriptionConfig> = checkedConfig(
  "minimise description length",
  {
    ...each(is.positiveInteger, { pixels: 64, encoderUnits: 128 }),
    encoderLayers: [2, is.integerIn(1, 4)],
    activation: ["relu", is.oneOf("tanh", "relu")],
    units: [100, is.positiveInteger],
    dims: [2, is.integerIn(1, 16)],
    activities: ["free", is.oneOf("free", "built-in")],
    pressure: ["description-length", is.oneOf("description-length", "none")],
    ...each(is.positive, { span: 4, widening: 1, strictness: 1 }),
    precision: [2 / 255, is.between(1e-6, 1)],
    learningRate: [5e-3, is.positive],
    schedule: ["cosine", is.oneOf("constant", "cosine")],
    batchSize: [128, is.positiveInteger],
    steps: [4000, is.nonNegativeInteger],
    evalEvery: [100, is.positiveInteger],
  },
);

/** The parts of a description, per image, in bits. */
export interface Description {
  /** Each dimension of the place, in the order of the dimensions. */
  dimensionBits: Float64Array;
  /** (5), of all dimensions. */
  codeBits: number;
  /** (6) */
  bumpBits: number;
  /** (7) */
  pixelBits: number;
  /** Their sum. */
  totalBits: number;
  /** Squared error per pixel, of the noisy code. */
  mse: number;
}

/**
 * A code. Its parameters: w1, b1, …: the encoder; centres μ (units × dims),
 * wOut V (units × pixels), bOut d; priorMean ν, priorLogSd ln ω, noiseLogSd
 * ln s (1 × dims); logVariance u, activityLogSd ln τ.
 */
export type DescriptionCode = Coder<DescriptionConfig>;

/** What the encoder gives out: activities, or the place itself. */
function encoderOf(config: DescriptionConfig): MlpShape {
  const { activities, units, dims } = config;
  return encoderShape(config, activities === "free" ? units : dims);
}

/** Zero parameters in a workspace of their own. */
function makeParams(config: DescriptionConfig, dtype: Dtype): Matrices {
  const { units, dims, pixels } = config;
  return workspace(dtype, teamwork()).matrices({
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

/**
 * The trained code whose parameters `arraysOf` copied.
 *
 * @throws {Refusal} if a parameter is missing or has another size
 */
export function restoreDescription(
  config: Readonly<DescriptionConfig>,
  stored: Readonly<Record<string, ArrayLike<number>>>,
): DescriptionCode {
  const params = makeParams(config, "float32");
  setParams(params, stored);
  return { config, params, sigma: 1 };
}

/** A code at one batch size: scratch memory, forward and backward passes. */
export interface DescriptionPass {
  /** x, batch × pixels: write the images here. */
  images: Matrix;
  /** ε, batch × dims: write draws from N(0, 1) here; zeros for no noise. */
  noise: Matrix;
  /** c, batch × dims: centres of the activities, after a pass. */
  centres: Matrix;
  /** z, batch × dims: places as sent. */
  places: Matrix;
  /** a, batch × units. */
  activities: Matrix;
  /** b, batch × units: the standard bumps at the places. */
  bumps: Matrix;
  /** x̂, batch × pixels, without the noise τ η. */
  outputs: Matrix;
  /** The description of the images, averaged over the batch. */
  describe(): Description;
  /**
   * The loss in nats per image, with code and bump weighed by `weight`; fills
   * the gradients.
   */
  lossAndGrads(weight: number): number;
}

const SCALARS = [
  "priorMean",
  "priorLogSd",
  "noiseLogSd",
  "logVariance",
  "activityLogSd",
];
// Keeps the centre of no activity at all at the origin.
const LEAST_ACTIVITY = 1e-3;
// What weighs the squared error where nothing else does.
const FIXED_VARIANCE = 0.01;

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
  });
  const { bumps, outputs } = s;
  const activities = free ? s.active : bumps;
  const centres = free ? s.centres : encoder.output;
  const sums = new Float64Array(batch);

  const centreOfActivity = (): void => { // (1)
    sigmoid(encoder.output, activities);
    matmul(activities, params.centres, centres);
    for (let i = 0; i < batch; i++) {
      let sum = LEAST_ACTIVITY;
      for (let j = 0; j < units; j++) sum += activities.data[i * units + j];
      sums[i] = sum;
      for (let k = 0; k < dims; k++) centres.data[i * dims + k] /= sum;
    }
  };
  const forward = (): void => {
    encoder.forward();
    if (free) centreOfActivity();
    for (let i = 0; i < s.places.data.length; i++) { // (2)
      const sd = pressed ? exp(params.noiseLogSd.data[i % dims]) : 0;
      s.places.data[i] = centres.data[i] + sd * s.noise.data[i];
    }
    gaussianBumps(s.places, params.centres, code.sigma, bumps); // (3)
    matmul(activities, params.wOut, outputs); // (4)
    addRow(outputs, params.bOut, outputs);
    sub(outputs, encoder.input, s.errors);
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
  /** (5): mean KL of dimension k in nats; ωₖ², Σ (c − ν) and Σ (c − ν)². */
  const placeCost = (k: number): {
    nats: number;
    omega2: number;
    first: number;
    second: number;
  } => {
    const omega2 = exp(2 * params.priorLogSd.data[k]);
    const noise2 = exp(2 * params.noiseLogSd.data[k]);
    let [first, second] = [0, 0];
    for (let i = 0; i < batch; i++) {
      const away = centres.data[i * dims + k] - params.priorMean.data[k];
      first += away;
      second += away * away;
    }
    const nats = 0.5 * ((noise2 + second / batch) / omega2 - 1 -
      log(noise2 / omega2));
    return { nats, omega2, first, second };
  };
  /** Σⱼ (aⱼ − bⱼ)² of an image, for (6); leaves a − b in dBumps. */
  const deviation = (): number =>
    free ? sumOfSquares(sub(activities, bumps, s.dBumps)) / batch : 0;
  /** (7) */
  const pixelNats = (squares: number, v: number): number =>
    squares / (2 * v) + pixels * gaussianNats(v, precision);

  const describe = (): Description => {
    forward();
    const { squares, tau2, v } = residual();
    const dimensionBits = new Float64Array(dims);
    for (let k = 0; k < dims; k++) dimensionBits[k] = placeCost(k).nats / LN2;
    const codeBits = dimensionBits.reduce((a, b) => a + b, 0);
    const bumpBits = tau2 > 0 ? deviation() / (2 * tau2) / LN2 : 0;
    const pixelBits = pixelNats(squares, v) / LN2;
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
    for (const name of SCALARS) grads[name].data.fill(0);
    // Pixels. Without pressure: the squared error over a fixed variance.
    const rate = 1 / (pressed ? v : FIXED_VARIANCE) / batch;
    let loss = pressed ? pixelNats(squares, v) : squares / (2 * FIXED_VARIANCE);
    if (pressed) {
      grads.logVariance.data[0] = (v - precision * precision) *
        (pixels / (2 * v) - squares / (2 * v * v));
    }
    scale(rate, s.errors, s.errors);
    matmulTN(activities, s.errors, grads.wOut);
    columnSums(s.errors, grads.bOut);
    matmulNT(s.errors, params.wOut, free ? s.dActive : s.dBumps);
    // Bump.
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
      bumps,
      dBumps: s.dBumps,
      dCodes: s.dPlaces,
      dCentres: grads.centres,
    });
    // Place: from here on dPlaces is the gradient by the centres c.
    for (let k = 0; pressed && k < dims; k++) {
      const { nats, omega2, first, second } = placeCost(k);
      loss += weight * nats;
      const sd = exp(params.noiseLogSd.data[k]);
      let noisy = 0;
      for (let at = k; at < batch * dims; at += dims) {
        const away = centres.data[at] - params.priorMean.data[k];
        noisy += s.dPlaces.data[at] * s.noise.data[at];
        s.dPlaces.data[at] += weight * away / omega2 / batch;
      }
      grads.noiseLogSd.data[k] = weight * (sd * sd / omega2 - 1) + sd * noisy;
      grads.priorMean.data[k] = -weight * first / batch / omega2;
      grads.priorLogSd.data[k] = weight *
        (1 - (sd * sd + second / batch) / omega2);
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
        inner += s.dPlaces.data[at] * centres.data[at];
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
    matmulTN(activities, s.dPlaces, s.dCentres);
    axpy(1, s.dCentres, grads.centres);
    sigmoidBackward(activities, s.dActive, s.dActive);
  };
  return {
    images: encoder.input,
    noise: s.noise,
    centres,
    places: s.places,
    activities,
    bumps,
    outputs,
    describe,
    lossAndGrads,
  };
}

/**
 * A pass that holds the images (count × pixels), as whole multiples of δ, and
 * noise drawn from `rng`.
 */
export function descriptionOf(
  rng: Rng,
  code: DescriptionCode,
  images: Floats,
): DescriptionPass {
  const { pixels, precision } = code.config;
  const pass = descriptionPass(code, images.length / pixels);
  pass.images.data.set(quantize(Float64Array.from(images), precision));
  fillNormal(rng, pass.noise.data);
  return pass;
}

/** What `runDescription` returns; arrays of float64, count rows each. */
export interface DescriptionRun extends Description {
  /** Centres of the activities, count × dims. */
  centres: Float64Array<ArrayBuffer>;
  /** count × units. */
  activities: Float64Array<ArrayBuffer>;
  /** count × units. */
  bumps: Float64Array<ArrayBuffer>;
  /** count × pixels. */
  outputs: Float64Array<ArrayBuffer>;
}

/**
 * Describes images; the noise on the place is drawn from `rng`.
 *
 * @param images count × pixels
 */
export function runDescription(
  rng: Rng,
  code: DescriptionCode,
  images: Floats,
): DescriptionRun {
  return borrow(code.params.w1.workspace, () => {
    const pass = descriptionOf(rng, code, images);
    return {
      ...pass.describe(),
      centres: Float64Array.from(pass.centres.data),
      activities: Float64Array.from(pass.activities.data),
      bumps: Float64Array.from(pass.bumps.data),
      outputs: Float64Array.from(pass.outputs.data),
    };
  });
}

/** How many dimensions cost at least `leastBits` an image. */
export function dimensionsInUse(
  { dimensionBits }: Pick<Description, "dimensionBits">,
  leastBits = 0.5,
): number {
  return dimensionBits.reduce((n, bits) => n + (bits >= leastBits ? 1 : 0), 0);
}
