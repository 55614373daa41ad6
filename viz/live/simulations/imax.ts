/**
 * Simulation 3: one number of each view, and what the variances of their sum
 * and difference say about the signal that they share.
 *
 * @module
 */
import {
  pairMoments,
  samplePairs,
} from "../../../data/worlds/gaussian_views.ts";
import { log, LOG2E } from "../../../lib/numeric/elementary.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { covariance, variance } from "../../../lib/numeric/statistics.ts";
import {
  type Information,
  information,
  type MomentForm,
  momentGradient,
} from "../../../lib/agreement/losses.ts";
import { COLORS } from "../../page/colors.ts";
import {
  axes,
  box,
  dots,
  type Frame,
  path,
  place,
  px,
  py,
  svg,
  trace,
  words,
} from "./draw.ts";
import type { Readout, Simulation } from "./simulation.ts";

/** What the reader sets: variances, and the gain of the second view. */
export type ImaxSettings = {
  seed: number;
  signal: number;
  noiseA: number;
  noiseB: number;
  gain: number;
};

/** Weights u and v of the codes u·a and v·b, and their size over the steps. */
interface Ascent {
  u: number;
  v: number;
  sizes: number[];
}

/** Everything that the picture shows. */
export interface ImaxState {
  a: Float64Array;
  b: Float64Array;
  varA: number;
  varB: number;
  cov: number;
  /** Ascent of ½ ln[V(a + b) / V(a − b)]. */
  ratio: Ascent;
  /** Ascent of V(a + b) − V(a − b). */
  difference: Ascent;
  step: number;
}

const PAIRS = 400;
const STEPS = 240;
const RATE = 0.03;

/** Simulation 3. */
export const imax: Simulation<ImaxSettings, ImaxState> = {
  name: "imax",
  title: "Imax: measure the shared signal",
  description:
    "Codes of 400 scenes about the line a = b; three measures of information, measured (bars) and exact (ticks); and the size of the two weights while the ratio, or the difference, of the variances is climbed.",
  defaults: { seed: 1, signal: 1, noiseA: 1, noiseB: 1, gain: 1 },
  controls: [
    variable("signal", "Signal, variance", 0, 4, 0.1),
    variable("noiseA", "Noise of view A", 0.1, 4, 0.1),
    variable("noiseB", "Noise of view B", 0.1, 4, 0.1),
    variable("gain", "Gain of view B", 0.25, 4, 0.25),
  ],
  verb: "Climb",
  pace: 2,
  start(settings): ImaxState {
    const { a, b } = samplePairs(
      stream(settings.seed, "data"),
      PAIRS,
      settings,
    );
    const ascent = (): Ascent => ({ u: 1, v: 1, sizes: [Math.sqrt(2)] });
    return {
      a,
      b,
      varA: variance(a),
      varB: variance(b),
      cov: covariance(a, b),
      ratio: ascent(),
      difference: ascent(),
      step: 0,
    };
  },
  step(state): boolean {
    if (state.step >= STEPS) return false;
    climb(state.ratio, "sum", state);
    climb(state.difference, "difference", state);
    return ++state.step < STEPS;
  },
  progress: ({ step }) => step / STEPS,
  readouts(state): Readout[] {
    const { u, v, sizes } = state.ratio;
    const varA = u * u * state.varA;
    const varB = v * v * state.varB;
    const cov = u * v * state.cov;
    const { signal, sum, gaussian } = information(varA, varB, cov);
    const run = state.difference.sizes;
    return [
      { key: "step", label: "Step", value: state.step, digits: 0 },
      { key: "plus", label: "Var(a + b)", value: varA + varB + 2 * cov },
      { key: "minus", label: "Var(a − b)", value: varA + varB - 2 * cov },
      {
        key: "gaussian",
        label: "I(a; b), Gaussian",
        value: gaussian,
        unit: "nats",
      },
      { key: "sum", label: "½ ln V(a+b)/V(a−b)", value: sum, unit: "nats" },
      {
        key: "signal",
        label: "½ ln (Va+Vb)/V(a−b)",
        value: signal,
        unit: "nats",
      },
      {
        key: "ratioSize",
        label: "Weights, ratio",
        value: sizes[sizes.length - 1],
      },
      {
        key: "differenceSize",
        label: "Weights, difference",
        value: run[run.length - 1],
      },
    ];
  },
  draw,
};

