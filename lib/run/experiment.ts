/**
 * One seed of a notebook's main experiment, by the name of its module: what
 * the worker pool, `deno task sweep` and `deno task verify` run.
 *
 * An experiment is a module with two exports (see `data/experiments/`):
 * `settings(overrides)`, which checks and completes, and `trainSeed(seed,
 * settings, expose)`, a training (see `lib/run/training.ts`) that returns
 * `{ metrics, params }`, and shows them before where it is asked to.
 *
 * @module
 */
import { paramsSha256 } from "./results.ts";
import { seedTask, type TaskName } from "./sweep.ts";
import type { Training } from "./training.ts";

/** Trained parameters, by name. */
export type Params = Record<string, Float32Array | Float64Array>;

/** What training one seed returns. */
export interface Outcome<Metrics = Record<string, number>, P = Params> {
  metrics: Metrics;
  params: P;
}

/**
 * Told once, before the first step, how to copy the parameters as they are: to
 * look at a model while it trains. Copying them changes nothing.
 */
export type Expose = (params: () => Params) => void;

/** The exports of a module in `data/experiments/`. */
export interface Experiment<Settings extends object = object> {
  settings(overrides?: Partial<Settings>): Readonly<Settings>;
  trainSeed(
    seed: number,
    settings: Readonly<Settings>,
    expose?: Expose,
  ): Training<{ step: number }, Outcome>;
}

/** Which experiment, with which settings over its defaults. */
export interface ExperimentOptions {
  /** URL of the experiment's module. */
  module: string;
  settings: Record<string, unknown>;
  /** Whether to return the trained parameters, not their hash alone. */
  withParams?: boolean;
}

/** What is kept of a seed. */
export interface SeedResult {
  seed: number;
  metrics: Record<string, number>;
  paramsSha256: string;
  /** Seconds of training and measuring. */
  seconds: number;
  params?: Params;
}

/** URL of the module of the experiment `name`: the one place that knows it. */
export function experimentModule(name: string): string {
  return new URL(`../../data/experiments/${name}.ts`, import.meta.url).href;
}

/** Milliseconds between two reports of the step that a seed is at. */
const REPORT = 100;

/**
 * Runs one seed of an experiment to its end, or until `stopped`; the task of
 * `EXPERIMENT`.
 */
export async function runExperiment(
  seed: number,
  { module, settings, withParams }: ExperimentOptions,
  report: (step: number) => void = () => {},
  stopped: () => boolean = () => false,
): Promise<SeedResult> {
  const experiment: Experiment = await import(module);
  const start = performance.now();
  const training = experiment.trainSeed(seed, experiment.settings(settings));
  let reported = start;
  let next = training.next();
  while (!next.done) {
    const { value } = next;
    if (performance.now() - reported > REPORT) {
      report(typeof value === "object" ? value.step : value);
      reported = performance.now();
    }
    next = training.next(stopped());
  }
  const { metrics, params } = next.value;
  const seconds = (performance.now() - start) / 1000;
  const hash = await paramsSha256(params);
  return {
    seed,
    metrics,
    paramsSha256: hash,
    seconds,
    ...(withParams && { params }),
  };
}

/** The task to hand to `sweep`. */
export const EXPERIMENT: TaskName = seedTask(import.meta.url, "runExperiment");
