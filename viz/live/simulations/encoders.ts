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
import {
  LOSS_TITLES,
  type LossName,
  STUDIED_LOSSES,
} from "../../../lib/agreement/catalogue.ts";
import { COLORS, PALETTE } from "../../page/colors.ts";
import {
  axes,
  dots,
  type Frame,
  path,
  place,
  svg,
  trace,
  words,
} from "../draw.ts";
import { isNarrow, squareAndTwo } from "../panels.ts";
import { choice, type Simulation, STEP } from "../simulation.ts";

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
  defaults: { seed: 1, loss: "vicReg" },
  controls: [
    choice(
      "loss",
      "Loss",
      STUDIED_LOSSES.map((name) => [name, LOSS_TITLES[name]]),
    ),
  ],
  challenges: [{
    text:
      "keep all four numbers in use, an effective rank above 3.9, and let them speak of the disparity, η² above 0.8.",
    hint:
      "The dots at the upper right of the plane were recorded under one loss. Its name is below.",
    met: (_, { eta, rank }, ended) => ended && rank > 3.9 && eta > 0.8,
  }],
  readouts: {
    step: STEP,
    loss: { label: "Loss", digits: 4 },
    eta: "η² of the codes",
    rank: "Effective rank, of 4",
    spread: "Spread of the codes",
  },
  start({ seed, loss }, { overrides }): EncodersState {
    const settings = experimentSettings({ ...overrides, loss });
    const training = trainSeed(seed, settings);
    const first = nextRow(training);
    const rows = first.done ? [] : [first.value];
    return { training, rows, outcome: null, total: settings.steps };
  },
  step(state): void {
    const next = nextRow(state.training);
    if (next.done) state.outcome = next.value;
    else state.rows.push(next.value);
  },
  progress: ({ rows, outcome, total }) =>
    outcome ? 1 : Math.min(0.99, rows[rows.length - 1].step / total),
  numbers({ rows }): Record<string, number> {
    const { step, loss, eta, rank, spread } = rows[rows.length - 1];
    return { step, loss, eta, rank, spread };
  },
  draw,
};

function draw(
  { rows }: EncodersState,
  { loss }: EncodersSettings,
  width: number,
  data: EncodersData,
): string {
  const { square, upper, lower, height } = squareAndTwo(width, {
    most: 340,
    room: isNarrow(width) ? 110 : 40,
  });
  const plane: Frame = { ...square, x: [0, 1], y: [1, CODES] };
  const x = [0, data.steps[data.steps.length - 1]] as const;
  const eta: Frame = { ...upper, x, y: [0, 1] };
  const rank: Frame = { ...lower, x, y: [1, CODES] };
  return svg(
    width,
    height,
    "Effective rank against η², and both over the steps",
    axes(plane, "effective rank against η²", { xLabel: "η²" }),
    ends(data, plane, loss),
    own(rows, plane),
    legend(loss, plane, width),
    axes(eta, "η² of the codes", { xLabel: "step" }),
    over(rows, data, eta, "eta", loss),
    axes(rank, "effective rank", { xLabel: "step" }),
    over(rows, data, rank, "rank", loss),
  );
}

function colorOf(loss: string): string {
  return [...PALETTE, "currentColor"][
    STUDIED_LOSSES.indexOf(loss as LossName)
  ];
}

/** The recorded ends; the chosen loss larger. */
function ends({ runs }: EncodersData, frame: Frame, chosen: LossName): string {
  return Object.entries(runs).map(([loss, { eta, rank }]) =>
    dots(
      eta.map((values, i) => place(frame, values.at(-1)!, rank[i].at(-1)!)),
      colorOf(loss),
      loss === chosen ? 9 : 5,
      loss === chosen ? 1 : 0.55,
    )
  ).join("");
}

function own(rows: readonly EncoderRow[], frame: Frame): string {
  const points = rows.map((row) => place(frame, row.eta, row.rank));
  return path(points, "currentColor", { width: 2 }) +
    dots(points.slice(-1), "currentColor", 12, 1);
}

/** Names and colours of all losses below the plane. */
function legend(
  chosen: LossName,
  { left, top, height }: Frame,
  picture: number,
): string {
  let x = left;
  let y = top + height + 34;
  return STUDIED_LOSSES.map((loss) => {
    const label = LOSS_TITLES[loss];
    const width = 24 + (loss === chosen ? 7.6 : 6.6) * label.length;
    if (x + width > picture - left) {
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
  const recorded = (runs[loss]?.[key] ?? []).map((values) => {
    const points = steps.map((step, i) => ({ step, value: values[i] }));
    return path(trace(frame, points, (row) => row.value), COLORS.grey, {
      width: 1,
      opacity: 0.7,
    });
  });
  const mine = trace(frame, rows, (row) => row[key]);
  return recorded.join("") + path(mine, colorOf(loss), { width: 2.5 });
}
