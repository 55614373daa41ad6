/**
 * `deno task report [notebook…] [--seed N] [--preset full|smoke]
 * [--set key=value]… [--out DIR] [--jobs N] [--timeout SECONDS]`: executes
 * notebooks, by default all, on the Deno kernel and writes, for each, one
 * offline HTML page, the executed notebook and its results, and an index of all
 * verdicts. N notebooks run side by side, by default one a core; together they
 * keep no more threads busy than there are cores.
 *
 * @module
 */
import { basename, dirname, join, relative, resolve } from "node:path";
import { checkPreset, Refusal, refusal } from "../lib/run/config.ts";
import { reader } from "../lib/run/reader.ts";
import {
  failures,
  parseVerdict,
  unexpectedlyHolding,
  type Verdict,
} from "../lib/run/results.ts";
import { type Environment, environment } from "./notebook/environment.ts";
import { type ExecuteOptions, resultsOf } from "./notebook/execute.ts";
import { indexPage, notebookPage, titleOf } from "./notebook/export_html.ts";
import {
  findNotebooks,
  formatNotebook,
  injectParameters,
  type Notebook,
  parametersOf,
  type ParameterValue,
  parseSettings,
  readNotebook,
  writeAll,
} from "./notebook/notebook.ts";
import { sourcesOf } from "./notebook/model_source.ts";
import { CoreBudget } from "./notebook/core_budget.ts";
import { jobsOf, sideBySide, type Work } from "./notebook/side_by_side.ts";
import { executeWatched, type Say } from "./notebook/watched.ts";
import { CALLED_FROM, NOTEBOOKS, ROOT } from "./project.ts";
import { workersOf } from "./sweep/jobs.ts";
import {
  type Call,
  duration,
  main,
  type StatusLine,
  statusLine,
} from "./terminal.ts";

/** What stands in `DIR/<notebook>.results.json`. */
export interface Report extends Verdict {
  notebook: string;
  title: string;
  seed: number | null;
  preset: string | null;
  config: Readonly<Record<string, unknown>>;
  paramsSha256: string | null;
  environment: Environment;
  wallSeconds: number;
  /** Seconds of each code cell by id: what the next run's estimate is made of. */
  cellSeconds: Record<string, number>;
}

/** What is read of a report that was written before. */
type PastReport = Omit<Report, "config" | "paramsSha256" | "environment">;

interface Job {
  name: string;
  file: string;
  notebook: Notebook;
  values: Record<string, ParameterValue>;
  /** Seconds of each cell of the report before this one, if of this preset. */
  known: Record<string, number>;
}

const OPTIONS = {
  seed: { type: "string" },
  preset: { type: "string" },
  set: { type: "string", multiple: true },
  out: { type: "string" },
  jobs: { type: "string" },
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
  const timeoutSeconds = checkTimeout(values.timeout ?? "3600");
  const settings = settingsOf(values);
  const budget = new CoreBudget(workersOf(undefined));
  const atATime = jobsOf(values.jobs, budget.cores);
  const files = await findNotebooks(words, NOTEBOOKS);
  const jobs = await Promise.all(files.map(async (file): Promise<Job> => {
    const notebook = await readNotebook(file);
    const parameters = parseSettings(notebook, settings);
    const name = basename(file, ".ipynb");
    sourcesOf(notebook, name); // what is no longer there is told before a run
    return { name, file, notebook, values: parameters, known: {} };
  }));
  const out = values.out === undefined
    ? join(ROOT, "reports")
    : resolve(CALLED_FROM, values.out);
  await refuseLosses(jobs, out);
  await prepareFolder(out);
  for (const job of jobs) {
    job.known = await knownSeconds(job.name, valueOf(job, "preset"), out);
  }
  const progress = statusLine();
  const judge = judging(progress);
  let indexed = Promise.resolve();
  const work = jobs.map((job): Work => ({
    name: job.name,
    known: job.known,
    async run(say): Promise<void> {
      const options = { signal, timeoutSeconds, budget };
      const context = { out, progress, options, say };
      judge.hear(job.name, await reportOne(job, context));
      await (indexed = indexed.then(() => writeIndex(out, progress)));
    },
  }));
  await sideBySide(work, { atATime, progress, signal });
  console.log(
    `Open ${
      join(out, jobs.length === 1 ? `${jobs[0].name}.html` : "index.html")
    }`,
  );
  judge.end();
}

/** What is judged: the claims of a run, and the preset it was run with. */
type Judged = Pick<Report, "claims" | "preset">;

/**
 * Judges runs by their claims: says which fail, and which hold though they are
 * declared to fail. At the end it throws if one has failed that is not of the
 * smoke preset, whose trainings are too short to hold a claim against it.
 */
export function judging(progress: StatusLine): {
  hear(name: string, run: Judged | null): void;
  end(): void;
} {
  const failed: string[] = [];
  return {
    hear(name, run): void {
      const claims = run?.claims ?? [];
      const smoke = run?.preset === "smoke" ? " (smoke preset: a warning)" : "";
      for (const words of failures(claims)) {
        if (smoke) progress.log(`${name}: ${words}${smoke}`);
        else failed.push(`${name}: ${words}`);
      }
      for (const words of unexpectedlyHolding(claims)) {
        progress.log(`${name}: ${words}`);
      }
    },
    end(): void {
      if (failed.length === 0) return;
      throw new Error(`Claims fail:\n${failed.join("\n")}`);
    },
  };
}

