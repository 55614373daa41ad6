/**
 * Which component takes which pixel of three images, one EM step after the
 * other, while the model trains.
 *
 * @module
 */
import {
  modelOf,
  type Settings,
  worldOf,
} from "../../../data/experiments/neural_em.ts";
import {
  type RecordedStep,
  recordSteps,
} from "../../../lib/neural_em/inference.ts";
import { modelMaker } from "../../../lib/neural_em/model.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { maskColors } from "../../figures/mask_colors.ts";
import { pixels, words } from "../draw.ts";
import type { Drawn, ExperimentFigure, Looking } from "../experiment.ts";
import { range } from "../simulation.ts";

/** EM on three images: `recorded[image][step]`. */
interface Picture {
  canvas: number;
  images: Float32Array;
  /** γ and the number of components at each step that is drawn. */
  recorded: { gamma: Float32Array; components: number }[][];
}

const IMAGES = 3;
/** At most so many steps are drawn. */
const COLUMNS = 6;

/** Responsibilities as hues: an image a row, a step a column. */
export const figure: ExperimentFigure<Settings, Picture> = {
  controls: [
    range("components", "Components K", { min: 2, max: 8, step: 1 }),
    range("objects", "Shapes in an image", { min: 1, max: 5, step: 1 }),
    range("noise", "Noise", { min: 0, max: 0.5, step: 0.05 }),
    range("hidden", "Hidden units", { min: 8, max: 128, step: 8 }),
    range("learningRate", "Learning rate", {
      ...{ min: 0.0005, max: 0.02, step: 0.0005 },
    }),
  ],
  views: [range("images", "Other images", { min: 1, max: 20, step: 1 })],
  seen: { images: 1 },
  look(seed, settings): Looking<Picture> {
    const modelWith = modelMaker(modelOf(settings));
    const sample = worldOf(settings);
    return (params, { values: { images: which } }): Picture => {
      const rng = stream(seed, `live ${which}`);
      const batch = sample(rng, IMAGES);
      const model = modelWith(params);
      const recorded = recordSteps(rng, model, batch, { noise: 0 });
      return {
        canvas: settings.canvas,
        images: batch.images,
        recorded: recorded.map((steps) => thinned(steps)),
      };
    };
  },
  draw({ canvas, images, recorded }, width, top): Drawn {
    const gap = 6;
    const columns = recorded[0].length;
    const size = Math.min(96, (width - gap * columns) / columns);
    const parts = recorded.flatMap((steps, i) => {
      const image = images.subarray(
        i * canvas * canvas,
        (i + 1) * canvas * canvas,
      );
      return steps.map((mask, t) =>
        pixels(
          {
            left: t * (size + gap),
            top: top + i * (size + gap),
            ...{ width: size, height: size },
          },
          maskColors(mask, image),
          canvas,
        )
      );
    });
    const title = "Who takes which pixel, step by step";
    return {
      markup: words(0, top - 8, title, { bold: true }) + parts.join(""),
      height: top + recorded.length * (size + gap),
    };
  },
};

/** Some steps, the first and the last among them. */
function thinned(steps: readonly RecordedStep[]): Picture["recorded"][0] {
  const last = steps.length - 1;
  const drawn = Math.min(COLUMNS, steps.length);
  return Array.from({ length: drawn }, (_, n) => {
    const { gamma, psi } =
      steps[drawn === 1 ? 0 : Math.round(n * last / (drawn - 1))];
    return { gamma, components: psi.length };
  });
}
