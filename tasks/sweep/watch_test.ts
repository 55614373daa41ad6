import assert from "node:assert/strict";
import type { SweepRow } from "./rows.ts";
import { standingLine, standingOf } from "./watch.ts";

function rows(
  count: number,
  plan: SweepRow["plan"],
  seconds = 10,
): SweepRow[] {
  return Array.from({ length: count }, (_, seed) => ({
    experiment: "imax",
    settings: {},
    seed,
    metrics: {},
    paramsSha256: "",
    seconds,
    deno: "2.9.6",
    plan,
  }));
}

Deno.test("the standing counts rows and shards and names the slowest", () => {
  const standing = standingOf(
    new Map([
      ["1.jsonl", rows(10, { shard: "1/3", rows: 10, workers: 1 })],
      ["2.jsonl", rows(8, { shard: "2/3", rows: 10, workers: 1 })],
      ["3.jsonl", rows(4, { shard: "3/3", rows: 10, workers: 2 })],
      ["other.jsonl", []],
    ]),
  )!;
  assert.deepEqual(
    [standing.rows, standing.total, standing.begun, standing.shards],
    [22, 30, 3, 3],
  );
  assert.equal(standing.slowest?.file, "3.jsonl");
  assert.equal(standing.secondsLeft, 6 * 10 / 2);
  assert.match(
    standingLine(standing),
    /22 of 30 rows · 3 of 3 shards · slowest 3.jsonl \(4 of 10\) · about 30 s left$/,
  );
});

Deno.test("shards that wait for their turn are counted in", () => {
  const standing = standingOf(
    new Map([["1.jsonl", rows(5, { shard: "1/4", rows: 10, workers: 1 })]]),
  )!;
  assert.equal(standing.total, 40);
  assert.equal(standing.secondsLeft, 50 + 3 * 100);
});

Deno.test("before the first row and after the last there is no estimate", () => {
  assert.equal(standingOf(new Map([["1.jsonl", []]])), null);
  assert.equal(standingLine(null), "no row yet");
  const all = standingOf(
    new Map([["1.jsonl", rows(5, { shard: "1/1", rows: 5, workers: 1 })]]),
  );
  assert.match(standingLine(all), /5 of 5 rows · 1 of 1 shards$/);
});
