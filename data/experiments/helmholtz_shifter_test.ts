import assert from "node:assert/strict";
import { initHelmholtz } from "../../lib/helmholtz/machine.ts";
import { assess } from "../../lib/helmholtz/readout.ts";
import { stream } from "../../lib/numeric/random.ts";
import { finish } from "../../lib/run/training.ts";
import { enumerateShifter } from "../worlds/shifter.ts";
import {
  machineOf,
  settings,
  type ShifterMetrics,
  trainLarge,
  trainOnPairCode,
  trainSeed,
  trainUnpaired,
  worldOf,
  writePairCode,
} from "./helmholtz_shifter.ts";

Deno.test("a short run is better than no run, and sampling agrees with enumeration", () => {
  const small = { hidden: 8, top: 2, width: 4, evalImages: 64 };
  const run = (steps: number): ShifterMetrics =>
    finish(trainSeed(1, settings({ ...small, steps }))).metrics;
  const [none, some] = [run(1), run(20_000)];
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

Deno.test("the pair code explains images in about ten bits, without direction", () => {
  const all = settings({ top: 1, initScale: 0.01 });
  const params = initHelmholtz(stream(1, "ideal"), machineOf(all));
  writePairCode(params, worldOf(all));
  const found = assess(params, enumerateShifter(worldOf(all)));
  // Sixteen independent units that are on with probability 0.15: 9.76 bits,
  // less what several codes of one image add up to.
  assert.ok(found.nllBits > 9.5 && found.nllBits < 9.8, `${found.nllBits}`);
  assert.ok(found.validMass > 0.4);
  const wrong = machineOf(settings({ hidden: 8 }));
  assert.throws(
    () => writePairCode(initHelmholtz(stream(1, "x"), wrong), worldOf(all)),
    /hidden must be 8 places × 2 shifts: current value is 8/,
  );
});

Deno.test("on the pair code one top unit finds the direction", () => {
  const all = settings({
    top: 1,
    initScale: 0.01,
    steps: 40_000,
    evalEvery: 40_000,
  });
  const found: number[] = [];
  finish(trainOnPairCode(1, all), (row) => found.push(row.accuracyByMeaning));
  assert.equal(found.length, 2);
  assert.ok(found[0] < 0.6);
  assert.ok(found[1] > 0.9, `${found[1]}`);
});

Deno.test("unpaired halves leave no direction to read", () => {
  const all = settings({ steps: 30_000, hidden: 8, width: 4 });
  const world = worldOf(all);
  const found = assess(finish(trainUnpaired(1, all)), enumerateShifter(world));
  assert.ok(Math.abs(found.accuracyByMeaning - 0.5) < 0.2);
  assert.ok(found.nllBits > 6); // two rows of four bits: 7.05 bits
});

Deno.test("a machine too large to enumerate is scored by sampling", () => {
  const all = settings({ steps: 5000, hidden: 24, width: 4, evalImages: 32 });
  const { nllBits, standardError, entropyBits } = finish(
    trainLarge(1, all),
  );
  assert.ok(nllBits > entropyBits - 4 * standardError && nllBits < 20);
});
