import assert from "node:assert/strict";
import { columnCovariance, columnMean, columnVariance } from "./reductions.ts";
import { workspace } from "./workspace.ts";

Deno.test("column statistics are those of their definitions", () => {
  const space = workspace("float64");
  const a = space.matrix(4, 2, [1, 10, 2, 20, 3, 30, 4, 40]);
  assert.equal(columnMean(a, 0), 2.5);
  assert.equal(columnVariance(a, 0), 1.25);
  assert.equal(columnCovariance(a, 0, a, 1), 12.5);
});
