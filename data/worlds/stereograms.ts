/**
 * Random-dot stereograms: strips at one disparity, and scan lines of a curved
 * surface. Disparity is the only thing that two views of a pair share.
 *
 * A strip is what one module sees: `stripWidth` pixels of the left eye, then
 * `stripWidth` of the right. A dot at position v in the left eye appears at
 * v + d in the right. Two renderers:
 *
 * - "linear" is the reference program's. Dots sit on the left eye's pixels, and
 *   the right eye interpolates between two of them. Interpolation lowers the
 *   contrast, by an amount that tells the fraction of d to one eye alone.
 * - "blurred" follows Becker & Hinton (1992), who blurred dots at any position:
 *   the lattice of dots has a random phase, each eye moves by half of d, and
 *   each dot is a Gaussian. What one eye sees has the same distribution at
 *   every d, because a random phase absorbs every shift.
 *
 * @module
 */
import * as is from "../../lib/run/checks.ts";
import {
  checkedConfig,
  type Configure,
  each,
  type Rule,
} from "../../lib/run/config.ts";
import {
  newPairs,
  type Pairs,
  type PairSampler,
} from "../../lib/agreement/pairs.ts";
import { exp, sin } from "../../lib/numeric/elementary.ts";
import type { Floats, Rng } from "../../lib/numeric/random.ts";

/** A strip and how it is rendered. */
export interface StereoConfig {
  /** Pixels an eye. */
  stripWidth: number;
  /** Disparities lie in [−maxDisparity, maxDisparity] pixels. */
  maxDisparity: number;
  /** Uniform over the interval, or over its integers. */
  disparities: "real" | "integer";
  renderer: "linear" | "blurred";
  /** "scrambled": independent dots in the left eye. "closed": zeros there. */
  leftEye: "seen" | "scrambled" | "closed";
  /** "independent": the control in which the two strips share no disparity. */
  pairing: "shared" | "independent";
  /**
   * The second strip's disparity differs from the first's by up to this many
   * pixels, as on a slanted surface; reflected at ±maxDisparity.
   */
  slant: number;
}

/** Standard deviation in pixels of a blurred dot. */
const BLUR = 0.7;
/** A blurred dot ends at this distance from its centre, in pixels. */
export const REACH = 3;

/** Checks a strip's configuration; the defaults are the reference's. */
export const stereoConfig: Configure<StereoConfig> = checkedConfig(
  "draw stereograms",
  {
    stripWidth: [10, is.integerIn(2, 64)],
    maxDisparity: [3, is.positive],
    disparities: ["real", is.oneOf("real", "integer")],
    renderer: ["linear", is.oneOf("linear", "blurred")],
    leftEye: ["seen", is.oneOf("seen", "scrambled", "closed")],
    pairing: ["shared", is.oneOf("shared", "independent")],
    slant: [0, is.nonNegative],
  },
  ({ stripWidth, maxDisparity, disparities, slant }) => [
    [
      "slant",
      slant <= maxDisparity && (slant === 0 || disparities === "real"),
      "0 for integer disparities, else at most maxDisparity",
    ],
    widthRule(maxDisparity, stripWidth),
    [
      "maxDisparity",
      disparities === "real" || Number.isInteger(maxDisparity),
      "an integer for integer disparities",
    ],
  ],
);

/** Two eyes must have a dot in common. */
function widthRule(
  maxDisparity: number,
  stripWidth: number,
): Rule<{ maxDisparity: number }> {
  const mustBe = `below the strip's width of ${stripWidth} pixels`;
  return ["maxDisparity", maxDisparity < stripWidth, mustBe];
}

/**
 * A sampler of pairs of strips: left pixels, then right pixels. The dots of the
 * two strips are independent. The cause is the disparity in pixels, of the
 * first strip where the pairing is independent.
 *
 * @throws {RangeError} for a bad configuration
 */
