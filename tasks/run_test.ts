import assert from "node:assert/strict";
import { join } from "node:path";
import { task } from "../tests/processes.ts";
import { readNotebook } from "./notebook/notebook.ts";
import { ROOT } from "./project.ts";

Deno.test("a notebook made in an editor is named, formatted and told what it lacks", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "made.ipynb");
  const made = JSON.parse(
    await Deno.readTextFile(join(ROOT, "tests/fixtures/throwing.ipynb")),
  );
  const code = { cell_type: "code", metadata: {}, outputs: [] };
  made.cells = [
    { ...code, id: "1cc0f82f", source: "let seed=1", execution_count: 7 },
    { ...made.cells[0], id: "2cc0f82f", source: "## A sum" },
    { ...code, id: "3cc0f82f", source: "console.log(seed+1)" },
  ];
  await Deno.writeTextFile(file, JSON.stringify(made));
  try {
    const { code, stderr } = await task("run", [file]);
    assert.equal(code, 0, stderr);
    for (const tag of ["parameters", "claims", "environment"]) {
      assert.match(
        stderr,
        new RegExp(`no cell is tagged ${tag} .*: in JupyterLab `),
      );
    }
    const { cells } = await readNotebook(file);
    assert.deepEqual(cells.map(({ id, source }) => [id, source]), [
      ["start", "let seed = 1;"],
      ["sum-text", "## A sum"],
      ["sum", "console.log(seed + 1);"],
    ]);
    assert.deepEqual(cells[2].outputs, [
      { output_type: "stream", name: "stdout", text: "2\n" },
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
