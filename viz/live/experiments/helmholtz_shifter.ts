/**
 * The fields of a Helmholtz machine's units while they form, and what it dreams
 * meanwhile.
 *
 * @module
 */
import type {
  Settings,
  ShifterRow,
} from "../../../data/experiments/helmholtz_shifter.ts";
import {
  fantasies,
  type HelmholtzParams,
  receptiveFields,
} from "../../../lib/helmholtz/machine.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { paint } from "../../figures/color_map.ts";
import { pixels, words } from "../draw.ts";
import type { Drawn, ExperimentFigure, Looking } from "../experiment.ts";
import { drawFields, type Fields } from "../fields.ts";
import { choice, range } from "../simulation.ts";

/** Fields, and fantasies of the machine that has them. */
interface Picture extends Fields {
  /** count × pixels. */
  dreams: Uint8Array;
}

const DREAMS = 24;

/** Fields with each split and merge marked, fantasies below. */
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
  look(seed, { width, height, constrainedSteps }): Looking<Picture> {
    return (params, { step, row }): Picture => {
      const machine = params as HelmholtzParams;
      const shifter = row as ShifterRow | undefined;
      return {
        ...{ step, width, height, firstStage: constrainedSteps },
        fields: receptiveFields(machine),
        recycled: shifter?.recycled ?? [],
        dreams: fantasies(stream(seed, "live"), machine, { count: DREAMS }),
      };
    };
  },
  draw(picture, width, top): Drawn {
    const fields = drawFields(picture, width, top);
    const below = fields.height + 26;
    const title = words(0, below - 8, "What the machine dreams", {
      bold: true,
    });
    const { markup, bottom } = tiles(picture.dreams, {
      columns: picture.width,
      size: picture.width * picture.height,
      ...{ width, top: below },
    });
    return { markup: fields.markup + title + markup, height: bottom };
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
