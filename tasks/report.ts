/**
 * `deno task report [notebook…] [--seed N] [--preset full|smoke]
 * [--set key=value]… [--out DIR] [--timeout SECONDS]`: executes notebooks, by
 * default all, on the Deno kernel and writes, for each, one offline HTML page,
 * the executed notebook and its results, and an index of all verdicts.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import type { Results } from "../lib/run/results.ts";
import { checkPreset } from "../lib/run/config.ts";
import { type Environment, environment } from "./notebook/environment.ts";
import type { Output } from "./notebook/output.ts";
import { executeNotebook, resultsOf } from "./notebook/execute.ts";
import { indexPage, notebookPage, titleOf } from "./notebook/export_html.ts";
import {
  type Cell,
  findNotebooks,
  formatNotebook,
  injectParameters,
  type Notebook,
  parametersOf,
  type ParameterValue,
  parseSettings,
  readNotebook,
  writeWhole,
} from "./notebook/notebook.ts";
import { CALLED_FROM, NOTEBOOKS, ROOT } from "./project.ts";
import {
  bar,
  type Call,
  duration,
  main,
  type StatusLine,
  statusLine,
} from "./terminal.ts";

/** What stands in `DIR/<notebook>.results.json`. */
export interface Report
  extends Omit<Results, "seed" | "preset" | "paramsSha256"> {
  title: string;
  seed: number | null;
  preset: string | null;
  paramsSha256: string | null;
  environment: Environment;
  wallSeconds: number;
  /** Seconds of each code cell by id: what the next run's estimate is made of. */
  cellSeconds: Record<string, number>;
}

interface Job {
  name: string;
  file: string;
  notebook: Notebook;
  values: Record<string, ParameterValue>;
}

const OPTIONS = {
  seed: { type: "string" },
  preset: { type: "string" },
  set: { type: "string", multiple: true },
  out: { type: "string" },
  timeout: { type: "string" },
} as const;

/** Options of the command line that set parameters, as `key=value`. */
export function settingsOf(
  values: { seed?: string; preset?: string; set?: string[] },
): string[] {
  if (values.preset !== undefined) checkPreset(values.preset);
  return [
    ...values.seed === undefined ? [] : [`seed=${values.seed}`],
    ...values.preset === undefined ? [] : [`preset=${values.preset}`],
    ...values.set ?? [],
  ];
}

/**
 * Execute and write the reports. One notebook's files are replaced together,
 * after all its cells ran; a failure leaves the last good report in place.
 */
export async function report(
  { values, words, signal }: Call<typeof OPTIONS>,
): Promise<void> {
  const timeoutSeconds = Number(values.timeout ?? 3600);
  const settings = settingsOf(values);
  const files = await findNotebooks(words, NOTEBOOKS);
  const jobs = await Promise.all(files.map(async (file): Promise<Job> => {
    const notebook = await readNotebook(file);
    const parameters = parseSettings(notebook, settings);
    return {
      name: basename(file, ".ipynb"),
      file,
      notebook,
      values: parameters,
    };
  }));
  const out = values.out === undefined
    ? join(ROOT, "reports")
    : resolve(CALLED_FROM, values.out);
  await prepareFolder(out);
  const progress = statusLine();
  for (const [i, job] of jobs.entries()) {
    const label = jobs.length > 1
      ? `[${i + 1}/${jobs.length}] ${job.name}`
      : job.name;
    await reportOne(job, { out, label, progress, signal, timeoutSeconds });
  }
  console.log(
    `Open ${
      join(out, jobs.length === 1 ? `${jobs[0].name}.html` : "index.html")
    }`,
  );
}

async function reportOne(
  job: Job,
  context: {
    out: string;
    label: string;
    progress: StatusLine;
    signal: AbortSignal;
    timeoutSeconds: number;
  },
): Promise<void> {
  const { out, label, progress } = context;
  const notebook = injectParameters(job.notebook, job.values);
  const before = await readReport(join(out, `${job.name}.results.json`));
  const preset = valueOf(job, "preset") as string | null;
  const known = before?.preset === preset ? before.cellSeconds : {};
  const watch = cellProgress(
    notebook,
    known,
    (text) => progress.update(`${label}: ${text}`),
  );
  try {
    const executed = await executeNotebook(notebook, {
      name: job.name,
      cwd: dirname(job.file),
      signal: context.signal,
      timeoutSeconds: context.timeoutSeconds,
      onCell: watch.onCell,
      onOutput: watch.onOutput,
    });
    const results = resultsOf(executed.notebook);
    const facts: Report = {
      notebook: job.name,
      title: titleOf(job.notebook, job.name),
      preset: results?.preset ?? preset,
      seed: results?.seed ?? valueOf(job, "seed") as number | null,
      config: results?.config ?? {},
      environment: environment(),
      wallSeconds: rounded(executed.wallSeconds),
      paramsSha256: results?.paramsSha256 ?? null,
      metrics: results?.metrics ?? [],
      claims: results?.claims ?? [],
      cellSeconds: Object.fromEntries(
        Object.entries(executed.cellSeconds).map(([id, s]) => [id, rounded(s)]),
      ),
    };
    context.signal.throwIfAborted();
    await writeTogether(out, {
      [`${job.name}.html`]: notebookPage(executed.notebook, {
        name: job.name,
        facts,
      }),
      [`${job.name}.ipynb`]: formatNotebook(executed.notebook),
      [`${job.name}.results.json`]: JSON.stringify(facts, null, 2) + "\n",
    });
    await writeWhole(
      join(out, "index.html"),
      indexPage(await readReports(out)),
    );
    progress.log(
      `${label}: done in ${duration(executed.wallSeconds)}${verdict(facts)}`,
    );
  } finally {
    watch.stop();
  }
}

