import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import type { PairSampler } from "../agreement/pairs.ts";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { fillNormal, stream } from "../numeric/random.ts";
import { finish } from "../run/training.ts";
import {
  initTwoView,
  lossAndGrads,
  trainTwoView,
  type TwoViewConfig,
} from "./encoders.ts";
import { LOSSES, type LossName } from "../agreement/catalogue.ts";

function views(name: string, length: number): Float64Array {
  return fillNormal(stream(3, name), new Float64Array(length));
}

Deno.test("the gradient of every loss through every encoder agrees with finite differences", () => {
  const a = views("a", 12 * 5);
  const noise = views("b", 12 * 5);
  const b = a.map((value, i) => value + 0.7 * noise[i]);
  for (const loss of Object.keys(LOSSES) as LossName[]) {
    for (const hidden of [0, 4]) {
      for (const shared of [false, true]) {
        if (loss === "simSiam") continue; // its target passes no gradient
        const model = initTwoView(stream(5, "init"), {
          inputs: 5,
          hidden,
          codes: 3,
          shared,
        });
        const encoders = shared ? [model.first] : [model.first, model.second];
        encoders.forEach((params, i) => {
          const { maxRelativeError } = gradientCheck(params, () => {
            const of = lossAndGrads(model, { a, b }, LOSSES[loss]);
            return { loss: of.loss, grads: of.grads[i] };
          });
          ok(
            maxRelativeError <= 1e-6,
            `${loss}, ${hidden} hidden, shared ${shared}: ${maxRelativeError}`,
          );
        });
      }
    }
  }
});

Deno.test("the gradient through rectified units agrees with finite differences", () => {
  const model = initTwoView(stream(1, "init"), {
    inputs: 5,
    hidden: 6,
    activation: "relu",
  });
  const a = views("a", 12 * 5);
  const b = a.map((value, i) => value + 0.5 * views("b", 60)[i]);
  const { maxRelativeError } = gradientCheck(model.first, () => {
    const { loss, grads } = lossAndGrads(model, { a, b }, LOSSES.vicReg);
    return { loss, grads: grads[0] };
  });
  ok(maxRelativeError <= 1e-6, String(maxRelativeError));
});

function trained(overrides: Partial<TwoViewConfig>): Float64Array {
  const model = initTwoView(stream(1, "init"), {
    inputs: 3,
    codes: 1,
    steps: 60,
    batchSize: 32,
    ...overrides,
  });
  const training = trainTwoView(stream(1, "train"), model, {
    loss: LOSSES.naive,
    sample: (rng, { a, b }): void => {
      fillNormal(rng, a);
      for (let i = 0; i < a.length; i++) b[i] = a[i] + 0.5 * a[(i + 1) % 3];
    },
  });
  let rows = 0;
  finish(training, () => rows++);
  strictEqual(rows, Math.ceil(60 / model.config.evalEvery));
  return model.first.w;
}

Deno.test("a seed gives the same weights however often training is watched", () => {
  deepStrictEqual(trained({ evalEvery: 7 }), trained({ evalEvery: 60 }));
});

Deno.test("naive agreement shrinks the weights, agreement above a variance floor does not", () => {
  const size = (w: Float64Array): number => Math.hypot(...w);
  const settings = { steps: 300, evalEvery: 5, learningRate: 0.1 };
  const run = (loss: LossName): number => {
    const model = initTwoView(stream(2, "init"), {
      inputs: 3,
      codes: 1,
      batchSize: 32,
      ...settings,
    });
    const sample: PairSampler<Float64Array> = (rng, { a, b }) => {
      fillNormal(rng, a);
      fillNormal(rng, b, 0.5);
      for (let i = 0; i < a.length; i++) b[i] += a[i];
    };
    const task = { sample, loss: LOSSES[loss] };
    finish(trainTwoView(stream(2, "train"), model, task));
    return size(model.first.w);
  };
  ok(run("naive") < 0.01);
  ok(run("floor") > 0.5);
});

Deno.test("a mistyped setting is named", () => {
  throws(
    () =>
      initTwoView(
        stream(1, "init"),
        { lerningRate: 1 } as unknown as Partial<TwoViewConfig>,
      ),
    /did you mean "learningRate"/,
  );
  throws(() => initTwoView(stream(1, "init"), { batchSize: 1 }), RangeError);
});
