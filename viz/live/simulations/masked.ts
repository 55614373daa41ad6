/**
 * Simulation 4: predict the hidden bars from the seen ones, against four kinds
 * of target, with an encoder that may be forced to collapse.
 *
 * @module
 */
import type { Pairs } from "../../../lib/agreement/pairs.ts";
import {
  sampleWaves,
  waveConfig,
} from "../../../data/worlds/gaussian_views.ts";
import { bestLinearMap, linearR2 } from "../../../lib/numeric/eigen.ts";
import {
  codeSpread,
  initMasked,
  type Masked,
  type MaskedTarget,
  predict,
  stepMasked,
} from "../../../lib/two_view/masked_prediction.ts";
import { linear } from "../../../lib/two_view/linear_layer.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { COLORS } from "../../page/colors.ts";
import { axes, box, type Frame, path, px, py, svg, words } from "../draw.ts";
import { below, beside, curve, first, heightTo, isNarrow } from "../panels.ts";
import {
  choice,
  progressOf,
  range,
  type Simulation,
  STEP,
} from "../simulation.ts";

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
  views: Pairs<Float64Array>;
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
    choice("target", "Target of the prediction", [
      ["data", "the hidden bars (data)"],
      ["own", "the encoder's own output"],
      ["stop", "own output, gradient stopped"],
      ["ema", "output of a trailing encoder (EMA)"],
      ["floor", "own output, codes kept spread"],
    ]),
    { kind: "switch", key: "collapsed", label: "Force collapse" },
    range("noise", "Noise of each bar", { min: 0.05, max: 1, step: 0.05 }),
  ],
  challenges: [{
    text:
      "let the encoder predict an output of an encoder, with no floor, and keep its codes apart: a spread of 0.5 or more.",
    hint:
      "It is free to make its own target easy, as long as the gradient reaches the target.",
    met: ({ target, collapsed }, { spread }, ended) =>
      ended && !collapsed && ["own", "stop", "ema"].includes(target) &&
      spread >= 0.5,
  }],
  pace: 6,
  readouts: {
    step: STEP,
    loss: { label: "Prediction loss", digits: 4 },
    spread: "Spread of the codes",
    r2: "R² of the hidden bars",
  },
  start({ seed, target, collapsed, noise }): MaskedState {
    const config = waveConfig({ seen: SEEN, noise });
    const views = sampleWaves(stream(seed, "data"), ROWS, config);
    const model = initMasked(stream(seed, "init"), { target, collapsed });
    return { model, views, rows: [] };
  },
  step({ model, views, rows }): void {
    const spread = codeSpread(model, views.a);
    const { step } = model;
    const loss = stepMasked(model, views.a, views.b);
    if (step % EVERY === 0) rows.push({ step, loss, spread });
  },
  progress: progressOf,
  numbers({ model, views: { a, b }, rows }): Record<string, number> {
    return {
      step: model.step,
      loss: rows.at(-1)?.loss ?? NaN,
      spread: codeSpread(model, a),
      r2: linearR2(predict(model, a), b, ROWS, 0.01),
    };
  },
  draw,
};

/** What the prediction says about the hidden bars of row 0. */
function guessed({ model, views }: MaskedState): Float64Array {
  const guess = predict(model, views.a);
  if (model.config.target === "data") return guess.slice(0, SEEN);
  // A reader fitted on all rows; readings have noise of 0.01.
  const width = guess.length / ROWS;
  const noisy = guess.map((g) => Math.abs(g) < 1e-3 ? 0 : g);
  const map = bestLinearMap(noisy, views.b, ROWS);
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
  const { rows, model } = state;
  const narrow = isNarrow(width);
  const panel = first(width, { height: narrow ? 150 : 170 });
  const bars: Frame = { ...panel, x: [0, 2 * SEEN], y: [-3, 3] };
  const left = below(panel, { height: 110, room: 18 });
  if (!narrow) left.width = (left.width - 62) / 2;
  const right = narrow ? below(left) : beside(left, width);
  const x = [0, model.config.steps] as const;
  const loss = Math.max(0.1, ...rows.map((row) => row.loss));
  const spread = Math.max(1.5, ...rows.map((row) => row.spread));
  const flat = collapsed ? " (encoder held at a constant)" : "";
  return svg(
    width,
    heightTo(right),
    "Seen and hidden bars, loss and spread",
    axes(bars, `One row of bars${narrow ? "" : flat}`, { xTicks: false }),
    barsOf(state, bars),
    legend(bars),
    curve({ ...left, x, y: [0, loss] }, "prediction loss", rows, {
      of: "loss",
      color: COLORS.blue,
    }),
    curve({ ...right, x, y: [0, spread] }, "spread of the codes", rows, {
      of: "spread",
      color: COLORS.green,
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
    outline = false,
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
      draw(2 * i, state.views.a[i], COLORS.sky),
      draw(2 * i + 1, state.views.b[i], COLORS.ochre),
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
