import assert from "node:assert/strict";
import { exp, relu } from "../matrix/elementwise.ts";
import { matmul } from "../matrix/products.ts";
import { workspace } from "../matrix/workspace.ts";
import { countedKernels } from "./traffic.ts";

Deno.test("bytes are those of the operands, and the numbers stay the same", () => {
  const traffic = { bytes: 0 };
  const space = workspace("float32", {
    bytes: 1 << 16,
    kernels: countedKernels(traffic),
  });
  const a = space.matrix(2, 3, [1, 2, 3, 4, 5, 6]);
  const b = space.matrix(3, 1, [1, 0, -1]);
  const out = space.matrix(2, 1);
  matmul(a, b, out);
  assert.deepEqual([...out.data], [-2, -2]);
  assert.equal(traffic.bytes, 4 * (6 + 3 + 2));
  relu(out, out);
  assert.equal(traffic.bytes, 4 * (6 + 3 + 2 + 4));
  assert.throws(() => exp(out, out), /operands of exp are not known/);
});
