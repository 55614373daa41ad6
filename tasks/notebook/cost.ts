/**
 * What the results of a notebook cost: trainings spent in it and before it,
 * the ranges that were tried, what was chosen on what, and what ± means. All of
 * it is computed from the executed notebook and the recorded results that it
 * reads, but for the choices: those the cell tagged `cost` lists, an item each,
 * what was chosen, a colon, and on what.
 *
 * @module
 */
import { basename, join } from "node:path";
import type { Results } from "../../lib/run/results.ts";
import { table } from "../../viz/figures/table.ts";
import type { Html } from "../../viz/page/html.ts";
import { ROOT } from "../project.ts";
import { duration } from "../terminal.ts";
import { resultsOf } from "./execute.ts";
import { type Cell, hasTag, type Notebook } from "./notebook.ts";

/** A line of the table. */
export interface CostRow {
  kind: "here" | "recorded" | "chosen" | "±";
  what: string;
  /** How much of it, or on what it was chosen. */
  spent: string;
  /** Settings that differ among the trainings. */
  tried: string;
  /** How long it took, where that is known. */
  took: string;
}

/** The line of each training that the notebook follows, with its cell. */
export function followedTrainings(
  { cells }: Notebook,
): { cell: string; line: string }[] {
  return cells.flatMap(({ id, outputs }) =>
    outputs.flatMap((output) => {
      const text = "data" in output ? String(output.data["text/plain"]) : "";
      const [line] = /^[^\n]* · [\d,]+ of [\d,]+ steps[^\n]*/.exec(text) ?? [];
      return line === undefined ? [] : [{ cell: id, line }];
    })
  );
}

/**
 * All that a notebook's results cost.
 *
 * @param cellSeconds of the run, by cell
 */
export function costOf(
  notebook: Notebook,
  cellSeconds: Readonly<Record<string, number>> = {},
): CostRow[] {
  return [
    ...trainedHere(notebook, cellSeconds),
    ...recordedRows(recordedFiles(notebook)),
    ...choices(notebook),
    ...spreads(resultsOf(notebook)),
  ];
}

/** How many trainings there were, in words. */
export function costSummary(rows: readonly CostRow[]): string {
  const count = (kind: CostRow["kind"]): number =>
    rows.filter((row) => row.kind === kind && row.what !== ALL)
      .map(({ spent }) => Number(/^(\d+) training/.exec(spent)?.[1] ?? 0))
      .reduce((a, b) => a + b, 0);
  return `${count("here")} trainings in this notebook, ` +
    `${count("recorded")} recorded before`;
}

/** The row of all recorded trainings together. */
const ALL = "all that were recorded";

/** The table of {@link costOf}. */
export function costTable(rows: readonly CostRow[]): Html {
  return table(rows, {
    columns: [
      { key: "kind", label: "kind" },
      { key: "what", label: "what" },
      { key: "spent", label: "spent, or chosen on" },
      { key: "tried", label: "settings tried" },
      { key: "took", label: "took", align: "right" },
    ],
    caption: "Computed from the notebook and the recorded results that it " +
      "reads. Times are of a cell, or the sum over trainings as recorded.",
  });
}

/** Cells whose steps are trainings, one after the other. */
const IN_TURN = /\b(?:inTurn|playAll|trainAll)\(/;

function trainedHere(
  notebook: Notebook,
  cellSeconds: Readonly<Record<string, number>>,
): CostRow[] {
  const trainings = followedTrainings(notebook);
  return trainings.map(({ cell, line }, i): CostRow => {
    const { source } = notebook.cells.find(({ id }) => id === cell)!;
    const [, what, steps] = /^(.*?) · ([\d,]+) of/.exec(line)!;
    const [, seeds] = / (\d+) of \d+ seeds/.exec(line) ?? [];
    const parts = /\btask: /.test(source) && seeds !== undefined
      ? [`no training: ${seeds} parts of a score`]
      : seeds === undefined
      ? IN_TURN.test(source)
        ? [`${steps} trainings`]
        : ["1 training", `${steps} steps`]
      : [
        `${seeds} training${seeds === "1" ? "" : "s"}`,
        `${steps} steps${seeds === "1" ? "" : " in all"}`,
      ];
    // A cell's time is told once, at its first training.
    const first = trainings.findIndex((other) => other.cell === cell) === i;
    const seconds = first ? cellSeconds[cell] : undefined;
    return {
      kind: "here",
      what,
      spent: parts.join(", "),
      tried: "",
      took: seconds === undefined ? "" : duration(seconds),
    };
  });
}

/**
 * Files of `data/results` that the code of a notebook reads: those that it
 * names, whole or as a template whose rest stands elsewhere in the code.
 */
export function recordedFiles({ cells }: Notebook): string[] {
  const code = cells.filter(({ cell_type }) => cell_type === "code")
    .map(({ source }) => source).join("\n");
  const strings = Array.from(
    code.matchAll(/"([^"\n]+)"|`([^`]*)`/g),
    ([, plain, template]) => plain ?? template,
  );
  const patterns = strings.filter((text) => text.includes("data/results/"))
    .map((text) => text.slice(text.indexOf("data/results/") + 13));
  const parts = strings.filter((text) => !text.includes("/"));
  return resultFiles().filter((file) =>
    patterns.some((pattern) => {
      const rest = restOf(file, pattern);
      // Where the whole name is the gap, a word of the code is not enough.
      const named = rest !== null && !pattern.startsWith("${")
        ? parts
        : parts.filter((part) => part.includes("_"));
      return rest !== null &&
        (rest === "" || named.some((part) => fits(rest, part)));
    })
  );
}

