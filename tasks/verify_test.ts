import assert from "node:assert/strict";
import { metric, type Results } from "../lib/run/results.ts";
import { readNotebook } from "./notebook/notebook.ts";
import { changedCells, differences, fingerprint, readSmoke } from "./verify.ts";

const results: Results = {
  notebook: "x",
  preset: "full",
  seed: 1,
  config: {},
  paramsSha256: "a".repeat(64),
  metrics: [metric("bits", 1.5), metric("training", 3.2, { unit: "s" })],
  claims: [],
};

Deno.test("a fingerprint holds parameters and metrics, and no times", () => {
  assert.deepEqual(fingerprint(results), {
    paramsSha256: "a".repeat(64),
    metrics: { bits: 1.5 },
  });
});

Deno.test("one bit of difference is told, and none is not", () => {
  const then = fingerprint(results);
  assert.deepEqual(differences(fingerprint(results), then), []);
  const now = {
    paramsSha256: "b".repeat(64),
    metrics: { bits: 1.5 + 2 ** -52, other: 0 },
  };
  assert.deepEqual(differences(now, then), [
    "parameters: bbbbbbbbbbbb…, recorded aaaaaaaaaaaa…",
    "bits: 1.5000000000000002, recorded 1.5",
    "other: 0, recorded absent",
  ]);
});

Deno.test("outputs that changed are named, those of the environment may", async () => {
  const fixture = new URL("../tests/fixtures/small.ipynb", import.meta.url);
  const before = await readNotebook(fixture.pathname);
  const after = structuredClone(before);
  assert.deepEqual(changedCells(before, after), []);
  for (const id of ["environment", "train"]) {
    after.cells.find((cell) => cell.id === id)!.outputs = [
      { output_type: "stream", name: "stdout", text: "3.2 s" },
    ];
  }
  assert.deepEqual(changedCells(before, after), ["train"]);
});

Deno.test("recorded results that are damaged are named", async () => {
  const file = await Deno.makeTempFile({ suffix: "-smoke.json" });
  const cases: [string, RegExp][] = [
    ["{", /Cannot read .*smoke.json as its text must be JSON/],
    [`{"a": null}`, /a of it must be an object: current value is null/],
    [`{"a": {"paramsSha256": "0"}}`, /metrics of a of it must be an object/],
    [
      `{"a": {"paramsSha256": "0", "metrics": {"b": "1"}}}`,
      /b of metrics of a/,
    ],
  ];
  for (const [text, message] of cases) {
    await Deno.writeTextFile(file, text);
    await assert.rejects(readSmoke(file), message);
  }
  await Deno.remove(file);
  assert.deepEqual(await readSmoke(file), {});
});
