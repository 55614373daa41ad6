import assert from "node:assert/strict";
import {
  exactLogLikelihood,
  exactPosterior,
  exactTopJoint,
  hiddenPrior,
  lossAndGrads,
  recognitionTop,
  sampledNll,
  stateProbabilities,
} from "./exact.ts";
import { gradientCheck } from "../numeric/gradient_check.ts";
import {
  dream,
  helmholtzConfig,
  type HelmholtzParams,
  initHelmholtz,
  layersOf,
} from "./machine.ts";
import { stream } from "../numeric/random.ts";
import { mean } from "../numeric/statistics.ts";

const VISIBLE = 11; // two bytes, the second not full
const config = helmholtzConfig({
  visible: VISIBLE,
  hidden: 3,
  top: 2,
  initScale: 0.4,
});
const params = initHelmholtz(stream(1, "init"), config);
params.topBias.set([0.3, -1]);
params.hiddenBias.set([0.2, -0.4, 0.9]);
params.hiddenRecognitionBias.set([-0.3, 0.5, 0.1]);
params.topRecognitionBias.set([0.7, -0.2]);
const PATTERNS = Uint8Array.from("1010110010101110001011".slice(0, 22));

const close = (a: number, b: number, tolerance = 1e-12): void =>
  assert.ok(
    Math.abs(a - b) <= tolerance * (Math.abs(b) + 1e-300),
    `${a} is not ${b}`,
  );

const bitsOf = (state: number, n: number): number[] =>
  Array.from({ length: n }, (_, j) => (state >> j) & 1);

/** P(lower | upper) straight from the definition. */
function conditional(
  lower: number[],
  upper: number[],
  weights: Float64Array,
  bias: Float64Array,
): number {
  return lower.reduce((p, s, j) => {
    const input = upper.reduce(
      (sum, u, i) => sum + u * weights[i * bias.length + j],
      bias[j],
    );
    const on = 1 / (1 + Math.exp(-input));
    return p * (s ? on : 1 - on);
  }, 1);
}

function bruteJoint(
  p: HelmholtzParams,
  v: number[],
  h: number,
  t: number,
): number {
  const [hs, ts] = [bitsOf(h, 3), bitsOf(t, 2)];
  return conditional(ts, [], p.topToHidden, p.topBias) *
    conditional(hs, ts, p.topToHidden, p.hiddenBias) *
    conditional(v, hs, p.hiddenToVisible, p.visibleBias);
}

const images = [0, 1].map((k) => [
  ...PATTERNS.subarray(k * VISIBLE, (k + 1) * VISIBLE),
]);

Deno.test("state probabilities multiply out and sum to one", () => {
  const p = stateProbabilities([0.2, 0.7]);
  [0.24, 0.06, 0.56, 0.14].forEach((want, s) => close(p[s], want));
});

Deno.test("likelihood, joint and posterior are those of the definition", () => {
  const joint = exactTopJoint(params, PATTERNS);
  const logLikelihood = exactLogLikelihood(params, PATTERNS);
  images.forEach((v, k) => {
    let total = 0;
    for (let t = 0; t < 4; t++) {
      let sum = 0;
      for (let h = 0; h < 8; h++) sum += bruteJoint(params, v, h, t);
      close(joint[4 * k + t], sum);
      total += sum;
    }
    close(logLikelihood[k], Math.log(total));
    const posterior = exactPosterior(
      params,
      PATTERNS.subarray(k * VISIBLE, (k + 1) * VISIBLE),
    );
    for (let h = 0; h < 8; h++) {
      for (let t = 0; t < 4; t++) {
        close(posterior[4 * h + t], bruteJoint(params, v, h, t) / total);
      }
    }
  });
});

Deno.test("all patterns together have probability one", () => {
  const all = Uint8Array.from(
    { length: 2048 * VISIBLE },
    (_, i) => (Math.floor(i / VISIBLE) >> (i % VISIBLE)) & 1,
  );
  const total = exactLogLikelihood(params, all)
    .reduce((sum, l) => sum + Math.exp(l), 0);
  close(total, 1, 1e-10);
  close(hiddenPrior(params).reduce((a, b) => a + b), 1);
});

Deno.test("the recognition law of the top layer is that of the definition", () => {
  const q = recognitionTop(params, PATTERNS);
  images.forEach((v, k) => {
    for (let t = 0; t < 4; t++) {
      let sum = 0;
      for (let h = 0; h < 8; h++) {
        const hs = bitsOf(h, 3);
        sum += conditional(
          hs,
          v,
          params.visibleToHidden,
          params.hiddenRecognitionBias,
        ) * conditional(
          bitsOf(t, 2),
          hs,
          params.hiddenToTop,
          params.topRecognitionBias,
        );
      }
      close(q[4 * k + t], sum);
    }
  });
});

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

Deno.test("patterns that are not whole images are refused", () => {
  assert.throws(
    () => exactLogLikelihood(params, PATTERNS.subarray(1)),
    /multiple of 11 pixels: current length is 21/,
  );
});

Deno.test("a machine too large to enumerate is refused", () => {
  const large = helmholtzConfig({ visible: 4, hidden: 30, top: 1 });
  assert.throws(
    () => hiddenPrior(initHelmholtz(stream(1, "init"), large)),
    /hidden must be at most 22 units \(use sampledNll\): current value is 30/,
  );
});

Deno.test("the updates are the gradients of ln p and ln q, by finite differences", () => {
  const layers = layersOf(params);
  dream(stream(2, "states"), params, layers);
  const check = gradientCheck(params, () => lossAndGrads(params, layers));
  assert.ok(check.maxRelativeError < 1e-8, JSON.stringify(check.worst));
});
