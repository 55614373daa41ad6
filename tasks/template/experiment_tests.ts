import assert from "node:assert/strict";
import { finish } from "../../lib/run/training.ts";
import { type Metrics, settings, trainSeed, worldOf } from "./experiment.ts";
import { bestCorrelation } from "./world.ts";

function run(overrides: Parameters<typeof settings>[0]): Metrics {
  return finish(trainSeed(1, settings({ steps: 1000, ...overrides }))).metrics;
}

Deno.test("the experiment is the paper's", () => {
  assert.fail(
    "data/experiments/template.ts still measures the example: write there the " +
      "paper's settings and every number of its result table, test here that " +
      "a short training beats none and its control, then delete this test",
  );
});

Deno.test("training finds the cause, near the limit; without a cause there is none", () => {
  const found = run({});
  const limit = bestCorrelation(worldOf(settings()));
  assert.ok(found.correlation > 0.97 * limit, `${found.correlation}`);
  assert.ok(found.correlation < run({ noise: 0.1 }).correlation);
  assert.ok(run({ strength: 0 }).correlation < 0.1);
});

Deno.test("settings that cannot work are refused before anything is trained", () => {
  assert.throws(() => settings({ noise: 0 }), /noise must be .* > 0/);
  assert.throws(() => settings({ stepz: 1 } as never), /mean "steps"/);
});
