import assert from "node:assert/strict";
import { scheduledRate } from "./coder.ts";

Deno.test("the cosine schedule rises, falls and ends near 0", () => {
  const config = { schedule: "cosine", learningRate: 2, steps: 1000 } as const;
  assert.ok(scheduledRate(config, 0) < 0.02);
  assert.ok(scheduledRate(config, 200) > 1.7);
  assert.ok(scheduledRate(config, 999) < 1e-4);
  assert.equal(scheduledRate({ ...config, schedule: "constant" }, 999), 2);
});
