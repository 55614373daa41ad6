/**
 * `deno task study:neural_em [--seeds 0-2] [--study NAME]`
 *
 * Trains the configurations of `data/neural_em_studies.ts` and appends a line
 * each to `data/results/neural_em_studies.jsonl`. What is recorded there is not
 * trained again: the same command goes on where it stopped.
 *
 * @module
 */
import { appendFile, readFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import {
  modelOf,
  settings,
  trainSeed,
  worldOf,
} from "../data/experiments/neural_em.ts";
import { type Restarts, restarts } from "../data/neural_em_assessment.ts";
import {
  type StudyRow,
  type Variant,
  VARIANTS,
} from "../data/neural_em_studies.ts";
import { modelFrom } from "../lib/neural_em_inference.ts";
import { stream } from "../lib/random.ts";
import { finish } from "../lib/training.ts";
import { parseSeeds } from "./sweep.ts";
import { main, progressLine } from "./terminal.ts";

const path = fileURLToPath(
  new URL("../data/results/neural_em_studies.jsonl", import.meta.url),
);

async function recorded(): Promise<StudyRow[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

function run(variant: Variant, seed: number): StudyRow {
  const before = process.cpuUsage();
  const chosen = settings(variant.overrides);
  const { rows, metrics, params } = finish(trainSeed(seed, chosen));
  const rounded = (x: number): number => Number(x.toPrecision(5));
  const round = <T extends object>(values: T): T =>
    Object.fromEntries(
      Object.entries(values).map(([name, x]) => [name, rounded(x)]),
    ) as T;
  const chooseStarts = (tries: number): Restarts => {
    const test = worldOf(chosen)(stream(seed, "test set"), chosen.evalImages);
    const model = modelFrom(modelOf(chosen), params);
    return restarts(seed, [{ model, steps: chosen.steps }], test, tries);
  };
  const starts = variant.starts && round(chooseStarts(variant.starts));
  const { user, system } = process.cpuUsage(before);
  return {
    study: variant.study,
    label: variant.label,
    seed,
    curve: rows.map(({ step, loss, test }) => ({
      step,
      loss: rounded(loss),
      nmi: rounded(test.nmi),
      ami: rounded(test.ami),
    })),
    metrics: round(metrics),
    ...(starts && { starts }),
    cpuSeconds: rounded((user + system) / 1e6),
  };
}

async function study(signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "0-2" },
      study: { type: "string" },
    },
  });
  const done = new Set(
    (await recorded()).map((row) => `${row.study}|${row.label}|${row.seed}`),
  );
  const wanted = VARIANTS.filter(({ study }) =>
    values.study === undefined || values.study === study
  );
  if (wanted.length === 0) {
    const names = [...new Set(VARIANTS.map(({ study }) => study))];
    throw new RangeError(
      `Cannot study neural EM as --study must be one of ${names.join(", ")}: ` +
        `current value is "${values.study}"`,
    );
  }
  const line = progressLine();
  for (const seed of parseSeeds(values.seeds)) {
    for (const variant of wanted) {
      const { study, label } = variant;
      if (done.has(`${study}|${label}|${seed}`)) continue;
      if (signal.aborted) return;
      const row = run(variant, seed);
      await appendFile(path, `${JSON.stringify(row)}\n`);
      line.log(
        `${study} · ${label} · seed ${seed} · AMI ` +
          `${row.metrics.finalAmi.toFixed(3)} · ${row.cpuSeconds} s`,
      );
    }
  }
}

if (import.meta.main) await main(study);
