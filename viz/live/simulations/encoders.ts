/**
 * Simulation 6: the same losses on encoders of random-dot stereograms, over
 * the runs of ten seeds that the notebook recorded.
 *
 * @module
 */
import {
  type EncoderOutcome,
  type EncoderRow,
  settings as experimentSettings,
  trainSeed,
} from "../../../data/experiments/two_view_agreement.ts";
import { nextRow, type Training } from "../../../lib/run/training.ts";
import { LOSS_TITLES, type LossName } from "../../../lib/two_view/catalogue.ts";
import { COLORS, PALETTE } from "../../page/colors.ts";
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
import type { Readout, Simulation } from "./simulation.ts";

/** What the reader sets. */
export type EncodersSettings = { seed: number; loss: LossName };

/** A training under way. */
export interface EncodersState {
  training: Training<EncoderRow, EncoderOutcome>;
  rows: EncoderRow[];
  outcome: EncoderOutcome | null;
  /** Steps in all. */
  total: number;
}

/** The runs of the notebook: by loss, by seed, a list over steps. */
export interface EncodersData {
  steps: number[];
  runs: Record<string, { eta: number[][]; rank: number[][] }>;
  /** Settings over the experiment's defaults. */
  overrides: { steps?: number; evalEvery?: number };
}

/** The losses of the study, in the order of tables and panels. */
export const ENCODER_LOSSES: readonly LossName[] = [
  "naive",
  "floor",
  "imax",
  "infoNce",
  "barlow",
  "vicreg",
  "simSiam",
  "simSiamNoStop",
];

const CODES = 4;

/** Simulation 6. */
export const encoders: Simulation<
  EncodersSettings,
  EncodersState,
  EncodersData
> = {
  name: "encoders",
  title: "The same losses on stereograms",
  description:
    "Effective rank of the codes against η², the share of their variance that the disparity explains: the ends of ten recorded seeds of every loss (dots), and the run in this page (line). Right: the same two over the steps, recorded seeds of this loss in grey.",
  defaults: { seed: 1, loss: "vicreg" },
  controls: [{
    kind: "choice",
    key: "loss",
    label: "Loss",
    options: ENCODER_LOSSES.map((name) => [name, LOSS_TITLES[name]] as const),
  }],
  start({ seed, loss }, { overrides }): EncodersState {
    const settings = experimentSettings({ ...overrides, loss });
    const training = trainSeed(seed, settings);
    const first = nextRow(training);
    const rows = first.done ? [] : [first.value];
    return { training, rows, outcome: null, total: settings.steps };
  },
  step(state): boolean {
    const next = nextRow(state.training);
    if (next.done) state.outcome ??= next.value ?? null;
    else state.rows.push(next.value);
    return !next.done;
  },
  progress: ({ rows, outcome, total }) =>
    outcome ? 1 : Math.min(0.99, rows[rows.length - 1].step / total),
  readouts({ rows }): Readout[] {
    const last = rows[rows.length - 1];
    return [
      { key: "step", label: "Step", value: last.step, digits: 0 },
      { key: "loss", label: "Loss", value: last.loss, digits: 4 },
      { key: "eta", label: "η² of the codes", value: last.eta },
      { key: "rank", label: "Effective rank, of 4", value: last.rank },
      { key: "spread", label: "Spread of the codes", value: last.spread },
    ];
  },
  draw,
};

function draw(
  { rows }: EncodersState,
  { loss }: EncodersSettings,
  width: number,
  data: EncodersData,
): string {
  const narrow = width < 560;
  const side = narrow ? width - 60 : Math.min(340, (width - 130) / 2);
  const plane: Frame = {
    left: 38,
    top: 26,
    width: side,
    height: side,
    x: [0, 1],
    y: [1, CODES],
  };
  const left = narrow ? 38 : side + 100;
  const curveWidth = narrow ? width - 60 : width - left - 22;
  const height = narrow ? 90 : (side - 52) / 2;
  const eta: Frame = {
    left,
    top: narrow ? side + 188 : 26,
    width: curveWidth,
    height,
    x: [0, data.steps[data.steps.length - 1]],
    y: [0, 1],
  };
  const rank: Frame = { ...eta, top: eta.top + height + 52, y: [1, CODES] };
  return svg(
    width,
    narrow ? rank.top + height + 26 : side + 52 + 40,
    "Effective rank against η², and both over the steps",
    axes(plane, "effective rank against η²", { xLabel: "η²" }),
    ends(data, plane, loss),
    own(rows, plane),
    legend(loss, 38, side + 60, width - 38),
    axes(eta, "η² of the codes", { xLabel: "step" }),
    over(rows, data, eta, "eta", loss),
    axes(rank, "effective rank", { xLabel: "step" }),
    over(rows, data, rank, "rank", loss),
  );
}

function colorOf(loss: string): string {
  return [...PALETTE, "currentColor"][
    ENCODER_LOSSES.indexOf(loss as LossName)
  ];
}

/** The recorded ends; the chosen loss larger. */
function ends({ runs }: EncodersData, frame: Frame, chosen: LossName): string {
  return Object.entries(runs).map(([loss, { eta, rank }]) =>
    dots(
      eta.map((values, i): [number, number] => [
        px(frame, values[values.length - 1]),
        py(frame, rank[i][rank[i].length - 1]),
      ]),
      colorOf(loss),
      loss === chosen ? 9 : 5,
      loss === chosen ? 1 : 0.55,
    )
  ).join("");
}

function own(rows: readonly EncoderRow[], frame: Frame): string {
  const points = rows.map((row): [number, number] => [
    px(frame, row.eta),
    py(frame, row.rank),
  ]);
  return path(points, "currentColor", { width: 2 }) +
    dots(points.slice(-1), "currentColor", 12, 1);
}

function legend(
  chosen: LossName,
  left: number,
  top: number,
  right: number,
): string {
  let x = left;
  let y = top;
  return ENCODER_LOSSES.map((loss) => {
    const label = LOSS_TITLES[loss];
    const width = 24 + (loss === chosen ? 7.6 : 6.6) * label.length;
    if (x + width > right) {
      x = left;
      y += 18;
    }
    const entry = dots([[x + 6, y - 4]], colorOf(loss), 9, 1) +
      words(x + 15, y, label, { bold: loss === chosen });
    x += width;
    return entry;
  }).join("");
}

/** Recorded seeds of this loss in grey, this run on top. */
function over(
  rows: readonly EncoderRow[],
  { steps, runs }: EncodersData,
  frame: Frame,
  key: "eta" | "rank",
  loss: LossName,
): string {
  const recorded = (runs[loss]?.[key] ?? []).map((values) =>
    path(trace(frame, steps, values), COLORS.grey, { width: 1, opacity: 0.7 })
  );
  const mine = trace(
    frame,
    rows.map((row) => row.step),
    rows.map((row) => row[key]),
  );
  return recorded.join("") + path(mine, colorOf(loss), { width: 2.5 });
}
