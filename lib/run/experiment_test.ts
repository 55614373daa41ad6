import assert from "node:assert/strict";
import {
  EXPERIMENT,
  experimentModule,
  runExperiment,
  type SeedResult,
} from "./experiment.ts";
import { closeSweep, sweep } from "./sweep.ts";

const options = {
  module: experimentModule("helmholtz_shifter"),
  settings: { steps: 500, hidden: 4, top: 1, width: 4, evalImages: 8 },
};

Deno.test("a worker trains a seed to the same bits as the main thread", async () => {
  try {
    const [outcome] = await sweep<typeof options, SeedResult>(EXPERIMENT, {
      seeds: [3],
      options,
    });
    assert.equal(outcome.status, "done");
    const here = await runExperiment(3, options);
    if (outcome.status !== "done") return;
    assert.equal(outcome.value.paramsSha256, here.paramsSha256);
    assert.deepEqual(outcome.value.metrics, here.metrics);
    assert.equal(outcome.value.params, undefined);
  } finally {
    closeSweep();
  }
});

Deno.test("settings that cannot work end the seed with the experiment's error", async () => {
  const bad = { ...options, settings: { steps: 0 } };
  await assert.rejects(runExperiment(1, bad), /steps must be an integer ≥ 1/);
});

Deno.test("a seed that is stopped keeps what it has learned", async () => {
  const long = { ...options, settings: { ...options.settings, steps: 1e9 } };
  const { metrics } = await runExperiment(3, long, undefined, () => true);
  assert.ok("nllBits" in metrics);
});

Deno.test("a seed reports the step that it is at ten times a second at most", async () => {
  const steps: number[] = [];
  const start = performance.now();
  const long = { ...options, settings: { ...options.settings, steps: 1e9 } };
  await runExperiment(
    3,
    long,
    (step) => steps.push(step),
    () => performance.now() - start > 550,
  );
  assert.ok(steps.length >= 2 && steps.length <= 6, `${steps.length} reports`);
  assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
  assert.ok(steps[0] > 0);
});
