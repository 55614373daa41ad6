import assert from "node:assert/strict";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { productTN } from "../numeric/linear_algebra.ts";
import { fillNormal, stream } from "../numeric/random.ts";
import { descend, linear } from "./linear_layer.ts";

const x = Float64Array.of(1, 2, 3, /**/ 4, 5, 6);
const w = Float64Array.of(1, 0, -1, /**/ 2, 1, 0);

Deno.test("each row of x meets each row of w, and the bias is added", () => {
  assert.deepEqual(linear(x, w, 3), Float64Array.of(-2, 4, -2, 13));
  assert.deepEqual(
    linear(x, w, 3, Float64Array.of(10, 20)),
    Float64Array.of(8, 24, 8, 33),
  );
});

Deno.test("the weights' gradient agrees with finite differences, and is added", () => {
  const pull = fillNormal(stream(1, "pull"), new Float64Array(4));
  const before = fillNormal(stream(1, "before"), new Float64Array(6));
  const { maxRelativeError } = gradientCheck({ w }, () => {
    const loss = linear(x, w, 3).reduce((sum, y, i) => sum + pull[i] * y, 0);
    const grad = before.slice();
    productTN(pull, x, 2, grad);
    return { loss, grads: { w: grad.map((g, i) => g - before[i]) } };
  });
  assert.ok(maxRelativeError <= 1e-6, `${maxRelativeError}`);
});

Deno.test("descent goes against the gradient and towards 0", () => {
  const p = Float64Array.of(1, -2);
  descend(p, Float64Array.of(3, 0), { learningRate: 0.1, weightDecay: 0.5 });
  assert.deepEqual(p, Float64Array.of(1 - 0.1 * 3.5, -2 + 0.1 * 1));
});
