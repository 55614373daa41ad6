/**
 * Simulation 1: two encoders of two cameras' views learn to agree.
 *
 * @module
 */
import {
  camerasConfig,
  sampleCameras,
  type Views,
} from "../../../data/worlds/gaussian_views.ts";
import { linearR2, spread } from "../../../lib/numeric/eigen.ts";
import { permutation, stream } from "../../../lib/numeric/random.ts";
import { correlation, mean } from "../../../lib/numeric/statistics.ts";
import {
  encode,
  initTwoView,
  stepTwoView,
  type TwoView,
} from "../../../lib/two_view/encoders.ts";
import { VICREG, vicreg } from "../../../lib/agreement/losses.ts";
import { COLORS } from "../../page/colors.ts";
import {
  axes,
  dots,
  type Frame,
  path,
  px,
  py,
  svg,
  trace,
  words,
} from "./draw.ts";
import type { Readout, Settings, Simulation } from "./simulation.ts";

/** What the reader sets. */
export type AgreeSettings = Settings & {
  loss: "naive" | "floor";
  pairs: "true" | "shuffled";
  noise: number;
};

/** Everything that the picture shows. */
export interface AgreeState {
  model: TwoView;
  train: Views;
  test: Views;
  rows: { step: number; loss: number; correlation: number; spread: number }[];
  /** Codes of the held-out scenes. */
  a: Float64Array;
  b: Float64Array;
}

const TRAINED = 256;
const HELD_OUT = 200;
const STEPS = 600;
const EVERY = 10;
const LOSS = {
  naive: vicreg({ ...VICREG, variance: 0, covariance: 0 }),
  floor: vicreg({ ...VICREG, covariance: 0 }),
};
/** The scene whose two codes are marked. */
const MARKED = 3;

/** Simulation 1. */
export const agree: Simulation<AgreeSettings, AgreeState> = {
  name: "agree",
  title: "Train two views to agree",
  description:
    "Two encoders see one ball through two cameras. Top: the two views of one scene, the ball and each lens's own fly. Left: codes of 200 held-out scenes, coloured by where the ball is; the marked pair belongs to the scene above. Right: loss and correlation of a with b.",
  defaults: { seed: 1, loss: "naive", pairs: "true", noise: 0.1 },
  controls: [
    {
      kind: "choice",
      key: "loss",
      label: "Loss",
      options: [["naive", "distance"], ["floor", "distance, kept spread"]],
    },
    {
      kind: "choice",
      key: "pairs",
      label: "Pairs of views",
      options: [["true", "of one scene"], ["shuffled", "shuffled (control)"]],
    },
    {
      kind: "range",
      key: "noise",
      label: "Pixel noise",
      min: 0,
      max: 0.5,
      step: 0.05,
    },
  ],
  pace: 3,
  start({ seed, pairs, noise }): AgreeState {
    const config = camerasConfig({ noise });
    const train = sampleCameras(stream(seed, "data"), TRAINED, config);
    const test = sampleCameras(stream(seed, "eval"), HELD_OUT, config);
    if (pairs === "shuffled") shuffleRows(seed, train.viewsB, config.pixels);
    const model = initTwoView(stream(seed, "init"), {
      inputs: config.pixels,
      hidden: 12,
      codes: 2,
      batchSize: TRAINED,
      steps: STEPS,
    });
    const empty = new Float64Array(0);
    const state = { model, train, test, rows: [], a: empty, b: empty };
    evaluate(state);
    return state;
  },
  step(state, { loss }): boolean {
    const { model, train } = state;
    if (model.step >= STEPS) return false;
    stepTwoView(model, train.viewsA, train.viewsB, LOSS[loss]);
    if (model.step % EVERY === 0) evaluate(state);
    return model.step < STEPS;
  },
  progress: ({ model }) => model.step / STEPS,
  readouts(state): Readout[] {
    const last = state.rows[state.rows.length - 1];
    return [
      { key: "step", label: "Step", value: state.model.step, digits: 0 },
      {
        key: "distance",
        label: "Distance ‖a − b‖²",
        value: last.loss,
        digits: 4,
      },
      {
        key: "correlation",
        label: "Correlation of a with b",
        value: last.correlation,
      },
      {
        key: "r2",
        label: "R² of the ball's place",
        value: linearR2(state.a, state.test.causes, HELD_OUT, 0.01),
      },
      { key: "spread", label: "Spread of the codes", value: last.spread },
    ];
  },
  draw,
};

/** Gives each first view the second view of another scene. */
function shuffleRows(seed: number, views: Float64Array, width: number): void {
  const order = permutation(stream(seed, "shuffle"), views.length / width);
  const kept = views.slice();
  order.forEach((from, to) => {
    views.set(kept.subarray(from * width, from * width + width), to * width);
  });
}

