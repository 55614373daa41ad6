import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TRAININGS, WORKS } from "./works.ts";

const ALL = [...WORKS, ...TRAININGS.map(({ grown }) => grown)];
const here = fileURLToPath(new URL(".", import.meta.url));

Deno.test("every work can be done, and losses are finite", () => {
  for (const { name, make } of WORKS) {
    const step = make();
    step();
    const result = step();
    if (typeof result === "number") assert.ok(Number.isFinite(result), name);
  }
});

Deno.test("the Python programs know every work by its kind, in any size", async () => {
  for (const library of ["numpy", "torch"]) {
    const source = await Promise.all(
      Array.from(Deno.readDirSync(here))
        .filter(({ name }) => name.startsWith(`${library}_`))
        .map(({ name }) => Deno.readTextFile(`${here}${name}`)),
    ).then((files) => files.join("\n"));
    for (const { name } of ALL) {
      const [kind] = name.split(":");
      assert.ok(source.includes(`"${kind}"`), `${library} lacks ${kind}`);
    }
    for (const { name } of TRAININGS) {
      const [kind] = name.split(":");
      assert.match(source, new RegExp(`^ +"${kind}": ${kind},$`, "m"), library);
      assert.match(
        source,
        new RegExp(`^def ${kind}\\(\\w+\\):$`, "m"),
        library,
      );
    }
  }
});
