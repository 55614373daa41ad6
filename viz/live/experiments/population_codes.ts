/**
 * The implicit space of a population coder, unfolding while it trains.
 *
 * @module
 */
import {
  coderOf,
  imagesOf,
  type Settings,
} from "../../../data/experiments/population_codes.ts";
import {
  type Population,
  type PopulationPass,
  populationPass,
  restorePopulation,
} from "../../../lib/population/population_code.ts";
import { setParams } from "../../../lib/run/params.ts";
import { colorOf, hex } from "../../figures/color_map.ts";
import { axes, dots, type Frame, place } from "../draw.ts";
import type { Drawn, ExperimentFigure, Looking } from "../experiment.ts";
import { heightTo, isNarrow } from "../panels.ts";
import { choice, range } from "../simulation.ts";

/** Codes of test images, and the causes of those images. */
interface Picture {
  dims: number;
  /** images × dims. */
  codes: Float64Array;
  /** images × causes. */
  causes: Float64Array;
}

const IMAGES = 300;
const CAUSES = ["x", "y", "θ"];
/** Colours that a cause is shown in. */
const HUES = 16;

/** The implicit space from its sides, coloured by a cause. */
export const figure: ExperimentFigure<Settings, Picture> = {
  controls: [
    range("units", "Units", { min: 27, max: 343, step: 1 }),
    range("sigma", "Width σ of a bump", { min: 0.05, max: 0.6, step: 0.01 }),
    range("dims", "Dimensions", { min: 1, max: 4, step: 1 }),
    range("learningRate", "Learning rate", { min: 0.01, max: 0.5, step: 0.01 }),
  ],
  views: [choice("cause", "Colour", CAUSES.map((c) => [c, `by ${c}`]))],
  seen: { cause: "x" },
  look(seed, settings): Looking<Picture> {
    const { world, test } = imagesOf(seed, {
      ...settings,
      trainImages: 0,
      testImages: IMAGES,
    });
    const { dims } = settings;
    const config = coderOf(settings);
    let encoder: { coder: Population; pass: PopulationPass } | undefined;
    return (params): Picture => {
      if (encoder) setParams(encoder.coder.params, params);
      else {
        const coder = restorePopulation(config, params);
        const pass = populationPass(coder, IMAGES);
        pass.images.data.set(test.images.subarray(0, IMAGES * world.pixels));
        encoder = { coder, pass };
      }
      encoder.pass.encode();
      const codes = Float64Array.from(encoder.pass.codes.data);
      return { dims, codes, causes: test.latents };
    };
  },
  draw({ dims, codes, causes }, width, top, { cause }): Drawn {
    const k = CAUSES.indexOf(String(cause));
    const values = Array.from(
      { length: codes.length / dims },
      (_, i) => causes[i * CAUSES.length + k],
    );
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const hues = values.map((v) =>
      Math.min(HUES - 1, Math.floor(HUES * (v - low) / (high - low)))
    );
    const scale = (share: number): number =>
      colorOf(cause === "θ" ? "cyclic" : "ramp", share);
    const pairs = dims === 1
      ? [[0, 0]]
      : dims === 2
      ? [[0, 1]]
      : [[0, 1], [0, 2], [1, 2]];
    const across = isNarrow(width) ? Math.min(2, pairs.length) : 3;
    const size = Math.min(240, (width - 24 - 44 * across) / across);
    let last: Frame | undefined;
    const sides = pairs.map(([p, q], n) => {
      const of = (d: number): number[] =>
        values.map((_, i) => codes[i * dims + d]);
      const range = (all: number[]): [number, number] => {
        const [a, b] = [Math.min(...all), Math.max(...all)];
        return a < b ? [a, b] : [a - 1, a + 1];
      };
      const [x, y] = [of(p), of(q)];
      const frame: Frame = last = {
        left: 40 + (n % across) * (size + 44),
        top: top + Math.floor(n / across) * (size + 52),
        ...{ width: size, height: size, x: range(x), y: range(y) },
      };
      const groups = Array.from({ length: HUES }, (): [number, number][] => []);
      hues.forEach((h, i) => groups[h].push(place(frame, x[i], y[i])));
      const clouds = groups.map((points, h) =>
        dots(points, hex(scale((h + 0.5) / HUES)), 5, 0.9)
      );
      return axes(frame, `dimension ${q + 1}`, {
        xLabel: `dimension ${p + 1}`,
        xTicks: size > 160, // else they meet the label
      }) + clouds.join("");
    });
    return { markup: sides.join(""), height: heightTo(last!) };
  },
};
