/**
 * `deno task train:neural_em --seed N [--stage 2 | --scheme paper|image]
 * [--updates N] [--minutes M] [--set key=value]… [--out DIR]`
 *
 * Trains neural EM on the paper's shapes at length; with `--stage 2` the second
 * stage, on what the recorded first of that seed makes of them
 * (`lib/neural_em/stages.ts`); with `--scheme paper` by the authors' own
 * scheme, which ends by itself (`PAPER_SCHEME`); with `--scheme image` one
 * model that binds from one start (`IMAGE_SETTINGS`). The state is written to
 * `.cache/neural_em/` at every row of the curve, and when SIGTERM, SIGINT or
 * `--minutes` ends the run, which takes the time of scoring one row at most.
 * The same command goes on from there, with more updates or another cooldown if
 * wished, and comes to the same parameters. Every row and the parameters are
 * recorded under `data/`, or under DIR, where the state then lies, too:
 *
 * - `data/checkpoints/neural_em_seed<N>.safetensors`: configuration and
 *   parameters where the validation images scored best; by the authors' scheme,
 *   where they had the least loss; by the scheme image, the last
 * - `data/results/neural_em_seed<N>.json`: commands, curve, processor time
 *
 * The second stage's are named `neural_em_second_seed<N>`, those of a scheme
 * `neural_em_paper_scheme_seed<N>` and `neural_em_image_seed<N>`.
 *
 * @module
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import process from "node:process";
import { setImmediate as immediate } from "node:timers/promises";
import { join, resolve } from "node:path";
import {
  assess,
  IMAGE_SETTINGS,
  IMAGE_STEPS,
  modelOf,
  PAPER_SCHEME,
  PAPER_SETTINGS,
  type Settings,
  settings,
  trainingImages,
  worldOf,
} from "../data/experiments/neural_em.ts";
import type {
  RecordedRow,
  RecordedRun,
} from "../data/studies/neural_em/assessment.ts";
import {
  scoreChoice,
  SECOND_STAGE,
  stagesOf,
  startsFrom,
  TRAINING_STEPS,
} from "../data/studies/neural_em/stages.ts";
import { type NeuralEm, restoreNeuralEm } from "../lib/neural_em/model.ts";
import { inferInStages } from "../lib/neural_em/stages.ts";
import {
  imagesDrawn,
  type LossSum,
  neuralEmTrainer,
  trainNeuralEm,
} from "../lib/neural_em/training.ts";
import { stream } from "../lib/numeric/random.ts";
import * as is from "../lib/run/checks.ts";
import { Refusal, refusal } from "../lib/run/config.ts";
import { reader } from "../lib/run/reader.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type Tensors,
} from "../lib/run/safetensors.ts";
import { CALLED_FROM, ROOT } from "./project.ts";
import { combinations } from "./sweep/jobs.ts";
import { openLocked } from "./sweep/json_lines.ts";
import { type Call, main, statusLine } from "./terminal.ts";

/** A way to train that is recorded. */
interface Kind {
  settings: Readonly<Partial<Settings>>;
  /** How the files of seed N begin, before `seed<N>`. */
  stem: string;
  /** What the best row has most of. */
  merit: (row: RecordedRow) => number;
  /** It ends after so many rows since the best one. */
  patience: number;
  /** E-steps that it is scored after; default as in training. */
  steps?: number;
}

const byAmi = { merit: (row: RecordedRow) => row.ami, patience: Infinity };

const FIRST: Kind = { settings: PAPER_SETTINGS, stem: "neural_em_", ...byAmi };
const SECOND: Kind = {
  settings: SECOND_STAGE,
  stem: "neural_em_second_",
  ...byAmi,
};
const PAPER: Kind = {
  settings: PAPER_SCHEME,
  stem: "neural_em_paper_scheme_",
  merit: (row) => -row.evalLoss,
  patience: 10,
};

const IMAGE: Kind = {
  settings: IMAGE_SETTINGS,
  stem: "neural_em_image_",
  steps: IMAGE_STEPS,
  merit: (row) => row.step,
  patience: Infinity,
};
const SCHEMES: Readonly<Record<string, Kind>> = { paper: PAPER, image: IMAGE };

