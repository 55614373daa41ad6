import assert from "node:assert/strict";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { doubles } from "../numeric/matrix/workspace.ts";
import {
  mixtureConfig,
  mixtureFit,
  mixtureModel,
  trainMixture,
} from "./mixture_of_interpolators.ts";
import { fillNormal, normal, stream } from "../numeric/random.ts";
import { mean } from "../numeric/statistics.ts";
import { finish } from "../run/training.ts";

Deno.test("the gradient of −ln p agrees with finite differences", () => {
  const config = mixtureConfig({ experts: 3, hidden: 5, batchSize: 6 });
  const model = mixtureModel(stream(1, "init"), config);
  fillNormal(stream(1, "data"), model.z.data);
  fillNormal(stream(2, "data"), model.y);
  const check = gradientCheck(doubles(model.params), () => ({
    loss: model.lossAndGrads(),
    grads: doubles(model.grads),
  }));
  assert.ok(check.maxRelativeError < 1e-6, `${check.maxRelativeError}`);
});

// y follows the left neighbour where z[0] > 0, the right one elsewhere.
function twoSided(n: number): { y: Float64Array; neighbours: Float64Array } {
  const rng = stream(3, "data");
  const neighbours = fillNormal(rng, new Float64Array(4 * n));
  const y = Float64Array.from({ length: n }, (_, i) => {
    const z = neighbours.subarray(4 * i, 4 * i + 4);
    return (z[0] > 0 ? z[1] : z[2]) + 0.1 * normal(rng);
  });
  return { y, neighbours };
}

Deno.test("two experts share a world with two rules, and the gate knows which", () => {
  const windows = twoSided(2000);
  const nllOf = (experts: number): number => {
    const training = trainMixture(
      { experts, steps: 600, learningRate: 0.02, batchSize: 128 },
      { seed: 1, windows },
    );
    const { config, params } = finish(training);
    const fit = mixtureFit(config, params, windows);
    for (let i = 0; i < 10; i++) {
      const gates = fit.gates.subarray(i * experts, (i + 1) * experts);
      assert.ok(Math.abs(gates.reduce((s, g) => s + g) - 1) < 1e-9);
    }
    return mean(fit.nll);
  };
  assert.ok(nllOf(2) < nllOf(1) - 0.5);
});

Deno.test("a bad mixture is refused", () => {
  assert.throws(() => mixtureConfig({ experts: 0 }), /experts must be/);
});
