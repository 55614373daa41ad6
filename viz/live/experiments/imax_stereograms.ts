/**
 * What the modules of Imax say of disparity, while they learn to agree.
 *
 * @module
 */
import {
  modelOf,
  outputsOf,
  type Settings,
  worldOf,
} from "../../../data/experiments/imax_stereograms.ts";
import { stereoPairs } from "../../../data/worlds/stereograms.ts";
import { conditionalMeans } from "../../../lib/agreement/readout.ts";
import { imaxModel } from "../../../lib/imax/imax.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { extent } from "../../../lib/numeric/statistics.ts";
import { setParams } from "../../../lib/run/params.ts";
import { COLORS } from "../../page/colors.ts";
import { axes, dots, type Frame, path, place } from "../draw.ts";
import type { Drawn, ExperimentFigure, Looking } from "../experiment.ts";
import { first, heightTo } from "../panels.ts";
import { choice, range } from "../simulation.ts";

/** Disparities of strips, pixels, and what module A says of them. */
interface Picture {
  disparity: Float64Array;
  output: Float64Array;
}

const STRIPS = 500;

/** Output against disparity; the line is the mean output of a disparity. */
export const figure: ExperimentFigure<Settings, Picture> = {
  controls: [
    range("hidden", "Hidden units", { min: 2, max: 128, step: 2 }),
    range("maxDisparity", "Largest disparity", { min: 1, max: 8, step: 0.5 }),
    choice("disparities", "Disparities", [
      ["real", "real"],
      ["integer", "whole pixels"],
    ]),
    choice("renderer", "Renderer", [
      ["linear", "linear (reference)"],
      ["blurred", "blurred (no leak)"],
    ]),
    range("learningRate", "Learning rate", {
      min: 0.005,
      max: 0.5,
      step: 0.005,
    }),
  ],
  look(seed, settings): Looking<Picture> {
    const rng = stream(seed, "live");
    const config = modelOf(settings);
    const model = imaxModel(rng, config);
    const { a, cause } = stereoPairs(rng, STRIPS, worldOf(settings));
    const state = { config, model, steps: 0, readout: Float64Array.of(1) };
    return (params): Picture => {
      setParams(model.params, params);
      return { disparity: cause, output: outputsOf(state, a) };
    };
  },
  draw({ disparity, output }, width, top): Drawn {
    const [low, high] = extent(output);
    const [least, most] = extent(disparity);
    const frame: Frame = {
      ...first(width, { top, height: Math.min(260, width * 0.6) }),
      x: [least, most],
      y: low < high ? [low, high] : [low - 1, low + 1],
    };
    const cloud = Array.from(
      output,
      (y, i) => place(frame, disparity[i], y),
    );
    const means = conditionalMeans(output, disparity, 24)
      .map(({ cause, mean }) => place(frame, cause, mean));
    return {
      markup: axes(frame, "Output of module A; line: its mean", {
        xLabel: "disparity",
      }) + dots(cloud, COLORS.blue, 4, 0.55) +
        path(means, COLORS.vermilion, { width: 2.5 }),
      height: heightTo(frame),
    };
  },
};
