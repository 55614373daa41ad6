import assert from "node:assert/strict";
import { workspace } from "./matrix/workspace.ts";
import { arraysOf, clipGlobalNorm } from "./optimizers.ts";

Deno.test("copies of matrices stay when the matrices change", () => {
  const w = workspace("float32", { bytes: 1 << 16 }).matrix(1, 2, [1, 2]);
  const copies = arraysOf({ w });
  w.data.fill(0);
  assert.deepEqual(copies, { w: Float32Array.of(1, 2) });
});

Deno.test("clipping scales all gradients to the limit and reports the norm", () => {
  const space = workspace("float64");
  const grads = { a: space.matrix(1, 2, [3, 0]), b: space.matrix(1, 1, [4]) };
  assert.equal(clipGlobalNorm(grads, 10), 5);
  assert.deepEqual([...grads.a.data, ...grads.b.data], [3, 0, 4]);
  assert.equal(clipGlobalNorm(grads, 1), 5);
  [0.6, 0, 0.8].forEach((want, i) => {
    const got = [...grads.a.data, ...grads.b.data][i];
    assert.ok(Math.abs(got - want) <= 1e-15, `${got}`);
  });
});
