/**
 * Pairs of views of one hidden scene, typed and seeded: Gaussian views whose
 * best codes are known in closed form, two cameras that watch a ball, and a
 * wave of which half the readings are hidden. Views are row-major, one row an example.
 *
 * @module
 */
import * as is from "../../lib/run/checks.ts";
import { checkedConfig, type Configure, each } from "../../lib/run/config.ts";
import { newPairs, type Pairs } from "../../lib/agreement/pairs.ts";
import { cos, exp, sin } from "../../lib/numeric/elementary.ts";
import {
  fillNormal,
  normal,
  type Rng,
  uniform,
} from "../../lib/numeric/random.ts";

/** One number of each view: a = s + noise, b = gain · (s + noise). */
export interface PairConfig {
  /** Variance of the hidden signal s. */
  signal: number;
  /** Variance of the first view's own noise. */
  noiseA: number;
  noiseB: number;
  /** Factor on the second view. */
  gain: number;
}

/** The checked configuration of a Gaussian pair. */
export const pairConfig: Configure<PairConfig> = /* @__PURE__ */ checkedConfig(
  "draw Gaussian pairs",
  {
    signal: [1, is.nonNegative],
    ...each(is.positive, { noiseA: 1, noiseB: 1, gain: 1 }),
  },
);

/** The exact variances and covariance of a pair. */
export function pairMoments(
  { signal, noiseA, noiseB, gain }: PairConfig,
): { varA: number; varB: number; cov: number } {
  return {
    varA: signal + noiseA,
    varB: gain * gain * (signal + noiseB),
    cov: gain * signal,
  };
}

/** n pairs of two noisy measurements of one signal. */
export function samplePairs(
  rng: Rng,
  n: number,
  config: PairConfig,
): { a: Float64Array; b: Float64Array; signal: Float64Array } {
  const a = new Float64Array(n);
  const b = new Float64Array(n);
  const signal = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    // The same draws under every setting: a slider moves points smoothly.
    signal[i] = Math.sqrt(config.signal) * normal(rng);
    a[i] = signal[i] + Math.sqrt(config.noiseA) * normal(rng);
    b[i] = config.gain * (signal[i] + Math.sqrt(config.noiseB) * normal(rng));
  }
  return { a, b, signal };
}

/**
 * Views of p entries: entry j of the unmixed view is s_j + its own noise, with
 * the variances given; both views are then turned by one rotation. Canonical
 * correlation j is signal_j / (signal_j + noise_j).
 */
export interface GaussianViewsConfig {
  /** Variance of each hidden cause that both views share; 0: none. */
  signal: readonly number[];
  /** Variance of each view's own noise on that entry. */
  noise: readonly number[];
}

/** A random rotation: p × p, rows orthonormal (Gram and Schmidt). */
export function rotation(rng: Rng, p: number): Float64Array {
  const m = fillNormal(rng, new Float64Array(p * p));
  for (let i = 0; i < p; i++) {
    const row = m.subarray(i * p, i * p + p);
    for (let j = 0; j < i; j++) {
      let dot = 0;
      for (let k = 0; k < p; k++) dot += row[k] * m[j * p + k];
      for (let k = 0; k < p; k++) row[k] -= dot * m[j * p + k];
    }
    let norm = 0;
    for (const value of row) norm += value * value;
    for (let k = 0; k < p; k++) row[k] /= Math.sqrt(norm);
  }
  return m;
}

/** The rotation of the plane by `angle` radians. */
export function planeRotation(angle: number): Float64Array {
  return Float64Array.of(cos(angle), sin(angle), -sin(angle), cos(angle));
}