function variable(
  key: string,
  label: string,
  min: number,
  max: number,
  step: number,
): {
  kind: "range";
  key: string;
  label: string;
  min: number;
  max: number;
  step: number;
} {
  return { kind: "range", key, label, min, max, step };
}

/** One step of gradient ascent on an objective of the codes u·a and v·b. */
function climb(
  ascent: Ascent,
  form: MomentForm,
  { varA, varB, cov }: ImaxState,
): void {
  const { u, v } = ascent;
  const [, gA, gB, gC] = momentGradient(
    form,
    u * u * varA,
    v * v * varB,
    u * v * cov,
  );
  ascent.u += RATE * (2 * gA * u * varA + gC * v * cov);
  ascent.v += RATE * (2 * gB * v * varB + gC * u * cov);
  ascent.sizes.push(Math.sqrt(ascent.u * ascent.u + ascent.v * ascent.v));
}

function draw(state: ImaxState, settings: ImaxSettings, width: number): string {
  const narrow = width < 560;
  const side = narrow ? width - 60 : Math.min(320, (width - 130) / 2);
  const cloud: Frame = {
    left: 38,
    top: 26,
    width: side,
    height: side,
    x: [-6, 6],
    y: [-6, 6],
  };
  const left = narrow ? 38 : side + 100;
  const top = narrow ? side + 78 : 26;
  const right = width - left - 22;
  const bars: Frame = {
    left,
    top,
    width: right,
    height: 96,
    x: [0, 2],
    y: [0, 1],
  };
  const sizes: Frame = {
    left,
    top: top + 96 + 52,
    width: right,
    height: narrow ? 100 : side - 148,
    x: [0, STEPS],
    y: [-1, 6],
  };
  const { u, v } = state.ratio;
  const points = Array.from(
    state.a,
    (a, i) => place(cloud, u * a, v * state.b[i]),
  );
  const diagonal: [number, number][] = [-6, 6].map((
    x,
  ) => [px(cloud, x), py(cloud, x)]);
  return svg(
    width,
    narrow ? sizes.top + 126 : side + 52,
    "Codes, information measures and weights",
    axes(cloud, "b against a, and the line a = b", { xLabel: "a" }),
    path(diagonal, "currentColor", { width: 1, dash: "4 4", opacity: 0.6 }),
    dots(points, COLORS.blue, 4, 0.6),
    axes(bars, "information (nats)", { yTicks: false }),
    measures(state, settings, bars),
    axes(sizes, "log₁₀ size of the weights", { xLabel: "step" }),
    growth(state.difference.sizes, sizes, COLORS.vermilion, "difference", -7),
    growth(state.ratio.sizes, sizes, COLORS.green, "ratio", 13),
  );
}

/** Bars for the three measures of the sample, ticks for their exact values. */
function measures(
  { varA, varB, cov, ratio: { u, v } }: ImaxState,
  settings: ImaxSettings,
  frame: Frame,
): string {
  const measured = information(u * u * varA, v * v * varB, u * v * cov);
  const exact = pairMoments(settings);
  const expected = information(
    u * u * exact.varA,
    v * v * exact.varB,
    u * v * exact.cov,
  );
  const rows: [keyof Information, string, string][] = [
    ["gaussian", "I(a; b)", COLORS.green],
    ["signal", "tutorial's ratio", COLORS.ochre],
    ["sum", "Becker & Hinton's", COLORS.blue],
  ];
  return rows.map(([key, label, color], i) => {
    const y = frame.top + 13 + 31 * i; // of the words; the bar is below
    const end = px(frame, Math.min(2, measured[key]));
    const tick = px(frame, Math.min(2, expected[key]));
    const wide = end - frame.left;
    return box(frame.left, y + 5, wide, 9, color, { opacity: 0.55 }) +
      path([[tick, y + 3], [tick, y + 16]], color, { width: 3 }) +
      words(frame.left + 6, y, label, { bold: true }) +
      words(frame.left + frame.width - 6, y, measured[key].toFixed(3), {
        anchor: "end",
      });
  }).join("");
}

function growth(
  sizes: readonly number[],
  frame: Frame,
  color: string,
  label: string,
  below: number,
): string {
  const logs = sizes.map((size) => log(size) * LOG2E / 3.321928094887362);
  const line = trace(frame, sizes.map((_, i) => i), logs);
  const [x, y] = line[line.length - 1];
  const anchor = x > frame.left + 80 ? "end" : "start";
  return path(line, color, { width: 2 }) +
    words(x, Math.max(frame.top + 14, y + below), label, { anchor, color });
}
