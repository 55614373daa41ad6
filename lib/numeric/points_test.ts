import assert from "node:assert/strict";
import { pickRows, squaredDistance } from "./points.ts";

Deno.test("distances are those of rows", () => {
  assert.equal(squaredDistance([1, 2, 9, 9, 4, 6], 2, 0, 2), 25);
});

Deno.test("rows are picked in the order asked for, of the same type", () => {
  const rows = Uint8Array.of(1, 2, 3, 4, 5, 6);
  assert.deepEqual(
    pickRows(rows, 2, [2, 0, 2, 2]),
    Uint8Array.of(5, 6, 1, 2, 5, 6, 5, 6),
  );
});
