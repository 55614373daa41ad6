import assert from "node:assert/strict";
import { exactTopJoint, sumRecognitionTop } from "./likelihood.ts";
import { helmholtzConfig, initHelmholtz } from "./machine.ts";
import { topMeaning } from "./readout.ts";
import { sampledMeaning, sampledTops } from "./sampled_readout.ts";
import { stream } from "../numeric/random.ts";
import { finish } from "../run/training.ts";

const config = helmholtzConfig({
  visible: 4,
  hidden: 3,
  top: 2,
  initScale: 0.5,
});
const params = initHelmholtz(stream(3, "init"), config);
/** All sixteen patterns. */
const PATTERNS = Uint8Array.from(
  { length: 64 },
  (_, i) => ((i >> 2) >> (i & 3)) & 1,
);

function close(a: Float64Array, b: Float64Array, tolerance: number): void {
  assert.equal(a.length, b.length);
  a.forEach((value, i) =>
    assert.ok(Math.abs(value - b[i]) < tolerance, `${i}: ${value}, ${b[i]}`)
  );
}

Deno.test("sampled top states have the exact probabilities, of recognition and posterior", () => {
  const found = finish(sampledTops(stream(1, "eval"), params, {
    patterns: PATTERNS,
    samples: 4000,
  }));
  close(found.recognition, finish(sumRecognitionTop(params, PATTERNS)), 0.03);
  const joint = exactTopJoint(params, PATTERNS);
  const posterior = joint.map((p, i) => {
    const first = i - i % 4;
    return p / joint.subarray(first, first + 4).reduce((a, b) => a + b);
  });
  close(found.posterior, posterior, 0.06);
});

Deno.test("the meaning of fantasies is the exact one", () => {
  // The value is pixel 0; patterns with pixels 1 and 2 on are not valid.
  const valid = (p: Uint8Array): boolean => !(p[1] && p[2]);
  const { meaning, valid: mass } = sampledMeaning(stream(1, "eval"), params, {
    valuesOf: (p) => valid(p) ? [p[0]] : [],
    values: 2,
    count: 20_000,
  });
  const labels = Float64Array.from({ length: 32 }, (_, i) => {
    const pattern = PATTERNS.subarray(4 * (i >> 1), 4 * (i >> 1) + 4);
    return valid(pattern) && pattern[0] === (i & 1) ? 1 / 12 : 0;
  });
  const exact = topMeaning(params, exactTopJoint(params, PATTERNS), labels);
  close(meaning, exact, 0.02);
  const sums = Float64Array.from(
    mass,
    (_, t) => exact[2 * t] + exact[2 * t + 1],
  );
  close(mass, sums, 0.02);
});
