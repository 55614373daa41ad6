import assert from "node:assert/strict";
import { add } from "./elementwise.ts";
import { matmul, matmulTN } from "./products.ts";
import { addRow } from "./rows.ts";
import { doubles, workspace } from "./workspace.ts";

Deno.test("shape errors are TypeErrors that name the operation and both shapes", () => {
  const space = workspace("float32");
  const [a, b] = [space.matrix(2, 3), space.matrix(2, 3)];
  assert.throws(() => matmul(a, b, a), {
    name: "TypeError",
    message: "Cannot matmul as the inner sizes must be equal: " +
      "current value is 2×3 and 2×3",
  });
  assert.throws(
    () => matmulTN(a, b, a),
    /TypeError: Cannot matmulTN 2×3 and 2×3 as out must be 3×3/,
  );
  assert.throws(() => add(a, space.matrix(3, 2), a), /add .* 2×3 and 3×2/);
  assert.throws(() => addRow(a, a, a), /addRow .* 2×3 and 2×3/);
  const foreign = workspace("float64").matrix(2, 3);
  assert.throws(() => add(a, foreign, a), /one workspace/);
  assert.throws(() => doubles({ a }), /a must live in a float64 workspace/);
  const square = space.matrix(2, 2);
  assert.throws(() => matmul(square, square, square), /another matrix/);
});
