/**
 * Small images of Gaussian blobs whose hidden causes are few real numbers:
 * dipoles, pairs of equal sign and single blobs; and images of one bar.
 *
 * Source: Zemel & Hinton (1995), Learning population codes by minimizing
 * description length, Neural Computation 7(3), 549–564; sizes of the dipoles
 * as in the reference program.
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
import { cos, exp, sin } from "../../lib/numeric/elementary.ts";
import type { Floats, Rng } from "../../lib/numeric/random.ts";
import { bernoulli, shuffle, uniform } from "../../lib/numeric/random.ts";

/** A sampler of images with their hidden causes. */
export interface World {
  /** As tables and captions show it. */
  name: string;
  /** Pixels an image. */
  pixels: number;
  /** Names of the hidden causes, in the order in which `draw` writes them. */
  latents: readonly string[];
  /** Draws one image into `image`, and its causes into `latents`. */
  draw(rng: Rng, image: Floats, latents: Floats): void;
}

/** Images and hidden causes in rows, as `drawSet` returns them. */
export interface ImageSet {
  count: number;
  /** count × pixels. */
  images: Float64Array<ArrayBuffer>;
  /** count × number of latents. */
  latents: Float64Array<ArrayBuffer>;
}

/** Draws `count` images of a world. */
export function drawSet(world: World, rng: Rng, count: number): ImageSet {
  const { pixels, latents: { length } } = world;
  const images = new Float64Array(count * pixels);
  const latents = new Float64Array(count * length);
  for (let i = 0; i < count; i++) {
    world.draw(
      rng,
      images.subarray(i * pixels, (i + 1) * pixels),
      latents.subarray(i * length, (i + 1) * length),
    );
  }
  return { count, images, latents };
}

/**
 * A sampler of images alone, as models want it: fills `out` (count × pixels,
 * row after row) with fresh images.
 */
export function imageSampler(world: World): (rng: Rng, out: Floats) => void {
  const latents = new Float64Array(world.latents.length);
  return (rng, out) => {
    for (let at = 0; at < out.length; at += world.pixels) {
      world.draw(rng, out.subarray(at, at + world.pixels), latents);
    }
  };
}

/** What a blob image is made of. Lengths are in pixels. */
export interface DipoleConfig {
  /** Height and width of the image. */
  size: number;
  /** Distance of the two blobs, drawn from [separation, separationTo]. */
  separation: number;
  separationTo: number;
  /** Standard deviation of a blob. */
  blobSigma: number;
  /** The midpoint keeps this distance from the outermost pixel centres. */
  pad: number;
  /** Orientations are drawn from [0, turn), in radians. */
  turn: number;
  /** The second blob: −1 a dipole, 1 a pair of equal sign, 0 none. */
  second: number;
}

/** The checked configuration of a dipole world; defaults as in the reference. */
export const dipoleConfig: Configure<DipoleConfig> = checkedConfig(
  "make dipole images",
  {
    size: [8, is.integerIn(2, 64)],
    ...each(is.between(0, 64), { separation: 2, separationTo: 2 }),
    blobSigma: [0.55, is.between(0.05, 64)],
    pad: [1.5, is.between(0, 32)],
    turn: [Math.PI, is.between(0, 2 * Math.PI)],
    second: [-1, is.oneOf(-1, 0, 1)],
  },
  ({ pad, size, separation, separationTo }) => [
    padRule(pad, size),
    [
      "separationTo",
      separation <= separationTo,
      `at least separation = ${separation}`,
    ],
  ],
);

/** What lies `pad` from the edges must leave some of the image. */
function padRule(pad: number, size: number): Rule<{ pad: number }> {
  const most = (size - 1) / 2;
  return ["pad", pad <= most, `at most (size − 1) / 2 = ${most}`];
}

/** The causes of one blob image. */
export interface Dipole {
  /** Midpoint, column. */
  x: number;
  /** Midpoint, row. */
  y: number;
  /** Direction from the midpoint to the first blob, radians. */
  theta: number;
  /** Distance of the blobs; default the configuration's. */
  separation?: number;
}

/**
 * Draws one image into `out`: a blob of height 1 at half the separation from
 * (x, y) along theta, and a blob of height `second` opposite to it. A single
 * blob (`second` 0) sits on (x, y) itself.
 */
export function renderDipole(
  dipole: Dipole,
  config: DipoleConfig,
  out: Floats,
): void {
  const { size, blobSigma, second } = config;
  const half = second === 0 ? 0 : (dipole.separation ?? config.separation) / 2;
  const dx = half * cos(dipole.theta);
  const dy = half * sin(dipole.theta);
  out.fill(0);
  addBlob(out, size, dipole.x + dx, dipole.y + dy, blobSigma, 1);
  if (second !== 0) {
    addBlob(out, size, dipole.x - dx, dipole.y - dy, blobSigma, second);
  }
}

