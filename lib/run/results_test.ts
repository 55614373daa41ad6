import assert from "node:assert/strict";
import {
  type Claim,
  claim,
  collectClaims,
  failures,
  knownToFail,
  metric,
  paramsSha256,
  parseResults,
  type Results,
  unexpectedlyHolding,
} from "./results.ts";
import { reader } from "./reader.ts";

Deno.test("a claim says what was observed, its bound and whether it holds", () => {
  assert.deepEqual(claim("AMI beats k-means", 0.9, ">=", 0.819), {
    text: "AMI beats k-means",
    observed: 0.9,
    bound: "≥ 0.819",
    holds: true,
  });
  assert.equal(claim("x", 1, "<", 1).holds, false);
  assert.equal(claim("x", 1, "=", 1).holds, true);
  assert.deepEqual(claim("x", 3, "within", [1, 2]), {
    text: "x",
    observed: 3,
    bound: "from 1 to 2",
    holds: false,
  });
});

Deno.test("a bound is told as it was typed, a computed one to four digits", () => {
  const bound = (x: number): string => claim("x", 0, "<", x).bound;
  assert.equal(bound(0.36995734794269897), "< 0.37");
  assert.equal(bound(1 / 3), "< 0.3333");
  assert.equal(bound(-200 / 7), "< -28.57");
  for (const typed of [0.0125, 1e-6, 8.09, 0.791, 1e6, 0, -0.05, 123456]) {
    assert.equal(bound(typed), `< ${typed}`);
  }
  const { bound: ends } = claim("x", 0, "within", [0.1, 2 / 3]);
  assert.equal(ends, "from 0.1 to 0.6667");
});

Deno.test("a claim that fails is named, unless it is declared to; one that holds all the same is named, too", () => {
  const [holds, fails] = [1, -1].map((x) => claim(`about ${x}`, x, ">", 0));
  const claims = [holds, fails, ...[holds, fails].map(knownToFail)];
  assert.deepEqual(failures(claims), [
    'the claim "about -1" fails: -1, bound > 0',
  ]);
  assert.deepEqual(unexpectedlyHolding(claims), [
    'the claim "about 1" holds, though it is declared to fail: 1, bound > 0',
  ]);
});

Deno.test("a claim about NaN never holds", () => {
  for (const comparison of ["<=", ">=", "<", ">", "="] as const) {
    assert.equal(claim("x", NaN, comparison, 0).holds, false);
  }
  assert.equal(claim("x", NaN, "within", [0, 1]).holds, false);
});

Deno.test("a bound that does not fit its comparison is refused", () => {
  assert.throws(() => claim("x", 1, "within", 1), /two numbers/);
  assert.throws(() => claim("x", 1, "<", [1, 2]), /one number/);
});

Deno.test("a section that is run again states its claims in their old places", () => {
  const claims: Claim[] = [];
  const section = (observed: number): Claim[] =>
    ["a", "b"].map((text) => claim(text, observed, ">", 0));
  collectClaims(claims, section(1));
  collectClaims(claims, [claim("c", 1, ">", 0)]);
  collectClaims(claims, section(2));
  assert.deepEqual(
    claims.map(({ text, observed }) => [text, observed]),
    [["a", 2], ["b", 2], ["c", 1]],
  );
});

Deno.test("a metric fills what is left out with null", () => {
  assert.equal(metric("NLL", 9.3, { unit: "bits" }).limit, null);
});

Deno.test("the hash is SHA-256 of the bytes, by name, and sees one bit", async () => {
  const b = Float32Array.of(1, 2);
  const a = Float64Array.of(3);
  const hash = await paramsSha256({ b, a });
  assert.equal(hash, await paramsSha256({ a, b }));
  assert.match(hash, /^[0-9a-f]{64}$/);
  const view = new Float32Array(new ArrayBuffer(16), 4, 2);
  view.set(b);
  assert.equal(hash, await paramsSha256({ a, b: view }));
  b[1] = 2.0000002;
  assert.notEqual(hash, await paramsSha256({ a, b }));
});

Deno.test("results that were read are what was written, or the part that is not is named", () => {
  const results: Results = {
    notebook: "x",
    preset: "smoke",
    seed: 1,
    config: { steps: 2 },
    paramsSha256: "0",
    metrics: [
      metric("loss", 1, { better: "lower", unit: "nats" }),
      metric("longer", 1, { recorded: true }),
    ],
    claims: [
      claim("it learns", 1, ">", 0),
      knownToFail(claim("it binds", 0, ">", 1)),
    ],
  };
  const read = (change: object): Results =>
    parseResults(
      JSON.parse(JSON.stringify({ ...results, ...change })),
      reader("read x"),
    );
  assert.deepEqual(read({}), results);
  const cases: [object, RegExp][] = [
    [{ metrics: null }, /its metrics must be a list: current value is null/],
    [{ metrics: [null] }, /metric 0 must be an object/],
    [
      { metrics: [metric("loss", NaN)] },
      /value of the metric "loss" must be a/,
    ],
    [{ metrics: [{ name: "a", value: 1 }] }, /unit of the metric "a" must be/],
    [
      { metrics: [metric("a", 1, { sd: "2" as never })] },
      /sd of the metric "a"/,
    ],
    [{ claims: [{ ...results.claims[0], holds: 1 }] }, /holds of claim 0 must/],
    [
      { claims: [{ ...results.claims[0], knownToFail: "x" }] },
      /knownToFail of claim 0/,
    ],
    [{ claims: {} }, /its claims must be a list/],
    [{ preset: "quick" }, /its preset must be "full" or "smoke"/],
    [{ seed: null }, /its seed must be a finite number/],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => read(change), message);
  }
});
