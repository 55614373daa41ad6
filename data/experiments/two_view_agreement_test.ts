import { deepStrictEqual, ok } from "node:assert/strict";
import { stream } from "../../lib/numeric/random.ts";
import { finish } from "../../lib/run/training.ts";
import { type LossName } from "../../lib/agreement/catalogue.ts";
import {
  type EncoderOutcome,
  sampleViews,
  settings,
  trainSeed,
} from "./two_view_agreement.ts";

function train(loss: LossName, evalEvery = 100): EncoderOutcome {
  return finish(trainSeed(1, settings({ loss, steps: 100, evalEvery })));
}

Deno.test("a module's products tell the disparity that both strips share", () => {
  const of = settings();
  const { a, cause } = sampleViews(stream(1, "data"), 50, of);
  const length = a.length / 50;
  for (let i = 0; i < 50; i++) {
    // At the true shift every product of ±1 dots that is inside is +1.
    const start = i * length + of.stripWidth * (2 + cause[i] + of.maxDisparity);
    const products = a.subarray(start, start + of.stripWidth);
    ok(products.every((p) => p === 1 || p === 0), `disparity ${cause[i]}`);
  }
});

Deno.test("VICReg finds the disparity, naive agreement does not", () => {
  ok(train("vicReg").metrics.eta > 0.6);
  ok(train("naive").metrics.eta < 0.2);
});

Deno.test("measuring more often changes no weight", () => {
  deepStrictEqual(train("imax", 7).params, train("imax").params);
});
