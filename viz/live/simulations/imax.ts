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
import { LN2, log2 } from "../../../lib/numeric/elementary.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { covariance, variance } from "../../../lib/numeric/statistics.ts";
import {
  type Convention,
  information,
  varianceGradient,
  type VarianceObjective,
} from "../../../lib/agreement/gaussian_information.ts";
import { COLORS } from "../../page/colors.ts";
import {
  axes,
  box,
  dots,
  type Frame,
  path,
  place,
  px,
  svg,
  trace,
  words,
} from "../draw.ts";
import { squareAndTwo } from "../panels.ts";
import { range, type Simulation, STEP } from "../simulation.ts";

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
  rows: { step: number; size: number }[];
}

/** Variances of a and b, and their covariance. */
interface Moments {
  varA: number;
  varB: number;
  cov: number;
}

/** Everything that the picture shows. */
export interface ImaxState extends Moments {
  a: Float64Array;
  b: Float64Array;
  /** Ascent of ½ ln[V(a + b) / V(a − b)]. */
  ratio: Ascent;
  /** Ascent of V(a + b) − V(a − b). */
  difference: Ascent;
  step: number;
}

const PAIRS = 400;
const STEPS = 240;
const RATE = 0.03;
const LOG2_10 = 3.321928094887362;

/** Simulation 3. */
export const imax: Simulation<ImaxSettings, ImaxState> = {
  name: "imax",
  title: "Imax: measure the shared signal",
  description:
    "Codes of 400 scenes about the line a = b; three measures of information, measured (bars) and exact (ticks); and the size of the two weights while the ratio, or the difference, of the variances is climbed.",
  defaults: { seed: 1, signal: 1, noiseA: 1, noiseB: 1, gain: 1 },
  controls: [
    range("signal", "Signal, variance", { min: 0, max: 4, step: 0.1 }),
    range("noiseA", "Noise of view A", { min: 0.1, max: 4, step: 0.1 }),
    range("noiseB", "Noise of view B", { min: 0.1, max: 4, step: 0.1 }),
    range("gain", "Gain of view B", { min: 0.25, max: 4, step: 0.25 }),
  ],
  challenges: [{
    text:
      "let the two views share one bit, which is 0.693 nats, to within 0.03.",
    hint:
      "I(a; b) = −½ ln(1 − ρ²): one bit is ρ² = ¾. The correlation ρ rises with the signal and falls with either noise; what the gain does to it, the panel tells.",
    met: (_, { gaussian }) => Math.abs(gaussian - LN2) <= 0.03,
  }],
  verb: "Climb",
  pace: 2,
  readouts: {
    step: STEP,
    plus: "Var(a + b)",
    minus: "Var(a − b)",
    gaussian: { label: "I(a; b), Gaussian", unit: "nats" },
    sumDifference: { label: "½ ln V(a+b)/V(a−b)", unit: "nats" },
    difference: { label: "½ ln (Va+Vb)/V(a−b)", unit: "nats" },
    ratioSize: "Weights, ratio",
    differenceSize: "Weights, difference",
  },
  start(settings): ImaxState {
    const rng = stream(settings.seed, "data");
    const { a, b } = samplePairs(rng, PAIRS, settings);
    const ascent = (): Ascent => {
      return { u: 1, v: 1, rows: [{ step: 0, size: Math.sqrt(2) }] };
    };
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
  step(state): void {
    climb(state.ratio, "sumDifference", state);
    climb(state.difference, "covariance", state);
    state.step++;
  },
  progress: ({ step }) => step / STEPS,
  numbers(state): Record<string, number> {
    const { ratio, difference, step } = state;
    const [varA, varB, cov] = momentsOf(ratio, state);
    const nats = information(varA, varB, cov);
    return {
      step,
      plus: varA + varB + 2 * cov,
      minus: varA + varB - 2 * cov,
      gaussian: nats.gaussian,
      sumDifference: nats.sumDifference,
      difference: nats.difference,
      ratioSize: ratio.rows[step].size,
      differenceSize: difference.rows[step].size,
    };
  },
  draw,
};

/** The moments of the codes u·a and v·b. */
function momentsOf(
  { u, v }: Ascent,
  { varA, varB, cov }: Moments,
): [varA: number, varB: number, cov: number] {
  return [u * u * varA, v * v * varB, u * v * cov];
}

/** One step of gradient ascent on an objective of the codes u·a and v·b. */
function climb(
  ascent: Ascent,
  objective: VarianceObjective,
  state: ImaxState,
): void {
  const { u, v, rows } = ascent;
  const { varA, varB, cov } = state;
  const [, gA, gB, gC] = varianceGradient(
    objective,
    ...momentsOf(ascent, state),
  );
  ascent.u += RATE * (2 * gA * u * varA + gC * v * cov);
  ascent.v += RATE * (2 * gB * v * varB + gC * u * cov);
  const size = Math.sqrt(ascent.u * ascent.u + ascent.v * ascent.v);
  rows.push({ step: rows.length, size });
}

function draw(state: ImaxState, settings: ImaxSettings, width: number): string {
  const { square, upper, lower, height } = squareAndTwo(width, {
    most: 320,
    upper: 96,
    lower: 100,
  });
  const cloud: Frame = { ...square, x: [-6, 6], y: [-6, 6] };
  const bars: Frame = { ...upper, x: [0, 2], y: [0, 1] };
  const sizes: Frame = { ...lower, x: [0, STEPS], y: [-1, 6] };
  const { u, v } = state.ratio;
  const points = Array.from(
    state.a,
    (a, i) => place(cloud, u * a, v * state.b[i]),
  );
  const diagonal = [-6, 6].map((x) => place(cloud, x, x));
  return svg(
    width,
    height,
    "Codes, information measures and weights",
    axes(cloud, "b against a, and the line a = b", { xLabel: "a" }),
    path(diagonal, "currentColor", { width: 1, dash: "4 4", opacity: 0.6 }),
    dots(points, COLORS.blue, 4, 0.6),
    axes(bars, "information (nats)", { yTicks: false }),
    measures(state, settings, bars),
    axes(sizes, "log₁₀ size of the weights", { xLabel: "step" }),
    growth(state.difference, sizes, COLORS.vermilion, "difference", -7),
    growth(state.ratio, sizes, COLORS.green, "ratio", 13),
  );
}

/** Bars for the three measures of the sample, ticks for their exact values. */
function measures(
  state: ImaxState,
  settings: ImaxSettings,
  frame: Frame,
): string {
  const [measured, expected] = [state, pairMoments(settings)].map((moments) =>
    information(...momentsOf(state.ratio, moments))
  );
  const rows: [Convention, string, string][] = [
    ["gaussian", "I(a; b)", COLORS.green],
    ["difference", "tutorial's ratio", COLORS.ochre],
    ["sumDifference", "Becker & Hinton's", COLORS.blue],
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

/** The size of the weights, with its name near the end of the line. */
function growth(
  { rows }: Ascent,
  frame: Frame,
  color: string,
  label: string,
  below: number,
): string {
  const line = trace(frame, rows, ({ size }) => log2(size) / LOG2_10);
  const [x, y] = line[line.length - 1];
  const anchor = x > frame.left + 80 ? "end" : "start";
  return path(line, color, { width: 2 }) +
    words(x, Math.max(frame.top + 14, y + below), label, { anchor, color });
}
