/**
 * `deno task compare A.jsonl B.jsonl [--out FILE.html]`: two sweeps compared,
 * metric by metric, over the seeds that both hold.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import {
  comparePairs,
  compareSamples,
  type Comparison,
} from "../lib/run/comparison.ts";
import { stream } from "../lib/numeric/random.ts";
import { mean, standardDeviation } from "../lib/numeric/statistics.ts";
import { Refusal } from "../lib/run/config.ts";
import { strips } from "../viz/figures/bar_chart.ts";
import { type Html, html, raw } from "../viz/page/html.ts";
import { inlined } from "../viz/page/picture.ts";
import { type Column, table } from "../viz/figures/table.ts";
import { fixed, significant } from "../viz/page/numbers.ts";
import { page } from "./notebook/export_html.ts";
import { writeWhole } from "./notebook/notebook.ts";
import { CALLED_FROM } from "./project.ts";
import { parseRows, type SweepRow } from "./sweep.ts";
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

/** The settings in which two sweeps differ, as `key: a → b`. */
export function settingsChanged(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): string[] {
  const show = (value: unknown): string => JSON.stringify(value) ?? "–";
  return Object.keys({ ...a, ...b })
    .filter((key) => show(a[key]) !== show(b[key]))
    .map((key) => `${key}: ${show(a[key])} → ${show(b[key])}`);
}

function spread(values: readonly number[]): string {
  return values.length < 2
    ? significant(mean(values), 4)
    : `${significant(mean(values), 4)} ± ${
      significant(standardDeviation(values), 2)
    }`;
}

function comparisonTable(comparisons: readonly MetricComparison[]): Html {
  const right = { align: "right" as const };
  const columns: Column<MetricComparison>[] = [
    { key: "metric" },
    { key: "a", label: "A", ...right, format: spread },
    { key: "b", label: "B", ...right, format: spread },
    {
      key: "difference",
      label: "B − A",
      ...right,
      format: (x: number) => significant(x, 3),
    },
    {
      key: "low",
      label: "95 % interval",
      ...right,
      format: (low: number, row) =>
        `${significant(low, 3)} to ${significant(row.high, 3)}`,
    },
    {
      key: "p",
      ...right,
      format: (p: number | null) =>
        p === null ? "–" : p < 0.001 ? "< 0.001" : fixed(p, 3),
    },
    {
      key: "pairs",
      label: "seeds",
      ...right,
      format: (pairs: number, row) =>
        pairs ? `${pairs} pairs` : `${row.a.length} and ${row.b.length}`,
    },
  ];
  return table(comparisons, { columns });
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

async function readSweep(file: string): Promise<SweepRow[]> {
  const text = await Deno.readTextFile(resolve(CALLED_FROM, file)).catch(
    (error) => {
      throw new Error(`Cannot read the sweep ${file}: ${error.message}`);
    },
  );
  const rows = parseRows(text, file);
  if (rows.length === 0) {
    throw new Refusal(
      `Cannot compare as ${file} must hold a seed: it is empty`,
    );
  }
  return rows;
}

const OPTIONS = { out: { type: "string" } } as const;

/** Compare two files; throws when they hold nothing to compare. */
export async function compare(
  { values, words }: Call<typeof OPTIONS>,
): Promise<void> {
  if (words.length !== 2) {
    throw new Refusal(
      `Cannot compare as it needs two files: current value is ${
        words.join(" ") || "none"
      }`,
    );
  }
  const [a, b] = await Promise.all(words.map(readSweep));
  if (a[0].experiment !== b[0].experiment) {
    throw new Refusal(
      `Cannot compare as both files must hold the same experiment: they hold ${
        a[0].experiment
      } and ${b[0].experiment}`,
    );
  }
  const comparisons = compareRows(a, b);
  const changed = settingsChanged(a[0].settings, b[0].settings);
  const made = comparisonTable(comparisons);
  console.log(`A  ${words[0]}\nB  ${words[1]}`);
  console.log(
    changed.length ? `settings  ${changed.join(", ")}\n` : "same settings\n",
  );
  console.log(inColumns(made.text));
  if (values.out === undefined) return;
  const out = resolve(CALLED_FROM, values.out);
  const [nameA, nameB] = words.map((file) => basename(file, ".jsonl"));
  const plots = comparisons.map(({ metric, a, b }) =>
    strips([{ label: `A ${nameA}`, values: a }, {
      label: `B ${nameB}`,
      values: b,
    }], {
      x: metric,
    })
  );
  const body = html`
    <div class="page">
      <main><h1>${a[0].experiment}</h1>
    <p class="facts">A ${nameA} · B ${nameB} · ${changed.join(", ") ||
      "same settings"}</p>
    <div class="output"><div class="hc">${made}</div></div>
    <p class="facts">Differences are B − A. Intervals are 95 % bootstrap intervals;
    p is that of the sign-flip test over the seeds that both sweeps hold.</p>
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
  await writeWhole(
    out,
    page({
      title: `${a[0].experiment}: ${nameA} and ${nameB}`,
      home: html`<span class="home">Hidden Causes</span>`,
      body: raw(inlined(body.html)),
    }),
  );
  console.log(`\nOpen ${out}`);
}

if (import.meta.main) await main({ options: OPTIONS, words: 2 }, compare);