function verdict({ claims }: Report): string {
  if (claims.length === 0) return "";
  const holding = claims.filter((c) => c.holds).length;
  return `, ${holding} of ${claims.length} claims hold`;
}

function valueOf(job: Job, name: string): ParameterValue {
  return job.values[name] ??
    parametersOf(job.notebook).find((p) => p.name === name)?.value ?? null;
}

function rounded(seconds: number): number {
  return Math.round(1000 * seconds) / 1000;
}

/**
 * Follows cells and says how far the run is, with an estimate that comes from
 * the last run's seconds where there was one.
 */
export function cellProgress(
  notebook: Notebook,
  known: Record<string, number>,
  say: (text: string) => void,
): {
  onCell: (cell: Cell | null) => void;
  onOutput: (outputs: Output[]) => void;
  stop: () => void;
} {
  const ids = notebook.cells
    .filter((c) => c.cell_type === "code" && c.source.trim() !== "")
    .map((c) => c.id);
  const isKnown = ids.some((id) => known[id] !== undefined);
  const weight = (id: string): number => isKnown ? known[id] ?? 0.1 : 1;
  const total = ids.reduce((sum, id) => sum + weight(id), 0);
  const start = performance.now();
  let at = 0;
  let cellStart = start;
  let current = "";
  let training = "";
  const tell = (): void => {
    if (current === "") return; // the kernel is starting
    const now = performance.now();
    const elapsed = (now - start) / 1000;
    const done = ids.slice(0, at).reduce((sum, id) => sum + weight(id), 0);
    const inCell = isKnown && ids[at] !== undefined
      ? Math.min(weight(ids[at]) * 0.99, (now - cellStart) / 1000)
      : 0;
    const fraction = (done + inCell) / total;
    // Without a run before it, only a training knows how long it takes.
    const rest = isKnown && fraction > 0.02
      ? ` · about ${duration(elapsed * (1 / fraction - 1))} left`
      : "";
    say(
      `cell ${at + 1}/${ids.length} ${current} · ${bar(fraction)} ${
        duration(elapsed)
      }${rest}${training && ` · ${training}`}`,
    );
  };
  const onOutput = (outputs: Output[]): void => {
    // The line of `follow`: label, step, rate, remaining time, metric.
    const last = outputs.at(-1);
    const text = last && "data" in last ? String(last.data["text/plain"]) : "";
    training = /^[^\n]* steps · [^\n]*/.exec(text)?.[0] ?? "";
  };
  const timer = setInterval(tell, 250);
  return {
    onCell(cell): void {
      if (cell) {
        at = ids.indexOf(cell.id);
        current = cell.id;
        training = "";
        cellStart = performance.now();
        tell();
      }
    },
    onOutput,
    stop: () => clearInterval(timer),
  };
}

/** Make the folder, and prove that a file can be written there. */
async function prepareFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    const probe = join(folder, `.probe.${Deno.pid}`);
    await Deno.writeTextFile(probe, "probe");
    await Deno.remove(probe);
  } catch (error) {
    throw new Error(
      `Cannot report as the output folder must be writable: current value is ${folder} (${
        (error as Error).message
      })`,
    );
  }
}

/** Write files beside their places, and rename them only when all are whole. */
async function writeTogether(
  folder: string,
  files: Record<string, string>,
): Promise<void> {
  const moves = Object.keys(files).map((name) => ({
    from: join(folder, `.${name}.${Deno.pid}.part`),
    to: join(folder, name),
    text: files[name],
  }));
  try {
    for (const { from, text } of moves) await Deno.writeTextFile(from, text);
    for (const { from, to } of moves) await Deno.rename(from, to);
  } catch (error) {
    for (const { from } of moves) await Deno.remove(from).catch(() => {});
    throw new Error(
      `Cannot write the report to ${folder}: ${(error as Error).message}`,
    );
  }
}

/** A report's results file, or null where there is none that can be read. */
export async function readReport(file: string): Promise<Report | null> {
  try {
    const report = JSON.parse(await Deno.readTextFile(file));
    return Array.isArray(report.metrics) && Array.isArray(report.claims)
      ? report
      : null;
  } catch {
    return null;
  }
}

async function readReports(folder: string): Promise<Report[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".results.json") && !name.startsWith(".")) {
      names.push(name);
    }
  }
  const reports = await Promise.all(
    names.sort().map((name) => readReport(join(folder, name))),
  );
  return reports.filter((r) => r !== null);
}

if (import.meta.main) {
  await main({ options: OPTIONS, words: Infinity }, report);
}