export function stereoSampler(
  overrides: Partial<StereoConfig> = {},
): PairSampler {
  const config = stereoConfig(overrides);
  const draw = stripRenderer(config);
  const width = 2 * config.stripWidth;
  return (rng, { a, b, cause }) => {
    for (let i = 0; i < cause.length; i++) {
      const d = drawDisparity(rng, config);
      cause[i] = d;
      draw(rng, d, a, i * width);
      const shared = config.pairing === "shared";
      const other = shared
        ? slanted(rng, d, config)
        : drawDisparity(rng, config);
      draw(rng, other, b, i * width);
    }
  };
}

/** A new batch of n pairs, drawn by `stereoSampler`. */
export function stereoPairs(
  rng: Rng,
  n: number,
  config: Partial<StereoConfig> = {},
): Pairs<Float32Array> {
  const { stripWidth } = stereoConfig(config);
  const pairs = newPairs(Float32Array, n, 2 * stripWidth);
  stereoSampler(config)(rng, pairs);
  return pairs;
}

/** One strip at disparity `d`: left pixels, then right pixels. */
export function stereoStrip(
  rng: Rng,
  d: number,
  overrides: Partial<StereoConfig> = {},
): Float64Array {
  const config = stereoConfig(overrides);
  const strip = new Float64Array(2 * config.stripWidth);
  stripRenderer(config)(rng, d, strip, 0);
  return strip;
}

function drawDisparity(
  rng: Rng,
  { disparities, maxDisparity }: StereoConfig,
): number {
  return disparities === "integer"
    ? Math.floor((2 * maxDisparity + 1) * rng()) - maxDisparity
    : maxDisparity * (2 * rng() - 1);
}

// The disparity next to d on a slanted surface.
function slanted(
  rng: Rng,
  d: number,
  { slant, maxDisparity }: StereoConfig,
): number {
  if (slant === 0) return d;
  const next = d + slant * (2 * rng() - 1);
  if (next > maxDisparity) return 2 * maxDisparity - next;
  return next < -maxDisparity ? -2 * maxDisparity - next : next;
}

type DrawStrip = (rng: Rng, d: number, out: Floats, start: number) => void;

function stripRenderer(config: StereoConfig): DrawStrip {
  const width = config.stripWidth;
  const draw = config.renderer === "linear"
    ? linearStrip(config)
    : blurredStrip(config);
  if (config.leftEye === "seen") return draw;
  const other = new Float64Array(2 * width);
  return (rng, d, out, start) => {
    draw(rng, d, out, start);
    if (config.leftEye === "scrambled") draw(rng, d, other, 0);
    for (let i = 0; i < width; i++) out[start + i] = other[i];
  };
}

// Overwrites `dots` with independent ±1. One draw of the generator, a multiple
// of 2⁻³², is good for 32 of them.
function drawDots(rng: Rng, dots: Float64Array): void {
  let bits = 0;
  for (let i = 0; i < dots.length; i++) {
    if ((i & 31) === 0) bits = (rng() * 4294967296) | 0;
    dots[i] = (bits & 1) * 2 - 1;
    bits >>= 1;
  }
}

// Left pixel i shows dot i; right pixel i shows the dots at i − d.
function linearStrip({ stripWidth, maxDisparity }: StereoConfig): DrawStrip {
  const pad = Math.ceil(maxDisparity) + 1;
  const dots = new Float64Array(stripWidth + 2 * pad);
  return (rng, d, out, start) => {
    drawDots(rng, dots);
    const base = Math.floor(pad - d);
    const fraction = pad - d - base;
    for (let i = 0; i < stripWidth; i++) out[start + i] = dots[pad + i];
    for (let i = 0; i < stripWidth; i++) {
      out[start + stripWidth + i] = (1 - fraction) * dots[base + i] +
        fraction * dots[base + i + 1];
    }
  };
}

