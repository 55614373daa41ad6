import assert from "node:assert/strict";
import { CORES, coresNow } from "./cores.ts";

Deno.test("a kernel's cores are its share, or all where there is none", () => {
  const all = navigator.hardwareConcurrency;
  const file = Deno.makeTempFileSync();
  try {
    assert.equal(coresNow(), all);
    Deno.env.set(CORES, file);
    for (const [text, cores] of [["3", 3], ["1\n", 1], ["", all], ["x", all]]) {
      Deno.writeTextFileSync(file, String(text));
      assert.equal(coresNow(), cores);
    }
  } finally {
    Deno.removeSync(file);
    assert.equal(coresNow(), all);
    Deno.env.delete(CORES);
  }
});
