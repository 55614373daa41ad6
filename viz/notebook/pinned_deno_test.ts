import assert from "node:assert/strict";
import { PINNED_DENO, wrongDeno } from "./pinned_deno.ts";

Deno.test("another minor version of Deno is wrong, another patch is not", () => {
  assert.equal(wrongDeno(PINNED_DENO), null);
  assert.equal(wrongDeno(Deno.version.deno), null);
  assert.equal(wrongDeno("2.9.0"), null);
  for (const version of ["2.8.3", "2.10.0", "3.9.6"]) {
    assert.match(String(wrongDeno(version)), /current value is \d\.\d+\.\d,/);
  }
});
