import assert from "node:assert/strict";
import { hostname } from "node:os";
import { machineTraces, notebookProblems, structureProblems } from "./check.ts";
import type { MimeBundle, Output } from "./output.ts";
import {
  type Cell,
  formatNotebook,
  injectParameters,
  type Notebook,
  readNotebook,
} from "./notebook.ts";

const FIXTURE =
  new URL("../../tests/fixtures/small.ipynb", import.meta.url).pathname;
const small = await readNotebook(FIXTURE);

/** The fixture as if executed without fault, then changed. */
function problemsOf(change: (notebook: Notebook) => void): string[] {
  const notebook: Notebook = structuredClone(small);
  const shows = (id: string, data: MimeBundle): void => {
    const output = { output_type: "display_data", data, metadata: {} } as const;
    cell(notebook, id).outputs = [output];
  };
  shows("claims", {
    "application/vnd.hidden-causes.results+json": {
      notebook: "small",
      preset: "full",
      seed: 1,
      config: {},
      paramsSha256: "0",
      metrics: [],
      claims: [{ text: "t", observed: 1, bound: "≥ 0", holds: true }],
    },
  });
  shows("train", { "text/plain": "a model · 1,000 of 1,000 steps · loss 1" });
  shows("live", { "text/html": '<div data-simulation="x"></div>' });
  change(notebook);
  return structureProblems(formatNotebook(notebook), "small");
}
const cell = (notebook: Notebook, id: string): Cell =>
  notebook.cells.find((c) => c.id === id)!;

Deno.test("a notebook with all its parts has no structural problem", () => {
  assert.deepEqual(problemsOf(() => {}), []);
});

Deno.test("each missing part is named, with what to write", () => {
  const finds = (
    change: (notebook: Notebook) => void,
    problem: RegExp,
  ): void => {
    const problems = problemsOf(change);
    assert.ok(problems.some((p) => problem.test(p)), `${problem}: ${problems}`);
  };
  finds((n) => n.cells[0].source = "x", /no title: begin .* "# Title"/);
  finds((n) => n.cells[0].source = "# Title", /no citation/);
  finds(
    (n) =>
      n.cells[0].source = n.cells[0].source.replace("reproduced", "indeed"),
    /no verdict in a word: write {2}\*\*Our verdict: partly\.\*\*/,
  );
  finds(
    (n) => cell(n, "imports").source = "import {} from './x.ts';",
    /copies the notebook elsewhere: begin .* \/\/ "Module not found"\?/,
  );
  finds(
    (n) => cell(n, "idea").metadata = {},
    /"idea": a section without a slide: run {2}deno task run small/,
  );
  finds(
    (n) => cell(n, "parameters").metadata = {},
    /no cell is tagged parameters .* in JupyterLab .*; in VS Code/,
  );
  finds(
    (n) => cell(n, "parameters").source = "let preset = 1;",
    /no parameter seed: write {2}let seed = 1; {2}in the cell/,
  );
  finds(
    (n) => cell(n, "parameters").source = 'let preset = "smoke";',
    /no parameter preset: write {2}let preset = "full"; {2}in the cell/,
  );
  finds((n) => cell(n, "claims").metadata = {}, /no cell is tagged claims/);
  finds(
    (n) => cell(n, "train").metadata = { tags: ["claims"] },
    /more than one cell is tagged claims: .* "train" and "claims"/,
  );
  finds((n) => cell(n, "claims").outputs = [], /no results .* showResults/);
  finds(
    (n) => {
      const [shown] = cell(n, "claims").outputs as { data: MimeBundle }[];
      const [results] = Object.values(shown.data) as { claims: object[] }[];
      Object.assign(results.claims[0], { holds: false });
    },
    /the claim "t" fails: 1, bound ≥ 0\. .* knownToFail\(claim\(…\)\)/,
  );
  finds((n) => cell(n, "environment").metadata = {}, /tagged environment/);
  finds((n) => cell(n, "train").outputs = [], /no training is followed: .*ts/);
  finds((n) => cell(n, "live").outputs = [], /no live cell: .*liveExperiment/);
  finds(
    (n) => cell(n, "train").source = "1;\n".repeat(26),
    /"train": 26 lines, more than 25/,
  );
  finds(
    (n) => cell(n, "train").id = "Train_1",
    /"Train_1": the id does not say what it is: run {2}deno task run small/,
  );
  finds(
    (n) => cell(n, "results").source = "It reaches 0.97 of all.",
    /typed in prose, 0.97/,
  );
  finds(
    (n) => cell(n, "results").source = "It reaches 97 %.",
    /typed in prose, 97 %/,
  );
  finds(
    (n) => Object.assign(n, injectParameters(n, { seed: 2 })),
    /an injected cell/,
  );
  finds(
    (n) =>
      cell(n, "train").outputs = [{
        output_type: "error",
        ename: "RangeError",
        evalue: "",
        traceback: [],
      }],
    /"train": an error output, RangeError/,
  );
});

Deno.test("formulas, code, links and sections are no typed numbers", () => {
  const prose =
    "At $\\eta = 0.05$ `0.5` see section 3.1 and [here](https://a.b/1.2), arXiv:1406.4123, Deno 2.9.6. Step 3 of 10.";
  assert.deepEqual(problemsOf((n) => cell(n, "results").source = prose), []);
});

Deno.test("a notebook that was never executed says so, and nothing of its outputs", () => {
  const fresh = structuredClone(small);
  for (const one of fresh.cells) one.outputs = [];
  const text = formatNotebook(fresh).replaceAll(
    /"execution_count": \d+/g,
    '"execution_count": null',
  );
  assert.deepEqual(structureProblems(text, "small"), [
    "not executed: run  deno task run small",
  ]);
});

Deno.test("paths, user and host names are found in outputs", () => {
  const traces = (text: string): string[] => {
    const outputs: Output[] = [{ output_type: "stream", name: "stdout", text }];
    return machineTraces({ ...cell(small, "train"), outputs });
  };
  assert.equal(traces("at /home/ada/x.ts").length, 1);
  assert.equal(traces("C:\\Users\\ada").length, 1);
  assert.equal(traces("file:///x/y.ts:3:1").length, 1);
  assert.deepEqual(traces("the root of the mean of squares /x"), []);
  const host = hostname();
  if (host.length > 3 && host !== "localhost") {
    assert.equal(traces(`on ${host}`).length, 1);
  }
});

Deno.test("the fixtures that stand for notebooks type-check", async () => {
  for (const file of [FIXTURE, FIXTURE.replace("small", "editor")]) {
    const findings = (await notebookProblems(file)).filter((problem) =>
      problem.startsWith("deno ")
    );
    assert.deepEqual(findings, [], file);
  }
});

Deno.test("a cell that does not type-check is named with its line", async () => {
  const folder = await Deno.makeTempDir();
  const bad = structuredClone(small);
  cell(bad, "imports").source = "";
  bad.cells.forEach((c) =>
    c.cell_type === "code" && c.id !== "train" && (c.source = "")
  );
  cell(bad, "train").source =
    'const n: number = 1;\nconst m: number = "two";\nawait Promise.resolve(n + m);';
  const file = `${folder}/small.ipynb`;
  await Deno.writeTextFile(file, formatNotebook(bad));
  const problems = (await notebookProblems(file)).join("\n");
  assert.match(problems, /TS2322.*not assignable[^]*cell "train" line 2/);
  assert.deepEqual(Array.from(Deno.readDirSync(folder), (e) => e.name), [
    "small.ipynb",
  ]);
  await Deno.remove(folder, { recursive: true });
});
