import assert from "node:assert/strict";
import { csv } from "./csv.ts";

Deno.test("rows are lines with the names of all columns above", () => {
  assert.equal(
    csv([{ a: 1 / 3, b: 'say "x", y' }, { b: "two\nlines", c: NaN }]),
    'a,b,c\n0.333333,"say ""x"", y",\n,"two\nlines",\n',
  );
  assert.equal(csv([{ n: 1e-9 }, { n: 1234567 }]), "n\n1e-9\n1234570\n");
});