function blurredStrip({ stripWidth, maxDisparity }: StereoConfig): DrawStrip {
  const pad = Math.ceil(maxDisparity / 2) + REACH + 1;
  const dots = new Float64Array(stripWidth + 2 * pad);
  return (rng, d, out, start) => {
    drawDots(rng, dots);
    const phase = rng() - pad;
    out.fill(0, start, start + 2 * stripWidth);
    for (let j = 0; j < dots.length; j++) {
      const v = j + phase;
      addDot(dots[j], v - d / 2, out, start, stripWidth);
      addDot(dots[j], v + d / 2, out, start + stripWidth, stripWidth);
    }
  };
}

// The Gaussian of a dot at steps of 1/128 pixel, scaled so that an image of
// ±1 dots on a lattice of spacing 1 has variance 1.
const STEPS = 128;
const PROFILE = Float64Array.from({ length: REACH * STEPS + 2 }, (_, k) => {
  const x = k / STEPS / BLUR;
  const peak = 1 / Math.sqrt(BLUR * Math.sqrt(Math.PI));
  return x * BLUR > REACH ? 0 : peak * exp(-0.5 * x * x);
});

// Adds a blurred dot at `position` to `width` pixels of `out` from `start`.
function addDot(
  dot: number,
  position: number,
  out: Floats,
  start: number,
  width: number,
): void {
  const first = Math.max(0, Math.ceil(position - REACH));
  const last = Math.min(width - 1, Math.floor(position + REACH));
  for (let i = first; i <= last; i++) {
    const x = STEPS * Math.abs(i - position);
    const k = x | 0;
    const profile = PROFILE[k] + (x - k) * (PROFILE[k + 1] - PROFILE[k]);
    out[start + i] += dot * profile;
  }
}

/** Scan lines of a surface, seen by a row of modules. */
export interface SurfaceConfig {
  /** Modules along the line. */
  modules: number;
  /** Pixels an eye and module. */
  stripWidth: number;
  /** Pixels between neighbours; from maxDisparity + REACH on hardly a dot is seen by both. */
  gap: number;
  maxDisparity: number;
  /** Shortest wavelength of the surface, in pixels. */
  shortest: number;
  /** Longest wavelength, in pixels. */
  longest: number;
  /** Probability that a line has a discontinuity: another surface from there on. */
  breaks: number;
}

/** Checks a surface's configuration. */
const surfaceConfig: Configure<SurfaceConfig> = /* @__PURE__ */ checkedConfig(
  "draw surfaces",
  {
    ...each(is.integerIn(2, 64), { modules: 10, stripWidth: 10 }),
    gap: [6, is.integerIn(0, 64)],
    ...each(is.positive, { maxDisparity: 3, shortest: 100, longest: 300 }),
    breaks: [0, is.probability],
  },
  ({ maxDisparity, stripWidth, shortest, longest }) => [
    widthRule(maxDisparity, stripWidth),
    ["longest", longest >= shortest, `at least shortest, ${shortest}`],
  ],
);

/** A batch of scan lines, filled by a sampler. */
export interface SurfaceLines {
  /** (lines · modules) × 2·stripWidth: left pixels, then right pixels. */
  pixels: Floats;
  /** lines × modules: the disparity at each module's centre, in pixels. */
  disparity: Float64Array;
  /** For each line the position of its discontinuity in pixels, or NaN. */
  breaks: Float64Array;
}

/** Fills a batch; its number of lines is the length of `breaks`. */
export type SurfaceSampler = (rng: Rng, lines: SurfaceLines) => void;

/** A new, empty batch of n scan lines. */
export function surfaceLines(
  n: number,
  overrides: Partial<SurfaceConfig> = {},
): SurfaceLines {
  const { modules, stripWidth } = surfaceConfig(overrides);
  return {
    pixels: new Float32Array(n * modules * 2 * stripWidth),
    disparity: new Float64Array(n * modules),
    breaks: new Float64Array(n),
  };
}

