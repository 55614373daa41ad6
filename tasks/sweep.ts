/**
 * `deno task sweep <notebook> --seeds 0-19 [--shard i/n] [--set key=value]…
 * --out FILE.jsonl`: trains a notebook's experiment over seeds on all cores,
 * one JSON row a seed.
 *
 * A row is appended in one write when its seed has finished, so a sweep that
 * is killed loses the seeds that were running and no others; the same command
 * goes on where it stopped.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { didYouMean, Refusal } from "../lib/run/config.ts";
import {
  EXPERIMENT,
  type Experiment,
  experimentModule,
  type ExperimentOptions,
  type SeedResult,
} from "../lib/run/experiment.ts";
import { closeSweep, sweep } from "../lib/run/sweep.ts";
import { CALLED_FROM, filesBelow, ROOT } from "./project.ts";
import { bar, type Call, duration, main, statusLine } from "./terminal.ts";

/** One line of a sweep's file. */
export interface SweepRow extends Omit<SeedResult, "params"> {
  experiment: string;
  settings: Record<string, unknown>;
  deno: string;
}

const EXPERIMENTS = join(ROOT, "data", "experiments");

/** Names of the experiments in `data/experiments/`. */
export function experimentNames(): string[] {
  return filesBelow(EXPERIMENTS, ".ts")
    .filter((file) => !file.endsWith("_test.ts"))
    .map((file) => basename(file, ".ts"));
}

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
    if (first === undefined || to < from || to - from > 1e6) {
      throw new Refusal(
        "Cannot sweep as --seeds must be a list such as 0-9,12: " +
          `current value is "${text}"`,
      );
    }
    for (let seed = from; seed <= to; seed++) seeds.add(seed);
  }
  return [...seeds].sort((a, b) => a - b);
}

/**
 * The seeds of shard `i/n`, i from 1 to n: every n-th seed.
 *
 * @throws {Refusal} if the text is no such fraction
 */
export function shardOf(seeds: readonly number[], text: string): number[] {
  const [, i, n] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (!(i >= 1 && i <= n)) {
    throw new Refusal(
      "Cannot sweep as --shard must be i/n with i from 1 to n: " +
        `current value is "${text}"`,
    );
  }
  return seeds.filter((_, at) => at % n === i - 1);
}

/** `key=value` pairs; a value is read as JSON where it is JSON. */
export function parsePairs(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) {
      throw new Refusal(
        `Cannot run as --set must be key=value: current value is "${pair}"`,
      );
    }
    const text = pair.slice(at + 1);
    try {
      return [pair.slice(0, at), JSON.parse(text)];
    } catch {
      return [pair.slice(0, at), text];
    }
  }));
}

/**
 * The rows of a sweep's file. A last line without its line feed is what a
 * killed sweep was writing: it is left out.
 *
 * @throws {Refusal} naming the line that is no row of a sweep
 */
export function parseRows(text: string, file: string): SweepRow[] {
  const lines = text.split("\n");
  lines.pop();
  return lines.map((line, i) => {
    let row: Partial<SweepRow> | null = null;
    try {
      row = JSON.parse(line);
    } catch {
      // Said below.
    }
    if (
      !row || typeof row.experiment !== "string" ||
      !Number.isInteger(row.seed) || typeof row.metrics !== "object" ||
      typeof row.settings !== "object" || typeof row.paramsSha256 !== "string"
    ) {
      throw new Refusal(
        `Cannot use ${file} as its line ${i + 1} is no row of a sweep: ` +
          "delete that line, or choose another --out",
      );
    }
    return row as SweepRow;
  });
}

/** Refuses rows of another experiment or of other settings. */
function refuseForeign(
  rows: readonly SweepRow[],
  file: string,
  expected: { experiment: string; settings: Record<string, unknown> },
): void {
  for (const row of rows) {
    const different = row.experiment !== expected.experiment
      ? `the experiment ${row.experiment}`
      : Object.keys({ ...expected.settings, ...row.settings })
        .filter((key) =>
          JSON.stringify(row.settings[key]) !==
            JSON.stringify(expected.settings[key])
        )
        .map((key) =>
          `${key} = ${JSON.stringify(row.settings[key])}, not ${
            JSON.stringify(expected.settings[key])
          }`
        ).join("; ");
    if (different) {
      throw new Refusal(
        `Cannot add to ${file} as it holds seeds of another sweep ` +
          `(seed ${row.seed}: ${different}): choose another --out`,
      );
    }
  }
}

