/**
 * Pictures of EM at work: who is responsible for which pixel after which step,
 * and what each component predicts.
 *
 * @module
 */
import { animation } from "./animation.ts";
import type { FrameOptions, Html } from "../page/html.ts";
import { imageGrid } from "./image_grid.ts";
import { maskGrid } from "./masks.ts";

/** One EM step on one image: γ, pixels × K, and ψ of each component. */
export interface EmState {
  gamma: ArrayLike<number>;
  psi: readonly ArrayLike<number>[];
}

/** Square images, one after the other. */
export interface ImageBatch {
  canvas: number;
  images: Float32Array;
}

/** The pixels of image `i`. */
function imageOf(
  { canvas, images }: ImageBatch,
  i: number,
): Float32Array {
  return images.subarray(i * canvas * canvas, (i + 1) * canvas * canvas);
}

/** Responsibilities as hues: an image a row, a step a column. */
export function slotGrid(
  recorded: readonly (readonly EmState[])[],
  batch: ImageBatch,
  { steps = recorded[0].map((_, t) => t + 1), ...words }: FrameOptions & {
    /** Which steps, from 1; default all. */
    steps?: readonly number[];
  } = {},
): Html {
  const cells = recorded.flatMap((states, i) =>
    steps.map((t) => ({ state: states[t - 1], i }))
  );
  return maskGrid(
    cells.map(({ state: { gamma, psi } }) => ({
      gamma,
      components: psi.length,
    })),
    {
      width: batch.canvas,
      columns: steps.length,
      images: cells.map(({ i }) => imageOf(batch, i)),
      labels: cells.map((_, n) => n < steps.length ? `step ${steps[n]}` : ""),
      ...words,
    },
  );
}

/** Each image, what each component predicts of it, and the mixture Σ γψ. */
export function predictionGrid(
  states: readonly EmState[],
  batch: ImageBatch,
  words: FrameOptions = {},
): Html {
  const K = states[0].psi.length;
  const rows = states.flatMap(({ gamma, psi }, i) => {
    const mixture = Float32Array.from(
      psi[0],
      (_, p) => psi.reduce((sum, q, k) => sum + gamma[K * p + k] * q[p], 0),
    );
    return [imageOf(batch, i), ...psi, mixture];
  });
  const heads = ["image", ...states[0].psi.map((_, k) => `ψ${k + 1}`), "Σ γψ"];
  return imageGrid(rows, {
    width: batch.canvas,
    columns: K + 2,
    domain: [0, 1],
    labels: rows.map((_, n) => heads[n] ?? ""),
    ...words,
  });
}

/** Responsibilities in a film: each frame is a `slotGrid`. */
export function slotFilm(
  frames: readonly {
    label: string;
    recorded: readonly (readonly EmState[])[];
    batch: ImageBatch;
  }[],
  { steps, ...words }: FrameOptions & { steps: readonly number[] },
): Html {
  return animation(
    frames.map(({ label, recorded, batch }) => ({
      label,
      content: slotGrid(recorded, batch, { steps }),
    })),
    words,
  );
}
