/**
 * What a Helmholtz machine dreams while the fields of its units form; the rows
 * of its history hold the fields.
 *
 * @module
 */
import type { Settings } from "../../../data/experiments/helmholtz_shifter.ts";
import {
  fantasies,
  type HelmholtzParams,
} from "../../../lib/helmholtz/machine.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { paint } from "../../figures/color_map.ts";
import { pixels, words } from "../draw.ts";
import type { Drawn, ExperimentFigure, Looking } from "../experiment.ts";
import { choice, range } from "../simulation.ts";

/** Fantasies, images of `columns` pixels a row. */
interface Picture {
  columns: number;
  size: number;
  /** count × pixels. */
  dreams: Uint8Array;
}

const DREAMS = 24;

/** Fantasies, new ones for the weights as they are. */
export const figure: ExperimentFigure<Settings, Picture> = {
  controls: [
    range("hidden", "Hidden units", { min: 4, max: 20, step: 1 }),
    range("top", "Top units", { min: 1, max: 6, step: 1 }),
    range("pOn", "p(on) of a pixel", { min: 0.1, max: 0.5, step: 0.05 }),
    range("learningRate", "Learning rate", { min: 0.01, max: 0.5, step: 0.01 }),
    choice("inference", "Inference", [
      ["gibbs", "Gibbs sampling"],
      ["weighted", "weighted samples"],
    ]),
  ],
  look(seed, { width, height }): Looking<Picture> {
    return (params): Picture => {
      const machine = params as HelmholtzParams;
      const count = DREAMS;
      return {
        ...{ columns: width, size: width * height },
        dreams: fantasies(stream(seed, "live"), machine, { count }),
      };
    };
  },
  draw({ columns, size, dreams }, width, top): Drawn {
    const title = "What the machine dreams";
    const { markup, bottom } = tiles(dreams, { columns, size, width, top });
    return {
      markup: words(0, top - 8, title, { bold: true }) + markup,
      height: bottom,
    };
  },
};

/** Images of `size` pixels, from left to right, then below. */
function tiles(
  values: Uint8Array,
  { columns, size, width, top }: {
    columns: number;
    size: number;
    width: number;
    top: number;
  },
): { markup: string; bottom: number } {
  const scale = 9;
  const [across, down] = [columns * scale, size / columns * scale];
  const fit = Math.max(1, Math.floor((width + 10) / (across + 10)));
  const count = values.length / size;
  const images = Array.from({ length: count }, (_, i) =>
    pixels(
      {
        left: (i % fit) * (across + 10),
        top: top + Math.floor(i / fit) * (down + 10),
        ...{ width: across, height: down },
      },
      paint(values.subarray(i * size, (i + 1) * size), "binary", [0, 1]),
      columns,
    ));
  return {
    markup: images.join(""),
    bottom: top + Math.ceil(count / fit) * (down + 10),
  };
}
