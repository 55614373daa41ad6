/**
 * One seed of a notebook's main experiment as a simulation: the reader chooses
 * a seed and settings, the page trains, shows the model meanwhile, and then the
 * numbers of the result table.
 *
 * @module
 */
import { extent, predictionInterval } from "../../lib/numeric/statistics.ts";
import type { Preset } from "../../lib/run/config.ts";
import type { Expose, Params } from "../../lib/run/experiment.ts";
import { metric, type Results } from "../../lib/run/results.ts";
import type { Training } from "../../lib/run/training.ts";
import { COLORS } from "../page/colors.ts";
import { type Frame, level, svg, tick, words } from "./draw.ts";
import { curve, first, heightTo } from "./panels.ts";
import {
  type Control,
  type Setting,
  type Settings,
  type Simulation,
  STEP,
} from "./simulation.ts";

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
    expose?: Expose,
  ) => Training<{ step: number }, ExperimentOutcome>;
}

/** A seed that the notebook trained, and its metrics. */
export interface RecordedSeed {
  seed: number;
  metrics: Readonly<Record<string, number>>;
}

/** How an experiment is shown. Must survive JSON. */
export interface ExperimentView {
  title: string;
  /** How much of the notebook was run when it was shown. */
  preset: Preset;
  /** Settings of the experiment, over its defaults. */
  settings: Readonly<Record<string, unknown>>;
  /** The step of the last row. */
  total: number;
  /** Metrics that are shown and compared, with their labels. */
  metrics: Readonly<Record<string, string>>;
  /** The entry of a row that is drawn, such as `test.nmi`, with its label. */
  curve?: readonly [key: string, label: string];
  /** Levels that the curve is drawn over: chance, a limit. */
  lines?: readonly { value: number; label: string }[];
  /**
   * Seeds trained under these settings: they tell where another should fall, in
   * those of `metrics` that they have.
   */
  recorded?: readonly RecordedSeed[];
}

/** What an experiment's model looks like while it trains, and its knobs. */
export interface ExperimentFigure<
  // deno-lint-ignore no-explicit-any
  Of = any,
  // deno-lint-ignore no-explicit-any
  Picture = any,
> {
  /** Settings of the experiment that the reader turns. */
  readonly controls: readonly Control[];
  /** Choices of the picture alone, and what they are at first. */
  readonly views?: readonly Control[];
  readonly seen?: Readonly<Record<string, Setting>>;
  /** Makes what turns parameters into what is drawn; must survive cloning. */
  look(
    seed: number,
    settings: Readonly<Of>,
  ): Looking<Picture>;
  /** The picture below `top`, `width` pixels wide, and where it ends. */
  draw(
    picture: Picture,
    width: number,
    top: number,
    values: ExperimentSettings,
  ): Drawn;
}

/** What a figure makes of parameters. */
export type Looking<Picture> = (params: Params, now: Moment) => Picture;

/** Where a training is. */
export interface Moment {
  step: number;
  /** The last row, if there is one yet. */
  row: ExperimentRow | undefined;
  values: ExperimentSettings;
}

/** Markup, and how far down it reaches, pixels. */
export interface Drawn {
  markup: string;
  height: number;
}

/** A training under way. */
export interface ExperimentState {
  training: ReturnType<Experiment["trainSeed"]> | null;
  rows: ExperimentRow[];
  /** Steps taken. */
  at: number;
  outcome: ExperimentOutcome | null;
  /** Copies the parameters as they are; null before the first step. */
  params: (() => Params) | null;
  /** What the figure makes of parameters. */
  looking: ReturnType<ExperimentFigure["look"]> | null;
  /** What was last seen. */
  picture: unknown;
}

/** The seed, and what the figure lets the reader turn. */
export type ExperimentSettings = Settings;

/**
 * What the reader finds set: settings of the notebook. A list of one number is
 * shown as that number.
 */
export function valuesOf(
  seed: number,
  settings: object,
  figure: ExperimentFigure | null,
): ExperimentSettings {
  const all = settings as Record<string, Setting | readonly Setting[]>;
  const turned = (figure?.controls ?? []).map(({ key }) => {
    const value = all[key];
    return [key, typeof value === "object" ? value[0] : value];
  });
  return { ...Object.fromEntries(turned), ...figure?.seen, seed };
}

/** The experiment's settings with what the reader has set. */
function settingsFor(
  module: Experiment,
  view: ExperimentView,
  figure: ExperimentFigure | null,
  values: ExperimentSettings,
): object {
  const notebook = module.settings(view.settings) as Record<string, unknown>;
  const turned = (figure?.controls ?? []).map(({ key }) => {
    const value = values[key];
    return [key, Array.isArray(notebook[key]) ? [value] : value];
  });
  return module.settings({ ...view.settings, ...Object.fromEntries(turned) });
}

/** An outcome without its weights. */
export interface Finished {
  metrics: object;
  paramsSha256: string;
}