/** n pairs of Gaussian views, unmixed entries times the rows of `mixing`. */
export function sampleGaussianViews(
  rng: Rng,
  n: number,
  { signal, noise }: GaussianViewsConfig,
  mixing: Float64Array,
): Pairs<Float64Array> {
  const p = signal.length;
  const pairs = newPairs(Float64Array, n, p, p);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < p; j++) {
      const s = normal(rng);
      const shared = Math.sqrt(signal[j]) * s;
      const a = shared + Math.sqrt(noise[j]) * normal(rng);
      const b = shared + Math.sqrt(noise[j]) * normal(rng);
      pairs.cause[i * p + j] = s;
      for (let k = 0; k < p; k++) {
        pairs.a[i * p + k] += a * mixing[j * p + k];
        pairs.b[i * p + k] += b * mixing[j * p + k];
      }
    }
  }
  return pairs;
}

/** Two cameras that watch a ball; a fly sits on each lens. */
export interface CamerasConfig {
  /** Pixels of one camera's strip. */
  pixels: number;
  /** Standard deviation of the ball's image, in pixels. */
  blur: number;
  /** Brightness of a fly; the ball has 1. */
  fly: number;
  /** Standard deviation of the noise of each pixel. */
  noise: number;
}

/** The checked configuration of two cameras. */
export const camerasConfig: Configure<CamerasConfig> =
  /* @__PURE__ */ checkedConfig("draw camera views", {
    pixels: [12, /* @__PURE__ */ is.integerIn(4, 64)],
    blur: [1.5, is.positive],
    ...each(is.nonNegative, { fly: 0.7, noise: 0.1 }),
  });

/**
 * n scenes. The ball's place is the hidden cause, from −1 to 1; the second
 * camera sees it mirrored. Each camera's fly sits anywhere, on its own.
 */
export function sampleCameras(
  rng: Rng,
  n: number,
  config: CamerasConfig,
): Pairs<Float64Array> {
  const { pixels, blur, fly, noise } = config;
  const pairs = newPairs(Float64Array, n, pixels);
  const reach = pixels / 2 - 1;
  for (let i = 0; i < n; i++) {
    const place = uniform(rng, -1, 1);
    pairs.cause[i] = place;
    const flyA = uniform(rng, -1, 1);
    const flyB = uniform(rng, -1, 1);
    for (let k = 0; k < pixels; k++) {
      const at = (k + 0.5 - pixels / 2) / reach;
      const bump = (centre: number): number => {
        const d = (at - centre) * reach / blur;
        return exp(-0.5 * d * d);
      };
      pairs.a[i * pixels + k] = bump(place) + fly * bump(flyA) +
        noise * normal(rng);
      pairs.b[i * pixels + k] = bump(-place) + fly * bump(flyB) +
        noise * normal(rng);
    }
  }
  return pairs;
}

/** Readings of a wave, every second one hidden; a panel draws them as bars. */
export interface WaveConfig {
  /** Readings that are seen; as many are hidden. */
  seen: number;
  /** Variance of each reading's own noise; the wave itself has variance 1. */
  noise: number;
}

/** The checked configuration of a half hidden wave. */
export const waveConfig: Configure<WaveConfig> = /* @__PURE__ */ checkedConfig(
  "draw waves",
  {
    seen: [4, /* @__PURE__ */ is.integerIn(2, 16)],
    noise: [0.1, is.nonNegative],
  },
);

/**
 * n waves: reading i is z₁ cos φᵢ + z₂ sin φᵢ + noise, φᵢ evenly round the
 * circle. `a` holds the even readings (seen), `b` the odd ones.
 */
export function sampleWaves(
  rng: Rng,
  n: number,
  config: WaveConfig,
): Pairs<Float64Array> {
  const { seen, noise } = config;
  const pairs = newPairs(Float64Array, n, seen, 2);
  const causes = fillNormal(rng, pairs.cause);
  const own = Math.sqrt(noise);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < 2 * seen; k++) {
      const phase = k * Math.PI / seen;
      const views = k % 2 === 0 ? pairs.a : pairs.b;
      views[i * seen + (k >> 1)] = causes[2 * i] * cos(phase) +
        causes[2 * i + 1] * sin(phase) + own * normal(rng);
    }
  }
  return pairs;
}
