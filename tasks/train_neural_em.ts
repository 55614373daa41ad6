/**
 * `deno task train:neural_em --seed N [--stage 2] [--updates N] [--minutes M] [--set key=value]…`
 *
 * Trains neural EM on the paper's shapes at length; with `--stage 2` the second
 * stage, on what the recorded first of that seed makes of them
 * (`lib/neural_em/stages.ts`). The state is written to
 * `.cache/neural_em/` every few minutes, so a run that is ended, or that
 * `--minutes` ends, goes on from there when the same command is given again,
 * with more updates or another cooldown if wished. Every row of the curve and
 * the parameters are recorded under `data/`:
 *
 * - `data/checkpoints/neural_em_seed<N>.safetensors`: configuration and
 *   parameters where the validation images scored best
 * - `data/results/neural_em_seed<N>.json`: commands, curve, processor time
 *
 * The second stage's are named `neural_em_second_seed<N>`.
 *
 * @module
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import {
  assess,
  modelOf,
  PAPER_SETTINGS,
  type Settings,
  settings,
  worldOf,
} from "../data/experiments/neural_em.ts";
import type { RecordedRun } from "../data/studies/neural_em/assessment.ts";
import {
  scoreChoice,
  SECOND_STAGE,
  stagesOf,
  startsFrom,
  TRAINING_STEPS,
} from "../data/studies/neural_em/stages.ts";
import { type NeuralEm, restoreNeuralEm } from "../lib/neural_em/inference.ts";
import { inferInStages } from "../lib/neural_em/stages.ts";
import { neuralEmTrainer, trainNeuralEm } from "../lib/neural_em/training.ts";
import { stream } from "../lib/numeric/random.ts";
import { Refusal } from "../lib/run/config.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
} from "../lib/run/safetensors.ts";
import { type Call, main, statusLine } from "./terminal.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

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

/** "updates=9000" → { updates: 9000 } */
function parseSettings(pairs: readonly string[]): Partial<Settings> {
  return Object.fromEntries(pairs.map((pair) => {
    const [key, value] = pair.split("=");
    if (value === undefined) {
      throw new Refusal(
        `Cannot train neural EM as --set takes key=value: current value is "${pair}"`,
      );
    }
    if (value === "true" || value === "false") return [key, value === "true"];
    return [key, Number.isNaN(Number(value)) ? value : Number(value)];
  }));
}

/** Where the checkpoint of a run is recorded. */
function checkpointOf(name: string): string {
  return join(root, "data/checkpoints", `${name}.safetensors`);
}

/** The recorded first stage of a seed. Throws where there is none. */
export async function firstStage(seed: number): Promise<NeuralEm> {
  const path = checkpointOf(`neural_em_seed${seed}`);
  const bytes = await readIfThere(path);
  if (bytes === undefined) {
    throw new Error(
      `Cannot train the second stage as ${path} must be there: ` +
        `run deno task train:neural_em --seed ${seed} first`,
    );
  }
  return restoreNeuralEm(decodeSafetensors(bytes));
}

const OPTIONS = {
  seed: { type: "string", default: "0" },
  stage: { type: "string", default: "1" },
  updates: { type: "string" },
  minutes: { type: "string", default: "Infinity" },
  set: { type: "string", multiple: true },
} as const;

async function train(
  { values, signal }: Call<typeof OPTIONS>,
): Promise<void> {
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new Refusal(
      "Cannot train neural EM as --seed must be an integer ≥ 0: current value " +
        `is "${values.seed}"`,
    );
  }
  const { stage } = values;
  if (stage !== "1" && stage !== "2") {
    throw new Refusal(
      `Cannot train neural EM as --stage must be 1 or 2: current value is "${stage}"`,
    );
  }
  const recorded = stage === "1" ? PAPER_SETTINGS : SECOND_STAGE;
  const chosen = settings({
    ...recorded,
    ...parseSettings(values.set ?? []),
    updates: Number(values.updates ?? recorded.updates),
  });
  const config = modelOf(chosen);
  const world = worldOf(chosen);
  const name = `neural_em_${stage === "1" ? "" : "second_"}seed${seed}`;
  const paths = {
    state: join(root, ".cache/neural_em", `${name}.safetensors`),
    checkpoint: checkpointOf(name),
    results: join(root, "data/results", `${name}.json`),
  };
  const first = stage === "2" ? await firstStage(seed) : undefined;
  const stateBytes = await readIfThere(paths.state);
  const saved = stateBytes && decodeSafetensors(stateBytes);
  const run: RecordedRun = saved
    ? JSON.parse(saved.metadata.run)
    : { commands: [], seed, config: chosen, rows: [], chosenStep: 0 };
  run.config = chosen;
  run.commands.push(
    ["deno task train:neural_em", ...process.argv.slice(2)].join(" "),
  );
  const start = first && startsFrom(first);
  const trainer = neuralEmTrainer(seed, {
    config,
    sample: world,
    start,
    saved,
  });
  const validation = world(stream(seed, "validation set"), chosen.evalImages);
  const spentBefore = run.rows.at(-1)?.cpuSeconds ?? 0;
  const cpuBefore = process.cpuUsage();

  async function record(): Promise<void> {
    const state = trainer.save();
    const tensors = Object.fromEntries(
      Object.keys(trainer.params).map((key) => [key, state.tensors[key]]),
    );
    const metadata = {
      config: JSON.stringify(config),
      seed: String(seed),
      step: String(trainer.step),
    };
    const best = Math.max(...run.rows.map((row) => row.ami));
    if (run.rows.at(-1)?.ami === best) {
      run.chosenStep = trainer.step;
      await write(paths.checkpoint, encodeSafetensors({ tensors, metadata }));
    }
    state.metadata.run = JSON.stringify(run);
    await write(paths.state, encodeSafetensors(state));
    await write(paths.results, `${JSON.stringify(run)}\n`);
  }

  const line = statusLine();
  const end = performance.now() + 60_000 * Number(values.minutes);
  const training = trainNeuralEm(trainer, {
    evalEvery: chosen.evalEvery,
    evaluate: (model) => {
      const rng = stream(seed, "eval");
      const { ami, loss } = first
        ? scoreChoice(
          validation,
          inferInStages(
            rng,
            stagesOf(first, model, TRAINING_STEPS),
            validation.images,
            { starts: 8 },
          ),
        )
        : assess(rng, model, validation);
      return { ami, evalLoss: loss };
    },
  });
  for (const row of training) {
    if (typeof row !== "object") continue; // a pause
    const { user, system } = process.cpuUsage(cpuBefore);
    const cpuSeconds = Math.round(spentBefore + (user + system) / 1e6);
    run.rows.push({ ...row, cpuSeconds });
    line.log(
      `${row.step} of ${config.updates} · loss ${row.loss.toFixed(1)} · AMI ` +
        `${row.ami.toFixed(3)} · ${cpuSeconds} s of processor time`,
    );
    await record();
    if (signal.aborted || performance.now() > end) break;
  }
}

if (import.meta.main) await main({ options: OPTIONS }, train);
