import assert from "node:assert/strict";
import { between, positive } from "../../lib/run/checks.ts";
import { checked } from "./parameters.ts";

const GOOD = { seed: 1, preset: "full", steps: 100, rate: 0.1, seeds: 10 };
const CHECKS = { rate: positive };
const NAMES = Object.keys(GOOD);

Deno.test("parameters in range pass", () => {
  assert.equal(checked(() => GOOD, NAMES, CHECKS), GOOD);
  const smoke = { ...GOOD, preset: "smoke", seed: 0 };
  assert.equal(checked(() => smoke, NAMES, CHECKS), smoke);
});

Deno.test("a value out of range is refused by its name, its range and itself", () => {
  const cases: [object, RegExp][] = [
    [{ seed: -1 }, /seed must be an integer ≥ 0: current value is -1/],
    [{ seed: 1.5 }, /seed must be an integer ≥ 0: current value is 1\.5/],
    [{ seed: 1e300 }, /seed must be an integer ≥ 0: current value is 1e\+300/],
    [{ seed: "1" }, /seed must be an integer ≥ 0: current value is "1"/],
    [{ preset: "smok" }, /preset must be one of "full", "smoke": .* "smok"/],
    [{ seeds: 1e9 }, /seeds must be an integer from 1 to 1000/],
    [{ steps: 0 }, /steps must be an integer ≥ 1: current value is 0/],
    [{ steps: NaN }, /steps must be/],
    [{ rate: -0.1 }, /rate must be a finite number > 0/],
  ];
  for (const [change, message] of cases) {
    const values = { ...GOOD, ...change };
    assert.throws(() => checked(() => values, NAMES, CHECKS), message);
  }
  assert.throws(
    () => checked(() => GOOD, NAMES, { ...CHECKS, seed: between(2, 3) }),
    /seed must be a number from 2 to 3/,
  );
});

Deno.test("a parameter that is mistyped, left out or unknown is named with the nearest", () => {
  const values = (): typeof GOOD => ({ ...GOOD, seed: missing as number });
  assert.throws(
    () => checked(values, ["misssing", "preset"], CHECKS),
    /"misssing" is not one of its parameters \(did you mean "missing"\?\)/,
  );
  assert.throws(
    () => checked(values, ["preset"], CHECKS),
    /the parameter missing must be declared: run the cell that declares it/,
  );
  assert.throws(
    () => checked(() => GOOD, [...NAMES, "setps"], CHECKS),
    /"setps" is not one of its parameters \(did you mean "steps"\?\): they are/,
  );
});

// deno-lint-ignore no-explicit-any
declare const missing: any; // of a cell that was mistyped