/** What stands in the gap of a template, "" where it has none; null: no match. */
function restOf(file: string, pattern: string): string | null {
  if (!pattern.includes("${")) return file === pattern ? "" : null;
  const [start, end] = [
    pattern.slice(0, pattern.indexOf("${")),
    pattern.slice(pattern.lastIndexOf("}") + 1),
  ];
  const matches = file.startsWith(start) && file.endsWith(end) &&
    file.length > start.length + end.length;
  return matches ? file.slice(start.length, file.length - end.length) : null;
}

/** Whether a string of the code gives the gap: whole, as a template, or by its start. */
function fits(rest: string, part: string): boolean {
  if (rest === part) return true;
  const gap = restOf(rest, part);
  if (gap !== null && gap !== "") return part.indexOf("${") >= 4;
  return part.length >= 8 && part.includes("_") &&
    rest.startsWith(part) && /^\d+$/.test(rest.slice(part.length));
}

function resultFiles(): string[] {
  return Array.from(
    Deno.readDirSync(join(ROOT, "data/results")),
    ({ name }) => name,
  ).filter((name) => /\.jsonl?$/.test(name)).sort();
}

type Recorded = Record<string, unknown>;

function recordedRows(files: readonly string[]): CostRow[] {
  const read = files.map((file) => rowsOfFile(file));
  const rows = read.map((rows, i) =>
    recordedRow(basename(files[i]).replace(/\.jsonl?$/, ""), rows, true)
  );
  return files.length < 2
    ? rows
    : [...rows, recordedRow(ALL, read.flat(), false)];
}

/** @param alike whether the trainings have the same settings in their rows */
function recordedRow(
  what: string,
  rows: readonly Recorded[],
  alike: boolean,
): CostRow {
  const times = rows.map(secondsOf).filter((time) => time !== null);
  const seeds = new Set(rows.map(({ seed }) => seed));
  const count = `${rows.length} training${rows.length === 1 ? "" : "s"}`;
  return {
    kind: "recorded",
    what,
    spent: `${count}, ${seeds.size} seed${seeds.size === 1 ? "" : "s"}`,
    tried: rangesIn(rows.map(settingsOf), alike),
    took: times.length === rows.length
      ? time(times.reduce((a, b) => a + b, 0))
      : "",
  };
}

/** Seconds as a duration, many of them as hours. */
function time(seconds: number): string {
  return seconds < 3600
    ? duration(seconds)
    : `${(seconds / 3600).toFixed(1)} hours`;
}

function rowsOfFile(file: string): Recorded[] {
  const text = Deno.readTextFileSync(join(ROOT, "data/results", file));
  return file.endsWith(".jsonl")
    ? text.trim().split("\n").map((line) => JSON.parse(line))
    : [JSON.parse(text)];
}

function settingsOf({ settings, config, study, label }: Recorded): Recorded {
  return (settings ?? config ?? { study, label }) as Recorded;
}

/** Seconds that a training took, or null where they were not recorded. */
function secondsOf({ seconds, rows }: Recorded): number | null {
  return typeof seconds === "number" ? seconds : cpuSeconds(rows);
}

/** Seconds of the processor at the last row of a training's history. */
function cpuSeconds(rows: unknown): number | null {
  const last = Array.isArray(rows) ? rows.at(-1)?.cpuSeconds : null;
  return typeof last === "number" ? last : null;
}

/** Most values of a setting that are written out. */
const MOST_VALUES = 6;

/** The settings that differ among trainings, with their values or their range. */
function rangesIn(all: readonly Recorded[], alike: boolean): string {
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))];
  return names.flatMap((name) => {
    const found = all.map((one) => one[name]).filter((v) => v !== undefined);
    const written = new Set(found.map(shortly));
    // What not all were given is as it is by default in the others.
    const standard = alike && found.length < all.length ? 1 : 0;
    if (written.size + standard < 2) return [];
    if (written.size <= MOST_VALUES) {
      return [`${name}: ${[...written].join(", ")}`];
    }
    const numbers = found.filter((value) => typeof value === "number");
    const range = numbers.length === found.length
      ? `${Math.min(...numbers)} to ${Math.max(...numbers)}, `
      : "";
    return [`${name}: ${range}${written.size} values`];
  }).join("; ");
}

function shortly(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number"
    ? String(Number(value.toPrecision(4)))
    : JSON.stringify(value);
}

/** The cell that lists the choices, if there is one. */
export function costCell({ cells }: Notebook): Cell | undefined {
  return cells.find((cell) => hasTag(cell, "cost"));
}

/** An item of a list, with the lines that go on. */
const ITEM = /^- ([^\n]*(?:\n {2}[^\n]*)*)/gm;

/** What precedes the list of choices. */
export function withoutChoices(source: string): string {
  return source.replaceAll(ITEM, "").trimEnd();
}

function choices(notebook: Notebook): CostRow[] {
  const source = costCell(notebook)?.source ?? "";
  return Array.from(source.matchAll(ITEM), ([, item]): CostRow => {
    const text = item.replaceAll(/\s+/g, " ").replaceAll(/[*_`$]/g, "").trim();
    const at = text.indexOf(":");
    const [what, on] = at < 0
      ? [text, ""]
      : [text.slice(0, at), text.slice(at + 1).trim()];
    return { kind: "chosen", what, spent: on, tried: "", took: "" };
  });
}

/** What the number after ± is, for the results that have one. */
function spreads(results: Results | null): CostRow[] {
  const metrics = results?.metrics.filter(({ sd }) => sd !== null) ?? [];
  const bySeeds = Map.groupBy(metrics, ({ seeds }) => seeds);
  return Array.from(bySeeds, ([seeds, of]): CostRow => ({
    kind: "±",
    what: of.map(({ name }) => name).join("; "),
    spent: `standard deviation over ${seeds ?? "the"} seeds, one training each`,
    tried: "",
    took: "",
  }));
}
