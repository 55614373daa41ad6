/**
 * Live cells of short trainings in a report, for browsers to play with: none of
 * a committed notebook, so that they are quick, and as new as the code.
 *
 * @module
 */
import { notebookPage } from "../tasks/notebook/export_html.ts";
import { parseNotebook } from "../tasks/notebook/notebook.ts";
import { experimentModule } from "../lib/run/experiment.ts";
import { finish } from "../lib/run/training.ts";
import { liveExperiment } from "../viz/live/live.ts";
import type {
  Experiment,
  ExperimentOutcome,
  RecordedSeed,
} from "../viz/live/experiment.ts";

/** A short training of each notebook's experiment, as its live cell shows it. */
export const SHORT: Record<string, {
  settings: Record<string, number | string>;
  total: number;
  metrics: Record<string, string>;
  curve?: [string, string];
}> = {
  helmholtz_shifter: {
    settings: {
      ...{ way: "staged", top: 1, hidden: 6, width: 4, evalEvery: 5000 },
      ...{ steps: 60_000, constrainedSteps: 20_000, evalImages: 20 },
    },
    total: 60_000,
    metrics: { nllBits: "exact NLL (bits)", validMass: "mass" },
  },
  imax_stereograms: {
    settings: { steps: 120, evalEvery: 20, heldOut: 256 },
    total: 120,
    metrics: { difference: "Imax (nats)", correlation: "corr(a, b)" },
    curve: ["correlation", "corr(a, b)"],
  },
  neural_em: {
    settings: { updates: 16, evalEvery: 8, evalImages: 8, trainImages: 64 },
    total: 16,
    metrics: { finalNmi: "NMI at the end", finalLoss: "loss at the end" },
    curve: ["loss", "loss (nats an image)"],
  },
  population_codes: {
    settings: { steps: 160, evalEvery: 32, trainImages: 200, testImages: 200 },
    total: 160,
    metrics: { testMse: "test MSE", explained: "explained" },
    curve: ["testMse", "test MSE"],
  },
};

/** What training a seed ends with, and its rows. */
async function trained(
  name: string,
  seed: number,
  settings: object,
): Promise<{ outcome: ExperimentOutcome; rows: object[] }> {
  const module: Experiment = await import(experimentModule(name));
  const rows: object[] = [];
  const training = module.trainSeed(seed, module.settings(settings));
  return { outcome: finish(training, (row) => rows.push(row)), rows };
}

/** The markup of a live cell of seed 1, with `recorded` seeds from 1 on. */
export async function shortCell(
  name: string,
  recorded = 0,
): Promise<string> {
  const { settings, ...view } = SHORT[name];
  const seeds = Array.from({ length: Math.max(1, recorded) }, (_, i) => i + 1);
  const ends = await Promise.all(
    seeds.map((seed) => trained(name, seed, settings)),
  );
  const known = seeds.map((seed, i) => ({
    seed,
    metrics: ends[i].outcome.metrics,
  })) as RecordedSeed[];
  const { html } = await liveExperiment(name, {
    ...{ ...view, settings, title: name, preset: "smoke", seed: 1 },
    ...ends[0],
    recorded: recorded > 0 ? known : [],
  });
  return html;
}

/** A report of cells with these outputs. */
export function reportOf(outputs: readonly string[]): string {
  const cells = outputs.map((html, i) => ({
    ...{ cell_type: "code", id: `live-${i}`, metadata: {}, source: ["live"] },
    execution_count: i,
    outputs: [{
      ...{ output_type: "display_data", metadata: {} },
      data: { "text/html": html },
    }],
  }));
  const title = { cell_type: "markdown", id: "title", metadata: {} };
  const notebook = {
    cells: [{ ...title, source: ["# Live cells"] }, ...cells],
    metadata: { kernelspec: { name: "deno", display_name: "Deno" } },
    ...{ nbformat: 4, nbformat_minor: 5 },
  };
  const text = JSON.stringify(notebook);
  return notebookPage(parseNotebook(text, "live.ipynb"), { name: "live" });
}
