/** What every experiment refuses. */
import assert from "node:assert/strict";
import { cpuUsage } from "node:process";
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

for (const name of NAMES) {
  Deno.test(`${name} takes or refuses a number of any size at once`, async () => {
    const { settings }: Experiment = await import(experimentModule(name));
    for (const [key, value] of Object.entries(settings({}))) {
      if (typeof value !== "number") continue;
      for (const large of [999_999_937, 1e9, 2 ** 40, 2 ** 53 - 1, 1e300]) {
        const before = cpuUsage();
        try {
          settings({ [key]: large });
        } catch (error) {
          assert.ok(error instanceof Refusal, `${key} = ${large}: ${error}`);
        }
        const { user, system } = cpuUsage(before);
        assert.ok(user + system < 1e6, `${key} = ${large}`);
      }
    }
  });
}

Deno.test("a setting too large for any machine is refused at once", async () => {
  const { settings }: Experiment = await import(
    experimentModule("population_codes")
  );
  for (const units of [999_999_937, 1e9, 2 ** 40]) {
    assert.throws(() => settings({ units }), /units must be an integer from 1/);
  }
});

Deno.test("neural EM without an update is refused", async () => {
  const { settings }: Experiment = await import(experimentModule("neural_em"));
  assert.throws(
    () => settings({ updates: 0 }),
    /updates must be an integer ≥ 1/,
  );
});
