import assert from "node:assert/strict";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { doubles } from "../numeric/matrix/workspace.ts";
import { likeParams } from "../numeric/optimizers.ts";
import {
  bumpsAt,
  bytesPerReconstruction,
  decodeCodes,
  gridSides,
  initPopulation,
  parameterCount,
  type Population,
  type PopulationConfig,
  populationConfig,
  populationPass,
  restorePopulation,
  runPopulation,
  scheduledRate,
  storePopulation,
  trainPopulation,
} from "./population_code.ts";
import {
  fillUniform,
  type Floats,
  type Rng,
  stream,
} from "../numeric/random.ts";
import { finish, nextRow } from "../run/training.ts";

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

for (
  const overrides of [
    {},
    { decoder: "dense" },
    { activation: "relu", encoderLayers: 2, dims: 2, centres: "random" },
  ] as Partial<PopulationConfig>[]
) {
  Deno.test(`hand-derived gradients are right: ${JSON.stringify(overrides)}`, () => {
    const config = populationConfig({ ...SMALL, ...overrides });
    const coder = initPopulation(stream(1, "init"), config, "float64");
    for (const name of ["b1", "b2", "bOut"]) {
      fillUniform(stream(2, name), coder.params[name].data, -0.3, 0.3);
    }
    const grads = likeParams(coder.params);
    const pass = populationPass(coder, 4, grads);
    fillUniform(stream(3, "data"), pass.images.data, -1, 1);
    const check = gradientCheck(doubles(coder.params), () => ({
      loss: pass.lossAndGrads(),
      grads: doubles(grads),
    }));
    assert.ok(check.maxRelativeError <= 1e-6, JSON.stringify(check.worst));
  });
}

Deno.test("the reference's 225 bumps fill a 9 × 5 × 5 grid, 100 a 10 × 10", () => {
  assert.deepEqual(gridSides(225, 3), [9, 5, 5]);
  assert.deepEqual(gridSides(100, 2), [10, 10]);
  assert.equal(gridSides(227, 3), undefined);
  assert.equal(gridSides(8, 4), undefined);
});

Deno.test("sizes are those of the reference: 64 – 64 – 3 – 225 – 64", () => {
  const config = populationConfig();
  assert.equal(
    parameterCount(config),
    64 * 64 + 64 + 64 * 3 + 3 + 225 * 3 + 225 * 64 + 64,
  );
  const { params } = initPopulation(stream(1, "init"), config);
  const { data } = params.centres;
  for (let k = 0; k < 3; k++) {
    const axis = Array.from({ length: 225 }, (_, i) => data[i * 3 + k]);
    assert.ok(Math.min(...axis) > 0 && Math.min(...axis) < 0.06);
    assert.ok(Math.max(...axis) > 0.94 && Math.max(...axis) < 1);
  }
});

Deno.test("a configuration that cannot work is refused with one clear error", () => {
  const bad: [Partial<PopulationConfig>, RegExp][] = [
    [{ sigma: 0 }, /as sigma must be a finite number > 0: current value is 0/],
    [{ sigma: -0.1 }, /as sigma must be/],
    [
      { dims: 0 },
      /as dims must be an integer from 1 to 16: current value is 0/,
    ],
    [{ units: 227 }, /as units must be a product of 3 grid sides/],
    [{ activation: "selu" as "relu" }, /as activation must be one of/],
    [{ sigmas: 1 } as unknown as object, /did you mean "sigma"/],
  ];
  for (const [overrides, message] of bad) {
    assert.throws(() => populationConfig(overrides), message);
  }
});

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

Deno.test("noise on the code and dead units raise the error, decoding codes does not", () => {
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
  assert.deepEqual(decodeCodes(coder, clean.codes), clean.outputs);
  assert.deepEqual(bumpsAt(coder, clean.codes), clean.activities);
});

Deno.test("a stored coder comes back with the same weights and width", () => {
  const coder = train({ widening: 2 });
  const again = restorePopulation(coder.config, storePopulation(coder));
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

Deno.test("the cosine schedule rises, falls and ends near 0", () => {
  const config = { schedule: "cosine", learningRate: 2, steps: 1000 } as const;
  assert.ok(scheduledRate(config, 0) < 0.02);
  assert.ok(scheduledRate(config, 200) > 1.7);
  assert.ok(scheduledRate(config, 999) < 1e-4);
  assert.equal(scheduledRate({ ...config, schedule: "constant" }, 999), 2);
});

Deno.test("a bump decoder moves more bytes than a dense one of a few units", () => {
  const bumps = bytesPerReconstruction(populationConfig());
  // 225 × 3 centres, 225 × 64 + 64 weights, 3 codes, 2 × 225 activities, 64 out
  assert.equal(bumps, 4 * (675 + 14400 + 64 + 3 + 450 + 64));
  assert.ok(
    bytesPerReconstruction(populationConfig({ decoder: "dense", units: 10 })) <
      bumps,
  );
});
