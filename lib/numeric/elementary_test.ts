import assert from "node:assert/strict";
import * as numeric from "./elementary.ts";
import { stream, uniform } from "./random.ts";

const float = new Float64Array(1);
const integer = new BigInt64Array(float.buffer);

/** The distance from |x| to the next float64. */
function ulp(x: number): number {
  float[0] = Math.abs(x);
  integer[0] += 1n;
  return float[0] - Math.abs(x);
}

function worstUlp(
  ours: (x: number) => number,
  engine: (x: number) => number,
  low: number,
  high: number,
): number {
  const rng = stream(7, "arguments");
  let worst = 0;
  for (let i = 0; i < 100_000; i++) {
    const x = uniform(rng, low, high);
    const want = engine(x);
    const error = Math.abs(ours(x) - want) / ulp(want);
    assert.ok(!Number.isNaN(error), `NaN at ${x}`);
    if (error > worst) worst = error;
  }
  return worst;
}

const CASES: [
  string,
  (x: number) => number,
  (x: number) => number,
  number,
  number,
  number,
][] = [
  ["exp", numeric.exp, Math.exp, -708, 709, 1],
  ["exp at the lower end", numeric.exp, Math.exp, -745, -708, 3],
  ["exp at the upper end", numeric.exp, Math.exp, 709, 709.78, 3],
  ["exp near 0", numeric.exp, Math.exp, -1, 1, 1],
  ["expm1", numeric.expm1, Math.expm1, -1, 1, 4],
  ["log", numeric.log, Math.log, 1e-300, 1e300, 1],
  ["log near 1", numeric.log, Math.log, 0.5, 2, 1],
  ["log1p", numeric.log1p, Math.log1p, -0.9, 2, 2],
  ["tanh", numeric.tanh, Math.tanh, -5, 5, 4],
  ["atanh", numeric.atanh, Math.atanh, -0.999, 0.999, 4],
  ["sin", numeric.sin, Math.sin, -100, 100, 1],
  ["cos", numeric.cos, Math.cos, -100, 100, 1],
  ["atan2 right", (y) => numeric.atan2(y, 1), Math.atan, -10, 10, 6],
  [
    "atan2 left",
    (y) => numeric.atan2(y, -1),
    (y) => Math.atan2(y, -1),
    -10,
    10,
    6,
  ],
];

for (const [name, ours, engine, low, high, bound] of CASES) {
  Deno.test(`${name} is within ${bound} ulp of the engine's function`, () => {
    assert.ok(worstUlp(ours, engine, low, high) <= bound);
  });
}

Deno.test("exp and log treat the ends of the range as the standard does", () => {
  assert.equal(numeric.exp(-Infinity), 0);
  assert.equal(numeric.exp(Infinity), Infinity);
  assert.equal(numeric.exp(710), Infinity);
  assert.equal(numeric.exp(-745), 5e-324);
  assert.equal(numeric.exp(-800), 0);
  assert.equal(numeric.exp(0), 1);
  assert.ok(Number.isNaN(numeric.exp(NaN)));
  assert.equal(numeric.log(0), -Infinity);
  assert.equal(numeric.log(1), 0);
  assert.equal(numeric.log(Infinity), Infinity);
  assert.equal(numeric.log(5e-324), Math.log(5e-324));
  assert.ok(Number.isNaN(numeric.log(-1)));
  assert.ok(Number.isNaN(numeric.log(NaN)));
});

Deno.test("sigmoid, softplus and logSumExp do not overflow", () => {
  assert.equal(numeric.sigmoid(-1000), 0);
  assert.equal(numeric.sigmoid(1000), 1);
  assert.equal(numeric.softplus(1000), 1000);
  assert.equal(numeric.softplus(-1000), 0);
  assert.equal(numeric.logSumExp([]), -Infinity);
  assert.equal(numeric.logSumExp([-Infinity, -Infinity]), -Infinity);
  const shifted = numeric.logSumExp([1000, 1000]);
  assert.ok(Math.abs(shifted - (1000 + numeric.LN2)) < 1e-12);
});

Deno.test("logit inverts sigmoid", () => {
  for (const x of [-30, -3, -0.1, 0, 0.1, 3]) {
    const back = numeric.logit(numeric.sigmoid(x));
    assert.ok(Math.abs(back - x) < 1e-12 * (1 + Math.abs(x)));
  }
});

Deno.test("the first values are pinned, so that a change of bits is seen", () => {
  const sum = [0.1, 1.7, -3.3].map((x) =>
    numeric.exp(x) + numeric.log(x + 4) + numeric.sin(x) + numeric.tanh(x)
  );
  assert.deepEqual(sum, PINNED);
});

const PINNED = [2.7156593030576937, 9.14148744762327, -1.159329042493386];
