import assert from "node:assert/strict";
import type { Notebook } from "./notebook.ts";
import { commandOf, differing, reportName } from "./report_name.ts";

const notebook: Notebook = {
  cells: [{
    id: "parameters",
    cell_type: "code",
    source: 'let seed = 1;\nlet preset = "full";\nlet levels = [1, 2];',
    metadata: { tags: ["parameters"] },
    outputs: [],
  }],
  metadata: {},
};

Deno.test("a report's name carries what differs, and nothing else", () => {
  const own = differing(notebook, { levels: [1, 2], seed: 1 });
  assert.equal(reportName("a", own), "a");
  const other = differing(notebook, { preset: "smoke", levels: [1], seed: 2 });
  assert.equal(reportName("a", other), "a.seed-2.preset-smoke.levels-~5B1~5D");
  assert.equal(
    commandOf("a", other),
    "deno task report a --seed 2 --preset smoke --set 'levels=[1]'",
  );
});

Deno.test("no two values have one name, and a name fits into a file system", () => {
  const values = ["a/b", "a~2Fb", "a b", "a%20b", "..", "*", "'", "", "1"];
  const names = values.map((name) => reportName("n", { name }));
  assert.equal(new Set(names).size, values.length);
  for (const name of names) assert.match(name, /^[\w.~-]+$/);
  assert.throws(
    () => reportName("n", { long: "x".repeat(200) }),
    /Cannot report as the name of the notebook must be at most 120 characters/,
  );
  assert.equal(
    commandOf("n", { a: "it's" }),
    "deno task report n --set 'a=it'\\''s'",
  );
});
