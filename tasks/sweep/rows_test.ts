import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../project.ts";
import { parseLines, readLines } from "./json_lines.ts";
import {
  foreignness,
  rowKey,
  settingsLabel,
  SWEEP_ROWS,
  type SweepRow,
  variedKeys,
} from "./rows.ts";

const row: SweepRow = {
  experiment: "imax",
  settings: { rate: 0.1, hidden: [4] },
  seed: 3,
  metrics: { bits: 1 },
  paramsSha256: "ab",
  seconds: 1,
  deno: "2.9.6",
};

Deno.test("a row has all its parts; what is not finite is null", () => {
  const parse = (change: object): SweepRow[] => {
    const text = `${JSON.stringify({ ...row, ...change })}\n`;
    return parseLines(text, "x", SWEEP_ROWS).rows;
  };
  assert.deepEqual(parse({}), [row]);
  assert.equal(parse({ metrics: { bits: NaN } })[0].metrics.bits, null);
  for (
    const change of [
      { settings: null },
      { settings: [] },
      { metrics: null },
      { metrics: { bits: "1" } },
      { seed: -1 },
      { seed: 1.5 },
      { seed: 2 ** 53 },
      { experiment: 1 },
      { paramsSha256: undefined },
      { seconds: "1" },
      { deno: undefined },
      { plan: {} },
      { plan: { shard: "1", rows: 1, workers: 1 } },
    ]
  ) {
    assert.throws(
      () => parse(change),
      /x as its line 1 is no row of a sweep/,
      JSON.stringify(change),
    );
  }
});

Deno.test("all sweeps that are recorded are of this form", async () => {
  const folder = join(ROOT, "data", "results");
  let files = 0;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".jsonl") || name === "neural_em_studies.jsonl") {
      continue;
    }
    const { rows } = await readLines(join(folder, name), SWEEP_ROWS);
    assert.ok(rows.length > 0, name);
    files++;
  }
  assert.ok(files >= 20);
});

Deno.test("the order of settings does not matter", () => {
  const turned = { seed: 3, settings: { hidden: [4], rate: 0.1 } };
  assert.equal(rowKey(row), rowKey(turned));
  assert.notEqual(rowKey(row), rowKey({ ...turned, seed: 4 }));
});

Deno.test("what varies is told", () => {
  const all = [{ a: 1, b: 2 }, { a: 1, b: 3 }, { a: 1, b: 2, c: "x" }];
  assert.deepEqual(variedKeys(all), ["b", "c"]);
  assert.equal(settingsLabel(all[2], ["c", "b"]), 'c = "x", b = 2');
});

Deno.test("a row that does not belong says why", () => {
  const why = foreignness({
    experiment: "imax",
    settings: [{ rate: 0.2, hidden: [8] }, { rate: 0.2, hidden: [4] }],
    deno: "2.9.6",
  });
  assert.equal(why(row), "rate = 0.1, not 0.2");
  assert.equal(
    why({ ...row, settings: { hidden: [8], rate: 0.2 } }),
    undefined,
  );
  assert.equal(why({ ...row, deno: "2.9.5" }), "Deno 2.9.5, not 2.9.6");
  assert.match(why({ ...row, experiment: "x" })!, /experiment x, not imax/);
});