/** out += height · exp(−distance² / 2σ²), separably. */
function addBlob(
  out: Floats,
  size: number,
  x: number,
  y: number,
  sigma: number,
  height: number,
): void {
  const scale = -1 / (2 * sigma * sigma);
  const columns = profile;
  for (let j = 0; j < size; j++) columns[j] = exp((j - x) * (j - x) * scale);
  for (let i = 0; i < size; i++) {
    const row = height * exp((i - y) * (i - y) * scale);
    for (let j = 0; j < size; j++) out[i * size + j] += row * columns[j];
  }
}
// Scratch of addBlob; as long as the largest image is wide.
const profile = new Float64Array(64);

/**
 * The world of a dipole configuration. Its latents are those that vary: x and
 * y, theta where there are two blobs, and the separation where it has a range.
 */
export function dipoleWorld(overrides: Partial<DipoleConfig> = {}): World {
  const config = dipoleConfig(overrides);
  const { size, pad, turn, second, separation, separationTo } = config;
  const turns = second !== 0;
  const stretches = turns && separationTo > separation;
  const kind = second === 0 ? "blob" : second === 1 ? "pair" : "dipole";
  const angle = turn === Math.PI
    ? "θ < π"
    : turn === 2 * Math.PI
    ? "θ < 2π"
    : `θ < ${turn}`;
  return {
    name: turns
      ? `${kind}, ${angle}${stretches ? ", stretching" : ""}`
      : "single blob",
    pixels: size * size,
    latents: ["x", "y", ...turns ? ["θ"] : [], ...stretches ? ["length"] : []],
    draw: (rng, image, latents) => {
      const x = latents[0] = uniform(rng, pad, size - 1 - pad);
      const y = latents[1] = uniform(rng, pad, size - 1 - pad);
      const theta = turns ? latents[2] = uniform(rng, 0, turn) : 0;
      const length = stretches
        ? latents[3] = uniform(rng, separation, separationTo)
        : separation;
      renderDipole({ x, y, theta, separation: length }, config, image);
    },
  };
}

/** What an image of one bar is made of. Lengths are in pixels. */
export interface OneBarConfig extends Pick<DipoleConfig, "size" | "pad"> {
  /** Standard deviation of the bar's profile across. */
  barSigma: number;
}

/** The checked configuration of images of one bar. */
export const oneBarConfig: Configure<OneBarConfig> = checkedConfig(
  "make images of one bar",
  {
    size: dipoleConfig.fields.size,
    barSigma: [0.7, is.between(0.05, 64)],
    pad: [0.5, is.between(0, 32)],
  },
  ({ pad, size }) => [padRule(pad, size)],
);

/**
 * The what/where world: one bar across the whole image, horizontal or vertical
 * with equal probability (what), at a real position (where). Its latents are
 * `vertical` (0 or 1) and `position`.
 */
export function oneBarWorld(overrides: Partial<OneBarConfig> = {}): World {
  const { size, barSigma, pad } = oneBarConfig(overrides);
  const scale = -1 / (2 * barSigma * barSigma);
  return {
    name: "one bar",
    pixels: size * size,
    latents: ["vertical", "position"],
    draw: (rng, image, latents) => {
      const vertical = latents[0] = bernoulli(rng, 0.5);
      const position = latents[1] = uniform(rng, pad, size - 1 - pad);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const away = (vertical ? j : i) - position;
          image[i * size + j] = exp(away * away * scale);
        }
      }
    },
  };
}

/**
 * The control world: each image's pixels in a random order of its own. All
 * that a histogram of pixels knows is left; the hidden causes are gone.
 */
export function shuffledWorld(world: World): World {
  return {
    ...world,
    name: `${world.name}, pixels shuffled`,
    draw: (rng, image, latents) => {
      world.draw(rng, image, latents);
      shuffle(rng, image);
    },
  };
}

/** Regression targets with their names. */
export interface Targets {
  names: string[];
  /** count × names.length. */
  values: Float64Array<ArrayBuffer>;
}

/**
 * The latents as regression targets: an angle θ is replaced by cos mθ and
 * sin mθ, all else stays.
 *
 * @param multiple m: 1 names the orientation of a dipole, 2 (the reference's
 *   choice) gives θ and θ + π the same target
 */
export function regressionTargets(
  world: World,
  set: ImageSet,
  multiple = 1,
): Targets {
  const { latents } = world;
  const m = multiple === 1 ? "" : String(multiple);
  const names = latents.flatMap((name) =>
    name === "θ" ? [`cos ${m}θ`, `sin ${m}θ`] : [name]
  );
  const values = new Float64Array(set.count * names.length);
  for (let i = 0, at = 0; i < set.count; i++) {
    for (let k = 0; k < latents.length; k++) {
      const value = set.latents[i * latents.length + k];
      if (latents[k] === "θ") {
        values[at++] = cos(multiple * value);
        values[at++] = sin(multiple * value);
      } else values[at++] = value;
    }
  }
  return { names, values };
}
