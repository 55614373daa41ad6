/**
 * Simulation 4: predict the hidden bars from the seen ones, against four kinds
 * of target, with an encoder that may be forced to collapse.
 *
 * @module
 */
import {
  barsConfig,
  sampleBars,
  type Views,
} from "../../../data/worlds/gaussian_views.ts";
import { bestLinearMap, linearR2 } from "../../../lib/numeric/eigen.ts";
import {
  codeSpread,
  initMasked,
  linear,
  type Masked,
  type MaskedTarget,
  predict,
  stepMasked,
} from "../../../lib/two_view/masked_prediction.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { COLORS } from "../../page/colors.ts";
import {
  axes,
  box,
  type Frame,
  path,
  px,
  py,
  svg,
  trace,
  words,
} from "./draw.ts";
import type { Readout, Simulation } from "./simulation.ts";

/** What the reader sets. */
export type MaskedSettings = {
  seed: number;
  target: MaskedTarget;
  collapsed: boolean;
  noise: number;
};

/** Everything that the picture shows. */
export interface MaskedState {
  model: Masked;
  views: Views;
  rows: { step: number; loss: number; spread: number }[];
}

const ROWS = 200;
const SEEN = 4;
const EVERY = 10;

/** Simulation 4. */
export const masked: Simulation<MaskedSettings, MaskedState> = {
  name: "masked",
  title: "Masked prediction",
  description:
    "Top: one row of bars, seen (blue), hidden (ochre) and what is read from the prediction (outlined). Below: the loss of the prediction, and the spread of the codes.",
  defaults: { seed: 1, target: "data", collapsed: false, noise: 0.1 },
  controls: [
    {
      kind: "choice",
      key: "target",
      label: "Target of the prediction",
      options: [
        ["data", "the hidden bars (data)"],
        ["own", "the encoder's own output"],
        ["stop", "own output, gradient stopped"],
        ["ema", "output of a trailing encoder (EMA)"],
        ["floor", "own output, codes kept spread"],
      ],
    },
    { kind: "switch", key: "collapsed", label: "Force collapse" },
    {
      kind: "range",
      key: "noise",
      label: "Noise of each bar",
      min: 0.05,
      max: 1,
      step: 0.05,
    },
  ],
  pace: 6,
  start({ seed, target, collapsed, noise }): MaskedState {
    const config = barsConfig({ seen: SEEN, noise });
    const views = sampleBars(stream(seed, "data"), ROWS, config);
    const model = initMasked(stream(seed, "init"), { target, collapsed });
    return { model, views, rows: [] };
  },
  step(state): boolean {
    const { model, views, rows } = state;
    if (model.step >= model.config.steps) return false;
    const spread = codeSpread(model, views.viewsA);
    const { step } = model;
    const loss = stepMasked(model, views.viewsA, views.viewsB);
    if (step % EVERY === 0) rows.push({ step, loss, spread });
    return model.step < model.config.steps;
  },
  progress: ({ model }) => model.step / model.config.steps,
  readouts({ model, views, rows }): Readout[] {
    return [
      { key: "step", label: "Step", value: model.step, digits: 0 },
      {
        key: "loss",
        label: "Prediction loss",
        value: rows.length ? rows[rows.length - 1].loss : NaN,
        digits: 4,
      },
      {
        key: "spread",
        label: "Spread of the codes",
        value: codeSpread(model, views.viewsA),
      },
      {
        key: "r2",
        label: "R² of the hidden bars",
        value: linearR2(predict(model, views.viewsA), views.viewsB, ROWS, 0.01),
      },
    ];
  },
  draw,
};

