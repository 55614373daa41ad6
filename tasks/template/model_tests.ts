import assert from "node:assert/strict";
import { gradientCheck } from "../../lib/numeric/gradient_check.ts";
import { fillNormal, stream } from "../../lib/numeric/random.ts";
import { finish } from "../../lib/run/training.ts";
import {
  codesOf,
  initModel,
  lossAndGrads,
  modelConfig,
  type ModelParams,
  trainModel,
} from "./model.ts";

const config = modelConfig({ inputs: 4, steps: 300, evalEvery: 100 });
const params = (): ModelParams => initModel(stream(1, "init"), config);

/** Examples whose entries share one number. */
function examples(n: number): Float64Array {
  const shared = fillNormal(stream(1, "data"), new Float64Array(n));
  const noise = fillNormal(stream(1, "eval"), new Float64Array(4 * n));
  return noise.map((x, i) => x / 2 + shared[i >> 2]);
}

Deno.test("the model is the paper's", () => {
  assert.fail(
    "lib/template/model.ts is still the example's model: write there the " +
      "paper's parameters, loss and gradient (or import a model that lib/ " +
      "has, and delete lib/template/), check its gradient and what the paper " +
      "says of it here, then delete this test",
  );
});

Deno.test("the gradient agrees with finite differences", () => {
  const probe = params();
  const some = examples(20);
  const { maxRelativeError } = gradientCheck(
    probe,
    () => lossAndGrads(probe, some),
  );
  assert.ok(maxRelativeError < 1e-6, `${maxRelativeError}`);
});

Deno.test("training lowers the loss, with a row every so often and the last", () => {
  const held = examples(500);
  const before = lossAndGrads(params(), held).loss;
  const rows: { step: number; loss: number }[] = [];
  const trained = finish(
    trainModel(params(), {
      config,
      sample: examples,
      evaluate: (now) => ({ loss: lossAndGrads(now, held).loss }),
    }),
    (row) => rows.push(row),
  );
  assert.deepEqual(rows.map(({ step }) => step), [100, 200, 300]);
  assert.equal(lossAndGrads(trained, held).loss, rows[2].loss);
  assert.ok(rows[2].loss < before / 2, `${before} → ${rows[2].loss}`);
  assert.equal(codesOf(trained, held).length, 500);
});