/** An experiment to play, with what a reader may hold it to and keep of it. */
export interface ExperimentSimulation
  extends Simulation<ExperimentSettings, ExperimentState> {
  /** Metrics of the recorded seeds, with their labels. */
  readonly recorded: readonly RecordedSeed[];
  /** What the command line would write for a run. */
  results(values: ExperimentSettings, finished: Finished): Results;
}

/** The simulation of `data/experiments/<notebook>.ts`. */
export function experiment(
  module: Experiment,
  { notebook, ...view }: ExperimentView & { notebook: string },
  figure: ExperimentFigure | null = null,
): ExperimentSimulation {
  const recorded = view.recorded ?? [];
  return {
    recorded,
    results({ seed, ...values }, { metrics, paramsSha256 }): Results {
      const config = settingsFor(module, view, figure, { seed, ...values });
      return {
        ...{ notebook, preset: view.preset, seed, config: { ...config } },
        paramsSha256,
        metrics: Object.entries(metrics as Record<string, number>)
          .map(([name, value]) => metric(name, value)),
        claims: [],
      };
    },
    ranges: ({ seed }) =>
      rangesOf(recorded.filter((other) => other.seed !== seed)),
    name: "experiment",
    title: view.title,
    description: "The notebook's own run of its model.",
    defaults: { seed: 1 },
    controls: figure?.controls ?? [],
    views: figure?.views,
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
    start(values): ExperimentState {
      const settings = settingsFor(module, view, figure, values);
      const state: ExperimentState = newState();
      state.training = module.trainSeed(values.seed, settings, (params) => {
        state.params = params;
        state.looking = figure?.look(values.seed, settings) ?? null;
      });
      return state;
    },
    step(state): void {
      const next = state.training!.next();
      if (next.done) state.outcome = next.value;
      else if (typeof next.value === "object") {
        const row = next.value as ExperimentRow;
        state.rows.push(row);
        state.at = row.step;
      } else state.at = next.value;
    },
    progress: (state) =>
      state.outcome ? 1 : Math.min(0.999, state.at / view.total),
    numbers: (state) => ({
      step: state.at,
      ...outcomeNumbers(state.outcome, view),
    }),
    draw: (state, values, width) =>
      draw(state, view, { figure, values, width }),
  };
}

/** A state before the first step. */
export function newState(): ExperimentState {
  return {
    ...{ training: null, rows: [], at: 0, outcome: null },
    ...{ params: null, looking: null, picture: null },
  };
}

/** What the figure shows now, from the parameters as they are. */
export function lookAt(
  state: ExperimentState,
  values: ExperimentSettings,
): unknown {
  const { looking, params, at: step, rows } = state;
  const now = { step, row: rows.at(-1), values };
  return state.picture = looking?.(params!(), now) ?? null;
}

/** Where the metrics of one more seed should fall, each with 95 %. */
export function rangesOf(
  recorded: readonly RecordedSeed[],
): Record<string, readonly [low: number, high: number]> {
  if (recorded.length < 2) return {};
  const ranges = Object.keys(recorded[0].metrics).map((key) => {
    const values = recorded.map(({ metrics }) => metrics[key]);
    return [key, predictionInterval(values)] as const;
  });
  return Object.fromEntries(ranges);
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

/** The model as the figure shows it, the curve below. */
function draw(
  state: ExperimentState,
  view: Pick<ExperimentView, "total" | "curve" | "lines">,
  { figure, values, width }: {
    figure: ExperimentFigure | null;
    values: ExperimentSettings;
    width: number;
  },
): string {
  const { picture, at } = state;
  const text = `Step ${tick(at)} of ${tick(view.total)}`;
  const parts: string[] = [];
  let bottom = 0;
  if (figure && picture) {
    const drawn = figure.draw(picture, width, bottom + TOP, values);
    parts.push(drawn.markup);
    bottom = drawn.height;
  }
  if (view.curve) {
    const [key, label] = view.curve;
    const { lines = [] } = view;
    const drawn = state.rows.map((row) => ({
      step: row.step,
      value: entryOf(row, key),
    }));
    const levels = lines.map(({ value }) => value);
    const frame: Frame = {
      ...first(width, { top: bottom + TOP, height: 160 }),
      x: [0, view.total],
      y: rangeOf([...drawn.map(({ value }) => value), ...levels]),
    };
    parts.push(
      curve(frame, label, drawn, { of: "value", color: COLORS.blue }),
      ...lines.map(({ value, label }) => level(frame, value, label)),
    );
    bottom = heightTo(frame);
  } else if (!picture) {
    parts.push(words(0, bottom + 22, text));
    bottom += 34;
  }
  return svg(width, bottom, view.curve?.[1] ?? text, ...parts);
}

/** Room for a title. */
const TOP = 26;

/** The number of a row at a path such as `test.nmi`. */
function entryOf(row: ExperimentRow, path: string): number {
  let at: unknown = row;
  for (const key of path.split(".")) at = (at as Record<string, unknown>)[key];
  return Number(at);
}

/** From the least to the largest of the values, an interval that holds some. */
function rangeOf(values: readonly number[]): [number, number] {
  const [low, high] = extent(values);
  if (low < high) return [low, high];
  return low === high ? [low, low + 1] : [0, 1];
}
