import assert from "node:assert/strict";
import { join } from "node:path";
import { NOTEBOOKS } from "../project.ts";
import { costOf, costSummary, recordedFiles, withoutChoices } from "./cost.ts";
import { notebookPage } from "./export_html.ts";
import { type Cell, type Notebook, readNotebook } from "./notebook.ts";

const code = (id: string, source: string, line?: string): Cell => ({
  id,
  cell_type: "code",
  source,
  metadata: {},
  outputs: line === undefined ? [] : [{
    output_type: "display_data",
    data: { "text/plain": line },
    metadata: {},
  }],
});
const choices = `## What a run cost

How much.

- the _epoch_: on validation images,
  scored on others
- nothing else`;
const notebook: Notebook = {
  cells: [
    code("one", "await follow(t)", "a model · 1,500 of 1,500 steps · 0.5 bits"),
    code("many", "await followSeeds()", "all · 80 of 80 steps · 8 of 8 seeds"),
    code("turn", "follow(inTurn([a, b]))", "controls · 2 of 2 steps"),
    code(
      "read",
      'recorded("ablation"); `../data/results/population_${study}.jsonl`',
    ),
    {
      id: "spent",
      cell_type: "markdown",
      source: choices,
      metadata: { tags: ["cost"] },
      outputs: [],
    },
  ],
  metadata: {},
};

Deno.test("trainings, recorded sweeps with what they tried, and choices are counted", () => {
  const rows = costOf(notebook, { one: 61, many: 2 });
  assert.deepEqual(
    rows.filter(({ kind }) => kind === "here")
      .map(({ what, spent, took }) => [what, spent, took]),
    [
      ["a model", "1 training, 1,500 steps", "1:01"],
      ["all", "8 trainings, 80 steps in all", "2 s"],
      ["controls", "2 trainings", ""],
    ],
  );
  assert.equal(
    costSummary(rows),
    "11 trainings in this notebook, 30 recorded before",
  );
  const [recorded, ...more] = rows.filter(({ kind }) => kind === "recorded");
  assert.deepEqual(more, []);
  assert.equal(recorded.what, "population_ablation");
  assert.equal(recorded.spent, "30 trainings, 3 seeds");
  assert.match(recorded.tried, /encoderLayers: 1, 3; activation: tanh/);
  assert.deepEqual(
    rows.filter(({ kind }) => kind === "chosen")
      .map(({ what, spent }) => [what, spent]),
    [
      ["the epoch", "on validation images, scored on others"],
      ["nothing else", ""],
    ],
  );
});

Deno.test("a word of the code alone makes no file one that a notebook reads", () => {
  const cells = [code("a", 'let p = "smoke"; `../data/results/${stem}.json`')];
  assert.deepEqual(recordedFiles({ cells, metadata: {} }), []);
  const named = [code("a", 'read("../data/results/smoke.json")')];
  assert.deepEqual(recordedFiles({ cells: named, metadata: {} }), [
    "smoke.json",
  ]);
});

Deno.test("what ± means is read from the results, for every notebook with recorded runs", async () => {
  const neuralEm = await readNotebook(join(NOTEBOOKS, "neural_em.ipynb"));
  const rows = costOf(neuralEm);
  assert.deepEqual(
    rows.filter(({ kind }) => kind === "±").map(({ spent }) => spent),
    [10, 3].map((n) => `standard deviation over ${n} seeds, one training each`),
  );
  const files = recordedFiles(neuralEm);
  assert.equal(files.length, 11);
  assert.ok(files.includes("neural_em_second_seed2.json"));
});

Deno.test("a report shows the table in the place of the list", () => {
  const html = notebookPage(notebook, { name: "x" });
  assert.equal(withoutChoices(choices), "## What a run cost\n\nHow much.");
  assert.doesNotMatch(html, /<li>the <em>epoch/);
  assert.match(html, /How much\.[^]*<table class="hc-table">[^]*the epoch</);
});
