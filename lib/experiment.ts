/**
 * One seed of a notebook's main experiment, by the name of its module: what
 * the worker pool, `deno task sweep` and `deno task verify` run.
 *
 * An experiment is a module with two exports (see `data/experiments/`):
 * `settings(overrides)`, which checks and completes, and `trainSeed(seed,
 * settings)`, a generator that yields `{ step }` now and then and returns
 * `{ metrics, params }`.
 *
 * @module
 */
import { paramsSha256 } from "./claim.ts";
import { seedTask, type TaskName } from "./sweep.ts";

/** Trained parameters, by name. */
export type Params = Record<string, Float32Array | Float64Array>;

/** What training one seed returns. */
export interface Outcome {
  metrics: Record<string, number>;
  params: Params;
}

/** The exports of a module in `data/experiments/`. */
export interface Experiment<Settings extends object = object> {
  settings(overrides?: Partial<Settings>): Readonly<Settings>;
  trainSeed(
    seed: number,
    settings: Readonly<Settings>,
  ): Generator<{ step: number }, Outcome, boolean | void>;
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
  return new URL(`../data/experiments/${name}.ts`, import.meta.url).href;
}

/** Runs one seed of an experiment to its end; the task of `EXPERIMENT`. */
export async function runExperiment(
  seed: number,
  { module, settings, withParams }: ExperimentOptions,
  report: (step: number) => void = () => {},
): Promise<SeedResult> {
  const experiment: Experiment = await import(module);
  const start = performance.now();
  const training = experiment.trainSeed(seed, experiment.settings(settings));
  for (;;) {
    const next = training.next();
    if (!next.done) {
      report(next.value.step);
      continue;
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
}

/** The task to hand to `sweep`. */
export const EXPERIMENT: TaskName = seedTask(import.meta.url, "runExperiment");
