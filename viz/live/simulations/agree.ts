/**
 * Simulation 1: two encoders of two cameras' views learn to agree.
 *
 * @module
 */
import type { Pairs } from "../../../lib/agreement/pairs.ts";
import {
  camerasConfig,
  sampleCameras,
} from "../../../data/worlds/gaussian_views.ts";
import { linearR2, spread } from "../../../lib/numeric/eigen.ts";
import { columnOf } from "../../../lib/numeric/least_squares.ts";
import { permutation, stream } from "../../../lib/numeric/random.ts";
import { correlation, mean } from "../../../lib/numeric/statistics.ts";
import {
  codesOf,
  initTwoView,
  stepTwoView,
  type TwoView,
} from "../../../lib/two_view/encoders.ts";
import { VICREG, vicReg } from "../../../lib/agreement/losses.ts";
import { COLORS } from "../../page/colors.ts";
import {
  axes,
  box,
  dots,
  type Frame,
  path,
  place,
  svg,
  words,
} from "../draw.ts";
import { curve, first, isNarrow, squareAndTwo } from "../panels.ts";
import {
  choice,
  progressOf,
  range,
  type Settings,
  type Simulation,
  STEP,
} from "../simulation.ts";

/** What the reader sets. */
export type AgreeSettings = Settings & {
  loss: "naive" | "floor";
  pairs: "true" | "shuffled";
  noise: number;
};

/** Everything that the picture shows. */
export interface AgreeState {
  model: TwoView;
  train: Pairs<Float64Array>;
  test: Pairs<Float64Array>;
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
  naive: vicReg({ ...VICREG, variance: 0, covariance: 0 }),
  floor: vicReg({ ...VICREG, covariance: 0 }),
};
/** The scene whose two codes are marked. */
const MARKED = 3;
/** Codes before the first evaluation. */
const NONE = new Float64Array(0);

