/**
 * `deno task readme`: writes the figures and the table of results in README.md
 * from the committed notebooks, so that it never says what they do not.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { IN_PAPER } from "../data/papers.ts";
import type { Metric } from "../lib/run/results.ts";
import { drawingFiles } from "../viz/page/picture.ts";
import { resultsOf } from "./notebook/execute.ts";
import { titleOf } from "./notebook/export_html.ts";
import { mainResult } from "./notebook/main_result.ts";
import {
  findNotebooks,
  readNotebook,
  writeWhole,
} from "./notebook/notebook.ts";
import { NOTEBOOKS, ROOT } from "./project.ts";
import { main } from "./terminal.ts";

const START = "<!-- results: written by deno task readme -->";
const END = "<!-- end of results -->";
/** The results of each notebook that stand in README.md, by name. */
const HEADLINES: Record<string, readonly string[]> = {
  imax_stereograms: [
    "Imax, sum/difference",
    "Imax, difference",
    "Imax, difference, from pixels",
    "|corr(y, d)|, surface",
  ],
  population_codes: [
    "test MSE, as the reference",
    "test MSE, ours",
    "description, position",
    "description, orientation",
  ],
  helmholtz_shifter: [
    "exact NLL",
    "exact NLL, reweighted",
    "direction, by q",
    "direction by q, reweighted",
    "exact NLL, in stages",
    "direction by q, in stages",
    "exact NLL, one top unit",
    "direction by q, one top unit",
  ],
  neural_em: [
    "seed, NMI (chosen)",
    "RNN-EM recorded, AMI (max)",
    "two stages, least loss of starts, AMI (max)",
    "one model, one start, AMI (max)",
    "one model with moves, AMI (max)",
  ],
  two_view_agreement: ["R² of both causes, weight 25", "η², Imax"],
};

/** Notebooks whose main result stands in README.md. */
const FIGURES = ["imax_stereograms", "helmholtz_shifter"];

/** The drawings that stand in README.md, by their paths in the project. */
export async function readmeFigures(): Promise<Record<string, string>> {
  const figures: Record<string, string> = {};
  for (const notebook of FIGURES) {
    const found = mainResult(
      await readNotebook(join(NOTEBOOKS, `${notebook}.ipynb`)),
    );
    if (found === null) {
      throw new Error(
        `Cannot write the figures as a cell of ${notebook} must be tagged ` +
          "main-result and have run",
      );
    }
    const [svg] = drawingFiles(found.image);
    figures[`viz/readme/${notebook}.svg`] = `${svg}\n`;
  }
  return figures;
}

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

/** A row for each headline; a notebook without headlines shows all it has. */
async function resultsTable(): Promise<string> {
  const rows: string[][] = [
    ["notebook", "result", "paper", "reference program", "here", "limit"],
    ["---", "---", "--:", "--:", "--:", "--:"],
  ];
  for (const file of await findNotebooks([], NOTEBOOKS)) {
    const notebook = await readNotebook(file);
    const name = basename(file, ".ipynb");
    const metrics = resultsOf(notebook)?.metrics ?? [];
    const headlines = HEADLINES[name] ?? metrics.map((metric) => metric.name);
    headlines.forEach((headline, i) => {
      const metric = metrics.find((one) => one.name === headline);
      if (!metric) {
        throw new Error(
          `Cannot write the results as ${name} states no result ` +
            `"${headline}": run  deno task run ${name}`,
        );
      }
      const link = `[${titleOf(notebook, name)}](notebooks/${name}.ipynb)`;
      rows.push([i === 0 ? link : "", ...cells(name, metric)]);
    });
  }
  return rows.map((row) => `| ${row.join(" | ")} |\n`).join("") +
    "\n*recalled*: from memory of the paper, not checked against its text.\n";
}

function cells(notebook: string, metric: Metric): string[] {
  const { name, value, sd, seeds, unit, reference, limit } = metric;
  const spread = sd && seeds ? ` ± ${digits(sd, 2)} (${seeds} seeds)` : "";
  return [
    unit ? `${name} (${unit})` : name,
    inPaper(notebook, metric),
    digits(reference),
    `**${digits(value)}**${spread}`,
    digits(limit),
  ].map((cell) => cell.replaceAll("|", "\\|"));
}

/** The paper's number with its place, or what stands there instead. */
function inPaper(notebook: string, { name, paper }: Metric): string {
  const places = IN_PAPER[notebook] ?? {};
  const key = Object.keys(places).find((start) => name.startsWith(start));
  if (key === undefined) return digits(paper);
  const { words, url, recalled } = places[key];
  const link = `[${words}](${url})${recalled ? " (recalled)" : ""}`;
  return paper === null ? link : `${digits(paper)}, ${link}`;
}

function digits(value: number | null, places = 4): string {
  return value === null ? "–" : String(Number(value.toPrecision(places)));
}

if (import.meta.main) {
  await main({}, async () => {
    for (const [path, svg] of Object.entries(await readmeFigures())) {
      await Deno.mkdir(join(ROOT, dirname(path)), { recursive: true });
      await writeWhole(join(ROOT, path), svg);
    }
    await writeWhole(join(ROOT, "README.md"), await readme());
  });
}
