import assert from "node:assert/strict";
import { findNotebooks, type Notebook, readNotebook } from "./notebook.ts";
import { NOTEBOOKS } from "../project.ts";
import { judgementOf, WORDS } from "./judgement.ts";

const notebook = (source: string): Notebook => ({
  cells: [{
    id: "title",
    cell_type: "markdown",
    source,
    metadata: {},
    outputs: [],
  }],
  metadata: {},
});

Deno.test("a verdict is a word and the sentence after it, as plain text", () => {
  assert.deepEqual(
    judgementOf(notebook(
      "# T\n\n**Our verdict: partly.** It _does_, for .96\nof all. But not more.\n\nNext.",
    )),
    { word: "partly", reason: "It does, for .96 of all." },
  );
  for (
    const none of [
      "",
      "**Our verdict.** It does.",
      "**Our verdict: yes.** A.",
      "**Our verdict: not.** ",
    ]
  ) {
    assert.equal(judgementOf(notebook(none)), null, none);
  }
});

Deno.test("every notebook states its verdict in a word, with a reason of a line or two", async () => {
  for (const file of await findNotebooks([], NOTEBOOKS)) {
    const found = judgementOf(await readNotebook(file));
    assert.ok(found && WORDS.includes(found.word), file);
    assert.ok(found.reason.length < 200, `${file}: ${found.reason}`);
  }
});
