/**
 * `deno task bench [--only WORK] [--repeats N] [--out FILE.json]`: what a user
 * waits for, ours beside numpy and PyTorch, in float32, in one run.
 *
 * 1. One thread: products, maps and training steps.
 * 2. All cores: training steps, each library with its default number of threads.
 * 3. Growth: training steps with four times the work (twice, where it says so).
 * 4. Ten seeds on one worker and on all cores.
 * 5. Start-up: seconds until a notebook's first output.
 *
 * Engines take turns, `--repeats` times (40), a quarter of that where a step
 * takes more than 50 ms, each for some 5 ms; tables show the least time of a
 * step (and the median), because whatever else the machine does can only add to
 * it. `--only` takes the works whose names hold the word, in tables 1 to 3, or
 * one of `seeds` and `startup`.
 *
 * @module
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Refusal } from "../lib/run/config.ts";
import { type Call, main } from "../tasks/terminal.ts";
import {
  CORES,
  measureAllCores,
  measureSeeds,
  printAllCores,
  printSeeds,
} from "./all_cores.ts";
import {
  measureOneThread,
  measurePeak,
  printGrowth,
  printOneThread,
  type Row,
} from "./one_thread.ts";
import { checkGradients, withReferences } from "./references.ts";
import { measureStartUp, printStartUp } from "./startup.ts";
import type { Turns } from "./turns.ts";
import { TRAININGS, WORKS } from "./works.ts";

/** Seconds of silence before a turn on all cores; numpy's threads spin for some 20 ms. */
const PAUSE = 0.05;
/** Tables that are no works. */
const PARTS = ["seeds", "startup"];

const OPTIONS = {
  repeats: { type: "string" },
  only: { type: "string" },
  out: { type: "string" },
} as const;

function title(text: string): void {
  console.log(`\n${text}\n`);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, JSON.stringify(value, null, 2) + "\n");
  await rename(`${path}.part`, path);
  console.log(`\nWritten to ${path}`);
}

/** Tables 1 to 3, of works whose names hold a word; 2 and 3 of training steps. */
async function benchWorks(only: string, turns: Turns): Promise<object> {
  const chosen = <W extends { name: string }>(works: readonly W[]): W[] =>
    works.filter(({ name }) => name.includes(only));
  const trainings = chosen(TRAININGS);
  const peak = await measurePeak();
  const { rows, versions } = await withReferences(
    "one",
    turns.missing,
    async (references) => {
      if (references.length === 2) await checkGradients();
      return {
        rows: await measureOneThread(chosen(WORKS), references, turns),
        versions: references.map(({ name, version }) => `${name} ${version}`),
      };
    },
  );
  title(
    `1. One thread, float32, ${
      [`Deno ${Deno.version.deno}`, ...versions].join(", ")
    }. Largest rate of SIMD\nwithout fused multiply-add: ` +
      `${peak.toFixed(1)} GFLOP/s. Microseconds a step, least (median) of ` +
      `${turns.repeats}\ninterleaved runs, a quarter of them where a step takes ` +
      "more than 50 ms; ratios of the\nleast times, above 1 where ours is faster.",
  );
  printOneThread(rows, peak);
  const oneThread = { versions, peakGflops: peak, rows: rows.map(jsonOf) };
  if (trainings.length === 0) return { oneThread };
  const allCores = await withReferences(
    "default",
    turns.missing,
    (references) =>
      measureAllCores(trainings, references, { ...turns, pause: PAUSE }),
  );
  title(
    `2. All ${CORES} cores, each library with its default number of threads; ` +
      `microseconds a step.\nBefore each turn a pause of ${1000 * PAUSE} ms, ` +
      "in which the threads of the one before go to\nsleep, then 0.4 s of " +
      "steps that are not timed. Ratios to ours on all cores.",
  );
  printAllCores(allCores);
  title("3. Growth, one thread: microseconds a step, then with more work.");
  printGrowth(rows);
  return { oneThread, allCores: { cores: CORES, rows: allCores.map(jsonOf) } };
}

function jsonOf({ work, times, grown }: Row): object {
  return {
    name: work.name,
    title: work.title,
    flop: work.flop ?? null,
    elements: work.elements ?? null,
    target: work.target ?? null,
    recordedSeconds: work.recorded ?? null,
    seconds: times,
    ...("growth" in work && grown && {
      grown: { name: work.grown.name, work: work.growth, seconds: grown },
    }),
  };
}

/** Throws `Refusal` for an option that cannot work. */
async function bench(
  { values, signal }: Call<typeof OPTIONS>,
): Promise<void> {
  const { repeats: wanted, only = "", out = "reports/bench.json" } = values;
  const names = [...WORKS.map(({ name }) => name), ...PARTS];
  const asked = names.filter((name) => name.includes(only));
  if (asked.length === 0) {
    throw new Refusal(
      `Cannot run the benchmark as there is no work "${only}": they are ` +
        names.join(", "),
    );
  }
  const repeats = Number(wanted ?? 40);
  if (!(Number.isInteger(repeats) && repeats > 0)) {
    throw new Refusal(
      "Cannot run the benchmark as repeats must be an integer > 0: " +
        `current value is ${wanted}`,
    );
  }
  const missing: string[] = [];
  const turns: Turns = { repeats, missing, signal };
  const results: Record<string, unknown> = {
    environment: { deno: Deno.version.deno, loadBefore: Deno.loadavg() },
    repeats,
  };
  if (asked.some((name) => !PARTS.includes(name))) {
    Object.assign(results, await benchWorks(only, turns));
  }
  if (asked.includes("seeds")) {
    const seeds = await measureSeeds(turns);
    title("4. Ten seeds of Imax, 1,000 steps each, with the data.");
    printSeeds(seeds);
    results.seeds = seeds;
  }
  if (asked.includes("startup")) {
    const starts = await measureStartUp(turns);
    title(
      "5. Start-up: seconds from sending the first cell to an idle kernel to " +
        "the first output.",
    );
    printStartUp(starts);
    results.startUp = starts;
  }
  for (const line of missing) console.log(`Could not measure ${line}`);
  await writeJson(out, { ...results, missing });
}

if (import.meta.main) await main({ options: OPTIONS }, bench);
