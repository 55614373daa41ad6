/**
 * `deno task sweep <notebook> --seeds 0-19 [--set key=value]…
 * [--grid key=a,b,c]… [--shard i/n] [--workers N] --out FILE.jsonl`: trains a
 * notebook's experiment over seeds, one JSON row a seed; with `--grid` over
 * all combinations of settings, one row a seed and setting.
 *
 * By default as many seeds are trained at a time as this process may use cores.
 * A row is appended in one write when its seed has finished, so a sweep that
 * is killed loses the seeds that were running and no others; the same command
 * goes on where it stopped. `--shard` trains every n-th row: give each shard a
 * file of its own, and `deno task merge` joins them.
 *
 * `deno task sweep --watch DIR`: how far the shards are whose files lie in DIR.
 *
 * @module
 */
import { resolve } from "node:path";
import { Refusal } from "../lib/run/config.ts";
import {
  EXPERIMENT,
  type ExperimentOptions,
  type SeedResult,
} from "../lib/run/experiment.ts";
import { CALLED_FROM } from "./project.ts";
import {
  experimentNamed,
  jobsOf,
  parseSeeds,
  runJobs,
  settingsOfGrid,
  shardOf,
  workersOf,
} from "./sweep/jobs.ts";
import { openLines } from "./sweep/json_lines.ts";
import {
  foreignness,
  type Plan,
  rowKey,
  settingsLabel,
  SWEEP_ROWS,
  variedKeys,
} from "./sweep/rows.ts";
import { watchShards } from "./sweep/watch.ts";
import { bar, type Call, duration, main, statusLine } from "./terminal.ts";

const OPTIONS = {
  seeds: { type: "string" },
  set: { type: "string", multiple: true },
  grid: { type: "string", multiple: true },
  shard: { type: "string" },
  workers: { type: "string" },
  out: { type: "string" },
  watch: { type: "string" },
} as const;

/** Train what the file does not hold yet. */
export async function sweepCommand(
  { values, words, signal }: Call<typeof OPTIONS>,
): Promise<void> {
  if (values.watch !== undefined) {
    await watchShards(resolve(CALLED_FROM, values.watch), signal);
    return;
  }
  const { name, module, experiment } = await experimentNamed(words[0], "sweep");
  const { seeds: list, out, shard = "1/1" } = values;
  if (list === undefined) {
    throw new Refusal("Cannot sweep as --seeds is missing");
  }
  if (out === undefined) {
    throw new Refusal("Cannot sweep as --out is missing");
  }
  const settings = settingsOfGrid(experiment, values.set, values.grid);
  const wanted = shardOf(jobsOf(parseSeeds(list), settings), shard);
  const workers = workersOf(values.workers);
  const deno = Deno.version.deno;

  const file = resolve(CALLED_FROM, out);
  using lines = await openLines(file, SWEEP_ROWS);
  const whyForeign = foreignness({ experiment: name, settings, deno });
  for (const row of lines.rows) {
    const why = whyForeign(row);
    if (why === undefined) continue;
    throw new Refusal(
      `Cannot add to ${file} as it holds rows of another sweep ` +
        `(seed ${row.seed}: ${why}): name another --out`,
    );
  }
  const done = new Set(lines.rows.map(rowKey));
  const jobs = wanted.filter((job) => !done.has(rowKey(job)));
  const plan: Plan = { shard, rows: done.size + jobs.length, workers };
  const line = statusLine();
  line.log(
    `${name}: ${jobs.length} of ${wanted.length} rows to train`,
  );
  const varied = variedKeys(settings);
  const failures: string[] = [];
  let finished = 0;
  const start = performance.now();
  const tell = (): void => {
    const passed = (performance.now() - start) / 1000;
    const left = passed / finished * (jobs.length - finished);
    const share = bar(finished / jobs.length);
    const step = `${share} ${finished} of ${jobs.length} rows`;
    const rest = finished ? ` · about ${duration(left)} left` : "";
    line.update(`${step} · ${duration(passed)}${rest}`, step);
  };
  await runJobs(jobs, workers, async ({ seed, settings }, pool) => {
    const [outcome] = await pool.sweep<ExperimentOptions, SeedResult>(
      EXPERIMENT,
      {
        seeds: [seed],
        options: { module, settings },
        signal,
        onProgress: tell,
      },
    );
    signal.throwIfAborted();
    finished++;
    if (outcome.status === "done") {
      const { value } = outcome;
      lines.append({ experiment: name, settings, ...value, deno, plan });
    } else if (outcome.status === "failed") {
      const label = settingsLabel({ seed, ...settings }, ["seed", ...varied]);
      failures.push(`${label}: ${outcome.error.split("\n")[0]}`);
    }
    tell();
  });
  if (failures.length > 0) {
    throw new Error(
      `${failures.length} of ${jobs.length} rows failed; the others are in ` +
        `${out}. Run the same command to try them again.\n` +
        failures.join("\n"),
    );
  }
  line.log(
    `${out}: ${wanted.length} rows, ${
      duration((performance.now() - start) / 1000)
    }`,
  );
}

if (import.meta.main) await main({ options: OPTIONS, words: 1 }, sweepCommand);