/** Which row is the best so far, the first of equal ones. */
function bestOf(rows: readonly RecordedRow[], { merit }: Kind): number {
  return rows.reduce(
    (best, row, i) => merit(row) > merit(rows[best]) ? i : best,
    0,
  );
}

/** What a saved state holds beside the trainer's. */
interface Progress {
  run: RecordedRun;
  since: LossSum;
}

/** Writes beside and renames, so that no file is ever half-written. */
async function write(
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The recorded first stage of a seed. Throws where there is none. */
export async function firstStage(
  seed: number,
  folder = join(ROOT, "data"),
): Promise<NeuralEm> {
  const path = checkpointOf(folder, `neural_em_seed${seed}`);
  const bytes = await readIfThere(path);
  if (bytes === undefined) {
    throw new Refusal(
      `Cannot train the second stage as ${path} must be there: ` +
        `run deno task train:neural_em --seed ${seed} first`,
    );
  }
  return restoreNeuralEm(decodeSafetensors(bytes));
}

/** Where the parameters of a run are recorded. */
function checkpointOf(folder: string, name: string): string {
  return join(folder, "checkpoints", `${name}.safetensors`);
}

/** What a run has come to so far; undefined where it has not begun. */
async function readState(
  path: string,
): Promise<{ saved: Tensors; progress: Progress } | undefined> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  try {
    const saved = decodeSafetensors(bytes);
    return { saved, progress: progressOf(saved) };
  } catch (error) {
    throw new Refusal(
      `Cannot go on from ${path} as it must be the state of a training ` +
        `(${(error as Error).message}): delete it to start anew`,
    );
  }
}

/** @throws {Refusal} where the metadata holds none, or another shape of it */
function progressOf({ metadata }: Tensors): Progress {
  const from = reader("read its progress");
  const raw = from.object(from.json(metadata.progress ?? "", "it"), "it");
  const run = from.object(raw.run, "the run");
  const list = (key: string): [unknown, string][] =>
    from.list(run[key], key).map((item, i) => [item, `${key}[${i}]`]);
  for (const [text, name] of list("commands")) from.string(text, name);
  for (const [row, name] of list("rows")) from.record(row, name, from.number);
  const since = from.object(raw.since, "the loss since");
  from.number(since.sum, "its sum");
  from.number(since.count, "its count");
  return raw as unknown as Progress;
}

/** A number among the options; an empty text is none. */
function numberOf(option: string, text: string, check: is.Check): number {
  const value = text.trim() === "" ? NaN : Number(text);
  const mustBe = check(value);
  if (mustBe) throw refusal("train neural EM", option, mustBe, text);
  return value;
}

const OPTIONS = {
  seed: { type: "string", default: "0" },
  stage: { type: "string", default: "1" },
  scheme: { type: "string" },
  updates: { type: "string" },
  minutes: { type: "string" },
  set: { type: "string", multiple: true },
  out: { type: "string" },
} as const;

