import assert from "node:assert/strict";
import { settings, trainSeed } from "./helmholtz_shifter.ts";

Deno.test("a short run is better than no run, and sampling agrees with enumeration", () => {
  const finish = (steps: number): ReturnType<typeof run>["metrics"] =>
    run(steps).metrics;
  const run = (steps: number) => {
    const training = trainSeed(
      1,
      settings({ steps, hidden: 8, top: 2, width: 4, evalImages: 64 }),
    );
    for (;;) {
      const next = training.next();
      if (next.done) return next.value;
    }
  };
  const [none, some] = [finish(1), finish(20_000)];
  assert.ok(none.nllBits > 10 && some.nllBits < 7, `${some.nllBits} bits`);
  assert.ok(some.klBits > 0 && some.validMass > none.validMass);
  assert.ok(some.nllBitsSampledError < 0.2);
  assert.ok(some.accuracyBySignsChance > 0.5);
});

Deno.test("settings that cannot work are refused before anything is trained", () => {
  assert.throws(() => settings({ pOn: 2 }), /pOn must be a number from 0 to 1/);
  assert.throws(() => settings({ steps: 0 }), /steps must be an integer ≥ 1/);
  assert.throws(() => settings({ stepz: 1 } as never), /did you mean "steps"/);
  assert.throws(() => settings({ recognitions: 0 }), /from 1 to 1000/);
});
