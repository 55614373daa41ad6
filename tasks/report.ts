/**
 * `deno task report [notebook…] [--seed N] [--preset full|smoke]
 * [--set key=value]… [--out DIR] [--open] [--jobs N] [--timeout SECONDS]`:
 * executes notebooks, by default all, on the Deno kernel and writes, for each,
 * one offline HTML page, the executed notebook and its results, and an index of
 * all verdicts, which --open opens at the end. What is set otherwise than in the
 * notebook stands in the name of the files, so that a run of another seed takes
 * the place of none; the index shows them side by side. N notebooks run side by
 * side, by default one a core; together they keep no more threads busy than
 * there are cores.
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
import { drawingsOf } from "./notebook/drawings.ts";
import {
  type Neighbours,
  notebookPage,
  titleOf,
  withNeighbours,
} from "./notebook/export_html.ts";
import {
  besideName,
  besidePage,
  groupsOf,
  type IndexEntry,
  indexPage,
  isOwn,
} from "./notebook/index_page.ts";
import { type Judgement, judgementOf, WORDS } from "./notebook/judgement.ts";
import { mainResult } from "./notebook/main_result.ts";
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
import { open } from "./open.ts";
import {
  commandOf,
  differing,
  reportName,
  type Values,
} from "./notebook/report_name.ts";
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

/** What stands in `DIR/<report>.results.json`. */
export interface Report extends Verdict {
  notebook: string;
  /** What was set otherwise than in the notebook. */
  differing: Values;
  /** The command that makes it again. */
  command: string;
  judgement: Judgement | null;
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
interface PastReport
  extends Omit<Report, "config" | "paramsSha256" | "environment"> {
  /** Name of its files. */
  name: string;
}

interface Job {
  /** Of the notebook. */
  notebookName: string;
  /** Of the report: the notebook's, and what differs. */
  name: string;
  differing: Values;
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
  open: { type: "boolean" },
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
    const notebookName = basename(file, ".ipynb");
    sourcesOf(notebook, notebookName); // what is gone is told before a run
    const other = differing(notebook, parameters);
    return {
      notebookName,
      name: reportName(notebookName, other),
      differing: other,
      ...{ file, notebook, values: parameters, known: {} },
    };
  }));
  const out = values.out === undefined
    ? join(ROOT, "reports")
    : resolve(CALLED_FROM, values.out);
  await refuseLosses(jobs, out);
  await prepareFolder(out);
  for (const job of jobs) {
    const preset = valueOf(job, "preset");
    job.known = await knownSeconds(job.name, preset, out)
      .then((own) =>
        Object.keys(own).length > 0
          ? own
          : knownSeconds(job.notebookName, preset, out)
      );
  }
  const progress = statusLine();
  const judge = judging(progress);
  // A page that is read to be led on is not written anew meanwhile.
  const inTurn = oneAtATime();
  const work = jobs.map((job): Work => ({
    name: job.name,
    known: job.known,
    async run(say): Promise<void> {
      const options = { signal, timeoutSeconds, budget };
      const context = { out, progress, options, say, inTurn };
      judge.hear(job.name, await reportOne(job, context));
      await inTurn(() => writeIndex(out, progress));
    },
  }));
  await sideBySide(work, { atATime, progress, signal });
  console.log(
    `Open ${
      join(out, jobs.length === 1 ? `${jobs[0].name}.html` : "index.html")
    }`,
  );
  if (values.open) await open(join(out, "index.html"));
  judge.end();
}

