/**
 * `deno task study:neural_em [--seeds 0-2] [--study NAME] [--shard i/n]
 * [--workers N] [--out DIR]`
 *
 * Trains the configurations of `data/studies/neural_em/variants.ts` and appends a line
 * each to `neural_em_studies.jsonl` in `data/results/`, or in DIR. What is
 * recorded in either is not trained again, so the same command goes on where it
 * stopped; a run that is ended loses the lines that it was at, minutes each.
 * Shards need a DIR each; their files are joined end to end.
 *
 * @module
 */
import process from "node:process";
import { join, resolve } from "node:path";
import {
  modelOf,
  type Settings,
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
import {
  scoreChoice,
  stagesOf,
  startsFrom,
} from "../data/studies/neural_em/stages.ts";
import type { ShapesBatch } from "../data/worlds/shapes.ts";
import { modelFrom, type NeuralEm } from "../lib/neural_em/model.ts";
import { inferringWithMoves } from "../lib/neural_em/moves.ts";
import type { Stage } from "../lib/neural_em/stages.ts";
import { neuralEmTrainer } from "../lib/neural_em/training.ts";
import { stream } from "../lib/numeric/random.ts";
import { Refusal } from "../lib/run/config.ts";
import { finish } from "../lib/run/training.ts";
import { seedTask } from "../lib/run/sweep.ts";
import { CALLED_FROM, ROOT } from "./project.ts";
import {
  parseSeeds,
  runJobs,
  runSeed,
  shardOf,
  workersOf,
} from "./sweep/jobs.ts";
import { type LineFormat, openLines, readLines } from "./sweep/json_lines.ts";
import { firstStage } from "./train_neural_em.ts";
import { type Call, main, statusLine } from "./terminal.ts";

const RESULTS = join(ROOT, "data", "results");
const FILE = "neural_em_studies.jsonl";

const STUDY_ROWS: LineFormat<StudyRow> = {
  name: "row of a study of neural EM",
  begins: '{"study":"',
  isRow: (value): value is StudyRow => {
    const { study, label, seed, metrics } = Object(value) as StudyRow;
    return typeof study === "string" && typeof label === "string" &&
      Number.isSafeInteger(seed) && typeof metrics?.finalAmi === "number";
  },
};

const rounded = (x: number): number => Number(x.toPrecision(5));

function round<T extends object>(values: T): T {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.map(([k, x]) => [k, rounded(x)])) as T;
}

function testImages(chosen: Settings, seed: number): ShapesBatch {
  return worldOf(chosen)(stream(seed, "test set"), chosen.evalImages);
}

/** What a variant's stages make of test images from several starts. */
function chooseStarts(
  { overrides, starts }: Variant,
  seed: number,
  stages: readonly Stage[],
): Restarts | undefined {
  if (starts === undefined) return undefined;
  const test = testImages(settings(overrides), seed);
  return round(restarts(seed, stages, test, starts, "ami"));
}

/** What moves make of test images from one start. */
function tryMoves(
  { overrides, moves }: Variant,
  seed: number,
  model: NeuralEm,
): StudyRow["moved"] {
  if (moves === undefined) return undefined;
  const chosen = settings(overrides);
  const { steps } = chosen;
  const test = testImages(chosen, seed);
  const options = { steps, moveSteps: steps, moves };
  const moving = inferringWithMoves(
    stream(seed, "moves"),
    model,
    test.images,
    options,
  );
  const { ami, loss } = scoreChoice(test, finish(moving));
  return round({ ami, loss });
}

type Result = Pick<StudyRow, "curve" | "metrics" | "starts" | "moved">;

function trainFirst(variant: Variant, seed: number): Result {
  const chosen = settings(variant.overrides);
  const { rows, metrics, params } = finish(trainSeed(seed, chosen));
  const model = modelFrom(modelOf(chosen), params);
  const starts = chooseStarts(variant, seed, [{ model, steps: chosen.steps }]);
  const moved = tryMoves(variant, seed, model);
  return {
    curve: rows.map(({ step, loss, test }) => ({
      step,
      loss: rounded(loss),
      nmi: rounded(test.nmi),
      ami: rounded(test.ami),
    })),
    metrics: round(metrics),
    ...(starts && { starts }),
    ...(moved && { moved }),
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

/** One line of the study; the task of `VARIANT`. */
export async function runVariant(
  seed: number,
  variant: Variant,
): Promise<StudyRow> {
  const { study, label, second } = variant;
  const before = process.threadCpuUsage();
  const result = second
    ? await trainSecond(variant, seed, second.trainingStarts)
    : trainFirst(variant, seed);
  const { user, system } = process.threadCpuUsage(before);
  const cpuSeconds = rounded((user + system) / 1e6);
  return { study, label, seed, ...result, cpuSeconds };
}

const VARIANT = seedTask(import.meta.url, "runVariant");

const OPTIONS = {
  seeds: { type: "string", default: "0-2" },
  study: { type: "string" },
  shard: { type: "string", default: "1/1" },
  workers: { type: "string" },
  out: { type: "string" },
} as const;

async function study(
  { values, signal }: Call<typeof OPTIONS>,
): Promise<void> {
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
  const all = parseSeeds(values.seeds).flatMap((seed) =>
    wanted.map((variant) => ({ seed, variant }))
  );
  const shard = shardOf(all, values.shard);
  const workers = workersOf(values.workers);
  const folder = values.out === undefined
    ? RESULTS
    : resolve(CALLED_FROM, values.out);
  using lines = await openLines(join(folder, FILE), STUDY_ROWS);
  const recorded = await readLines(join(RESULTS, FILE), STUDY_ROWS);
  const key = (row: { study: string; label: string }, seed: number): string =>
    `${row.study}|${row.label}|${seed}`;
  const done = new Set(
    [...recorded.rows, ...lines.rows].map((row) => key(row, row.seed)),
  );
  const jobs = shard.filter(({ seed, variant }) =>
    !done.has(key(variant, seed))
  );
  const line = statusLine();
  line.log(`${jobs.length} of ${shard.length} rows to train`);
  await runJobs(jobs, workers, async ({ seed, variant: options }, pool) => {
    const row = await runSeed<StudyRow>(pool, VARIANT, {
      seed,
      options,
      signal,
    });
    lines.append(row);
    line.log(
      `${row.study} · ${row.label} · seed ${seed} · AMI ` +
        `${row.metrics.finalAmi.toFixed(3)} · ${row.cpuSeconds} s`,
    );
  });
}

if (import.meta.main) await main({ options: OPTIONS }, study);