async function train(
  { values, signal }: Call<typeof OPTIONS>,
): Promise<void> {
  const { stage, scheme, set = [], updates, out } = values;
  const seed = numberOf("--seed", values.seed, is.nonNegativeInteger);
  const minutes = values.minutes === undefined
    ? Infinity
    : numberOf("--minutes", values.minutes, is.positive);
  if (stage !== "1" && stage !== "2") {
    throw refusal("train neural EM", "--stage", "1 or 2", stage);
  }
  if (scheme !== undefined && !Object.hasOwn(SCHEMES, scheme)) {
    const schemes = Object.keys(SCHEMES).join(" or ");
    throw refusal("train neural EM", "--scheme", schemes, scheme);
  }
  if (scheme && stage === "2") {
    throw refusal("train neural EM", "--stage", "1 with --scheme", stage);
  }
  const kind = scheme ? SCHEMES[scheme] : stage === "1" ? FIRST : SECOND;
  const pairs = updates === undefined ? set : [...set, `updates=${updates}`];
  const [overrides] = combinations(pairs);
  const chosen = settings({ ...kind.settings, ...overrides });
  const config = modelOf(chosen);
  const name = `${kind.stem}seed${seed}`;
  const folder = out === undefined
    ? join(ROOT, "data")
    : resolve(CALLED_FROM, out);
  const states = out === undefined
    ? join(ROOT, ".cache", "neural_em")
    : join(folder, "states");
  const paths = {
    state: join(states, `${name}.safetensors`),
    checkpoint: checkpointOf(folder, name),
    results: join(folder, "results", `${name}.json`),
  };
  const first = kind === SECOND ? await firstStage(seed, folder) : undefined;
  using _lock = await openLocked(join(states, `${name}.lock`));
  const before = await readState(paths.state);
  const { run, since }: Progress = before?.progress ?? {
    run: { commands: [], seed, config: chosen, rows: [], chosenStep: 0 },
    since: { sum: 0, count: 0 },
  };
  run.config = chosen;
  const command = [
    `deno task train:neural_em --seed ${seed}`,
    scheme ? `--scheme ${scheme}` : `--stage ${stage}`,
    ...pairs.map((pair) => `--set ${pair}`),
  ].join(" ");
  if (run.commands.at(-1) !== command) run.commands.push(command);
  const made = Number(before?.saved.metadata.step ?? 0);
  const trainer = neuralEmTrainer(seed, {
    config,
    sample: trainingImages(seed, chosen, imagesDrawn(config, made)),
    start: first && startsFrom(first),
    saved: before?.saved,
  });
  const validation = worldOf(chosen)(
    stream(seed, "validation set"),
    chosen.evalImages,
  );
  const spentBefore = run.rows.at(-1)?.cpuSeconds ?? 0;
  const cpuBefore = process.cpuUsage();

  /** Last, so that what it says is recorded is. */
  async function saveState(): Promise<void> {
    const { tensors, metadata } = trainer.save();
    metadata.progress = JSON.stringify({ run, since });
    await write(paths.state, encodeSafetensors({ tensors, metadata }));
  }

  async function record(): Promise<void> {
    if (bestOf(run.rows, kind) === run.rows.length - 1) {
      run.chosenStep = trainer.step;
      const state = trainer.save();
      const tensors = Object.fromEntries(
        Object.keys(trainer.params).map((key) => [key, state.tensors[key]]),
      );
      const metadata = {
        config: JSON.stringify(config),
        seed: String(seed),
        step: String(trainer.step),
      };
      await write(paths.checkpoint, encodeSafetensors({ tensors, metadata }));
    }
    await write(paths.results, `${JSON.stringify(run)}\n`);
    await saveState();
  }

  /** Whether it has not got better for as long as its kind waits. */
  function isThrough(): boolean {
    const { rows } = run;
    const since = rows.length - 1 - bestOf(rows, kind);
    if (since < kind.patience) return false;
    line.log(`Ended: no better for ${since} rows`);
    return true;
  }

  const line = statusLine();
  if (isThrough()) return;
  const end = performance.now() + 60_000 * minutes;
  const training = trainNeuralEm(trainer, {
    evalEvery: chosen.evalEvery,
    evaluate: (model) => {
      const rng = stream(seed, "eval");
      const { ami, amiMax, loss } = first
        ? scoreChoice(
          validation,
          inferInStages(
            rng,
            stagesOf(first, model, TRAINING_STEPS),
            validation.images,
            { starts: 8 },
          ),
        )
        : assess(rng, model, validation, kind.steps);
      return { ami, amiMax, evalLoss: loss };
    },
    since,
  });
  for (const at of training) {
    if (typeof at === "object") {
      const { user, system } = process.cpuUsage(cpuBefore);
      const cpuSeconds = Math.round(spentBefore + (user + system) / 1e6);
      run.rows.push({ ...at, cpuSeconds });
      line.log(
        `${at.step} of ${config.updates} · loss ${at.loss.toFixed(1)}, on ` +
          `validation images ${at.evalLoss.toFixed(1)} · AMI ` +
          `${at.ami.toFixed(3)} · ${cpuSeconds} s of processor time`,
      );
      await record();
      if (isThrough()) break;
    }
    await immediate(); // lets a signal in
    if (signal.aborted || performance.now() > end) {
      if (typeof at === "number") await saveState();
      break;
    }
  }
  signal.throwIfAborted();
}

if (import.meta.main) await main({ options: OPTIONS }, train);
