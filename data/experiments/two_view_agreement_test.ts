import { deepStrictEqual, ok } from "node:assert/strict";
import { stream } from "../../lib/numeric/random.ts";
import { finish } from "../../lib/run/training.ts";
import { type LossName } from "../../lib/two_view/catalogue.ts";
import {
  correlationRatio,
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
  const { viewsA, cause } = sampleViews(stream(1, "data"), 50, of);
  const length = viewsA.length / 50;
  for (let i = 0; i < 50; i++) {
    // At the true shift every product of ±1 dots that is inside is +1.
    const start = i * length + of.stripWidth * (2 + cause[i] + of.maxDisparity);
    const products = viewsA.subarray(start, start + of.stripWidth);
    ok(products.every((p) => p === 1 || p === 0), `disparity ${cause[i]}`);
  }
});

Deno.test("η² is 1 for codes that are the class, and near 0 for codes that are not", () => {
  const rng = stream(1, "data");
  const classes = Float64Array.from(
    { length: 400 },
    () => Math.floor(5 * rng()),
  );
  ok(Math.abs(correlationRatio(classes, classes) - 1) < 1e-9);
  const noise = classes.map(() => rng());
  ok(correlationRatio(noise, classes) < 0.05);
  ok(correlationRatio(new Float64Array(400), classes) === 0);
});

Deno.test("VICReg finds the disparity, naive agreement does not", () => {
  ok(train("vicreg").metrics.eta > 0.6);
  ok(train("naive").metrics.eta < 0.2);
});

Deno.test("measuring more often changes no weight", () => {
  deepStrictEqual(train("imax", 7).params, train("imax").params);
});
