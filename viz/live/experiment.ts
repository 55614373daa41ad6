/**
 * One seed of a notebook's main experiment as a simulation: the reader types a
 * seed, the page trains, and shows the numbers of the result table.
 *
 * @module
 */
import { extent } from "../../lib/numeric/statistics.ts";
import type { Training } from "../../lib/run/training.ts";
import { COLORS } from "../page/colors.ts";
import { type Frame, svg, tick, words } from "./draw.ts";
import { drawFields, type FieldsRow, type FieldsView } from "./fields.ts";
import { curve, heightTo } from "./panels.ts";
import { type Simulation, STEP } from "./simulation.ts";

/** A row of a training history. */
export type ExperimentRow = { step: number } & Record<string, number>;

/** What an experiment ends with. */
export interface ExperimentOutcome {
  metrics: object;
  params: object;
}

/** What a module of data/experiments exports. */
export interface Experiment {
  // deno-lint-ignore no-explicit-any
  settings: (overrides?: any) => object;
  trainSeed: (
    seed: number,
    // deno-lint-ignore no-explicit-any
    settings: any,
  ) => Training<{ step: number }, ExperimentOutcome>;
}

/** How an experiment is shown. Must survive JSON. */
export interface ExperimentView {
  title: string;
  /** Settings of the experiment, over its defaults. */
  settings: Readonly<Record<string, unknown>>;
  /** The step of the last row. */
  total: number;
  /** Metrics that are shown and compared, with their labels. */
  metrics: Readonly<Record<string, string>>;
  /** The entry of a row that is drawn, with its label. */
  curve?: readonly [key: string, label: string];
  /** Draws the units' fields of a row, see `FieldsRow`. */
  fields?: FieldsView;
}

/** A training under way. */
export interface ExperimentState {
  training: ReturnType<Experiment["trainSeed"]> | null;
  rows: ExperimentRow[];
  outcome: ExperimentOutcome | null;
}

/** The seed is all that the reader sets. */
export type ExperimentSettings = { seed: number };

/** The simulation of an experiment. */
export function experiment(
  module: Experiment,
  view: ExperimentView,
): Simulation<ExperimentSettings, ExperimentState> {
  return {
    name: "experiment",
    title: view.title,
    description: "The model of this notebook, trained in this page.",
    defaults: { seed: 1 },
    controls: [],
    pace: Infinity,
    readouts: {
      step: STEP,
      ...Object.fromEntries(
        Object.entries(view.metrics).map((
          [key, label],
        ) => [key, { label, digits: 4 }]),
      ),
      weights: { label: "Fingerprint of the weights", digits: 0 },
    },
    start: ({ seed }): ExperimentState => ({
      training: module.trainSeed(seed, module.settings(view.settings)),
      rows: [],
      outcome: null,
    }),
    step(state): void {
      const next = state.training!.next();
      if (next.done) state.outcome = next.value;
      else if (typeof next.value === "object") {
        state.rows.push(next.value as ExperimentRow);
      }
    },
    progress: (state) =>
      state.outcome ? 1 : Math.min(0.999, lastStep(state) / view.total),
    numbers: (state) => ({
      step: lastStep(state),
      ...outcomeNumbers(state.outcome, view),
    }),
    draw: (state, _, width) => draw(state, view, width),
  };
}

function lastStep({ rows }: ExperimentState): number {
  return rows.at(-1)?.step ?? 0;
}

/** The numbers that a page is held to; NaN before the end. */
export function outcomeNumbers(
  outcome: ExperimentOutcome | null,
  view: Pick<ExperimentView, "metrics">,
): Record<string, number> {
  const metrics = (outcome?.metrics ?? {}) as Record<string, number>;
  return {
    ...Object.fromEntries(
      Object.keys(view.metrics).map((key) => [key, metrics[key] ?? NaN]),
    ),
    weights: outcome ? fingerprint(outcome.params) : NaN,
  };
}

/**
 * 32 bits of a hash (FNV-1a) over the bytes of parameter arrays, in the order
 * of their names: equal weights have equal fingerprints.
 */
export function fingerprint(params: object): number {
  const arrays = params as Record<string, Float32Array | Float64Array>;
  let hash = 0x811c9dc5;
  for (const name of Object.keys(arrays).sort()) {
    const { buffer, byteOffset, byteLength } = arrays[name];
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let i = 0; i < bytes.length; i++) {
      hash = Math.imul(hash ^ bytes[i], 0x01000193);
    }
  }
  return hash >>> 0;
}

function draw(
  state: ExperimentState,
  { curve: drawn, fields, total }: ExperimentView,
  width: number,
): string {
  if (fields) {
    return drawFields(state.rows as unknown as FieldsRow[], fields, width);
  }
  if (!drawn) {
    const text = `Step ${tick(lastStep(state))} of ${tick(total)}`;
    return svg(width, 34, text, words(0, 22, text));
  }
  const { rows } = state;
  const [key, label] = drawn;
  const [low, high] = extent(rows.map((row) => row[key]));
  const frame: Frame = {
    ...{ left: 52, top: 26, width: width - 70, height: 180 },
    x: [0, total],
    y: low < high ? [low, high] : low === high ? [low, low + 1] : [0, 1],
  };
  const line = curve(frame, label, rows, { of: key, color: COLORS.blue });
  return svg(width, heightTo(frame), label, line);
}
