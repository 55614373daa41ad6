/**
 * What a sweep is to train, from the words of its command line: seeds, grids of
 * settings, shards, workers.
 *
 * @module
 */
import { basename, join } from "node:path";
import { didYouMean, Refusal } from "../../lib/run/config.ts";
import { type Experiment, experimentModule } from "../../lib/run/experiment.ts";
import { type TaskName, WorkerPool } from "../../lib/run/sweep.ts";
import { filesBelow, ROOT } from "../project.ts";
import { type Settings, settingsKey } from "./rows.ts";

/** Names of the experiments in `data/experiments/`. */
export function experimentNames(): string[] {
  return filesBelow(join(ROOT, "data", "experiments"), ".ts")
    .filter((file) => !file.endsWith("_test.ts"))
    .map((file) => basename(file, ".ts"));
}

/**
 * The experiment of a name.
 *
 * @param action what cannot be done without, as in "sweep"
 * @throws {Refusal} if there is none
 */
export async function experimentNamed(
  name: string | undefined,
  action: string,
): Promise<{ name: string; module: string; experiment: Experiment }> {
  const names = experimentNames();
  if (name === undefined || !names.includes(name)) {
    const hint = name === undefined ? "" : didYouMean(name, names);
    throw new Refusal(
      `Cannot ${action} as it needs the name of one experiment${hint}: ` +
        `they are ${names.join(", ")}`,
    );
  }
  const module = experimentModule(name);
  return { name, module, experiment: await import(module) };
}

/** Rows of a sweep at most: what a merge holds in two gigabytes. */
const MOST = 250_000;

/**
 * Seeds of a list such as `0-9,12`, without repetition, in order.
 *
 * @throws {Refusal} if the text is no such list
 */
export function parseSeeds(text: string): number[] {
  const seeds = new Set<number>();
  for (const part of text.split(",")) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    const from = Number(first);
    const to = Number(last ?? first);
    // Beyond the safe integers, adding 1 leads nowhere.
    if (!(from <= to && to - from < MOST && Number.isSafeInteger(to))) {
      throw new Refusal(
        "Cannot sweep as --seeds must be a list such as 0-9,12 of at most " +
          `${MOST} seeds below 2^53: current value is "${text}"`,
      );
    }
    for (let seed = from; seed <= to; seed++) seeds.add(seed);
  }
  return [...seeds].sort((a, b) => a - b);
}

/** Seeds in order as a list such as `0-9,12`. */
export function formatSeeds(seeds: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const seed of seeds) {
    const run = runs.at(-1);
    if (run && seed === run[1] + 1) run[1] = seed;
    else runs.push([seed, seed]);
  }
  return runs.map(([a, b]) => a === b ? `${a}` : `${a}-${b}`).join(",");
}

/**
 * Shard `i/n` of jobs, i from 1 to n: every n-th.
 *
 * @throws {Refusal} if the text is no such fraction
 */
export function shardOf<Job>(jobs: readonly Job[], text: string): Job[] {
  const [, i, n] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (!(i >= 1 && i <= n)) {
    throw new Refusal(
      "Cannot run as --shard must be i/n with i from 1 to n: " +
        `current value is "${text}"`,
    );
  }
  return jobs.filter((_, at) => at % n === i - 1);
}

/** A value of the command line: JSON where it is JSON, else text. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The values of `a,b,c`; commas within JSON's brackets and quotes stay. */
function parseValues(text: string): unknown[] {
  try {
    return JSON.parse(`[${text}]`);
  } catch {
    return text.split(",").map(parseValue);
  }
}

/**
 * Settings from `--set key=value` and `--grid key=a,b,c`: all combinations, the
 * last grid's values next to each other.
 *
 * @throws {Refusal} for what is no such pair, a key that stands twice, or
 *   too many combinations
 */
