/**
 * `deno task compare A.jsonl [B.jsonl]… [--out FILE.html]`: sweeps, or the
 * settings of a grid, compared with the first, metric by metric, over the seeds
 * that both hold.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { Refusal } from "../lib/run/config.ts";
import {
  comparePairs,
  compareSamples,
  type Comparison,
} from "../lib/run/comparison.ts";
import { stream } from "../lib/numeric/random.ts";
import { mean, standardDeviation } from "../lib/numeric/statistics.ts";
import { strips } from "../viz/figures/bar_chart.ts";
import { type Html, html, raw } from "../viz/page/html.ts";
import { inlined, unnamed } from "../viz/page/picture.ts";
import { table } from "../viz/figures/table.ts";
import { fixed, significant } from "../viz/page/numbers.ts";
import { page } from "./notebook/export_html.ts";
import { writeWhole } from "./notebook/notebook.ts";
import { CALLED_FROM } from "./project.ts";
import { readLines } from "./sweep/json_lines.ts";
import {
  differingSettings,
  type Settings,
  settingsKey,
  settingsLabel,
  SWEEP_ROWS,
  type SweepRow,
  variedKeys,
} from "./sweep/rows.ts";
import { type Call, main } from "./terminal.ts";

/** A metric in two sweeps. */
export interface MetricComparison extends Comparison {
  metric: string;
  a: number[];
  b: number[];
}

/** Finite values of a metric by seed. */
function valuesOf(
  rows: readonly SweepRow[],
  metric: string,
): Map<number, number> {
  const entries = rows.map((row) => [row.seed, row.metrics[metric]] as const);
  return new Map(entries.filter(([, value]) => Number.isFinite(value)));
}

/** Compares every metric that both sweeps hold, paired over common seeds. */
export function compareRows(
  a: readonly SweepRow[],
  b: readonly SweepRow[],
): MetricComparison[] {
  const names = Object.keys(a[0]?.metrics ?? {})
    .filter((name) => b.some((row) => name in row.metrics));
  return names.flatMap((metric) => {
    const left = valuesOf(a, metric);
    const right = valuesOf(b, metric);
    if (left.size === 0 || right.size === 0) return [];
    const rng = stream(metric, "eval");
    const common = [...left.keys()].filter((seed) => right.has(seed));
    const comparison = common.length > 1
      ? comparePairs(rng, common.map((s) => right.get(s)! - left.get(s)!))
      : compareSamples(rng, [...left.values()], [...right.values()]);
    return [{
      metric,
      a: [...left.values()],
      b: [...right.values()],
      ...comparison,
    }];
  });
}

/** Rows of the same settings in the same file. */
export interface Group {
  /** Which file, where there are several; which settings, where it has several. */
  label: string;
  rows: SweepRow[];
}

/**
 * Rows of files by file and settings, in the order in which they first stand.
 *
 * @throws {Refusal} naming the row that is of another experiment
 */
