import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PYTHON, withReferences } from "./references.ts";
import { TRAININGS, WORKS } from "./works.ts";

const ALL = [...WORKS, ...TRAININGS.map(({ grown }) => grown)];
const here = fileURLToPath(new URL(".", import.meta.url));
/** A test that imports PyTorch runs where the benchmark has installed it. */
const ignore = !existsSync(PYTHON);

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

Deno.test({
  name: "numpy and PyTorch do every work in every size",
  ignore,
  async fn(): Promise<void> {
    const missing: string[] = [];
    await withReferences("one", missing, async (references) => {
      for (const reference of references) {
        for (const { name } of ALL) {
          assert.ok(await reference.time(name, 1) > 0, name);
        }
      }
      assert.equal(references.length, 2, missing.join());
    });
  },
});

Deno.test({
  name: "gradients by hand in numpy are those of PyTorch's autograd",
  ignore,
  async fn(): Promise<void> {
    const { success, stderr } = await new Deno.Command(PYTHON, {
      args: ["-B", "gradients_agree.py"],
      cwd: here,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  },
});