export function combinations(
  set: readonly string[],
  grid: readonly string[] = [],
): Record<string, unknown>[] {
  const axis = (option: string, pair: string): [string, string] => {
    const [, key, text] = /^([^=]+)=([^]*)$/.exec(pair) ?? [];
    if (key !== undefined) return [key, text];
    throw new Refusal(
      `Cannot run as --${option}: current value is "${pair}"`,
    );
  };
  const axes = [
    ...set.map((pair): [string, unknown[]] => {
      const [key, text] = axis("set must be key=value", pair);
      return [key, [parseValue(text)]];
    }),
    ...grid.map((pair): [string, unknown[]] => {
      const [key, text] = axis("grid must be key=a,b,c", pair);
      return [key, parseValues(text)];
    }),
  ];
  const keys = axes.map(([key]) => key);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) {
    throw new Refusal(`Cannot run as ${twice} must be given once`);
  }
  const count = axes.reduce((n, [, values]) => n * values.length, 1);
  if (count < 1 || count > MOST) {
    throw new Refusal(
      `Cannot run as --grid must give 1 to ${MOST} combinations: ` +
        `current value is ${count}`,
    );
  }
  return axes.reduce<Record<string, unknown>[]>(
    (all, [key, values]) =>
      all.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [{}],
  );
}

/** All settings of an experiment that `--set` and `--grid` ask for, each once. */
export function settingsOfGrid(
  experiment: Experiment,
  set: readonly string[] = [],
  grid: readonly string[] = [],
): Settings[] {
  const all = combinations(set, grid).map((overrides) =>
    experiment.settings(overrides) as Settings
  );
  return [...new Map(all.map((one) => [settingsKey(one), one])).values()];
}

/** A seed under some settings. */
export interface Job {
  seed: number;
  settings: Settings;
}

/** Every seed under all settings; the seeds of one lie next to each other. */
export function jobsOf(
  seeds: readonly number[],
  settings: readonly Settings[],
): Job[] {
  if (seeds.length * settings.length > MOST) {
    throw new Refusal(
      `Cannot sweep as seeds times settings must be at most ${MOST}: ` +
        `current value is ${seeds.length} × ${settings.length}`,
    );
  }
  return settings.flatMap((one) =>
    seeds.map((seed) => ({ seed, settings: one }))
  );
}

/**
 * How many seeds to train at a time: as asked, or the cores that this process
 * may use. Deno's number heeds affinity and cgroup; Slurm need not set either.
 *
 * @throws {Refusal} if the text is no number from 1 to 4096
 */
export function workersOf(text: string | undefined): number {
  if (text === undefined) {
    const granted = Number(
      Deno.env.get("SLURM_CPUS_PER_TASK") ||
        Deno.env.get("SLURM_CPUS_ON_NODE"),
    );
    const cores = navigator.hardwareConcurrency;
    return granted >= 1 ? Math.min(granted, cores) : cores;
  }
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > 4096) {
    throw new Refusal(
      "Cannot run as --workers must be an integer from 1 to 4096: " +
        `current value is "${text}"`,
    );
  }
  return Number(text);
}

/** Runs jobs on a pool, `workers` at a time; ends at the first that rejects. */
export async function runJobs<Job>(
  jobs: readonly Job[],
  workers: number,
  run: (job: Job, pool: WorkerPool) => Promise<void>,
): Promise<void> {
  const pool = new WorkerPool(Math.max(1, Math.min(workers, jobs.length)));
  // Shared: a loop that throws ends the generator, hence the other loops.
  const rest = (function* (): Generator<Job> {
    yield* jobs;
  })();
  const work = async (): Promise<void> => {
    for (const job of rest) await run(job, pool);
  };
  try {
    await Promise.all(Array.from({ length: pool.size }, work));
  } finally {
    pool.close();
  }
}

/**
 * Runs a task for one seed on a pool.
 *
 * @throws what `signal` was aborted with, or an Error where the task fails
 */
export async function runSeed<Value>(
  pool: WorkerPool,
  task: TaskName,
  { seed, options, signal }: {
    seed: number;
    options: unknown;
    signal: AbortSignal;
  },
): Promise<Value> {
  const [outcome] = await pool.sweep<unknown, Value>(task, {
    seeds: [seed],
    options,
    signal,
  });
  if (outcome.status === "done") return outcome.value;
  signal.throwIfAborted();
  throw new Error(outcome.status === "failed" ? outcome.error : "cancelled");
}