const OPTIONS = {
  seeds: { type: "string" },
  shard: { type: "string" },
  set: { type: "string", multiple: true },
  out: { type: "string" },
} as const;

/** Train the seeds that the file does not hold yet. */
export async function sweepCommand(
  { values, words: [name], signal }: Call<typeof OPTIONS>,
): Promise<void> {
  const names = experimentNames();
  if (!names.includes(name)) {
    const hint = name === undefined ? "" : didYouMean(name, names);
    throw new Refusal(
      `Cannot sweep as it needs the name of one experiment${hint}: ` +
        `they are ${names.join(", ")}`,
    );
  }
  const { seeds: list, out, shard, set = [] } = values;
  if (list === undefined) {
    throw new Refusal("Cannot sweep as --seeds is missing");
  }
  if (out === undefined) {
    throw new Refusal("Cannot sweep as --out is missing");
  }
  const all = parseSeeds(list);
  const wanted = shard === undefined ? all : shardOf(all, shard);
  const module = experimentModule(name);
  const experiment: Experiment = await import(module);
  const settings = experiment.settings(parsePairs(set)) as Record<
    string,
    unknown
  >;
  const file = resolve(CALLED_FROM, out);
  const done = await openSweep(file, { experiment: name, settings });
  const seeds = wanted.filter((seed) => !done.has(seed));
  const progress = statusLine();
  progress.log(
    `${name}: ${seeds.length} of ${wanted.length} seeds to train` +
      `${done.size ? `, ${wanted.length - seeds.length} are there` : ""}`,
  );
  const failures: string[] = [];
  let finished = 0;
  const start = performance.now();
  const options: ExperimentOptions = { module, settings };
  const note = (): void => {
    const passed = (performance.now() - start) / 1000;
    const left = finished
      ? ` · about ${
        duration(passed / finished * (seeds.length - finished))
      } left`
      : "";
    progress.update(
      `${
        bar(finished / seeds.length)
      } ${finished} of ${seeds.length} seeds · ` +
        `${duration(passed)}${left}`,
    );
  };
  try {
    await Promise.all(seeds.map(async (seed) => {
      const [outcome] = await sweep<ExperimentOptions, SeedResult>(EXPERIMENT, {
        seeds: [seed],
        options,
        signal,
        onProgress: note,
      });
      if (outcome.status === "cancelled") return;
      finished++;
      if (outcome.status === "failed") {
        failures.push(`seed ${seed}: ${outcome.error.split("\n")[0]}`);
      } else {
        append(file, {
          experiment: name,
          settings,
          ...outcome.value,
          deno: Deno.version.deno,
        });
      }
      note();
    }));
  } finally {
    closeSweep();
  }
  signal.throwIfAborted();
  if (failures.length > 0) {
    throw new Error(
      `${failures.length} of ${seeds.length} seeds failed; the others are in ` +
        `${out}. Run the same command to try them again.\n` +
        failures.join("\n"),
    );
  }
  progress.log(
    `${out}: ${wanted.length} seeds, ${
      duration((performance.now() - start) / 1000)
    }`,
  );
}

/** Makes the file ready to be added to; the seeds that it holds. */
async function openSweep(
  file: string,
  expected: { experiment: string; settings: Record<string, unknown> },
): Promise<Set<number>> {
  let text = "";
  try {
    await Deno.mkdir(dirname(file), { recursive: true });
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw unwritable(file, error);
  }
  const rows = parseRows(text, file);
  refuseForeign(rows, file, expected);
  const whole = text.lastIndexOf("\n") + 1;
  try {
    const bytes = new TextEncoder().encode(text.slice(0, whole)).length;
    const handle = await Deno.open(file, { write: true, create: true });
    await handle.truncate(bytes);
    handle.close();
  } catch (error) {
    throw unwritable(file, error);
  }
  return new Set(rows.map((row) => row.seed));
}

function append(file: string, row: SweepRow): void {
  const line = new TextEncoder().encode(`${JSON.stringify(row)}\n`);
  try {
    const handle = Deno.openSync(file, { append: true });
    try {
      for (let at = 0; at < line.length;) {
        at += handle.writeSync(line.subarray(at));
      }
      handle.syncDataSync();
    } finally {
      handle.close();
    }
  } catch (error) {
    throw unwritable(file, error);
  }
}

function unwritable(file: string, error: unknown): Error {
  return new Error(
    `Cannot write ${file}: ${(error as Error).message}. ` +
      "Finished seeds are kept; free space or choose another --out, then run the same command again.",
  );
}

if (import.meta.main) await main({ options: OPTIONS, words: 1 }, sweepCommand);
