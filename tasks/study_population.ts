/**
 * `deno task study:population [study…]`: trains the variants of
 * `data/studies/population.ts` over their seeds on all cores, and
 * records one JSON row a seed in `data/results/population_<study>.jsonl`. Rows
 * that are there are kept, so the command goes on where it stopped.
 *
 * @module
 */
import { join } from "node:path";
import { STUDIES } from "../data/studies/population.ts";
import { Refusal } from "../lib/run/config.ts";
import {
  EXPERIMENT,
  type ExperimentOptions,
  type SeedResult,
} from "../lib/run/experiment.ts";
import { closeSweep, sweep } from "../lib/run/sweep.ts";
import { ROOT } from "./project.ts";
import { type SweepRow } from "./sweep/rows.ts";
import { main, statusLine } from "./terminal.ts";

const experiment = "population_codes";
const module =
  new URL(`../data/experiments/${experiment}.ts`, import.meta.url).href;

/** Which seeds of which settings a file's text holds: "seed settings". */
function recorded(file: string): Set<string> {
  try {
    const lines = Deno.readTextFileSync(file).split("\n").slice(0, -1);
    return new Set(lines.map((line) => {
      const { seed, settings } = JSON.parse(line) as SweepRow;
      return `${seed} ${JSON.stringify(settings)}`;
    }));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Set();
    throw error;
  }
}

await main({ words: Infinity }, async ({ words, signal }) => {
  const names = words.length ? words : Object.keys(STUDIES);
  const progress = statusLine();
  for (const name of names) {
    const study = STUDIES[name];
    if (!study) {
      throw new Refusal(
        `Cannot record a study as "${name}" is none: they are ${
          Object.keys(STUDIES).join(", ")
        }`,
      );
    }
    const file = join(ROOT, "data", "results", `population_${name}.jsonl`);
    const done = recorded(file);
    for (const variant of study.variants) {
      const settings = variant as Record<string, unknown>;
      const seeds = Array.from({ length: study.seeds }, (_, i) => i + 1)
        .filter((seed) => !done.has(`${seed} ${JSON.stringify(settings)}`));
      progress.log(`${name}: ${JSON.stringify(settings)}: ${seeds.length}`);
      const outcomes = await sweep<ExperimentOptions, SeedResult>(EXPERIMENT, {
        seeds,
        options: { module, settings },
        signal,
      });
      signal.throwIfAborted();
      for (const outcome of outcomes) {
        if (outcome.status === "failed") throw new Error(outcome.error);
        if (outcome.status === "cancelled") continue;
        const { params: _, ...result } = outcome.value;
        const row: SweepRow = {
          experiment,
          settings,
          ...result,
          deno: Deno.version.deno,
        };
        Deno.writeTextFileSync(file, `${JSON.stringify(row)}\n`, {
          append: true,
        });
      }
    }
  }
  closeSweep();
});
