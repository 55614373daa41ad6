import assert from "node:assert/strict";
import { claim, knownToFail, metric } from "../../lib/run/results.ts";
import { html } from "../page/html.ts";
import { table, verdictTable } from "./table.ts";

Deno.test("a table escapes text, inserts Html, aligns numbers and marks what is absent", () => {
  const rows = [
    { name: "<b>", value: -0.01234, more: html`<i>x</i>` },
    { name: "y", value: null, more: null },
  ];
  const { html: markup, text } = table(rows);
  assert.match(
    markup,
    /<th scope="row">&lt;b&gt;<\/th><td class="hc-num">−0\.0123<\/td><td><i>x<\/i><\/td>/,
  );
  assert.match(markup, /<td class="hc-num">–<\/td><td>–<\/td>/);
  assert.equal(text, "name | value | more\n<b> | −0.0123 | x\ny | – | –");
});

Deno.test("columns choose, name and format", () => {
  const { text } = table([{ a: 0.5, b: true, c: 1 }], {
    columns: [
      { key: "b", label: "holds" },
      { key: "a", format: 3 },
      { key: "a", format: (v: number, row) => `${v + row.c}!` },
    ],
  });
  assert.equal(text, "holds | a | a\n✓ yes | 0.500 | 1.5!");
});

Deno.test("the verdict says paper, reference, here, chance, limit and direction", () => {
  const { text, html: markup } = verdictTable([
    metric("NLL", 9.2713, {
      sd: 0.0312,
      seeds: 10,
      unit: "bits",
      reference: 9.27,
      limit: 7.98872,
      better: "lower",
    }),
    metric("corr", 0.9, { reference: 0.91 }),
  ], [claim("It is low.", 9.27, "<=", 9.3), claim("It is high.", 1, ">", 2)]);
  assert.match(text, /^result \| reference \| here \| limit \| better/);
  assert.match(
    text,
    /NLL bits \| 9\.27 \| 9\.271 ± 0\.031 10 seeds \| 7\.989 \| ↓/,
  );
  assert.match(text, /corr \| 0\.91 \| 0\.9 \| – \| –/);
  assert.match(text, /✓ holds \| It is low\. \| 9\.27 \| ≤ 9\.3/);
  assert.match(text, /✗ fails \| It is high\./);
  assert.match(markup, /1 of 2 claims hold, 1 fails\./);
});

Deno.test("the verdict marks what is recorded, what is of the smoke preset, and what is declared to fail", () => {
  const metrics = [
    metric("here", 9, { sd: 0.5, seeds: 2 }),
    metric("longer", 8, { sd: 0.1, seeds: 10, recorded: true }),
    metric("one", 7),
  ];
  const claims = [
    claim("a", 1, ">", 0),
    knownToFail(claim("b", 1, ">", 2)),
    knownToFail(claim("c", 3, ">", 2)),
  ];
  const full = verdictTable(metrics, claims);
  assert.match(full.text, /here \| 9\.00 ± 0\.50 2 seeds \|/);
  assert.match(full.text, /longer \| 8\.00 ± 0\.10 10 seeds, recorded \|/);
  assert.match(full.text, /✗ fails, as declared \| b/);
  assert.match(full.text, /✓ holds, declared to fail \| c/);
  assert.match(full.html, /2 of 3 claims hold, 1 fails, 1 as declared\.</);
  assert.doesNotMatch(full.html, /smoke/);
  const smoke = verdictTable(metrics, claims, "smoke");
  assert.match(smoke.text, /here \| 9\.00 ± 0\.50 2 seeds, smoke \|/);
  assert.match(smoke.text, /longer \| 8\.00 ± 0\.10 10 seeds, recorded \|/);
  assert.match(smoke.text, /one \| 7 smoke \|/);
  assert.match(smoke.html, /Preset smoke: .* say nothing of the paper/);
});
