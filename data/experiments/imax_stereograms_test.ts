import assert from "node:assert/strict";
import type { Outcome } from "../../lib/run/experiment.ts";
import { finish } from "../../lib/run/training.ts";
import {
  modelOf,
  oddShare,
  type Settings,
  settings,
  stepBytes,
  trainQuietly,
  trainSeed,
  VARIANTS,
  worldOf,
} from "./imax_stereograms.ts";

function run(
  seed: number,
  overrides: Partial<Settings>,
): Outcome & { rows: number } {
  let rows = 0;
  const outcome = finish(trainSeed(seed, settings(overrides)), () => rows++);
  return { rows, ...outcome };
}

Deno.test("the defaults are the reference's configuration", () => {
  const { inputs, hidden, batchSize, steps, learningRate, momentum } = modelOf(
    settings(),
  );
  assert.deepEqual(
    { inputs, hidden, batchSize, steps, learningRate, momentum },
    {
      inputs: "products",
      hidden: [48],
      batchSize: 256,
      steps: 800,
      learningRate: 0.05,
      momentum: 0.9,
    },
  );
  assert.equal(worldOf(settings()).renderer, "linear");
});

Deno.test("a setting that is left undefined is the variant's", () => {
  const { steps } = settings({ variant: "pixels", steps: undefined });
  assert.equal(steps, VARIANTS.pixels.steps);
});

Deno.test("a seed of the reference learns to agree, and repeats bit for bit", () => {
  const short = { steps: 200, evalEvery: 100, heldOut: 1000 };
  const first = run(1, short);
  assert.equal(first.rows, 2);
  assert.ok(first.metrics.correlation > 0.75);
  assert.ok(first.metrics.etaSquared > 0.75);
  assert.deepEqual(run(1, short).params, first.params);
});

Deno.test("a run stops at its target and counts what it moved", () => {
  const { metrics } = run(2, { target: 0.6, evalEvery: 10, heldOut: 500 });
  assert.equal(metrics.reached, 1);
  assert.ok(metrics.updates < 200);
  assert.equal(metrics.bytes, metrics.updates * stepBytes(settings()));
});

Deno.test("integer disparities are measured exactly, within the cap", () => {
  const { metrics } = run(3, {
    variant: "pixels",
    steps: 40,
    batchSize: 128,
    heldOut: 500,
  });
  assert.ok(metrics.shareOfCap > 0 && metrics.shareOfCap < 1);
});

Deno.test("modules on a surface go through both phases", () => {
  const { metrics, params } = run(4, {
    variant: "surface",
    steps: 10,
    interpolatorSteps: 10,
    batchSize: 32,
    heldOut: 200,
  });
  assert.equal(params.interpolation.length, 4);
  assert.ok(Number.isFinite(metrics.wiener1));
});

Deno.test("quiet training gives the metrics of a seed", () => {
  const short = { steps: 50, heldOut: 500 };
  const { metrics } = finish(trainQuietly(5, short));
  assert.equal(metrics.correlation, run(5, short).metrics.correlation);
});

Deno.test("the odd share is 1 for signed, 0 for unsigned disparity", () => {
  const cause = Float64Array.from({ length: 3001 }, (_, i) => i / 500 - 3);
  assert.ok(oddShare(cause, cause) > 0.999);
  assert.ok(oddShare(cause.map(Math.abs), cause) < 0.001);
});

Deno.test("bad settings are refused with one clear sentence", () => {
  assert.throws(
    () => settings({ maxDisparity: 12 }),
    /below the strip's width/,
  );
  assert.throws(() => settings({ batchSize: 1 }), /batchSize must be/);
  assert.throws(
    () => settings({ variant: "best" as "pixels" }),
    /variant must be one of/,
  );
});
