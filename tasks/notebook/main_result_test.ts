import assert from "node:assert/strict";
import { mainResult } from "./main_result.ts";
import type { Cell } from "./notebook.ts";

const drawn = (tag: string, count: number): Cell => ({
  id: "drawn",
  cell_type: "code",
  source: "1",
  metadata: { tags: [tag] },
  outputs: [{
    output_type: "display_data",
    metadata: {},
    data: {
      "text/html": Array.from(
        { length: count },
        (_, i) => `<img class="hc-svg" src="${i}">`,
      ).join("<br>"),
    },
  }],
});
const of = (...cells: Cell[]): string | undefined =>
  mainResult({ cells, metadata: {} })?.image;

Deno.test("the main result is the drawing that the tag names", () => {
  assert.equal(of(drawn("main-result", 2)), '<img class="hc-svg" src="0">');
  assert.equal(of(drawn("main-result-2", 2)), '<img class="hc-svg" src="1">');
});

Deno.test("a notebook without the tag, or not executed, has no main result", () => {
  assert.equal(of(drawn("main", 1)), undefined);
  assert.equal(of({ ...drawn("main-result", 1), outputs: [] }), undefined);
});

Deno.test("a tag that names a drawing too many is an error that says where", () => {
  assert.throws(
    () => of(drawn("main-result-3", 2)),
    /cell "drawn", tagged main-result-3, .* current value is 2/,
  );
});
