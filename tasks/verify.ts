/**
 * `deno task verify [notebook…] [--preset full|smoke] [--record] [--jobs N]`:
 * re-executes notebooks, N side by side, and compares their metrics and parameter hashes bit for bit: with
 * the committed notebooks for `full`, with `data/results/smoke.json` for
 * `smoke`, where `--record` writes what it found.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { reader } from "../lib/run/reader.ts";
import type { Results } from "../lib/run/results.ts";
import { checkPreset, Refusal } from "../lib/run/config.ts";
import { resultsOf } from "./notebook/execute.ts";
import {
  type Cell,
  findNotebooks,
  formatNotebook,
  injectParameters,
  type Notebook,
  readNotebook,
  writeWhole,
} from "./notebook/notebook.ts";
import { CoreBudget } from "./notebook/core_budget.ts";
import { jobsOf, sideBySide, type Work } from "./notebook/side_by_side.ts";
import { executeWatched, type Watch } from "./notebook/watched.ts";
import { NOTEBOOKS, ROOT } from "./project.ts";
import { judging, knownSeconds } from "./report.ts";
import { workersOf } from "./sweep/jobs.ts";
import { type Call, main, statusLine } from "./terminal.ts";

/** What must be the same on every machine. */
export interface Fingerprint {
  paramsSha256: string;
  metrics: Record<string, number>;
}

/** Results of the `smoke` preset that every machine must reach. */
const SMOKE = join(ROOT, "data", "results", "smoke.json");

/** The part of a notebook's results that holds no times. */
export function fingerprint(results: Results): Fingerprint {
  const metrics = results.metrics.filter(({ unit }) =>
    !/^(m?s|ms|min)$/.test(unit)
  );
  return {
    paramsSha256: results.paramsSha256,
    metrics: Object.fromEntries(
      metrics.map(({ name, value }) => [name, value]),
    ),
  };
}

/** Where two fingerprints differ, one sentence each. */
export function differences(
  found: Fingerprint,
  recorded: Fingerprint,
): string[] {
  const lines: string[] = [];
  if (found.paramsSha256 !== recorded.paramsSha256) {
    lines.push(
      `parameters: ${found.paramsSha256.slice(0, 12)}…, recorded ${
        recorded.paramsSha256.slice(0, 12)
      }…`,
    );
  }
  for (const name of Object.keys({ ...recorded.metrics, ...found.metrics })) {
    const [now, then] = [found.metrics[name], recorded.metrics[name]];
    if (!Object.is(now, then)) {
      lines.push(`${name}: ${now ?? "absent"}, recorded ${then ?? "absent"}`);
    }
  }
  return lines;
}

/**
 * Cells whose outputs are not the same bytes; those tagged `environment` hold
 * times and may differ.
 */
export function changedCells(before: Notebook, after: Notebook): string[] {
  const outputs = new Map(
    JSON.parse(formatNotebook(before)).cells.map((
      cell: { id: string; outputs?: unknown },
    ) => [cell.id, JSON.stringify(cell.outputs)]),
  );
  return JSON.parse(formatNotebook(after)).cells
    .filter((cell: { id: string; metadata: Cell["metadata"] }) =>
      !cell.metadata.tags?.includes("environment")
    )
    .filter((cell: { id: string; outputs?: unknown }) =>
      outputs.get(cell.id) !== JSON.stringify(cell.outputs)
    )
    .map((cell: { id: string }) => cell.id);
}

/** The recorded fingerprints of the smoke preset, by notebook. */
export async function readSmoke(
  file = SMOKE,
): Promise<Record<string, Fingerprint>> {
  const from = reader(`read ${basename(file)}`);
  try {
    const text = await Deno.readTextFile(file);
    return from.record(from.json(text, "its text"), "it", (value, name) => {
      const raw = from.object(value, name);
      return {
        paramsSha256: from.string(raw.paramsSha256, `paramsSha256 of ${name}`),
        metrics: from.record(raw.metrics, `metrics of ${name}`, from.number),
      };
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

const OPTIONS = {
  preset: { type: "string" },
  record: { type: "boolean" },
  jobs: { type: "string" },
} as const;

/** Re-execute and compare; throws when a bit differs. */
export async function verify(
  { values, words, signal }: Call<typeof OPTIONS>,
): Promise<void> {
  const preset = checkPreset(values.preset ?? "full");
  if (values.record && preset !== "smoke") {
    throw new Refusal(
      "Cannot record full results: deno task run does, in the notebook",
    );
  }
  const budget = new CoreBudget(workersOf(undefined));
  const atATime = jobsOf(values.jobs, budget.cores);
  const recorded = await readSmoke();
  const progress = statusLine();
  const judge = judging(progress);
  const wrong: string[] = [];
  const files = await findNotebooks(words, NOTEBOOKS);
  const judgeOne = async (
    file: string,
    watch: Watch,
  ): Promise<void> => {
    const name = basename(file, ".ipynb");
    const committed = await readNotebook(file);
    const notebook = preset === "smoke"
      ? injectParameters(committed, { preset })
      : committed;
    const executed = await executeWatched(
      notebook,
      { name, cwd: dirname(file), signal, budget },
      watch,
    );
    const results = resultsOf(executed.notebook);
    judge.hear(name, results);
    const expected = preset === "smoke" ? recorded[name] : resultsOf(committed);
    if (!results) {
      wrong.push(`${name}: no results`);
    } else if (values.record) {
      recorded[name] = fingerprint(results);
    } else if (!expected) {
      wrong.push(
        `${name}: nothing recorded. Run  deno task verify ${name} --preset smoke --record`,
      );
    } else {
      const then = "notebook" in expected ? fingerprint(expected) : expected;
      const lines = differences(fingerprint(results), then);
      if (preset === "full") {
        const changed = changedCells(committed, executed.notebook);
        lines.push(
          ...changed.map((id) => `the output of cell "${id}" changed`),
        );
      }
      wrong.push(...lines.map((line) => `${name}: ${line}`));
      const count = Object.keys(then.metrics).length;
      progress.log(
        `${
          lines.length ? "✗" : "✓"
        } ${name}: ${count} metrics and the parameters`,
      );
    }
  };
  const work = await Promise.all(files.map(async (file): Promise<Work> => {
    const name = basename(file, ".ipynb");
    const known = await knownSeconds(name, preset);
    return { name, known, run: (say) => judgeOne(file, { say, known }) };
  }));
  await sideBySide(work, { atATime, progress, signal });
  if (values.record) {
    const sorted = Object.fromEntries(
      Object.entries(recorded).sort(([a], [b]) => a < b ? -1 : 1),
    );
    await writeWhole(SMOKE, JSON.stringify(sorted, null, 2) + "\n");
    progress.log(`recorded in ${SMOKE.slice(ROOT.length + 1)}`);
  }
  if (wrong.length > 0) {
    throw new Error(`Not the recorded bits:\n${wrong.join("\n")}`);
  }
  judge.end();
}

if (import.meta.main) {
  await main({ options: OPTIONS, words: Infinity }, verify);
}
