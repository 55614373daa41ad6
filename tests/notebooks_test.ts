/** Every notebook: checked, executed with the smoke preset, shown in a page. */
import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { machineTraces, notebookProblems } from "../tasks/notebook/check.ts";
import { followedTrainings } from "../tasks/notebook/cost.ts";
import { executeNotebook, resultsOf } from "../tasks/notebook/execute.ts";
import { notebookPage } from "../tasks/notebook/export_html.ts";
import {
  findNotebooks,
  injectParameters,
  readNotebook,
} from "../tasks/notebook/notebook.ts";
import { editorFindings } from "../tasks/notebook/language_server.ts";
import { NOTEBOOKS, ROOT } from "../tasks/project.ts";
import { differences, fingerprint, readSmoke } from "../tasks/verify.ts";
import { findChromium, launch, openPage } from "./browser.ts";

const chromium = findChromium();
/** Packages of which a page may hold code, with their licences. */
const PACKAGES: Record<string, string> = { seedrandom: "MIT" };

Deno.test("an editor finds nothing wrong in any cell", async () => {
  const files = await findNotebooks([], NOTEBOOKS);
  const opened = await Promise.all(
    files.map(async (file) => ({ file, notebook: await readNotebook(file) })),
  );
  const said = await editorFindings(ROOT, opened);
  assert.deepEqual(said, files.map(() => []));
});

for (const file of await findNotebooks([], NOTEBOOKS)) {
  const name = basename(file, ".ipynb");

  Deno.test(`${name} has all its parts, type-checks and is executed`, async () => {
    assert.deepEqual(await notebookProblems(file), []);
  });

  Deno.test(`${name} runs with the smoke preset and reaches the recorded bits`, async () => {
    const committed = await readNotebook(file);
    const notebook = injectParameters(committed, { preset: "smoke" });
    const executed = await executeNotebook(notebook, {
      name,
      cwd: dirname(file),
    });
    const results = resultsOf(executed.notebook);
    assert.ok(results && results.preset === "smoke");
    assert.deepEqual(executed.notebook.cells.flatMap(machineTraces), []);
    const mute = executed.notebook.cells.filter(({ outputs }) =>
      outputs.some((output) =>
        "data" in output && !String(output.data["text/plain"] ?? "").trim()
      )
    );
    assert.deepEqual(mute.map(({ id }) => id), [], "empty in plain text");
    const page = notebookPage(executed.notebook, { name });
    const packages = Array.from(
      page.matchAll(/\/\*! (\S+) [\d.]+, (\S+)\n/g),
      ([, name, licence]) => [name, licence],
    );
    assert.deepEqual(Object.fromEntries(packages), PACKAGES);
    const followed = followedTrainings(executed.notebook);
    assert.deepEqual(
      followed.map(({ cell }) => cell),
      followedTrainings(committed).map(({ cell }) => cell),
    );
    for (const { line } of followed) {
      assert.match(line, /· ([\d,]+) of \1 steps/);
      assert.doesNotMatch(line, / left\b| a second|stopped/);
    }
    const recorded = (await readSmoke())[name];
    assert.ok(
      recorded,
      `nothing recorded: deno task verify ${name} --preset smoke --record`,
    );
    assert.deepEqual(differences(fingerprint(results), recorded), []);
  });

  Deno.test({
    name: `the page of ${name} works offline, on a phone and on a desk`,
    ignore: chromium === null,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      const page = join(folder, `${name}.html`);
      await Deno.writeTextFile(
        page,
        notebookPage(await readNotebook(file), { name }),
      );
      const browser = await launch(chromium!);
      try {
        for (const width of [360, 1280]) {
          for (const dark of [false, true]) {
            const opened = await openPage(browser, page, { width, dark });
            const over = await opened.page.evaluate(() =>
              document.documentElement.scrollWidth - innerWidth
            );
            assert.ok(
              over <= 0,
              `at ${width} the page scrolls sideways by ${over}`,
            );
            assert.deepEqual(opened.complaints, []);
            await opened.page.context().close();
          }
        }
      } finally {
        await browser.close();
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
