/**
 * `deno task merge A.jsonl B.jsonl … --seeds 0-999 [--set key=value]…
 * [--grid key=a,b,c]… --out ALL.jsonl`: joins the shards of a sweep, sorted, one
 * row a seed and setting, and says whether all are there.
 *
 * Give it what the sweep was given; without `--set` and `--grid` all rows must
 * have the settings of the first. Equal rows are kept once; rows of the same
 * seed and settings that differ, and rows that do not belong, are refused, and
 * nothing is written. Rows that `--out` holds already are kept. Exits with 0 if
 * no row is missing, with 1 if any is; `--out` then has the others, and the
 * sweep can go on from it.
 *
 * @module
 */
import { resolve } from "node:path";
import { Refusal } from "../lib/run/config.ts";
import { writeWhole } from "./notebook/notebook.ts";
import { CALLED_FROM } from "./project.ts";
import {
  experimentNamed,
  formatSeeds,
  type Job,
  jobsOf,
  parseSeeds,
  settingsOfGrid,
} from "./sweep/jobs.ts";
import { openLocked, readLines } from "./sweep/json_lines.ts";
import {
  type Expected,
  foreignness,
  rowKey,
  settingsLabel,
  SWEEP_ROWS,
  type SweepRow,
  variedKeys,
} from "./sweep/rows.ts";
import { type Call, main } from "./terminal.ts";

/** Refused rows that are named. */
const SHOWN = 10;

/** Rows that were joined. */
export interface Merged {
  /** In the order of the jobs, without the plans of their shards. */
  rows: SweepRow[];
  /** Jobs that no file has a row of. */
  missing: Job[];
  /** Rows that stood there before. */
  repeated: number;
}

/**
 * Joins the rows of files.
 *
 * @throws {Refusal} for rows that do not belong, or contradict each other,
 *   naming files and lines
 */
export function mergeRows(
  files: ReadonlyMap<string, readonly SweepRow[]>,
  jobs: readonly Job[],
  expected: Expected,
): Merged {
  const whyForeign = foreignness(expected);
  const wanted = new Set(jobs.map(rowKey));
  const found = new Map<string, { row: SweepRow; where: string }>();
  const refused: string[] = [];
  let repeated = 0;
  for (const [file, rows] of files) {
    rows.forEach((row, i) => {
      const where = `${file}, line ${i + 1}`;
      const key = rowKey(row);
      const why = whyForeign(row) ??
        (wanted.has(key) ? undefined : `seed ${row.seed}, which --seeds lacks`);
      if (why !== undefined) {
        refused.push(`${where}: ${why}`);
        return;
      }
      const before = found.get(key);
      if (before === undefined) found.set(key, { row, where });
      else if (outcome(before.row) === outcome(row)) repeated++;
      else {
        refused.push(
          `${where}: seed ${row.seed} came to something else in ` +
            before.where,
        );
      }
    });
  }
  if (refused.length > 0) {
    throw new Refusal(
      `Cannot merge as ${refused.length} rows do not belong together:\n` +
        refused.slice(0, SHOWN).join("\n") +
        (refused.length > SHOWN ? "\n…" : ""),
    );
  }
  const rows = jobs.flatMap((job) => {
    const { plan: _, ...row } = found.get(rowKey(job))?.row ?? {};
    return "seed" in row ? [row as SweepRow] : [];
  });
  const missing = jobs.filter((job) => !found.has(rowKey(job)));
  return { rows, missing, repeated };
}

/** What must be the same wherever a seed was trained. */
function outcome({ paramsSha256, metrics }: SweepRow): string {
  return paramsSha256 + JSON.stringify(metrics);
}

/** Missing jobs by their settings, as `rate = 0.1: seeds 4,7-9`. */
function listed(missing: readonly Job[], expected: Expected): string[] {
  const varied = variedKeys(expected.settings);
  const bySettings = Map.groupBy(missing, ({ settings }) => settings);
  return [...bySettings].map(([settings, jobs]) => {
    const label = settingsLabel(settings, varied);
    const seeds = formatSeeds(jobs.map(({ seed }) => seed));
    return `${label && `${label}: `}seeds ${seeds}`;
  });
}

const OPTIONS = {
  seeds: { type: "string" },
  set: { type: "string", multiple: true },
  grid: { type: "string", multiple: true },
  out: { type: "string" },
} as const;

/** Join files; throws when a row is missing or does not belong. */
export async function merge(
  { values, words }: Call<typeof OPTIONS>,
): Promise<void> {
  const { seeds, set, grid } = values;
  for (const [name, value] of Object.entries({ seeds, out: values.out })) {
    if (value) continue;
    throw new Refusal(`Cannot merge as --${name} is missing`);
  }
  if (words.length === 0) {
    throw new Refusal("Cannot merge as it needs the files of a sweep");
  }
  const out = resolve(CALLED_FROM, values.out!);
  const isThere = await Deno.stat(out).then(() => true, () => false);
  // No sweep may add to what is about to be replaced.
  using _lock = isThere ? await openLocked(out) : undefined;
  const names = words.map((word) => resolve(CALLED_FROM, word));
  const files = new Map<string, SweepRow[]>();
  for (const file of isThere ? [...names, out] : names) {
    const { rows, isTorn } = await readLines(file, SWEEP_ROWS);
    files.set(file, rows);
    if (rows.length === 0) console.error(`${file} holds no row`);
    if (isTorn) console.error(`${file} ends in a torn line: left out`);
  }
  const [first] = [...files.values()].flat();
  if (first === undefined) {
    throw new Refusal("Cannot merge as no file holds a row yet");
  }
  const { experiment, deno } = first;
  const isGiven = (set ?? grid) !== undefined;
  const settings = isGiven
    ? settingsOfGrid(
      (await experimentNamed(experiment, "merge")).experiment,
      set,
      grid,
    )
    : [first.settings];
  const expected = { experiment, settings, deno };
  const jobs = jobsOf(parseSeeds(seeds!), settings);
  const { rows, missing, repeated } = mergeRows(files, jobs, expected);
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  await writeWhole(out, text).catch((error) => {
    throw new Error(`Cannot write ${out}: ${error.message}`);
  });
  console.log(
    `${values.out}: ${rows.length} of ${jobs.length} rows` +
      (repeated ? `; ${repeated} that stood twice are kept once` : ""),
  );
  if (missing.length > 0) {
    throw new Error(
      `${missing.length} rows are missing:\n` +
        listed(missing, expected).join("\n"),
    );
  }
}

if (import.meta.main) {
  await main({ options: OPTIONS, words: Infinity }, merge);
}
