import assert from "node:assert/strict";
import { join } from "node:path";
import { bibtex, paperOf, reference, unmarkedIdentifiers } from "./citation.ts";
import { findNotebooks, readNotebook } from "./notebook.ts";
import { NOTEBOOKS, ROOT } from "../project.ts";

const of = (source: string): ReturnType<typeof paperOf> =>
  paperOf({
    cells: [{
      id: "title",
      cell_type: "markdown",
      source: `# Title\n\n${source}`,
      metadata: {},
      outputs: [],
    }],
    metadata: {},
  });
const CITED = "A tutorial after van Becker, S., & Hinton, G. E. (1992). _A\n" +
  "network._ Nature 355, 161–163. [doi:10.1038/355161a0](https://doi.org/10.1038/355161a0). " +
  "Rule: Dayan, P. (1995). _Other._ Science. [doi:10.1/x](https://doi.org/10.1/x)";

Deno.test("the paper is the first that the first cell cites", () => {
  assert.deepEqual(of(CITED), {
    authors: ["van Becker, S.", "Hinton, G. E."],
    year: "1992",
    title: "A network",
    where: "Nature 355, 161–163",
    doi: "10.1038/355161a0",
    arxiv: null,
  });
});

Deno.test("a paper without DOI is cited without one, a cell without citation has none", () => {
  const paper = of("Dayan, P. (1995). _The machine._ A Journal 7.")!;
  assert.equal(paper.doi, null);
  assert.doesNotMatch(bibtex(paper), /doi|eprint/);
  assert.equal(of("No paper at all."), null);
});

Deno.test("a title with markup leaves BibTeX and tags whole", () => {
  const paper = of("Dayan, P. (1995). _A {brace} \\emph & <b>; bold._ J.")!;
  assert.match(bibtex(paper), /title = \{A brace emph & <b>; bold\},\n/);
  assert.equal(reference(paper).split("; ").length, 3);
});

Deno.test("BibTeX names authors, year and DOI", () => {
  const entry = bibtex(of(CITED)!);
  assert.match(
    entry,
    /^@misc\{vanbecker1992,\n {2}author = \{van Becker, S\. and Hinton, G\. E\.\},/,
  );
  assert.match(entry, /doi = \{10\.1038\/355161a0\}/);
});

Deno.test("an identifier from memory is marked wherever it stands", async () => {
  const link = (doi: string, after = ""): string =>
    `A paper. [doi:${doi}](https://doi.org/${doi})${after}.`;
  assert.deepEqual(unmarkedIdentifiers(link("10.1038/355161a0")), []);
  assert.deepEqual(unmarkedIdentifiers(link("10.1/none")), ["10.1/none"]);
  assert.deepEqual(unmarkedIdentifiers(link("10.1/none", " (unchecked)")), []);
  assert.deepEqual(unmarkedIdentifiers(link("10.1/none", "\n(unchecked)")), []);
  assert.deepEqual(unmarkedIdentifiers("    doi: 10.1/none\n"), ["10.1/none"]);
  const files = await findNotebooks([], NOTEBOOKS);
  for (const file of files) {
    const { cells } = await readNotebook(file);
    const text = cells.filter(({ cell_type }) => cell_type === "markdown")
      .map(({ source }) => source).join("\n\n");
    assert.deepEqual(unmarkedIdentifiers(text), [], file);
  }
  const cff = await Deno.readTextFile(join(ROOT, "CITATION.cff"));
  assert.deepEqual(unmarkedIdentifiers(cff), []);
});

Deno.test("BibTeX says of an identifier from memory that it is", () => {
  const paper = {
    authors: ["Someone, A."],
    year: "1999",
    title: "T",
    where: "J",
    arxiv: null,
  };
  assert.match(
    bibtex({ ...paper, doi: "10.1/none" }),
    /note = {Id.* unchecked}/,
  );
  assert.doesNotMatch(bibtex({ ...paper, doi: "10.1038/355161a0" }), /note/);
});
