/**
 * Simulation 2: naive agreement collapses to a point; a variance floor stops
 * that and lets the two entries of a code become copies; a covariance term
 * stops that too.
 *
 * @module
 */
import type { Pairs } from "../../../lib/agreement/pairs.ts";
import {
  rotation,
  sampleGaussianViews,
} from "../../../data/worlds/gaussian_views.ts";
import { effectiveRank, linearR2, spread } from "../../../lib/numeric/eigen.ts";
import { columnOf } from "../../../lib/numeric/least_squares.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { correlation } from "../../../lib/numeric/statistics.ts";
import {
  codesOf,
  initTwoView,
  stepTwoView,
  type TwoView,
} from "../../../lib/two_view/encoders.ts";
import {
  type CodeLoss,
  copiesStopPaying,
  VICREG,
  vicReg,
} from "../../../lib/agreement/losses.ts";
import { COLORS } from "../../page/colors.ts";
import {
  axes,
  diverging,
  dots,
  type Frame,
  path,
  place,
  py,
  svg,
  trace,
  words,
} from "../draw.ts";
import { curve, squareAndTwo } from "../panels.ts";
import { progressOf, range, type Simulation, STEP } from "../simulation.ts";

/** What the reader sets. */
export type CollapseSettings = {
  seed: number;
  floor: boolean;
  /** Weight of the covariance term, beside 25 for the other two. */
  covariance: number;
};

/** Everything that the picture shows. */
export interface CollapseState {
  model: TwoView;
  views: Pairs<Float64Array>;
  /** Codes of the two views. */
  a: Float64Array;
  b: Float64Array;
  rows: { step: number; first: number; second: number; rank: number }[];
}

/**
 * Two causes that both views share, and two entries of noise. Canonical
 * correlations: 1/1.05, 1/1.35, 0, 0.
 */
export const SCENE = Object.freeze({
  signal: Object.freeze([1, 1, 0, 0]),
  noise: Object.freeze([0.05, 0.35, 1, 1]),
});

/** The canonical correlations of the two causes. */
const RHO = SCENE.signal.map((s, j) => s / (s + SCENE.noise[j]));

const SCENES = 240;
const STEPS = 900;
const EVERY = 10;
/** Codes before the first evaluation. */
const NONE = new Float64Array(0);

/** Simulation 2. */
export const collapse: Simulation<CollapseSettings, CollapseState> = {
  name: "collapse",
  title: "Collapse, and the trap behind the trap",
  description:
    "Each dot is the code of one scene, coloured by the scene's first hidden cause. Right: the spread of the cloud along its two principal axes (singular values), and its effective rank.",
  defaults: { seed: 1, floor: false, covariance: 0 },
  controls: [
    { kind: "switch", key: "floor", label: "Variance floor" },
    range("covariance", "Covariance term, weight", {
      ...{ min: 0, max: 30, step: 0.25 },
    }),
  ],
  challenges: [
    {
      text: "with the floor on, make the two numbers copies of one cause.",
      hint:
        "The floor asks that each number varies, not that the two differ. What would charge them for being the same?",
      met: ({ floor }, { copies }, ended) =>
        ended && floor && Math.abs(copies) > 0.95,
    },
    {
      text:
        "find the weight from which on two copies cost more than a number for each cause, and train there, with the floor on.",
      hint:
        "Copies save 25 (ρ₁ − ρ₂) of the distance and pay twice the weight. They part before that, by and by: at the weight that is asked for, the correlation of the entries has come down to one half.",
      met({ floor, covariance }, _, ended): boolean {
        const weight = copiesStopPaying(RHO);
        return ended && floor && Math.abs(covariance - weight) <= 0.1 * weight;
      },
    },
  ],
  pace: 4,
  readouts: {
    step: STEP,
    distance: { label: "Distance ‖a − b‖²", digits: 4 },
    first: "Spread, 1st axis",
    second: "Spread, 2nd axis",
    rank: "Effective rank, of 2",
    copies: "Correlation of entries",
    r2: "R² of both causes",
  },
  start({ seed }): CollapseState {
    const inputs = SCENE.signal.length;
    const mixing = rotation(stream(seed, "scene"), inputs);
    const rng = stream(seed, "data");
    const views = sampleGaussianViews(rng, SCENES, SCENE, mixing);
    const model = initTwoView(stream(seed, "init"), {
      inputs,
      codes: 2,
      batchSize: SCENES,
      steps: STEPS,
    });
    return evaluated({ model, views, a: NONE, b: NONE, rows: [] });
  },
  step(state, settings): void {
    const { model, views } = state;
    stepTwoView(model, views, lossOf(settings));
    if (model.step % EVERY === 0) evaluated(state);
  },
  progress: progressOf,
  numbers({ model, views, a, b, rows }): Record<string, number> {
    const causes = views.cause.filter((_, i) => i % 4 < 2);
    const distance = a.reduce((sum, x, i) => sum + (x - b[i]) * (x - b[i]), 0);
    const { first, second, rank } = rows[rows.length - 1];
    return {
      step: model.step,
      distance: distance / SCENES,
      first,
      second,
      rank,
      copies: correlation(columnOf(a, 2, 0), columnOf(a, 2, 1)),
      r2: linearR2(a, causes, SCENES, 0.01),
    };
  },
  draw,
};

