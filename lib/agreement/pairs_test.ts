import assert from "node:assert/strict";
import { newPairs } from "./pairs.ts";

Deno.test("pairs have a row a view and a cause a pair, in numbers of the kind asked for", () => {
  const { a, b, cause } = newPairs(Float32Array, 3, 4);
  assert.deepEqual([a, b], [new Float32Array(12), new Float32Array(12)]);
  assert.notEqual(a.buffer, b.buffer);
  assert.deepEqual(cause, new Float64Array(3));
  assert.ok(newPairs(Float64Array, 1, 1).a instanceof Float64Array);
  assert.equal(newPairs(Float64Array, 3, 4, 2).cause.length, 6);
});
