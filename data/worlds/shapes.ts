/**
 * Images of several shapes, with the shape that each pixel belongs to.
 *
 * Three worlds:
 * - `seedShapes`: 24 × 24, three filled squares, discs or triangles of half-size
 *   2–4, the data of the reference program;
 * - `paperShapes`: 28 × 28, three hollow shapes, the static shapes of Greff,
 *   van Steenkiste & Schmidhuber (2017), after Reichert & Serre (2014);
 * - `flyingShapes`: the paper's shapes on straight paths that bounce off the
 *   walls.
 *
 * The label of a pixel is the hidden cause that a model is to find. It is used
 * for scores only; no model sees it.
 *
 * @module
 */
import * as is from "../../lib/run/checks.ts";
import {
  checkedConfig,
  type Configure,
  refusal,
} from "../../lib/run/config.ts";
import { cos, sin } from "../../lib/numeric/elementary.ts";
import { integer, type Rng, uniform } from "../../lib/numeric/random.ts";

/** The label of a pixel that two or more shapes cover: it belongs to none. */
export const OVERLAP = 255;

/** Images with the shape that each pixel belongs to. */
export interface ShapesBatch {
  /** How many images. */
  count: number;
  /** Width and height in pixels. */
  canvas: number;
  /** count × canvas², 0 or 1. */
  images: Float32Array;
  /** count × canvas²: 0 for background, 1 … objects, or OVERLAP. */
  labels: Uint8Array;
}

/** `count` images of a batch, from image `first` on. */
export function someImages(
  { canvas, images, labels }: ShapesBatch,
  first: number,
  count: number,
): ShapesBatch {
  const size = canvas * canvas;
  const [from, to] = [first * size, (first + count) * size];
  return {
    count,
    canvas,
    images: images.slice(from, to),
    labels: labels.slice(from, to),
  };
}

/** Draws `count` images. */
export type ShapesSampler = (rng: Rng, count: number) => ShapesBatch;

/** A small binary picture that is laid on the canvas. */
interface Stamp {
  rows: number;
  columns: number;
  /** rows × columns, 0 or 1. */
  pixels: Uint8Array;
}

function stamp(...lines: string[]): Stamp {
  return {
    rows: lines.length,
    columns: lines[0].length,
    pixels: Uint8Array.from(lines.join(""), (c) => c === "#" ? 1 : 0),
  };
}

const TRIANGLE = [
  ".....##.....",
  "....####....",
  "...######...",
  "..###..###..",
  ".###....###.",
  "############",
  "############",
];

/** The paper's shapes: a square with a hole and a triangle, upright and flipped. */
const PAPER_STAMPS: readonly Stamp[] = [
  stamp(
    "#######",
    "#######",
    "##...##",
    "##...##",
    "##...##",
    "#######",
    "#######",
  ),
  stamp(...TRIANGLE),
  stamp(...TRIANGLE.toReversed()),
];

/** Square, disc and triangle of half-size h: (2h + 1)² pixels and less. */
function filledStamps(h: number): Stamp[] {
  const side = 2 * h + 1;
  const draw = (inside: (dx: number, dy: number) => boolean): Stamp => ({
    rows: side,
    columns: side,
    pixels: Uint8Array.from(
      { length: side * side },
      (_, i) => inside(i % side - h, Math.floor(i / side) - h) ? 1 : 0,
    ),
  });
  return [
    draw(() => true),
    draw((dx, dy) => dx * dx + dy * dy <= (h + 0.5) * (h + 0.5)),
    draw((dx, dy) => 2 * Math.abs(dx) <= dy + h + 1),
  ];
}

const SEED_STAMPS: readonly (readonly Stamp[])[] = [2, 3, 4].map(filledStamps);

/** What becomes of a pixel of two shapes: the later one's, or no one's. */
type Overlap = "later" | "none";

/** Adds one shape to an image. */
function draw(
  batch: ShapesBatch,
  image: number,
  shape: { stamp: Stamp; top: number; left: number; label: number },
  overlap: Overlap,
): void {
  const { stamp: { rows, columns, pixels }, top, left, label } = shape;
  const { canvas, images, labels } = batch;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      if (pixels[r * columns + c] === 0) continue;
      const at = (image * canvas + top + r) * canvas + left + c;
      labels[at] = images[at] === 1 && overlap === "none" ? OVERLAP : label;
      images[at] = 1;
    }
  }
}

function emptyBatch(count: number, canvas: number): ShapesBatch {
  const problem = is.positiveInteger(count);
  if (problem) {
    throw refusal("draw shapes", "count", problem, count);
  }
  const size = count * canvas * canvas;
  return {
    count,
    canvas,
    images: new Float32Array(size),
    labels: new Uint8Array(size),
  };
}

/** How many shapes, on a canvas of which side. */
export interface ShapesConfig {
  canvas: number;
  objects: number;
}