/** What the prediction says about the hidden bars of row 0. */
function guessed({ model, views }: MaskedState): Float64Array {
  const { viewsA, viewsB } = views;
  const guess = predict(model, viewsA);
  if (model.config.target === "data") return guess.slice(0, SEEN);
  // A reader fitted on all rows; readings have noise of 0.01.
  const width = guess.length / ROWS;
  const noisy = guess.map((g) => Math.abs(g) < 1e-3 ? 0 : g);
  const map = bestLinearMap(noisy, viewsB, ROWS);
  const turned = Float64Array.from(
    { length: map.length },
    (_, i) => map[(i % width) * SEEN + Math.floor(i / width)],
  );
  return linear(noisy.slice(0, width), turned, width);
}

function draw(
  state: MaskedState,
  { collapsed }: MaskedSettings,
  width: number,
): string {
  const narrow = width < 560;
  const wide = width - 60;
  const bars: Frame = {
    left: 38,
    top: 26,
    width: wide,
    height: narrow ? 150 : 170,
    x: [0, 2 * SEEN],
    y: [-3, 3],
  };
  const top = bars.top + bars.height + 70;
  const half = narrow ? wide : (wide - 62) / 2;
  const { rows, model } = state;
  const most = Math.max(0.1, ...rows.map((row) => row.loss));
  const x: [number, number] = [0, model.config.steps];
  const loss: Frame = {
    left: 38,
    top,
    width: half,
    height: 110,
    x,
    y: [0, most],
  };
  const codes: Frame = {
    ...loss,
    left: narrow ? 38 : 38 + half + 62,
    top: narrow ? top + 162 : top,
    y: [0, Math.max(1.5, ...rows.map((row) => row.spread))],
  };
  const steps = rows.map((row) => row.step);
  const flat = collapsed ? " (encoder held at a constant)" : "";
  return svg(
    width,
    codes.top + 136,
    "Seen and hidden bars, loss and spread",
    axes(bars, `One row of bars${narrow ? "" : flat}`, { xTicks: false }),
    barsOf(state, bars),
    legend(bars),
    axes(loss, "prediction loss", { xLabel: "step" }),
    path(trace(loss, steps, rows.map((row) => row.loss)), COLORS.blue, {
      width: 2,
    }),
    axes(codes, "spread of the codes", { xLabel: "step" }),
    path(trace(codes, steps, rows.map((row) => row.spread)), COLORS.green, {
      width: 2,
    }),
  );
}

function barsOf(state: MaskedState, frame: Frame): string {
  const guess = guessed(state);
  const zero = py(frame, 0);
  const parts = [
    path(
      [[frame.left, zero], [frame.left + frame.width, zero]],
      "currentColor",
      { width: 1, opacity: 0.5 },
    ),
  ];
  const size = frame.width / (2 * SEEN);
  const draw = (
    slot: number,
    value: number,
    color: string,
    outline: boolean,
  ): string => {
    const y = py(frame, Math.max(-3, Math.min(3, value)));
    const inset = outline ? 0.12 : 0.24;
    return box(
      px(frame, slot) + inset * size,
      Math.min(y, zero),
      (1 - 2 * inset) * size,
      Math.abs(y - zero),
      color,
      { outline, opacity: outline ? 1 : 0.75 },
    );
  };
  for (let i = 0; i < SEEN; i++) {
    parts.push(
      draw(2 * i, state.views.viewsA[i], COLORS.sky, false),
      draw(2 * i + 1, state.views.viewsB[i], COLORS.ochre, false),
      draw(2 * i + 1, guess[i], "currentColor", true),
    );
  }
  return parts.join("");
}

function legend(frame: Frame): string {
  const y = frame.top + frame.height + 18;
  const x = frame.left;
  return box(x, y - 10, 11, 11, COLORS.sky, { opacity: 0.75 }) +
    words(x + 16, y, "seen") +
    box(x + 62, y - 10, 11, 11, COLORS.ochre, { opacity: 0.75 }) +
    words(x + 78, y, "hidden") +
    box(x + 134, y - 10, 11, 11, "currentColor", { outline: true }) +
    words(x + 151, y, "prediction");
}
