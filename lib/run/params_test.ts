import assert from "node:assert/strict";
import { workspace } from "../numeric/matrix/workspace.ts";
import { arraysOf } from "../numeric/optimizers.ts";
import { Refusal } from "./config.ts";
import { setParams } from "./params.ts";

const w = workspace("float32", { bytes: 1 << 10 }).matrix(1, 2, [1, 2]);

Deno.test("parameters come back as they were stored", () => {
  const stored = arraysOf({ w });
  w.data.fill(0);
  setParams({ w }, { ...stored, other: [3] });
  assert.deepEqual(arraysOf({ w }), stored);
});

Deno.test("parameters that are missing or of another size are refused", () => {
  const refused = (message: RegExp) => (error: unknown): boolean =>
    error instanceof Refusal && message.test(error.message);
  assert.throws(
    () => setParams({ w }, { w: [3] }),
    refused(/as w must have 2 numbers: current value has 1/),
  );
  assert.throws(() => setParams({ w }, {}), refused(/current value has none/));
});
