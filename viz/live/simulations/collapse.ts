/**
 * Simulation 2: naive agreement collapses to a point; a variance floor stops
 * that and lets the two entries of a code become copies; a covariance term
 * stops that too.
 *
 * @module
 */
import {
  rotation,
  sampleGaussianViews,
  type Views,
} from "../../../data/worlds/gaussian_views.ts";
import { effectiveRank, linearR2, spread } from "../../../lib/numeric/eigen.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { correlation } from "../../../lib/numeric/statistics.ts";
import {
  encode,
  initTwoView,
  stepTwoView,
  type TwoView,
} from "../../../lib/two_view/encoders.ts";
import {
  type CodeLoss,
  VICREG,
  vicreg,
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
} from "./draw.ts";
import type { Readout, Simulation } from "./simulation.ts";

/** What the reader sets. */
export type CollapseSettings = {
  seed: number;
  floor: boolean;
  /** Weight of the covariance term, beside 25 for the other two. */
  covariance: "0" | "1" | "25";
};

/** Everything that the picture shows. */
export interface CollapseState {
  model: TwoView;
  views: Views;
  /** Codes of the first view, the mean of each entry taken off. */
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

const SCENES = 240;
const STEPS = 900;
const EVERY = 10;

/** Simulation 2. */
export const collapse: Simulation<CollapseSettings, CollapseState> = {
  name: "collapse",
  title: "Collapse, and the trap behind the trap",
  description:
    "Each dot is the code of one scene, coloured by the scene's first hidden cause. Right: the spread of the cloud along its two principal axes (singular values), and its effective rank.",
  defaults: { seed: 1, floor: false, covariance: "0" },
  controls: [
    { kind: "switch", key: "floor", label: "Variance floor" },
    {
      kind: "choice",
      key: "covariance",
      label: "Covariance term, weight",
      options: [["0", "off"], ["1", "1 (VICReg's)"], ["25", "25"]],
    },
  ],
  pace: 4,
  start({ seed }): CollapseState {
    const mixing = rotation(stream(seed, "scene"), SCENE.signal.length);
    const views = sampleGaussianViews(
      stream(seed, "data"),
      SCENES,
      SCENE,
      mixing,
    );
    const model = initTwoView(stream(seed, "init"), {
      inputs: SCENE.signal.length,
      codes: 2,
      batchSize: SCENES,
      steps: STEPS,
    });
    const empty = new Float64Array(0);
    const state = { model, views, a: empty, b: empty, rows: [] };
    evaluate(state);
    return state;
  },
  step(state, settings): boolean {
    const { model, views } = state;
    if (model.step >= STEPS) return false;
    stepTwoView(model, views.viewsA, views.viewsB, lossOf(settings));
    if (model.step % EVERY === 0) evaluate(state);
    return model.step < STEPS;
  },
  progress: ({ model }) => model.step / STEPS,
  readouts({ model, views, a, b, rows }): Readout[] {
    const { first, second, rank } = rows[rows.length - 1];
    const causes = views.causes.filter((_, i) => i % 4 < 2);
    const distance = a.reduce((sum, x, i) => sum + (x - b[i]) * (x - b[i]), 0);
    return [
      { key: "step", label: "Step", value: model.step, digits: 0 },
      {
        key: "distance",
        label: "Distance ‖a − b‖²",
        value: distance / SCENES,
        digits: 4,
      },
      { key: "first", label: "Spread, 1st axis", value: first },
      { key: "second", label: "Spread, 2nd axis", value: second },
      { key: "rank", label: "Effective rank, of 2", value: rank },
      {
        key: "copies",
        label: "Correlation of entries",
        value: correlation(column(a, 0), column(a, 1)),
      },
      {
        key: "r2",
        label: "R² of both causes",
        value: linearR2(a, causes, SCENES, 0.01),
      },
    ];
  },
  draw,
};

/** VICReg with the terms that are switched on. */
function lossOf({ floor, covariance }: CollapseSettings): CodeLoss {
  return vicreg({
    invariance: VICREG.invariance,
    variance: floor ? VICREG.variance : 0,
    covariance: Number(covariance),
  });
}

function column(codes: Float64Array, j: number): Float64Array {
  return codes.filter((_, i) => i % 2 === j);
}

function evaluate(state: CollapseState): void {
  const { model, views } = state;
  state.a = encode(model.first, views.viewsA, model.config).codes;
  state.b = encode(model.second, views.viewsB, model.config).codes;
  const [first, second] = spread(state.a, SCENES);
  const rank = effectiveRank([first, second]);
  state.rows.push({ step: model.step, first, second, rank });
}

function draw(
  { a, views, rows }: CollapseState,
  _: CollapseSettings,
  width: number,
): string {
  const narrow = width < 560;
  const side = narrow ? width - 60 : Math.min(320, (width - 130) / 2);
  const cloud: Frame = {
    left: 38,
    top: 26,
    width: side,
    height: side,
    x: [-3.5, 3.5],
    y: [-3.5, 3.5],
  };
  const left = narrow ? 38 : side + 100;
  const top = narrow ? side + 78 : 26;
  const curveWidth = narrow ? width - 60 : width - left - 22;
  const height = narrow ? 90 : (side - 52) / 2;
  const most = Math.max(1.2, ...rows.map((row) => row.first));
  const spreads: Frame = {
    left,
    top,
    width: curveWidth,
    height,
    x: [0, STEPS],
    y: [0, most],
  };
  const ranks: Frame = { ...spreads, top: top + height + 52, y: [1, 2] };
  const steps = rows.map((row) => row.step);
  const last = rows[rows.length - 1];
  const line = (key: "first" | "second", color: string): string =>
    path(trace(spreads, steps, rows.map((row) => row[key])), color, {
      width: 2,
    }) +
    words(
      left + curveWidth + 5,
      py(spreads, last[key]) + (key === "first" ? 0 : 10),
      key === "first" ? "1" : "2",
      { color },
    );
  return svg(
    width,
    narrow ? ranks.top + height + 26 : side + 52,
    "Cloud of codes, its spread and its effective rank",
    axes(cloud, "Codes of 240 scenes", { xLabel: "entry 1" }),
    scatter(a, views.causes, cloud),
    axes(spreads, "spread along axes 1 and 2", { xLabel: "step" }),
    line("first", COLORS.blue),
    line("second", COLORS.vermilion),
    axes(ranks, "effective rank", { xLabel: "step" }),
    path(
      trace(ranks, steps, rows.map((row) => Math.max(1, row.rank))),
      COLORS.green,
      { width: 2 },
    ),
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
