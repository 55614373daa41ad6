import assert from "node:assert/strict";
import { gradientCheck } from "./gradient_check.ts";
import { stream } from "./random.ts";

const params = {
  a: Float64Array.of(1, -2, 0.5),
  b: Float64Array.of(3),
};

/** L = Σ aᵢ³ · b, with an error added to the gradient of b. */
function cubic(error: number): ReturnType<
  Parameters<typeof gradientCheck>[1]
> {
  const [b] = params.b;
  const cubes = params.a.reduce((sum, x) => sum + x * x * x, 0);
  return {
    loss: cubes * b,
    grads: { a: params.a.map((x) => 3 * x * x * b), b: [cubes + error] },
  };
}

Deno.test("a right gradient passes and leaves the parameters as they were", () => {
  const before = structuredClone(params);
  const check = gradientCheck(params, () => cubic(0));
  assert.ok(check.maxRelativeError < 1e-9);
  assert.deepEqual(params, before);
  assert.deepEqual(check.rows.map((row) => row.checked), [3, 1]);
});

Deno.test("a wrong entry is found and named", () => {
  const check = gradientCheck(params, () => cubic(0.01));
  assert.equal(check.worst.name, "b");
  assert.ok(check.maxRelativeError > 1e-4);
});

Deno.test("a gradient that is not a number fails the check", () => {
  const check = gradientCheck(params, () => cubic(NaN));
  assert.ok(!(check.maxRelativeError <= 1e-6));
});

Deno.test("a subset of entries can be checked", () => {
  const check = gradientCheck(params, () => cubic(0), {
    perTensor: 2,
    rng: stream(1, "check"),
  });
  assert.deepEqual(check.rows.map((row) => row.checked), [2, 1]);
});

Deno.test("a gradient of another length is refused", () => {
  assert.throws(
    () => gradientCheck(params, () => ({ loss: 0, grads: { a: [1] } })),
    /gradient of a as it must have 3 entries: it has 1/,
  );
});
