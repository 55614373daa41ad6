/** What every experiment refuses. */
import assert from "node:assert/strict";
import { type Experiment, experimentModule } from "../../lib/run/experiment.ts";
import { Refusal } from "../../lib/run/config.ts";

const NAMES = Array.from(Deno.readDirSync(import.meta.dirname!), (e) => e.name)
  .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
  .map((name) => name.slice(0, -3));

/** Values that no setting of the same type can have. */
function impossible(value: unknown): unknown[] {
  if (typeof value === "number") return [Infinity, -Infinity, NaN, null, "1"];
  if (typeof value === "string") return ["no such word", "", 1, null];
  if (typeof value === "boolean") return ["true", 1, null];
  return [null, "1", [null], [Infinity], {}];
}

for (const name of NAMES) {
  Deno.test(`${name} refuses words that it does not know and numbers that are none`, async () => {
    const { settings }: Experiment = await import(experimentModule(name));
    for (const [key, value] of Object.entries(settings({}))) {
      for (const wrong of impossible(value)) {
        assert.throws(
          () => settings({ [key]: wrong }),
          (error) => error instanceof Refusal && error.message.includes(key),
          `${key} = ${wrong}`,
        );
      }
    }
  });
}

Deno.test("a setting too large for any machine is refused at once", async () => {
  const { settings }: Experiment = await import(
    experimentModule("population_codes")
  );
  const start = performance.now();
  for (const units of [999_999_937, 1e9, 2 ** 40]) {
    assert.throws(() => settings({ units }), /units must be an integer from 1/);
  }
  assert.ok(performance.now() - start < 1000);
});

Deno.test("neural EM without an update is refused", async () => {
  const { settings }: Experiment = await import(experimentModule("neural_em"));
  assert.throws(
    () => settings({ updates: 0 }),
    /updates must be an integer ≥ 1/,
  );
});
