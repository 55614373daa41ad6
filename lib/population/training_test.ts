import assert from "node:assert/strict";
import { arraysOf } from "../numeric/optimizers.ts";
import { type Floats, type Rng, stream } from "../numeric/random.ts";
import { finish, nextRow } from "../run/training.ts";
import {
  bumpsAt,
  type Population,
  type PopulationConfig,
  populationConfig,
  restorePopulation,
  runPopulation,
} from "./population_code.ts";
import { trainPopulation } from "./training.ts";

const SMALL: Partial<PopulationConfig> = {
  pixels: 6,
  encoderUnits: 5,
  units: 8,
  dims: 3,
  sigma: 0.4,
  batchSize: 4,
  steps: 40,
  evalEvery: 10,
};

/** Images with one hidden cause: a ramp of random slope. */
const ramps = (rng: Rng, out: Floats): void => {
  for (let i = 0; i < out.length; i += 6) {
    const slope = rng();
    for (let p = 0; p < 6; p++) out[i + p] = slope * p / 5;
  }
};

const streams = (seed: number): { init: Rng; train: Rng; data: Rng } => ({
  init: stream(seed, "init"),
  train: stream(seed, "train"),
  data: stream(seed, "data"),
});

function train(
  overrides: Partial<PopulationConfig>,
  fresh = false,
): Population {
  const test = new Float32Array(6 * 10);
  ramps(stream(9, "eval"), test);
  const images = new Float32Array(6 * 10);
  ramps(stream(9, "data"), images);
  const training = trainPopulation(
    streams(1),
    populationConfig({ ...SMALL, ...overrides }),
    fresh ? { sample: ramps, test } : { images, test },
  );
  return finish(training);
}

Deno.test("training lowers the error, on a fixed set and on fresh images", () => {
  for (const fresh of [false, true]) {
    const images = new Float32Array(6 * 30);
    ramps(stream(5, "eval"), images);
    const before = runPopulation(train({ steps: 0 }, fresh), images).mse;
    const long = { steps: 400, optimizer: "adam", learningRate: 0.01 } as const;
    const after = runPopulation(train(long, fresh), images).mse;
    assert.ok(after < 0.1 * before, `${before} → ${after}`);
  }
});

Deno.test("looking more often changes no weight", () => {
  const a = train({ evalEvery: 40 });
  const b = train({ evalEvery: 3 });
  for (const name in a.params) {
    assert.deepEqual(a.params[name].data, b.params[name].data, name);
  }
});

Deno.test("stopping keeps the state of that moment", () => {
  const test = new Float32Array(6);
  const training = trainPopulation(streams(1), populationConfig(SMALL), {
    sample: ramps,
    test,
  });
  const row = nextRow(training);
  assert.equal(row.done, false);
  const end = training.next(true);
  assert.equal(end.done, true);
  assert.deepEqual(
    Array.from((end.value as Population).params.wOut.data),
    Array.from(train({ steps: 10 }, true).params.wOut.data),
  );
});

Deno.test("training that diverges says so", () => {
  assert.throws(
    () => train({ learningRate: 1e6, steps: 400 }),
    /Cannot go on training a population code as its loss must be finite/,
  );
});

Deno.test("without images or sampler training is refused", () => {
  const training = trainPopulation(streams(1), populationConfig(SMALL), {
    test: new Float32Array(6),
  });
  assert.throws(() => training.next(), /Cannot train as images or sample/);
});

Deno.test("noise on the code and dead units raise the error", () => {
  const coder = train({ steps: 400, optimizer: "adam", learningRate: 0.01 });
  const images = new Float32Array(6 * 20);
  ramps(stream(5, "eval"), images);
  const clean = runPopulation(coder, images);
  const rng = stream(6, "eval");
  assert.ok(
    runPopulation(coder, images, { codeNoise: 0.3, rng }).mse > clean.mse,
  );
  assert.ok(
    runPopulation(coder, images, { deadUnits: 0.5, rng }).mse > clean.mse,
  );
  assert.deepEqual(bumpsAt(coder, clean.codes), clean.activities);
});

Deno.test("a stored coder comes back with the same weights and width", () => {
  const coder = train({ widening: 2 });
  const again = restorePopulation(coder.config, arraysOf(coder.params));
  const images = new Float32Array(6 * 5);
  ramps(stream(5, "eval"), images);
  assert.deepEqual(
    runPopulation(again, images),
    runPopulation(coder, images),
  );
});

Deno.test("wide bumps shrink to their width while training", () => {
  assert.equal(train({ widening: 3, steps: 0 }).sigma, 3 * 0.4);
  assert.equal(train({ widening: 3 }).sigma, 0.4);
});
