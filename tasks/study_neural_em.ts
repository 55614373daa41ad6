/**
 * `deno task study:neural_em [--seeds 0-2] [--study NAME]`
 *
 * Trains the configurations of `data/studies/neural_em/variants.ts` and appends a line
 * each to `data/results/neural_em_studies.jsonl`. What is recorded there is not
 * trained again: the same command goes on where it stopped.
 *
 * @module
 */
import { appendFile, readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  modelOf,
  settings,
  trainSeed,
  worldOf,
} from "../data/experiments/neural_em.ts";
import {
  type Restarts,
  restarts,
} from "../data/studies/neural_em/assessment.ts";
import {
  type StudyRow,
  type Variant,
  VARIANTS,
} from "../data/studies/neural_em/variants.ts";
import { stagesOf, startsFrom } from "../data/studies/neural_em/stages.ts";
import { modelFrom } from "../lib/neural_em/model.ts";
import type { Stage } from "../lib/neural_em/stages.ts";
import { neuralEmTrainer } from "../lib/neural_em/training.ts";
import { stream } from "../lib/numeric/random.ts";
import { Refusal } from "../lib/run/config.ts";
import { finish } from "../lib/run/training.ts";
import { parseSeeds } from "./sweep/jobs.ts";
import { firstStage } from "./train_neural_em.ts";
import { type Call, main, statusLine } from "./terminal.ts";

const path = fileURLToPath(
  new URL("../data/results/neural_em_studies.jsonl", import.meta.url),
);

async function recorded(): Promise<StudyRow[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

const rounded = (x: number): number => Number(x.toPrecision(5));

function round<T extends object>(values: T): T {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.map(([k, x]) => [k, rounded(x)])) as T;
}

/** What a variant's stages make of test images from several starts. */
function chooseStarts(
  { overrides, starts }: Variant,
  seed: number,
  stages: readonly Stage[],
): Restarts | undefined {
  if (starts === undefined) return undefined;
  const chosen = settings(overrides);
  const test = worldOf(chosen)(stream(seed, "test set"), chosen.evalImages);
  return round(restarts(seed, stages, test, starts));
}

type Result = Pick<StudyRow, "curve" | "metrics" | "starts">;

function trainFirst(variant: Variant, seed: number): Result {
  const chosen = settings(variant.overrides);
  const { rows, metrics, params } = finish(trainSeed(seed, chosen));
  const model = modelFrom(modelOf(chosen), params);
  const starts = chooseStarts(variant, seed, [{ model, steps: chosen.steps }]);
  return {
    curve: rows.map(({ step, loss, test }) => ({
      step,
      loss: rounded(loss),
      nmi: rounded(test.nmi),
      ami: rounded(test.ami),
    })),
    metrics: round(metrics),
    ...(starts && { starts }),
  };
}

async function trainSecond(
  variant: Variant,
  seed: number,
  trainingStarts: number,
): Promise<Result> {
  const chosen = settings(variant.overrides);
  const first = await firstStage(seed);
  const trainer = neuralEmTrainer(seed, {
    config: modelOf(chosen),
    sample: worldOf(chosen),
    start: startsFrom(first, trainingStarts),
  });
  while (trainer.step < chosen.updates) trainer.update();
  const starts = chooseStarts(variant, seed, stagesOf(first, trainer))!;
  return { curve: [], metrics: { finalAmi: starts.byLoss }, starts };
}

async function run(variant: Variant, seed: number): Promise<StudyRow> {
  const { study, label, second } = variant;
  const before = process.cpuUsage();
  const result = second
    ? await trainSecond(variant, seed, second.trainingStarts)
    : trainFirst(variant, seed);
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = rounded((user + system) / 1e6);
  return { study, label, seed, ...result, cpuSeconds };
}

const OPTIONS = {
  seeds: { type: "string", default: "0-2" },
  study: { type: "string" },
} as const;

async function study(
  { values, signal }: Call<typeof OPTIONS>,
): Promise<void> {
  const done = new Set(
    (await recorded()).map((row) => `${row.study}|${row.label}|${row.seed}`),
  );
  const wanted = VARIANTS.filter(({ study }) =>
    values.study === undefined || values.study === study
  );
  if (wanted.length === 0) {
    const names = [...new Set(VARIANTS.map(({ study }) => study))];
    throw new Refusal(
      `Cannot study neural EM as --study must be one of ${names.join(", ")}: ` +
        `current value is "${values.study}"`,
    );
  }
  const line = statusLine();
  for (const seed of parseSeeds(values.seeds)) {
    for (const variant of wanted) {
      const { study, label } = variant;
      if (done.has(`${study}|${label}|${seed}`)) continue;
      if (signal.aborted) return;
      const row = await run(variant, seed);
      await appendFile(path, `${JSON.stringify(row)}\n`);
      line.log(
        `${study} · ${label} · seed ${seed} · AMI ` +
          `${row.metrics.finalAmi.toFixed(3)} · ${row.cpuSeconds} s`,
      );
    }
  }
}

if (import.meta.main) await main({ options: OPTIONS }, study);
