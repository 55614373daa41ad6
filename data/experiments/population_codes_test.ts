import assert from "node:assert/strict";
import type { Outcome } from "../../lib/run/experiment.ts";
import { finish } from "../../lib/run/training.ts";
import {
  coderOf,
  imagesOf,
  RECIPES,
  type Settings,
  settings,
  trainSeed,
  WORLDS,
} from "./population_codes.ts";

const SHORT: Partial<Settings> = {
  steps: 6,
  evalEvery: 3,
  testImages: 60,
  batchSize: 16,
};

function run(
  overrides: Partial<Settings>,
): { outcome: Outcome; steps: number[] } {
  const training = trainSeed(1, settings({ ...SHORT, ...overrides }));
  const steps: number[] = [];
  const outcome = finish(training, (row) => steps.push(row.step));
  return { outcome, steps };
}

Deno.test("the default is the reference: 64 – 64 – 3 – 225 – 64, 200 epochs of 2,000", () => {
  const s = settings();
  assert.deepEqual(
    [s.pixels, s.encoderUnits, s.encoderLayers, s.dims, s.units],
    [64, 64, 1, 3, 225],
  );
  assert.equal(s.steps, 200 * Math.ceil(s.trainImages / s.batchSize));
  assert.deepEqual([s.sigma, s.learningRate, s.testImages], [0.18, 0.1, 500]);
});

Deno.test("every recipe runs and gives finite numbers", () => {
  for (const recipe in RECIPES) {
    const trainImages = Math.min(100, RECIPES[recipe].trainImages);
    const { outcome, steps } = run({ recipe, trainImages, topologyPoints: 20 });
    assert.deepEqual(steps, [3, 6], recipe);
    for (const [name, value] of Object.entries(outcome.metrics)) {
      assert.ok(Number.isFinite(value), `${recipe}: ${name} is ${value}`);
    }
    assert.ok(outcome.params.centres.length > 0);
  }
});

Deno.test("every world draws images with its number of hidden causes", () => {
  const causes = Object.fromEntries(
    Object.keys(WORLDS).map((world) => [
      world,
      imagesOf(1, settings({ world: world as Settings["world"] })).world.latents
        .length,
    ]),
  );
  assert.deepEqual(causes, {
    dipole: 3,
    "turning dipole": 3,
    pair: 3,
    blob: 2,
    "stretching dipole": 4,
    "one bar": 2,
    "centred dipole": 3,
    "centred turning dipole": 3,
    "centred pair": 3,
    "shuffled dipole": 3,
  });
});

Deno.test("settings that cannot work are refused", () => {
  const bad: [Partial<Settings>, RegExp][] = [
    [{ recipe: "bset" }, /recipe must be one of/],
    [{ sigma: 0 }, /sigma must be a finite number > 0/],
    [{ dims: 0 }, /dims must be an integer/],
    [{ units: 227 }, /units must be a product of 3 grid sides/],
    [{ recipe: "position", span: -1 }, /span must be/],
    [{ wrld: "dipole" } as object, /did you mean "world"/],
  ];
  for (const [overrides, message] of bad) {
    assert.throws(() => settings(overrides), message);
  }
});

Deno.test("of several starts the run goes on with the best so far", () => {
  const brief = { recipe: "best", steps: 40, batchSize: 16, evalEvery: 20 };
  const rows: number[] = [];
  const training = trainSeed(
    1,
    settings({ ...brief, starts: 3, scoutSteps: 20 }),
  );
  const { metrics } = finish(training, (row) => rows.push(row.step));
  assert.deepEqual(rows, [40]);
  assert.ok(metrics.testMse > 0);
});

Deno.test("the coder's configuration holds nothing else", () => {
  assert.ok(!("recipe" in coderOf(settings({ recipe: "best" }))));
});