async function reportOne(
  job: Job,
  { out, progress, options, say }: {
    out: string;
    progress: StatusLine;
    options: Pick<ExecuteOptions, "signal" | "timeoutSeconds" | "budget">;
    say: Say;
  },
): Promise<Report> {
  const { name, file: path, known } = job;
  const notebook = injectParameters(job.notebook, job.values);
  const executed = await executeWatched(
    notebook,
    { ...options, name, cwd: dirname(path) },
    { say, known },
  );
  const results = resultsOf(executed.notebook);
  const facts: Report = {
    notebook: job.name,
    title: titleOf(job.notebook, job.name),
    preset: results?.preset ?? valueOf(job, "preset") as string | null,
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
  options.signal?.throwIfAborted();
  const page = notebookPage(executed.notebook, {
    name: job.name,
    facts,
    root: rootFrom(out),
  });
  const file = (ending: string): string => join(out, job.name + ending);
  await writeInto(out, {
    [file(".html")]: page,
    [file(".ipynb")]: formatNotebook(executed.notebook),
    [file(".results.json")]: JSON.stringify(facts, null, 2) + "\n",
  });
  progress.log(
    `${name}: done in ${duration(executed.wallSeconds)}${verdict(facts)}`,
  );
  return facts;
}

/** The way from a folder below the project's root up to it, else null. */
function rootFrom(folder: string): string | null {
  const way = relative(folder, ROOT) || ".";
  return /^[./\\]+$/.test(way) ? way.replaceAll("\\", "/") : null;
}

async function writeIndex(out: string, progress: StatusLine): Promise<void> {
  const { reports, damaged } = await readReports(out);
  await writeInto(out, { [join(out, "index.html")]: indexPage(reports) });
  for (const why of damaged) progress.log(`left out of the index: ${why}`);
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

/** The longest time that a timer takes, in whole seconds. */
const MAX_TIMEOUT = Math.floor((2 ** 31 - 1) / 1000);

function checkTimeout(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT)) {
    const range = `a number of seconds > 0 and at most ${MAX_TIMEOUT}`;
    throw refusal("report", "--timeout", range, text);
  }
  return seconds;
}

/** Refuses what would put one file in the place of another that is no report. */
async function refuseLosses(
  jobs: readonly Job[],
  out: string,
): Promise<void> {
  const names = new Map([["index", "the index of all reports"]]);
  for (const { name, file } of jobs) {
    const other = names.get(name.toLowerCase());
    if (other !== undefined) {
      throw new Refusal(
        `Cannot report as ${file} and ${other} must have names that differ`,
      );
    }
    names.set(name.toLowerCase(), file);
    const target = join(out, `${name}.ipynb`);
    const there = await Deno.realPath(target).catch(() => null);
    const isReport = await Deno.stat(join(out, `${name}.results.json`))
      .then(() => true, () => false);
    const source = await Deno.realPath(file);
    if (there === source || there !== null && !isReport) {
      throw new Refusal(
        `Cannot report as --out must be a folder without ${target}, ` +
          "which no report wrote",
      );
    }
  }
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

async function writeInto(
  folder: string,
  files: Record<string, string>,
): Promise<void> {
  await writeAll(files).catch((error) => {
    throw new Error(`Cannot write the report to ${folder}: ${error.message}`);
  });
}

/**
 * Read a report's results file.
 *
 * @throws Refusal where it is none, and Deno's errors where it cannot be read
 */
export async function readReport(file: string): Promise<PastReport> {
  const from = reader(`read ${basename(file)}`);
  const text = await Deno.readTextFile(file);
  const raw = from.object(from.json(text, "its text"), "its content");
  return {
    notebook: from.string(raw.notebook, "its notebook"),
    title: from.string(raw.title, "its title"),
    seed: from.optional(raw.seed, "its seed", from.number),
    preset: from.optional(raw.preset, "its preset", from.string),
    wallSeconds: from.number(raw.wallSeconds, "its wallSeconds"),
    cellSeconds: from.record(raw.cellSeconds, "its cellSeconds", from.number),
    ...parseVerdict(raw, from),
  };
}

/**
 * Seconds of each cell when a notebook was last reported under this preset;
 * none if it was not.
 *
 * @param folder the reports
 */
export async function knownSeconds(
  name: string,
  preset: ParameterValue,
  folder = join(ROOT, "reports"),
): Promise<Record<string, number>> {
  const before = await readReport(join(folder, `${name}.results.json`))
    .catch(() => null);
  return before?.preset === preset ? before.cellSeconds : {};
}

/** All reports of a folder, and what is wrong with those that are none. */
async function readReports(
  folder: string,
): Promise<{ reports: PastReport[]; damaged: string[] }> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".results.json") && !name.startsWith(".")) {
      names.push(name);
    }
  }
  const read = await Promise.allSettled(
    names.sort().map((name) => readReport(join(folder, name))),
  );
  return {
    reports: read.flatMap((r) => r.status === "fulfilled" ? [r.value] : []),
    damaged: read.flatMap((r) =>
      r.status === "rejected" ? [r.reason.message] : []
    ),
  };
}

if (import.meta.main) {
  await main({ options: OPTIONS, words: Infinity }, report);
}