/** VICReg with the terms that are switched on. */
function lossOf({ floor, covariance }: CollapseSettings): CodeLoss {
  return vicReg({
    invariance: VICREG.invariance,
    variance: floor ? VICREG.variance : 0,
    covariance,
  });
}

/** The state with the codes of its model, and a row about their cloud. */
function evaluated(state: CollapseState): CollapseState {
  const { model, views, rows } = state;
  const { a } = Object.assign(state, codesOf(model, views));
  const [first, second] = spread(a, SCENES);
  const rank = effectiveRank([first, second]);
  rows.push({ step: model.step, first, second, rank });
  return state;
}

function draw(
  { a, views, rows }: CollapseState,
  _: CollapseSettings,
  width: number,
): string {
  const { square, upper, lower, height } = squareAndTwo(width, { most: 320 });
  const cloud: Frame = { ...square, x: [-3.5, 3.5], y: [-3.5, 3.5] };
  const most = Math.max(1.2, ...rows.map((row) => row.first));
  const spreads: Frame = { ...upper, x: [0, STEPS], y: [0, most] };
  const last = rows[rows.length - 1];
  const line = (key: "first" | "second", color: string): string => {
    const [name, lower] = key === "first" ? ["1", 0] : ["2", 10];
    const points = trace(spreads, rows, (row) => row[key]);
    const end = spreads.left + spreads.width + 5;
    return path(points, color, { width: 2 }) +
      words(end, py(spreads, last[key]) + lower, name, { color });
  };
  return svg(
    width,
    height,
    "Cloud of codes, its spread and its effective rank",
    axes(cloud, "Codes of 240 scenes", { xLabel: "entry 1" }),
    scatter(a, views.cause, cloud),
    axes(spreads, "spread along axes 1 and 2", { xLabel: "step" }),
    line("first", COLORS.blue),
    line("second", COLORS.vermilion),
    curve({ ...lower, x: [0, STEPS], y: [1, 2] }, "effective rank", rows, {
      of: "rank",
      color: COLORS.green,
    }),
  );
}

/** The cloud in seven colours, by the first cause. */
function scatter(
  a: Float64Array,
  causes: Float64Array,
  frame: Frame,
): string {
  const groups: [number, number][][] = Array.from({ length: 7 }, () => []);
  for (let i = 0; i < a.length / 2; i++) {
    const level = Math.round(1.5 * causes[4 * i]) + 3;
    groups[Math.max(0, Math.min(6, level))].push(
      place(frame, a[2 * i], a[2 * i + 1]),
    );
  }
  return groups.map((group, g) => dots(group, diverging((g - 3) / 3), 5, 0.85))
    .join("");
}
