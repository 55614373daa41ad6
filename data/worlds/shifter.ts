/**
 * The shifter: a row of random bits and the same row shifted cyclically, each
 * repeated. The direction of the shift is the hidden cause; no pixel and no
 * single row carries it.
 *
 * Source: Dayan, Hinton, Neal & Zemel (1995), The Helmholtz machine, Neural
 * Computation 7(5), 889–904, section 5; sizes as in the reference program.
 *
 * @module
 */
import * as is from "../../lib/run/checks.ts";
import { checkedConfig, type Configure } from "../../lib/run/config.ts";
import { integer, type Rng } from "../../lib/numeric/random.ts";
import type { CauseImages } from "./cause_images.ts";

/** What a shifter image is made of. */
export interface ShifterConfig {
  /** Pixels in a row; the exact quantities enumerate 2^width rows. */
  width: number;
  /** Rows: the upper half repeats the row, the lower half the shifted row. */
  height: number;
  /** Probability that a bit of the row is on. */
  pOn: number;
  /** Cyclic shifts, positive to the right, drawn with equal probability. */
  shifts: readonly number[];
}

/** The checked configuration of a shifter; defaults as in the reference. */
export const shifterConfig: Configure<ShifterConfig> = checkedConfig(
  "make shifter images",
  {
    width: [8, is.integerIn(2, 16)],
    height: [4, is.positiveInteger],
    pOn: [0.3, is.probability],
    shifts: [[-1, 1]],
  },
  ({ width, height, shifts }) => [
    ["height", height % 2 === 0, "an even integer"],
    [
      "shifts",
      shifts.length > 0 && shifts.every((s) => Number.isInteger(s)) &&
      new Set(shifts.map((s) => (s % width + width) % width)).size ===
        shifts.length,
      `a list of integers, distinct modulo the width ${width}`,
    ],
  ],
);

/** The row shifted cyclically by `shift` to the right, bits packed: bit j is pixel j. */
function rotate(row: number, shift: number, width: number): number {
  const s = (shift % width + width) % width;
  const mask = 2 ** width - 1;
  return ((row << s) | (row >>> (width - s))) & mask;
}

function writeImage(
  out: { [i: number]: number },
  offset: number,
  row: number,
  shift: number,
  { width, height }: ShifterConfig,
): void {
  const shifted = rotate(row, shift, width);
  for (let y = 0; y < height; y++) {
    const bits = y < height / 2 ? row : shifted;
    for (let x = 0; x < width; x++) {
      out[offset + y * width + x] = (bits >> x) & 1;
    }
  }
}

/**
 * Draws one image into `out` (height · width pixels, 0 or 1).
 *
 * @returns the index into `config.shifts` of the shift that made it
 */
export function sampleShifter(
  rng: Rng,
  out: { [i: number]: number },
  config: ShifterConfig,
): number {
  let row = 0;
  for (let x = 0; x < config.width; x++) {
    row |= Number(rng() < config.pOn) << x; // no branch to mispredict
  }
  const direction = integer(rng, config.shifts.length);
  writeImage(out, 0, row, config.shifts[direction], config);
  return direction;
}

/** Lists every distinct image with its probability and that of each shift. */
export function enumerateShifter(config: ShifterConfig): CauseImages {
  const { width, height, pOn, shifts } = config;
  const size = width * height;
  const index = new Map<string, number>();
  const joint: number[][] = [];
  const drawn: [row: number, shift: number][] = [];
  for (let row = 0; row < 2 ** width; row++) {
    let p = 1 / shifts.length;
    for (let x = 0; x < width; x++) p *= (row >> x) & 1 ? pOn : 1 - pOn;
    shifts.forEach((shift, direction) => {
      const key = `${row},${rotate(row, shift, width)}`;
      let image = index.get(key);
      if (image === undefined) {
        image = joint.push(shifts.map(() => 0)) - 1;
        index.set(key, image);
        drawn.push([row, shift]);
      }
      joint[image][direction] += p;
    });
  }
  const pixels = new Uint8Array(joint.length * size);
  drawn.forEach(([row, shift], i) =>
    writeImage(pixels, i * size, row, shift, config)
  );
  return {
    count: joint.length,
    pixels,
    probability: Float64Array.from(joint, (p) => p.reduce((a, b) => a + b)),
    joint: Float64Array.from(joint.flat()),
  };
}

/** The shifts that could have made an image: none where it is no valid one. */
export function shiftsOf(
  image: ArrayLike<number>,
  config: ShifterConfig,
): number[] {
  const { width, height, shifts } = config;
  let row = 0;
  for (let x = 0; x < width; x++) row |= image[x] << x;
  const expected = new Uint8Array(width * height);
  return shifts.filter((shift) => {
    writeImage(expected, 0, row, shift, config);
    return expected.every((pixel, i) => pixel === image[i]);
  });
}

/** What a hidden unit alone does to an image of the shifter. */
export type FieldKind =
  | "pair" // one place of the row, and where a shift puts it: a true cause
  | "half" // places of one half of the image alone
  | "fork" // one place of a half, two of the other
  | "NOT" // switches pixels off
  | "AND" // pixels that it cannot switch on alone
  | "other"
  | "idle";

/** Changes of a pixel's probability that count as on, off and at all. */
const ON = 0.25;
const OFF = -0.1;
const WEAK = 0.01;

/**
 * What a unit's field says of it.
 *
 * @param field p(v | unit alone) − p(v | none), height × width
 */
export function kindOfField(
  field: ArrayLike<number>,
  { width, height, shifts }: ShifterConfig,
): FieldKind {
  const means = Array.from({ length: 2 * width }, (_, i) => {
    const [x, half] = [i % width, Math.floor(i / width)];
    let sum = 0;
    for (let y = 0; y < height / 2; y++) {
      sum += field[(half * height / 2 + y) * width + x];
    }
    return sum / (height / 2);
  });
  const on = means.flatMap((mean, i) => mean > ON ? [i] : []);
  const [upper, lower] = [
    on.filter((i) => i < width),
    on.filter((i) => i >= width).map((i) => i - width),
  ];
  if (on.length === 0) {
    if (means.some((mean) => mean < OFF)) return "NOT";
    return means.some((mean) => mean > WEAK) ? "AND" : "idle";
  }
  if (upper.length === 0 || lower.length === 0) return "half";
  if (upper.length + lower.length === 3) return "fork";
  const isShift = shifts.some((shift) =>
    (upper[0] + shift + width) % width === lower[0]
  );
  return on.length === 2 && isShift ? "pair" : "other";
}

/** Pixels of several images as a list of views, one an image. */
export function split(pixels: Uint8Array, config: ShifterConfig): Uint8Array[] {
  const size = config.width * config.height;
  return Array.from(
    { length: pixels.length / size },
    (_, k) => pixels.subarray(k * size, (k + 1) * size),
  );
}