/** Simulation 1. */
export const agree: Simulation<AgreeSettings, AgreeState> = {
  name: "agree",
  title: "Train two views to agree",
  description:
    "Two encoders see one ball through two cameras. Top: the two views of one scene, the ball and each lens's own fly. Left: codes of 200 held-out scenes, coloured by where the ball is; the marked pair belongs to the scene above. Right: loss and correlation of a with b.",
  defaults: { seed: 1, loss: "naive", pairs: "true", noise: 0.1 },
  controls: [
    choice("loss", "Loss", [
      ["naive", "distance"],
      ["floor", "distance, kept spread"],
    ]),
    choice("pairs", "Pairs of views", [
      ["true", "of one scene"],
      ["shuffled", "shuffled (control)"],
    ]),
    range("noise", "Pixel noise", { min: 0, max: 0.5, step: 0.05 }),
  ],
  challenges: [{
    text:
      "make the codes agree, to a distance of 0.01, on pairs that share nothing.",
    hint:
      "A distance of nothing needs no scene in common: whoever always says the same agrees with everybody.",
    met: ({ pairs }, { distance }, ended) =>
      ended && pairs === "shuffled" && distance <= 0.01,
  }],
  pace: 3,
  readouts: {
    step: STEP,
    distance: { label: "Distance ‖a − b‖²", digits: 4 },
    correlation: "Correlation of a with b",
    r2: "R² of the ball's place",
    spread: "Spread of the codes",
  },
  start({ seed, pairs, noise }): AgreeState {
    const config = camerasConfig({ noise });
    const train = sampleCameras(stream(seed, "data"), TRAINED, config);
    const test = sampleCameras(stream(seed, "eval"), HELD_OUT, config);
    if (pairs === "shuffled") shuffleRows(seed, train.b, config.pixels);
    const model = initTwoView(stream(seed, "init"), {
      inputs: config.pixels,
      hidden: 12,
      codes: 2,
      batchSize: TRAINED,
      steps: STEPS,
    });
    return evaluated({ model, train, test, rows: [], a: NONE, b: NONE });
  },
  step(state, { loss }): void {
    const { model, train } = state;
    stepTwoView(model, train, LOSS[loss]);
    if (model.step % EVERY === 0) evaluated(state);
  },
  progress: progressOf,
  numbers({ rows, a, test, model }): Record<string, number> {
    const { loss, correlation, spread } = rows[rows.length - 1];
    const r2 = linearR2(a, test.cause, HELD_OUT, 0.01);
    return { step: model.step, distance: loss, correlation, r2, spread };
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

/** The state with the codes of its model, and a row of what they are worth. */
function evaluated(state: AgreeState): AgreeState {
  const { model, test } = state;
  const { a, b } = Object.assign(state, codesOf(model, test));
  let loss = 0;
  for (let i = 0; i < a.length; i++) {
    const d = a[i] - b[i];
    loss += d * d / HELD_OUT;
  }
  const correlations = [0, 1].map((j) =>
    correlation(columnOf(a, 2, j), columnOf(b, 2, j))
  );
  state.rows.push({
    step: model.step,
    loss,
    correlation: mean(correlations),
    spread: mean(spread(a, HELD_OUT)),
  });
  return state;
}

function draw(state: AgreeState, _: AgreeSettings, width: number): string {
  const { rows, test } = state;
  const { square, upper, lower, height } = squareAndTwo(width, {
    most: 300,
    top: 104,
  });
  const plane: Frame = { ...square, x: [-2.5, 2.5], y: [-2.5, 2.5] };
  const most = Math.max(...rows.map((row) => row.loss));
  return svg(
    width,
    height,
    "Views, codes and learning curves",
    strip(test.a, "view A", COLORS.blue, 22, width),
    strip(test.b, "view B", COLORS.vermilion, 62, width),
    axes(plane, "Codes of held-out scenes", { xLabel: "code 1" }),
    codes(state, plane),
    curve(
      { ...upper, x: [0, STEPS], y: [0, most] },
      "‖a − b‖², held out",
      rows,
      { of: "loss", color: COLORS.blue, width: 1.5 },
    ),
    curve(
      { ...lower, x: [0, STEPS], y: [-1, 1] },
      "correlation of a with b",
      rows,
      { of: "correlation", color: COLORS.green, width: 1.5 },
    ),
  );
}

/** The pixels of one camera, as a row of squares. */
function strip(
  views: Float64Array,
  label: string,
  color: string,
  top: number,
  picture: number,
): string {
  const pixels = views.length / HELD_OUT;
  const { left, width } = first(picture);
  const size = Math.min(24, (width - 48) / pixels);
  const squares = Array.from(
    { length: pixels },
    (_, k) =>
      box(left + 48 + k * size, top - 14, size - 1, 22, color, {
        opacity: Math.min(1, Math.max(0.03, views[MARKED * pixels + k] / 1.5)),
      }),
  );
  const sees = isNarrow(picture)
    ? ""
    : words(left + 56 + pixels * size, top, "one scene", { dim: true });
  return words(left, top, label, { bold: true, color }) + squares.join("") +
    sees;
}

/** Held-out codes a, coloured in five classes by the ball's place. */
function codes({ a, b, test }: AgreeState, frame: Frame): string {
  const at = (z: Float64Array, i: number): [number, number] =>
    place(frame, z[2 * i], z[2 * i + 1]);
  const { blue, sky, grey, ochre, vermilion } = COLORS;
  const clouds = [blue, sky, grey, ochre, vermilion].map((color, c) => {
    const members = Array.from(test.cause.keys()).filter((i) =>
      Math.min(4, Math.floor((test.cause[i] + 1) * 2.5)) === c
    );
    return dots(members.map((i) => at(a, i)), color, 4, 0.7);
  });
  const pair = [at(a, MARKED), at(b, MARKED)];
  const [[ax, ay], [bx, by]] = pair;
  return clouds.join("") + path(pair, "currentColor", { width: 1.5 }) +
    dots([pair[0]], blue, 13, 1) + dots([pair[1]], vermilion, 13, 1) +
    words(ax + 9, ay - 6, "a", { bold: true, color: blue }) +
    words(bx + 9, by + 14, "b", { bold: true, color: vermilion });
}