/** The checked configuration of still shapes; none fits a smaller canvas. */
const stillConfig = (
  whose: string,
  canvas: number,
  least: number,
): Configure<ShapesConfig> =>
  checkedConfig(`draw the ${whose}'s shapes`, {
    canvas: [canvas, is.integerIn(least, 256)],
    objects: [3, is.integerIn(1, 9)],
  });

const seedConfig = stillConfig("seed", 24, 9);
const paperConfig = stillConfig("paper", 28, 12);

/**
 * The reference program's data: filled squares, discs and triangles of half-size
 * 2, 3 or 4, all equally likely, anywhere on the canvas. A pixel of two shapes
 * belongs to the one drawn later.
 *
 * @throws {RangeError} for a canvas below 9 × 9 or other than 1–9 objects
 */
export function seedShapes(overrides?: Partial<ShapesConfig>): ShapesSampler {
  const stamp = (rng: Rng): Stamp =>
    SEED_STAMPS[integer(rng, 3)][integer(rng, 3)];
  return stillShapes(seedConfig(overrides), stamp, "later");
}

/**
 * The paper's static shapes: each a hollow 7 × 7 square, a hollow 7 × 12
 * triangle or the same flipped, drawn with replacement, anywhere on the canvas.
 * A pixel of two shapes is marked OVERLAP and counts for none.
 *
 * @throws {RangeError} for a canvas below 12 × 12 or other than 1–9 objects
 */
export function paperShapes(overrides?: Partial<ShapesConfig>): ShapesSampler {
  const stamp = (rng: Rng): Stamp => PAPER_STAMPS[integer(rng, 3)];
  return stillShapes(paperConfig(overrides), stamp, "none");
}

/** Stamps anywhere on the canvas, one after the other. */
function stillShapes(
  { canvas, objects }: ShapesConfig,
  drawStamp: (rng: Rng) => Stamp,
  overlap: Overlap,
): ShapesSampler {
  return (rng, count) => {
    const batch = emptyBatch(count, canvas);
    for (let i = 0; i < count; i++) {
      for (let label = 1; label <= objects; label++) {
        const stamp = drawStamp(rng);
        const top = integer(rng, canvas - stamp.rows + 1);
        const left = integer(rng, canvas - stamp.columns + 1);
        draw(batch, i, { stamp, top, left, label }, overlap);
      }
    }
    return batch;
  };
}

/** A world of moving shapes. */
export interface FlyingConfig extends ShapesConfig {
  /** Frames in a sequence. */
  frames: number;
  /** Pixels that a shape moves in a frame, in a random direction. */
  speed: number;
}

const flyingConfig: Configure<FlyingConfig> = checkedConfig(
  "draw flying shapes",
  {
    canvas: [28, is.integerIn(13, 256)],
    objects: [3, is.integerIn(1, 9)],
    frames: [20, is.positiveInteger],
    speed: [1.5, is.nonNegative],
  },
  ({ canvas, speed }) => [
    ["speed", speed <= canvas - 12, `at most ${canvas - 12} pixels a frame`],
  ],
);

/**
 * Sequences of the paper's shapes in straight motion. A shape starts anywhere,
 * moves `speed` pixels a frame in a random direction and bounces off the walls;
 * it is drawn at the nearest whole pixel.
 *
 * @returns a sampler of one batch a frame: image i of every frame is sequence i
 * @throws {RangeError} for a canvas below 13 × 13, other than 1–9 objects or a
 *   shape that would cross the canvas in one frame
 */
export function flyingShapes(
  overrides?: Partial<FlyingConfig>,
): (rng: Rng, count: number) => ShapesBatch[] {
  const { canvas, objects, frames, speed } = flyingConfig(overrides);
  return (rng, count) => {
    const batches = Array.from(
      { length: frames },
      () => emptyBatch(count, canvas),
    );
    for (let i = 0; i < count; i++) {
      for (let label = 1; label <= objects; label++) {
        const stamp = PAPER_STAMPS[integer(rng, 3)];
        const room = [canvas - stamp.rows, canvas - stamp.columns];
        const at = room.map((size) => uniform(rng, 0, size));
        const angle = uniform(rng, -Math.PI, Math.PI);
        const velocity = [speed * sin(angle), speed * cos(angle)];
        for (const batch of batches) {
          const [top, left] = at.map(Math.round);
          draw(batch, i, { stamp, top, left, label }, "none");
          for (let axis = 0; axis < 2; axis++) {
            at[axis] += velocity[axis];
            if (at[axis] < 0 || at[axis] > room[axis]) {
              at[axis] = at[axis] < 0 ? -at[axis] : 2 * room[axis] - at[axis];
              velocity[axis] = -velocity[axis];
            }
          }
        }
      }
    }
    return batches;
  };
}
