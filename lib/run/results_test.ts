import assert from "node:assert/strict";
import {
  type Claim,
  claim,
  collectClaims,
  metric,
  paramsSha256,
} from "./results.ts";

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
