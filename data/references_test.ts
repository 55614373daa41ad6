import assert from "node:assert/strict";
import * as references from "./references.ts";

for (const [name, reference] of Object.entries(references)) {
  Deno.test(`${name} cites its paper, and nothing is left to write`, () => {
    const [left] = /REPLACE[^"]*/.exec(JSON.stringify(reference)) ?? [];
    assert.equal(
      left,
      undefined,
      `data/references.ts does not tell the paper of ${name}: write its ` +
        "citation with the year, and each number that it states, with its unit",
    );
    assert.match(reference.paper, /^\S.+ \(\d{4}\)\. \S.+\.( arXiv:[\d.]+)?$/);
  });
}
