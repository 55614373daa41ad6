import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../project.ts";
import { editorFindings } from "./language_server.ts";
import { readNotebook } from "./notebook.ts";

Deno.test("an editor's findings are told by cell: a name that is also a window's", async () => {
  const file = join(ROOT, "tests", "fixtures", "small.ipynb");
  const notebook = await readNotebook(file);
  const [first] = notebook.cells.filter((c) => c.cell_type === "code");
  const cell = (id: string, source: string) => ({ ...first, id, source });
  const [good, bad] = await editorFindings(ROOT, [
    {
      file,
      notebook: {
        ...notebook,
        cells: [cell("a", "const units = 4;"), cell("b", "units / 2;")],
      },
    },
    {
      file: file.replace("small", "other"),
      notebook: {
        ...notebook,
        cells: [cell("a", "const top = 4;"), cell("b", "\ntop / 2;")],
      },
    },
  ]);
  assert.deepEqual(good, []);
  assert.equal(bad.length > 0, true);
  assert.match(
    bad[0],
    /an editor says: .*\n {2}at cell "b" line 2: top \/ 2;$/,
  );
});
