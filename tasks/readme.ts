/**
 * `deno task readme`: writes the table of results in README.md from the
 * committed notebooks, so that it never says what they do not.
 *
 * @module
 */
import { basename, join } from "node:path";
import type { Metric } from "../lib/claim.ts";
import { resultsOf } from "./execute.ts";
import { titleOf } from "./export_html.ts";
import { findNotebooks, readNotebook, writeWhole } from "./notebook.ts";
import { NOTEBOOKS, ROOT } from "./report.ts";
import { main } from "./terminal.ts";

const START = "<!-- results: written by deno task readme -->";
const END = "<!-- end of results -->";
/** Rows of a notebook in the table. */
const ROWS = 3;

/** README.md, with the table that belongs there now. */
export async function readme(): Promise<string> {
  const file = join(ROOT, "README.md");
  const text = await Deno.readTextFile(file);
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) {
    throw new Error(
      `Cannot write the results as README.md must hold the lines ${START} and ${END}`,
    );
  }
  return text.slice(0, start) + START + "\n\n" + await resultsTable() + "\n" +
    text.slice(end);
}

/** The first results of each notebook that paper or reference also state. */
async function resultsTable(): Promise<string> {
  const rows: string[][] = [
    ["notebook", "result", "paper", "reference program", "here", "limit"],
    ["---", "---", "--:", "--:", "--:", "--:"],
  ];
  for (const file of await findNotebooks([], NOTEBOOKS)) {
    const notebook = await readNotebook(file);
    const name = basename(file, ".ipynb");
    const metrics = resultsOf(notebook)?.metrics ?? [];
    const known = metrics.filter((m) =>
      m.paper !== null || m.reference !== null
    );
    (known.length ? known : metrics).slice(0, ROWS).forEach((metric, i) => {
      const link = `[${titleOf(notebook, name)}](notebooks/${name}.ipynb)`;
      rows.push([i === 0 ? link : "", ...cells(metric)]);
    });
  }
  return rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
}

function cells(metric: Metric): string[] {
  const { name, value, sd, seeds, unit, paper, reference, limit } = metric;
  const spread = sd && seeds ? ` ± ${digits(sd, 2)} (${seeds} seeds)` : "";
  return [
    unit ? `${name} (${unit})` : name,
    digits(paper),
    digits(reference),
    `**${digits(value)}**${spread}`,
    digits(limit),
  ].map((cell) => cell.replaceAll("|", "\\|"));
}

function digits(value: number | null, places = 4): string {
  return value === null ? "–" : String(Number(value.toPrecision(places)));
}

if (import.meta.main) {
  await main(async () => writeWhole(join(ROOT, "README.md"), await readme()));
}
