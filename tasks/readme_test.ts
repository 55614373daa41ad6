import assert from "node:assert/strict";
import { join } from "node:path";
import { readme } from "./readme.ts";
import { ROOT } from "./report.ts";

Deno.test("README.md states the numbers of the committed notebooks", async () => {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  assert.ok(
    text === await readme(),
    "README.md is out of date: run  deno task readme",
  );
});