/**
 * A sampler of scan lines. The disparity along a line is a sum of three
 * sinusoids of random wavelength, phase and share, which never leaves
 * [−maxDisparity, maxDisparity]. Dots of ±1 lie on a lattice of random phase
 * on the surface, and each eye sees them moved by half their disparity,
 * blurred; nothing hides anything.
 *
 * @throws {RangeError} for a bad configuration
 */
export function surfaceSampler(
  overrides: Partial<SurfaceConfig> = {},
): SurfaceSampler {
  const config = surfaceConfig(overrides);
  const { modules, stripWidth, gap, maxDisparity } = config;
  const spacing = stripWidth + gap;
  const length = modules * spacing - gap;
  const pad = Math.ceil(maxDisparity / 2) + REACH + 1;
  const dots = new Float64Array(length + 2 * pad);
  const near = new Float64Array(9);
  const far = new Float64Array(9);
  const reach = maxDisparity / 2 + REACH;
  return (rng, { pixels, disparity, breaks }) => {
    pixels.fill(0);
    for (let line = 0; line < breaks.length; line++) {
      drawWaves(rng, near, config);
      drawWaves(rng, far, config);
      const at = rng() < config.breaks ? length * rng() : NaN;
      breaks[line] = at;
      const depth = (u: number): number =>
        maxDisparity * height(u >= at ? far : near, u);
      for (let m = 0; m < modules; m++) {
        const centre = m * spacing + (stripWidth - 1) / 2;
        disparity[line * modules + m] = depth(centre);
      }
      drawDots(rng, dots);
      const phase = rng() - pad;
      for (let j = 0; j < dots.length; j++) {
        const v = j + phase;
        const d = depth(v);
        // The modules whose pixels the dot can reach in either eye.
        const first = Math.max(0, Math.floor((v - reach + gap) / spacing));
        const last = Math.min(modules - 1, Math.floor((v + reach) / spacing));
        for (let m = first; m <= last; m++) {
          const start = (line * modules + m) * 2 * stripWidth;
          const x = v - m * spacing;
          addDot(dots[j], x - d / 2, pixels, start, stripWidth);
          addDot(dots[j], x + d / 2, pixels, start + stripWidth, stripWidth);
        }
      }
    }
  };
}

/**
 * A sampler of pairs of neighbouring modules on a smooth surface. The cause is
 * the disparity at the centre of the first.
 */
export function neighbourSampler(
  overrides: Partial<SurfaceConfig> = {},
): PairSampler {
  const config = surfaceConfig({ ...overrides, modules: 2 });
  const sample = surfaceSampler(config);
  const width = 2 * config.stripWidth;
  let lines = surfaceLines(0, config);
  return (rng, { a, b, cause }) => {
    const n = cause.length;
    if (lines.breaks.length !== n) lines = surfaceLines(n, config);
    sample(rng, lines);
    for (let i = 0; i < n; i++) {
      cause[i] = lines.disparity[2 * i];
      for (let p = 0; p < width; p++) {
        a[i * width + p] = lines.pixels[2 * i * width + p];
        b[i * width + p] = lines.pixels[(2 * i + 1) * width + p];
      }
    }
  };
}

// Three waves, each as angular frequency, phase and share; shares sum to 1.
function drawWaves(
  rng: Rng,
  waves: Float64Array,
  { shortest, longest }: SurfaceConfig,
): void {
  let total = 0;
  for (let k = 0; k < 9; k += 3) {
    waves[k] = 2 * Math.PI / (shortest + (longest - shortest) * rng());
    waves[k + 1] = 2 * Math.PI * rng();
    waves[k + 2] = 0.1 + rng();
    total += waves[k + 2];
  }
  for (let k = 2; k < 9; k += 3) waves[k] /= total;
}

// The surface at u, in [−1, 1].
function height(waves: Float64Array, u: number): number {
  return waves[2] * sin(waves[0] * u + waves[1]) +
    waves[5] * sin(waves[3] * u + waves[4]) +
    waves[8] * sin(waves[6] * u + waves[7]);
}
