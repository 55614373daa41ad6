import assert from "node:assert/strict";
import { WORKS } from "./works.ts";

Deno.test("every work can be done, and losses are finite", () => {
  for (const { name, make } of WORKS) {
    const step = make();
    step();
    const result = step();
    if (typeof result === "number") assert.ok(Number.isFinite(result), name);
  }
});

Deno.test("the Python programs know every work by its kind", async () => {
  for (const library of ["numpy", "torch"]) {
    const file = new URL(`./${library}_steps.py`, import.meta.url);
    const source = await Deno.readTextFile(file);
    for (const { name } of WORKS) {
      const [kind] = name.split(":");
      assert.ok(source.includes(`"${kind}"`), `${library} lacks ${kind}`);
    }
  }
});
