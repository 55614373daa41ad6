/** One mistyped parameter in every notebook, as a reader's Run All meets it. */
import assert from "node:assert/strict";
import { basename } from "node:path";
import { startKernel } from "../tasks/notebook/jupyter_client.ts";
import {
  type Cell,
  findNotebooks,
  hasTag,
  readNotebook,
} from "../tasks/notebook/notebook.ts";
import { NOTEBOOKS } from "../tasks/project.ts";

/** What each cell of a Run All ended with, the kernel going on after errors. */
async function runAll(
  cells: readonly Cell[],
  parameters: string,
): Promise<Map<string, { error: string; traceback: string; outputs: number }>> {
  const kernel = await startKernel({ cwd: NOTEBOOKS });
  const ended = new Map();
  try {
    for (const cell of cells.filter((c) => c.cell_type === "code")) {
      const code = hasTag(cell, "parameters") ? parameters : cell.source;
      const { error, outputs } = await kernel.execute(code);
      const told = outputs.find((o) => o.output_type === "error");
      ended.set(cell.id, {
        error: error ? `${error.name}: ${error.message}` : "",
        traceback: told?.traceback.join("\n") ?? "",
        outputs: outputs.length,
      });
    }
  } finally {
    await kernel.shutdown();
  }
  return ended;
}

for (const file of await findNotebooks([], NOTEBOOKS)) {
  const name = basename(file, ".ipynb");
  Deno.test(`${name}: one typo is one error, and every other cell ends at once with a line that points to it`, async () => {
    const { cells } = await readNotebook(file);
    const source = cells.find((c) => hasTag(c, "parameters"))!.source;
    const [typo, refusal] = name < "i"
      ? [source.replace("let seed ", "let seeed "), /did you mean "seed"\?/]
      : name < "n"
      ? [source.replace('"full"', '"smok"'), /preset must be one of "full", /]
      : [
        source.replace("seed = 1", "seed = -1"),
        /seed must be an integer ≥ 0/,
      ];
    const start = performance.now();
    const ended = await runAll(cells, typo);
    const seconds = (performance.now() - start) / 1000;
    const ids = [...ended.keys()];
    const at = ids.indexOf("settings");
    const { error } = ended.get("settings")!;
    assert.match(error, /^RangeError: Cannot run the notebook as .*/);
    assert.match(error, refusal);
    for (const id of ids.slice(0, at)) assert.equal(ended.get(id)!.error, "");
    let quiet = 0;
    for (const id of ids.slice(at + 1)) {
      const { error, traceback, outputs } = ended.get(id)!;
      if (error === "") {
        assert.equal(outputs, 0, id);
        continue;
      }
      quiet++;
      assert.match(error, /^Not run: the settings cell above failed\. Cannot/);
      assert.equal(traceback, error);
      assert.equal(outputs, 1, id);
    }
    assert.ok(quiet > ids.length / 2, `${quiet} of ${ids.length}`);
    assert.ok(seconds < 20, `${seconds} s`);
  });
}

Deno.test("once the parameter is mended, the same kernel runs on", async () => {
  const kernel = await startKernel({ cwd: NOTEBOOKS });
  try {
    const run = async (code: string): Promise<string> =>
      (await kernel.execute(code)).error?.message ?? "";
    const settings =
      "const full = await checkParameters(() => ({ seed, preset }));";
    await run(
      'import { checkParameters } from "../viz/notebook/parameters.ts";' +
        'import { show } from "../viz/notebook/show.ts";',
    );
    await run('let seed = -1; let preset = "smoke";');
    assert.match(await run(settings), /seed must be/);
    assert.match(await run("await show(full);"), /the settings cell above/);
    assert.match(await run('await show("x");'), /the settings cell above/);
    assert.match(await run("null.x;"), /Cannot read properties of null/);
    await run('let seed = 1; let preset = "smoke";');
    assert.equal(await run(settings), "");
    assert.equal(await run('await show("x");'), "");
    assert.equal(await run("await show(nothing);"), "nothing is not defined");
    // What is declared now is not what the name stood for before.
    await run('let seeed = 7; let preset = "smoke";');
    assert.match(await run(settings), /"seeed" .* \(did you mean "seed"\?\)/);
  } finally {
    await kernel.shutdown();
  }
});
