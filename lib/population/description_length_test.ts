import assert from "node:assert/strict";
import {
  type Description,
  type DescriptionConfig,
  descriptionConfig,
  descriptionPass,
  dimensionsInUse,
  initDescription,
  restoreDescription,
  runDescription,
} from "./description_length.ts";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { doubles } from "../numeric/matrix/workspace.ts";
import { exp, log2 } from "../numeric/elementary.ts";
import { arraysOf, likeParams } from "../numeric/optimizers.ts";
import {
  fillNormal,
  type Floats,
  type Rng,
  stream,
} from "../numeric/random.ts";
import { finish } from "../run/training.ts";
import { trainDescription } from "./training.ts";

const close = (a: number, b: number, tolerance: number): void =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} ± ${tolerance}`);

const SMALL: Partial<DescriptionConfig> = {
  pixels: 6,
  encoderUnits: 7,
  encoderLayers: 1,
  activation: "tanh",
  units: 9,
  dims: 2,
  span: 1.5,
  precision: 0.01,
  batchSize: 16,
  steps: 400,
  evalEvery: 400,
};

/** A bump of random place on six pixels: one hidden cause. */
const bumps = (rng: Rng, out: Floats): void => {
  for (let i = 0; i < out.length; i += 6) {
    const place = 1 + 3 * rng();
    for (let p = 0; p < 6; p++) {
      out[i + p] = exp(-(p - place) * (p - place) / 2);
    }
  }
};

function learn(overrides: Partial<DescriptionConfig>): {
  before: Description;
  after: Description;
} {
  const test = new Float64Array(6 * 100);
  bumps(stream(2, "eval"), test);
  const run = (steps: number): Description => {
    const config = descriptionConfig({ ...SMALL, ...overrides, steps });
    const training = trainDescription(
      {
        init: stream(1, "init"),
        data: stream(1, "data"),
        train: stream(1, "train"),
        eval: stream(1, "eval"),
      },
      config,
      { sample: bumps, test },
    );
    return runDescription(stream(3, "eval"), finish(training), test);
  };
  return { before: run(0), after: run(600) };
}

for (const activities of ["free", "built-in"] as const) {
  for (const pressure of ["description-length", "none"] as const) {
    Deno.test(`hand-derived gradients are right: ${activities} activities, pressure ${pressure}`, () => {
      const config = descriptionConfig({ ...SMALL, activities, pressure });
      const code = initDescription(stream(1, "init"), config, "float64");
      for (const name in code.params) {
        const { data } = code.params[name];
        if (name !== "centres" && !name.startsWith("w")) {
          const rng = stream(2, name);
          for (let i = 0; i < data.length; i++) data[i] += 0.4 * (rng() - 0.5);
        }
      }
      const grads = likeParams(code.params);
      const pass = descriptionPass(code, 5, grads);
      bumps(stream(3, "data"), pass.images.data);
      fillNormal(stream(4, "train"), pass.noise.data);
      const check = gradientCheck(doubles(code.params), () => ({
        loss: pass.lossAndGrads(1.7),
        grads: doubles(grads),
      }), { epsilon: 1e-5 });
      assert.ok(check.maxRelativeError <= 1e-6, JSON.stringify(check.worst));
    });
  }
}

Deno.test("the parts add up, and weight 1 makes the loss the total in nats", () => {
  const code = initDescription(
    stream(1, "init"),
    descriptionConfig(SMALL),
    "float64",
  );
  const pass = descriptionPass(code, 8);
  bumps(stream(3, "data"), pass.images.data);
  fillNormal(stream(4, "train"), pass.noise.data);
  const d = pass.describe();
  close(d.totalBits, d.codeBits + d.bumpBits + d.pixelBits, 1e-9);
  close(pass.lossAndGrads(1) * log2(Math.E), d.totalBits, 1e-9);
  assert.ok(d.codeBits > 0 && d.bumpBits > 0);
});

for (const activities of ["free", "built-in"] as const) {
  Deno.test(`training shortens the description: ${activities} activities`, () => {
    const { before, after } = learn({ activities });
    assert.ok(
      after.totalBits < before.totalBits - 8,
      `${before.totalBits} → ${after.totalBits}`,
    );
    assert.ok(after.mse < 0.5 * before.mse);
  });
}

Deno.test("a stored code comes back with the same weights", () => {
  const config = descriptionConfig(SMALL);
  const code = initDescription(stream(1, "init"), config);
  const again = restoreDescription(config, arraysOf(code.params));
  const images = new Float32Array(6 * 4);
  bumps(stream(2, "data"), images);
  assert.deepEqual(
    runDescription(stream(3, "eval"), again, images),
    runDescription(stream(3, "eval"), code, images),
  );
});

Deno.test("a dimension is in use from half a bit on", () => {
  const dimensionBits = Float64Array.of(3, 0.51, 0.49, 0);
  assert.equal(dimensionsInUse({ dimensionBits }), 2);
});

Deno.test("a configuration that cannot work is refused with one clear error", () => {
  const bad: [Partial<DescriptionConfig>, RegExp][] = [
    [{ dims: 0 }, /Cannot minimise description length as dims must be/],
    [{ precision: 0 }, /as precision must be/],
    [{ span: -1 }, /as span must be a finite number > 0: current value is -1/],
    [
      { activities: "bump" as "free" },
      /activities must be one of "free", "built-in"/,
    ],
  ];
  for (const [overrides, message] of bad) {
    assert.throws(() => descriptionConfig(overrides), message);
  }
});
