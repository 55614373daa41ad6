import assert from "node:assert/strict";
import { copyRows, gatherRows } from "./rows.ts";
import { workspace } from "./workspace.ts";

Deno.test("row views and gathered rows hold the rows they name", () => {
  const space = workspace("float32");
  const a = space.matrix(3, 2, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...space.rows(a, 1, 2).data], [3, 4, 5, 6]);
  assert.deepEqual([...space.reshape(a, 2, 3).data], [...a.data]);
  const out = space.matrix(2, 2);
  gatherRows(a, Int32Array.of(0, 2, 1), 1, out);
  assert.deepEqual([...out.data], [5, 6, 3, 4]);
  copyRows(a, 0, out);
  assert.deepEqual([...out.data], [1, 2, 3, 4]);
});