/** Runs what it is handed one after the other, also after one that fails. */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  };
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
  { out, progress, options, say, inTurn }: {
    out: string;
    inTurn: ReturnType<typeof oneAtATime>;
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
    notebook: job.notebookName,
    differing: job.differing,
    command: commandOf(wordOf(path), job.differing),
    judgement: judgementOf(executed.notebook),
    title: titleOf(job.notebook, job.notebookName),
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
  await inTurn(() =>
    writeInto(out, {
      [file(".html")]: page,
      [file(".ipynb")]: formatNotebook(executed.notebook),
      [file(".results.json")]: JSON.stringify(facts, null, 2) + "\n",
    })
  );
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

/** The word by which a command finds a notebook. */
function wordOf(file: string): string {
  if (dirname(file) === NOTEBOOKS) return basename(file, ".ipynb");
  const path = relative(ROOT, file);
  return path.startsWith("..") ? basename(file) : path;
}

/**
 * Writes what depends on all reports of a folder: the index, the pages that hold
 * two runs side by side, and what each page leads to.
 */
async function writeIndex(out: string, progress: StatusLine): Promise<void> {
  const { reports, damaged } = await readReports(out);
  const shown = await Promise.all(
    reports.map((entry) => readShown(entry, out)),
  );
  const entries = shown.map(({ entry }) => entry);
  const of = (entry: IndexEntry): typeof shown[0] =>
    shown.find((one) => one.entry === entry)!;
  const groups = groupsOf(entries);
  const files: Record<string, string> = {
    [join(out, "index.html")]: indexPage(entries),
  };
  for (const { shown: first, others } of groups) {
    for (const other of others) {
      if (first.picture === null || other.picture === null) continue;
      files[join(out, `${besideName(other)}.html`)] = besidePage(
        of(first),
        of(other),
      );
    }
  }
  for (const [i, { shown: first, others }] of groups.entries()) {
    const neighbours: Neighbours = {
      previous: groups[i - 1]?.shown,
      next: groups[i + 1]?.shown,
    };
    for (const one of [first, ...others]) {
      const file = join(out, `${one.name}.html`);
      const page = await Deno.readTextFile(file).catch(() => null);
      if (page === null) continue;
      const committed = one === first || !isOwn(first) ? undefined : first;
      const turned = withNeighbours(page, { ...neighbours, committed });
      if (turned !== page) files[file] = turned;
    }
  }
  await writeInto(out, files);
  for (const why of damaged) progress.log(`left out of the index: ${why}`);
}

/** A report with what its notebook shows, as far as that is there. */
async function readShown(
  report: PastReport,
  folder: string,
): Promise<{ entry: IndexEntry; drawings: ReturnType<typeof drawingsOf> }> {
  try {
    const notebook = await readNotebook(join(folder, `${report.name}.ipynb`));
    const drawings = drawingsOf(notebook);
    const picture = (mainResult(notebook) ?? drawings[0])?.image ?? null;
    return { entry: { ...report, picture }, drawings };
  } catch {
    return { entry: { ...report, picture: null }, drawings: [] };
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
  for (const job of jobs) {
    const { name, file } = job;
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
    await refuseOther(job, out);
  }
}

/** Refuses a name that the report of another run has. */
async function refuseOther(job: Job, out: string): Promise<void> {
  const past = await readReport(join(out, `${job.name}.results.json`))
    .catch(() => null);
  if (past === null) return;
  const [here, there] = [
    commandOf(job.notebookName, job.differing),
    commandOf(past.notebook, past.differing),
  ];
  if (here === there) return;
  throw new Refusal(
    `Cannot report as ${job.name} must be the name of one run: ` +
      `current value is that of  ${there}  and of  ${here}; give another --out`,
  );
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
  const name = basename(file, ".results.json");
  const notebook = from.string(raw.notebook, "its notebook");
  return {
    name,
    notebook,
    // Reports of older versions have neither.
    differing: from.object(raw.differing ?? {}, "its differing") as Values,
    command: from.string(raw.command ?? commandOf(notebook, {}), "its command"),
    judgement: from.optional(
      raw.judgement ?? null,
      "its judgement",
      (value, part) => {
        const { word, reason } = from.object(value, part);
        return {
          word: from.oneOf(word, `${part}'s word`, WORDS),
          reason: from.string(reason, `${part}'s reason`),
        };
      },
    ),
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
 * @param name the notebook's, or that of its report
 * @param folder the reports
 */
export async function knownSeconds(
  name: string,
  preset: ParameterValue,
  folder = join(ROOT, "reports"),
): Promise<Record<string, number>> {
  for (const report of [name, reportName(name, { preset })]) {
    const before = await readReport(join(folder, `${report}.results.json`))
      .catch(() => null);
    if (before?.preset === preset) return before.cellSeconds;
  }
  return {};
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
