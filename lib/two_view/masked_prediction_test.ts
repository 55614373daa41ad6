import { ok, strictEqual, throws } from "node:assert/strict";
import { gradientCheck } from "../numeric/gradient_check.ts";
import {
  codeSpread,
  initMasked,
  type MaskedConfig,
  maskedLossAndGrads,
  type MaskedTarget,
  stepMasked,
} from "./masked_prediction.ts";
import { fillNormal, stream } from "../numeric/random.ts";

/** Seen and hidden parts that share a wave. */
function parts(): { x: Float64Array; y: Float64Array } {
  const x = fillNormal(stream(1, "x"), new Float64Array(60 * 3));
  const e = fillNormal(stream(1, "e"), new Float64Array(60 * 3));
  const y = x.map((_, i) => x[i - i % 3] + 0.5 * x[i - i % 3 + 1] + 0.3 * e[i]);
  return { x, y };
}

function trained(
  config: Partial<MaskedConfig>,
): [spread: number, loss: number] {
  const { x, y } = parts();
  const model = initMasked(stream(2, "init"), { inputs: 3, ...config });
  let loss = NaN;
  for (let i = 0; i < 1500; i++) loss = stepMasked(model, x, y);
  return [codeSpread(model, x), loss];
}

Deno.test("gradients agree with finite differences where the target moves", () => {
  const { x, y } = parts();
  for (const target of ["data", "own", "ema", "floor"] as MaskedTarget[]) {
    const model = initMasked(stream(4, "init"), { inputs: 3, target });
    const { maxRelativeError } = gradientCheck(
      model.params,
      () => maskedLossAndGrads(model, x, y),
    );
    ok(maxRelativeError <= 1e-6, `${target}: ${maxRelativeError}`);
  }
});

Deno.test("a stopped target changes the gradient of the encoder alone", () => {
  const { x, y } = parts();
  const init = (target: MaskedTarget) =>
    maskedLossAndGrads(
      initMasked(stream(4, "init"), { inputs: 3, target }),
      x,
      y,
    );
  const own = init("own");
  const stop = init("stop");
  strictEqual(own.loss, stop.loss);
  ok(own.grads.p.every((g, i) => g === stop.grads.p[i]));
  ok(own.grads.w.some((g, i) => Math.abs(g - stop.grads.w[i]) > 1e-6));
});

Deno.test("predicting its own output the encoder collapses, predicting data it does not", () => {
  const [own, ownLoss] = trained({ target: "own" });
  ok(own < 1e-4 && ownLoss < 1e-8, `${own}, ${ownLoss}`);
  const [data] = trained({ target: "data" });
  ok(data > 0.3, String(data));
  const [stop] = trained({ target: "stop" });
  ok(stop > 0.3, String(stop));
});

Deno.test("a collapsed encoder predicts itself perfectly, and data not at all", () => {
  strictEqual(trained({ target: "own", collapsed: true })[1], 0);
  ok(trained({ target: "data", collapsed: true })[1] > 0.5);
  ok(trained({ target: "floor", collapsed: true })[1] > 0.5);
});

Deno.test("an unknown target is refused", () => {
  throws(
    () => initMasked(stream(1, "init"), { target: "pixels" as MaskedTarget }),
    RangeError,
  );
});
