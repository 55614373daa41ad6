import assert from "node:assert/strict";
import { asModule, modulesOf, testsOf } from "./modules.ts";
import { readNotebook } from "./notebook.ts";

const FILE =
  new URL("../../tests/fixtures/small.ipynb", import.meta.url).pathname;
const small = await readNotebook(FILE);

Deno.test("cells are joined so that a finding can name its cell", () => {
  const { source, cellOf } = asModule(small);
  const at = source.split("\n").findIndex((line) =>
    line.startsWith("const mean")
  );
  assert.equal(cellOf[at], 'cell "train" line 5');
});

Deno.test("a notebook's modules are those that it imports, and that these import", async () => {
  const modules = await modulesOf(small, FILE);
  // Imported by the cells, and by lib/numeric/random.ts.
  const some = ["lib/numeric/random.ts", "lib/numeric/elementary.ts"];
  assert.deepEqual(modules.filter((module) => some.includes(module)), [
    "lib/numeric/elementary.ts",
    "lib/numeric/random.ts",
  ]);
  assert.ok(
    !modules.some((module) =>
      /^(viz\/live|bench|notebooks)|_test/.test(module)
    ),
  );
  assert.deepEqual(testsOf([...some, "lib/run/sweep_worker.ts"]), [
    "lib/numeric/random_test.ts",
    "lib/numeric/elementary_test.ts",
  ]);
});
