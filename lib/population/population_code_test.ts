import assert from "node:assert/strict";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { doubles } from "../numeric/matrix/workspace.ts";
import { likeParams } from "../numeric/optimizers.ts";
import { fillUniform, stream } from "../numeric/random.ts";
import {
  bytesPerReconstruction,
  gridSides,
  initPopulation,
  parameterCount,
  type PopulationConfig,
  populationConfig,
  populationPass,
} from "./population_code.ts";

const SMALL = { pixels: 6, encoderUnits: 5, units: 8, dims: 3, sigma: 0.4 };

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

Deno.test("a grid is the one that is found by trying all sides", () => {
  const all = (units: number, dims: number): number[][] =>
    dims === 0
      ? units === 1 ? [[]] : []
      : Array.from({ length: units }, (_, i) => units - i)
        .filter((side) => side >= 2 && units % side === 0)
        .flatMap((side) => all(units / side, dims - 1).map((r) => [side, ...r]))
        .filter((sides) => sides.every((s, i) => i === 0 || s <= sides[i - 1]));
  for (let units = 1; units <= 400; units++) {
    for (let dims = 1; dims <= 4; dims++) {
      const [best] = all(units, dims)
        .filter((sides) => sides[0] <= 2 * sides[dims - 1])
        .sort((a, b) => a[0] - b[0]);
      assert.deepEqual(gridSides(units, dims), best, `${units} in ${dims}`);
    }
  }
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

Deno.test("a bump decoder moves more bytes than a dense one of a few units", () => {
  const bumps = bytesPerReconstruction(populationConfig());
  // 225 × 3 centres, 225 × 64 + 64 weights, 3 codes, 2 × 225 activities, 64 out
  assert.equal(bumps, 4 * (675 + 14400 + 64 + 3 + 450 + 64));
  assert.ok(
    bytesPerReconstruction(populationConfig({ decoder: "dense", units: 10 })) <
      bumps,
  );
});
