import assert from "node:assert/strict";
import { settings } from "../experiments/population_codes.ts";
import { STUDIES } from "./population.ts";

Deno.test("every variant of every study can run, and no two are the same", () => {
  for (const [name, { variants, seeds }] of Object.entries(STUDIES)) {
    assert.ok(seeds > 0, name);
    const checked = variants.map((variant) =>
      JSON.stringify(settings(variant))
    );
    assert.equal(new Set(checked).size, variants.length, name);
  }
});

Deno.test("the recorded rows are those of the studies: all seeds, all variants", () => {
  for (const [name, { variants, seeds }] of Object.entries(STUDIES)) {
    const file = new URL(
      `../results/population_${name}.jsonl`,
      import.meta.url,
    );
    const rows = Deno.readTextFileSync(file).trim().split("\n")
      .map((line) => JSON.parse(line))
      .map(({ seed, settings }) => `${seed} ${JSON.stringify(settings)}`);
    const expected = variants.flatMap((variant) =>
      Array.from(
        { length: seeds },
        (_, i) => `${i + 1} ${JSON.stringify(variant)}`,
      )
    );
    assert.deepEqual(rows.sort(), expected.sort(), name);
  }
});
