/**
 * `deno task study:population [study…] [--shard i/n] [--workers N] [--out DIR]`:
 * trains the variants of `data/studies/population.ts` over their seeds, and
 * records one JSON row a seed in `population_<study>.jsonl` in `data/results/`,
 * or in DIR. What is recorded in either is not trained again, so the same
 * command goes on where it stopped; a run that is ended loses the rows that it
 * was at, minutes each. Shards need a DIR each; their files are joined end to
 * end.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { STUDIES } from "../data/studies/population.ts";
import { Refusal } from "../lib/run/config.ts";
import {
  EXPERIMENT,
  experimentModule,
  type SeedResult,
} from "../lib/run/experiment.ts";
import { CALLED_FROM, ROOT } from "./project.ts";
import {
  type Job,
  jobsOf,
  runJobs,
  runSeed,
  shardOf,
  workersOf,
} from "./sweep/jobs.ts";
import { openLines, readLines } from "./sweep/json_lines.ts";
import { rowKey, type Settings, SWEEP_ROWS } from "./sweep/rows.ts";
import { type Call, main, statusLine } from "./terminal.ts";

const RESULTS = join(ROOT, "data", "results");
const experiment = "population_codes";
const module = experimentModule(experiment);

const OPTIONS = {
  shard: { type: "string", default: "1/1" },
  workers: { type: "string" },
  out: { type: "string" },
} as const;

/** All rows of a study. */
function jobsOfStudy(name: string): Job[] {
  if (!Object.hasOwn(STUDIES, name)) {
    throw new Refusal(
      `Cannot record a study as "${name}" is none: they are ${
        Object.keys(STUDIES).join(", ")
      }`,
    );
  }
  const { seeds, variants } = STUDIES[name];
  const fromOne = Array.from({ length: seeds }, (_, i) => i + 1);
  return jobsOf(fromOne, variants as readonly Settings[]);
}

async function study(
  { values, words, signal }: Call<typeof OPTIONS>,
): Promise<void> {
  const names = words.length ? words : Object.keys(STUDIES);
  const all = names.flatMap((name) =>
    jobsOfStudy(name).map((job) => ({ ...job, name }))
  );
  const shard = shardOf(all, values.shard);
  const workers = workersOf(values.workers);
  const folder = values.out === undefined
    ? RESULTS
    : resolve(CALLED_FROM, values.out);
  const files = new Map(
    await Promise.all(names.map(async (name) => {
      const file = `population_${name}.jsonl`;
      const lines = await openLines(join(folder, file), SWEEP_ROWS);
      const recorded = await readLines(join(RESULTS, file), SWEEP_ROWS);
      const done = new Set([...recorded.rows, ...lines.rows].map(rowKey));
      return [name, { lines, done }] as const;
    })),
  );
  const jobs = shard.filter((job) =>
    !files.get(job.name)!.done.has(rowKey(job))
  );
  const line = statusLine();
  line.log(`${jobs.length} of ${shard.length} rows to train`);
  await runJobs(jobs, workers, async ({ name, seed, settings }, pool) => {
    const options = { module, settings };
    const result = await runSeed<SeedResult>(pool, EXPERIMENT, {
      seed,
      options,
      signal,
    });
    const deno = Deno.version.deno;
    files.get(name)!.lines.append({ experiment, settings, ...result, deno });
    line.log(`${name} · ${JSON.stringify(settings)} · seed ${seed}`);
  });
}

if (import.meta.main) await main({ options: OPTIONS, words: Infinity }, study);
