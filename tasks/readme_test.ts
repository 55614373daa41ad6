import assert from "node:assert/strict";
import { join } from "node:path";
import { readme, readmeFigures } from "./readme.ts";
import { ROOT } from "./project.ts";

Deno.test("README.md states the numbers of the committed notebooks", async () => {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  assert.ok(
    text === await readme(),
    "README.md is out of date: run  deno task readme",
  );
});

Deno.test("every row of the table says what stands in the paper, and where", async () => {
  const table = (await readme()).split("\n").filter((line) =>
    /^\| (?:\[.*\.ipynb\))? \| /.test(line)
  );
  assert.ok(table.length > 15);
  for (const row of table) {
    const paper = row.replaceAll("\\|", "").split("|")[3];
    assert.match(
      paper,
      /\[[^\]]+\]\(https:\/\/(?:doi|arxiv)\.org\/[^)]+\)/,
      row,
    );
  }
});

Deno.test("README.md shows figures of the committed notebooks", async () => {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  for (const [path, svg] of Object.entries(await readmeFigures())) {
    assert.ok(text.includes(`(${path})`), `README.md does not show ${path}`);
    assert.ok(
      svg === await Deno.readTextFile(join(ROOT, path)),
      `${path} is out of date: run  deno task readme`,
    );
  }
});
