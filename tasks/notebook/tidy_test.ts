import assert from "node:assert/strict";
import { type Cell, formatNotebook, type Notebook } from "./notebook.ts";
import {
  formatted,
  isReadableId,
  withReadableIds,
  withSlides,
} from "./tidy.ts";

const cell = (
  id: string,
  source: string,
  { type = "code", tags }: { type?: Cell["cell_type"]; tags?: string[] } = {},
): Cell => ({
  id,
  cell_type: type,
  source,
  metadata: tags ? { tags } : {},
  outputs: [],
});
const text = (id: string, source: string): Cell =>
  cell(id, source, { type: "markdown" });
const notebook = (...cells: Cell[]): Notebook => ({ cells, metadata: {} });

Deno.test("ids of editors are told from ids that say something", () => {
  for (const id of ["data", "error-2", "facade", "defaced", "a1"]) {
    assert.ok(isReadableId(id), id);
  }
  for (
    const id of [
      "1cc0f82f",
      "cc0f82f1",
      "d9a1e6f0-3c1b-4f5e-9b1a-2f6c0de41a77",
      "Train_1",
      "W2sZmlsZQ==",
      "",
    ]
  ) {
    assert.ok(!isReadableId(id), id);
  }
});

Deno.test("cells that an editor made are named after their tag, heading or imports", () => {
  const { cells } = withReadableIds(notebook(
    text("11111111", "# A title\n\nSomeone (1999)."),
    cell(
      "21111111",
      'import a from "./a.ts";\nimport {\n  b,\n} from "./b.ts";',
    ),
    cell("31111111", "let seed = 1;", { tags: ["parameters"] }),
    text("41111111", "## 2. The training, and what's *not* learned at all"),
    cell("51111111", "train();"),
    cell("61111111", "show();"),
    text("71111111", "In between."),
    text("data-text", "## Something"),
    cell("81111111", "more();"),
    cell("data", "kept();"),
    text("91111111", "### Übersicht"),
    cell("a1111111", "size();"),
    text("b1111111", "### 1995"),
  ));
  assert.deepEqual(cells.map(({ id }) => id), [
    "title",
    "imports",
    "parameters",
    "training-and-whats-not-text",
    "training-and-whats-not",
    "training-and-whats-not-2",
    "training-and-whats-not-text-2",
    "data-text",
    "data-2",
    "data",
    "ubersicht-text",
    "ubersicht",
    "cell-text",
  ]);
});

Deno.test("ids that say something stay", () => {
  const before = notebook(text("title", "# T"), cell("a", ""), cell("b", ""));
  assert.deepEqual(withReadableIds(before), before);
});

Deno.test("cells are formatted one by one; one that cannot be parsed stays", async () => {
  const { cells } = await formatted(notebook(
    text("title", "# T\n\n* one\n* two"),
    cell("a", "let  x=1"),
    cell("b", "let  y = ;"),
  ));
  assert.deepEqual(cells.map(({ source }) => source), [
    "# T\n\n- one\n- two",
    "let x = 1;",
    "let  y = ;",
  ]);
});

Deno.test("each section begins a slide, unless the notebook says otherwise", () => {
  const skipped = text("b", "## Left out");
  skipped.metadata.slideshow = { slide_type: "skip" };
  const made = withSlides(notebook(
    text("title", "# A title"),
    cell("code", "## is no heading here"),
    text("a", "## A section\n\nText."),
    text("c", "### A part of it"),
    text("d", "Text alone."),
    skipped,
  ));
  const kinds = made.cells.map(({ metadata }) =>
    (metadata.slideshow as { slide_type: string })?.slide_type
  );
  const none = undefined;
  assert.deepEqual(kinds, ["slide", none, "slide", none, none, "skip"]);
  assert.match(formatNotebook(made), /"slide_type": "skip"/);
  assert.deepEqual(withSlides(made), made);
});