function evaluate(state: AgreeState): void {
  const { model, test } = state;
  state.a = encode(model.first, test.viewsA, model.config).codes;
  state.b = encode(model.second, test.viewsB, model.config).codes;
  let loss = 0;
  for (let i = 0; i < state.a.length; i++) {
    const d = state.a[i] - state.b[i];
    loss += d * d / HELD_OUT;
  }
  state.rows.push({
    step: model.step,
    loss,
    correlation: mean(
      [0, 1].map((j) => correlation(column(state.a, j), column(state.b, j))),
    ),
    spread: mean(spread(state.a, HELD_OUT)),
  });
}

function column(codes: Float64Array, j: number): Float64Array {
  return codes.filter((_, i) => i % 2 === j);
}

function draw(state: AgreeState, _: AgreeSettings, width: number): string {
  const narrow = width < 560;
  const side = narrow ? width - 60 : Math.min(300, (width - 130) / 2);
  const top = 104;
  const plane: Frame = {
    left: 38,
    top,
    width: side,
    height: side,
    x: [-2.5, 2.5],
    y: [-2.5, 2.5],
  };
  const curveLeft = narrow ? 38 : side + 100;
  const curveTop = narrow ? top + side + 52 : top;
  const curveWidth = narrow ? width - 60 : width - curveLeft - 22;
  const curveHeight = narrow ? 90 : (side - 52) / 2;
  const lossFrame = curve(state, curveLeft, curveTop, curveWidth, curveHeight);
  const corrFrame: Frame = {
    ...lossFrame,
    top: curveTop + curveHeight + 52,
    y: [-1, 1],
  };
  const steps = state.rows.map((row) => row.step);
  const height = narrow ? corrFrame.top + curveHeight + 26 : top + side + 26;
  return svg(
    width,
    height,
    "Views, codes and learning curves",
    strip(state.test.viewsA, "view A", COLORS.blue, 38, 22, narrow, width),
    strip(state.test.viewsB, "view B", COLORS.vermilion, 38, 62, narrow, width),
    axes(plane, "Codes of held-out scenes", { xLabel: "code 1" }),
    codes(state, plane),
    axes(lossFrame, "‖a − b‖², held out", { xLabel: "step" }),
    path(
      trace(lossFrame, steps, state.rows.map((row) => row.loss)),
      COLORS.blue,
    ),
    axes(corrFrame, "correlation of a with b", { xLabel: "step" }),
    path(
      trace(corrFrame, steps, state.rows.map((row) => row.correlation)),
      COLORS.green,
    ),
  );
}

function curve(
  { rows }: AgreeState,
  left: number,
  top: number,
  width: number,
  height: number,
): Frame {
  const most = Math.max(...rows.map((row) => row.loss));
  return { left, top, width, height, x: [0, STEPS], y: [0, most] };
}

/** The pixels of one camera, as a row of squares. */
function strip(
  views: Float64Array,
  label: string,
  color: string,
  left: number,
  top: number,
  narrow: boolean,
  width: number,
): string {
  const pixels = views.length / HELD_OUT;
  const size = Math.min(24, (width - left - 70) / pixels);
  const squares = Array.from({ length: pixels }, (_, k) => {
    const light = Math.min(1, Math.max(0.03, views[MARKED * pixels + k] / 1.5));
    const x = (left + 48 + k * size).toFixed(1);
    return `<rect x="${x}" y="${top - 14}" width="${
      size - 1
    }" height="22" fill="${color}" opacity="${light.toFixed(2)}"/>`;
  });
  const sees = narrow
    ? ""
    : words(left + 56 + pixels * size, top, "one scene", {
      dim: true,
    });
  return words(left, top, label, { bold: true, color }) + squares.join("") +
    sees;
}

/** Held-out codes a, coloured in five classes by the ball's place. */
function codes({ a, b, test }: AgreeState, frame: Frame): string {
  const inside = (value: number): number =>
    Math.max(-2.5, Math.min(2.5, value));
  const at = (z: Float64Array, i: number): [number, number] => [
    px(frame, inside(z[2 * i])),
    py(frame, inside(z[2 * i + 1])),
  ];
  const classes = [
    COLORS.blue,
    COLORS.sky,
    COLORS.grey,
    COLORS.ochre,
    COLORS.vermilion,
  ];
  const clouds = classes.map((color, c) => {
    const members = Array.from(test.causes.keys()).filter((i) =>
      Math.min(4, Math.floor((test.causes[i] + 1) * 2.5)) === c
    );
    return dots(members.map((i) => at(a, i)), color, 4, 0.7);
  });
  const pair = [at(a, MARKED), at(b, MARKED)];
  return clouds.join("") + path(pair, "currentColor", { width: 1.5 }) +
    dots([pair[0]], COLORS.blue, 13, 1) +
    dots([pair[1]], COLORS.vermilion, 13, 1) +
    words(pair[0][0] + 9, pair[0][1] - 6, "a", {
      bold: true,
      color: COLORS.blue,
    }) +
    words(pair[1][0] + 9, pair[1][1] + 14, "b", {
      bold: true,
      color: COLORS.vermilion,
    });
}
