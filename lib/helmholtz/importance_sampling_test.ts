import assert from "node:assert/strict";
import { sampledNll } from "./importance_sampling.ts";
import { exactLogLikelihood } from "./likelihood.ts";
import { dream, helmholtzConfig, initHelmholtz, layersOf } from "./machine.ts";
import { lossAndGrads } from "./wake_sleep.ts";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { stream } from "../numeric/random.ts";
import { mean } from "../numeric/statistics.ts";

const config = helmholtzConfig({
  visible: 11,
  hidden: 3,
  top: 2,
  initScale: 0.4,
});
const params = initHelmholtz(stream(1, "init"), config);
params.topBias.set([0.3, -1]);
params.hiddenBias.set([0.2, -0.4, 0.9]);
params.hiddenRecognitionBias.set([-0.3, 0.5, 0.1]);
params.topRecognitionBias.set([0.7, -0.2]);
const PATTERNS = Uint8Array.from("1010110010101110001011");

Deno.test("importance sampling agrees with enumeration within its error", () => {
  const exact = -mean(exactLogLikelihood(params, PATTERNS));
  const { value, standardError } = sampledNll(stream(5, "eval"), params, {
    patterns: PATTERNS,
    samples: 20_000,
  });
  assert.ok(standardError < 0.05, `standard error ${standardError}`);
  assert.ok(
    Math.abs(value - exact) < 4 * standardError,
    `${value} ± ${standardError}, exact ${exact}`,
  );
});

Deno.test("the stated standard error is that of repeated estimates", () => {
  const estimates = Array.from(
    { length: 60 },
    (_, i) =>
      sampledNll(stream(i, "eval"), params, {
        patterns: PATTERNS,
        samples: 400,
      }),
  );
  const values = estimates.map(({ value }) => value);
  const center = mean(values);
  const spread = Math.sqrt(mean(values.map((x) => (x - center) ** 2)));
  const stated = mean(estimates.map(({ standardError }) => standardError));
  assert.ok(spread / stated > 0.6 && spread / stated < 1.6);
});

Deno.test("the updates are the gradients of ln p and ln q, by finite differences", () => {
  const layers = layersOf(params);
  dream(stream(2, "states"), params, layers);
  const check = gradientCheck(params, () => lossAndGrads(params, layers));
  assert.ok(check.maxRelativeError < 1e-8, JSON.stringify(check.worst));
});