export function groupsOf(
  files: readonly { file: string; rows: readonly SweepRow[] }[],
): Group[] {
  const { experiment } = files[0].rows[0];
  return files.flatMap(({ file, rows }, f) => {
    const other = rows.findIndex((row) => row.experiment !== experiment);
    if (other >= 0) {
      throw new Refusal(
        `Cannot compare as all rows must be of the same experiment: ` +
          `${file}, line ${other + 1} is of ${rows[other].experiment}, ` +
          `${files[0].file}, line 1 of ${experiment}`,
      );
    }
    const bySettings = Map.groupBy(rows, (row) => settingsKey(row.settings));
    const groups = [...bySettings.values()];
    const varied = variedKeys(groups.map(([{ settings }]) => settings));
    const name = files.length > 1 &&
      `${LETTERS[f]} ${basename(file, ".jsonl")}`;
    return groups.map((rows) => ({
      label: [name, settingsLabel(rows[0].settings, varied)]
        .filter(Boolean).join(" · "),
      rows,
    }));
  });
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The settings in which two sweeps differ, as `key: a → b`. */
export function settingsChanged(a: Settings, b: Settings): string[] {
  return differingSettings(a, b)
    .map(([key, ofA, ofB]) => `${key}: ${ofA} → ${ofB}`);
}

/** A metric of a group, and how it differs from the first group's. */
interface Compared {
  metric: string;
  label: string;
  values: number[];
  difference?: MetricComparison;
}

function comparedWithFirst([first, ...others]: readonly Group[]): Compared[] {
  const compared = others.map(({ label, rows }) => ({
    label,
    differences: compareRows(first.rows, rows),
  }));
  return Object.keys(first.rows[0].metrics).flatMap((metric) => {
    const values = [...valuesOf(first.rows, metric).values()];
    if (values.length === 0) return [];
    const rest = compared.flatMap(({ label, differences }) =>
      differences.filter((d) => d.metric === metric)
        .map((d) => ({ metric, label, values: d.b, difference: d }))
    );
    return [{ metric, label: first.label, values }, ...rest];
  });
}

function spread(values: readonly number[]): string {
  return values.length < 2
    ? significant(mean(values), 4)
    : `${significant(mean(values), 4)} ± ${
      significant(standardDeviation(values), 2)
    }`;
}

function comparisonTable(all: readonly Compared[]): Html {
  const rows = all.map(({ metric, label, values, difference: d }) => ({
    metric,
    sweep: label,
    value: spread(values),
    difference: d && significant(d.difference, 3),
    "95 % interval": d &&
      `${significant(d.low, 3)} to ${significant(d.high, 3)}`,
    p: d?.p === null
      ? undefined
      : d && (d.p! < 0.001 ? "< 0.001" : fixed(d.p!, 3)),
    seeds: d?.pairs
      ? `${d.pairs} pairs`
      : d
      ? `${d.a.length} and ${d.b.length}`
      : values.length,
  }));
  const keys = Object.keys(rows[0]) as (keyof typeof rows[number])[];
  return table(rows, {
    columns: keys.map((key, i) => ({ key, align: i < 2 ? "left" : "right" })),
  });
}

/** The table for a terminal, in columns. */
export function inColumns(text: string): string {
  const rows = text.split("\n").map((line) => line.split(" | "));
  const widths = rows[0].map((_, i) =>
    Math.max(...rows.map((r) => r[i].length))
  );
  return rows.map((row) =>
    row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])
    )
      .join("   ").trimEnd()
  ).join("\n");
}

async function readSweep(
  word: string,
): Promise<{ file: string; rows: SweepRow[] }> {
  const { rows, isTorn } = await readLines(
    resolve(CALLED_FROM, word),
    SWEEP_ROWS,
  );
  if (isTorn) console.error(`${word} ends in a torn line: left out`);
  if (rows.length > 0) return { file: word, rows };
  throw new Refusal(
    `Cannot compare as ${word} must hold a row: it is empty`,
  );
}

const OPTIONS = { out: { type: "string" } } as const;

/** Compare files; throws when they hold nothing to compare. */
export async function compare(
  { values, words }: Call<typeof OPTIONS>,
): Promise<void> {
  if (words.length === 0) {
    throw new Refusal("Cannot compare as it needs the files of sweeps");
  }
  const files = await Promise.all(words.map(readSweep));
  const groups = groupsOf(files);
  if (groups.length < 2) {
    throw new Refusal(
      "Cannot compare as it needs two files, or one with several settings: " +
        `current value is ${words[0]}`,
    );
  }
  const compared = comparedWithFirst(groups);
  const made = comparisonTable(compared);
  const settings = files.map((file) => file.rows[0].settings);
  const facts = files.map(({ file }, f) => {
    const changed = settingsChanged(settings[0], settings[f]).join(", ");
    return `${LETTERS[f]} ${basename(file)}` +
      (f === 0 ? "" : ` · ${changed || "same settings"}`);
  });
  console.log(`${facts.join("\n")}\n\n${inColumns(made.text)}`);
  if (values.out === undefined) return;
  const out = resolve(CALLED_FROM, values.out);
  const { experiment } = files[0].rows[0];
  const byMetric = Map.groupBy(compared, ({ metric }) => metric);
  const plots = [...byMetric].map(([x, strip]) => strips(strip, { x }));
  const body = html`
    <div class="page">
      <main><h1>${experiment}</h1>
    ${facts.map((fact) => html`<p class="facts">${fact}</p>`)}
    <div class="output"><div class="hc">${made}</div></div>
    <p class="facts">Differences are from the first. Intervals are 95 % bootstrap
    intervals; p is that of the sign-flip test over the seeds that both hold.</p>
    ${plots.map((plot) =>
      html`
        <div class="output">
          <div class="hc">${plot}</div>
        </div>
      `
    )}
      </main>
    </div>
  `;
  const names = words.map((word) => basename(word, ".jsonl"));
  await writeWhole(
    out,
    page({
      title: `${experiment}: ${names.join(", ")}`,
      home: html`<span class="home">Hidden Causes</span>`,
      body: raw(inlined(body.html, unnamed)),
    }),
  );
  console.log(`\nOpen ${out}`);
}

if (import.meta.main) {
  await main({ options: OPTIONS, words: LETTERS.length }, compare);
}
