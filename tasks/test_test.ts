import assert from "node:assert/strict";
import { countLine, countOf } from "./test.ts";

Deno.test("the count is read from the last line that deno test prints", () => {
  assert.deepEqual(countOf("a\nok | 12 passed | 0 failed (3s)\n"), {
    passed: 12,
    failed: 0,
    skipped: 0,
  });
  assert.deepEqual(
    countOf(
      "FAILED | 1 passed (4 steps) | 2 failed | 3 ignored (1m2s)\n\nerror: Test failed\n",
    ),
    { passed: 1, failed: 2, skipped: 3 },
  );
  assert.equal(countOf("error: Type checking failed."), null);
});

Deno.test("the last line tells passed, failed and, if any, skipped", () => {
  assert.equal(
    countLine({ passed: 3, failed: 0, skipped: 0 }),
    "3 passed, 0 failed",
  );
  assert.equal(
    countLine({ passed: 3, failed: 1, skipped: 2 }),
    "3 passed, 1 failed, 2 skipped",
  );
});
