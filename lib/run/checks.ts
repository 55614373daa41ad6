/**
 * What a setting's value must be: `import * as is from "…/run/checks.ts"`, and
 * a configuration reads `units: [225, is.positiveInteger]`.
 *
 * @module
 */

/** Says what a value must be, or `undefined` where the value is fine. */
export type Check = (value: unknown) => string | undefined;

function numberCheck(
  mustBe: string,
  holds: (value: number) => boolean,
): Check {
  return (value) =>
    typeof value === "number" && holds(value) ? undefined : mustBe;
}

/** 1, 2, 3, … */
export const positiveInteger: Check = /* @__PURE__ */ integerIn(1, Infinity);

/** 0, 1, 2, … */
export const nonNegativeInteger: Check = /* @__PURE__ */ integerIn(0, Infinity);

/** An integer from `min` to `max`, both included. */
export function integerIn(min: number, max: number): Check {
  const mustBe = max === Infinity
    ? `an integer ≥ ${min}`
    : `an integer from ${min} to ${max}`;
  return numberCheck(
    mustBe,
    (x) => Number.isSafeInteger(x) && x >= min && x <= max,
  );
}

/** A finite number above 0. */
export const positive: Check = /* @__PURE__ */ numberCheck(
  "a finite number > 0",
  (x) => Number.isFinite(x) && x > 0,
);

/** A finite number, 0 or above. */
export const nonNegative: Check = /* @__PURE__ */ numberCheck(
  "a finite number ≥ 0",
  (x) => Number.isFinite(x) && x >= 0,
);

/** A number in [0, 1]. */
export const probability: Check = /* @__PURE__ */ between(0, 1);

/** A number in [0, 1): what is kept of something that must not stay for ever. */
export const share: Check = /* @__PURE__ */ numberCheck(
  "a number in [0, 1)",
  (x) => x >= 0 && x < 1,
);

/** A number from `min` to `max`, both included. */
export function between(min: number, max: number): Check {
  return numberCheck(
    `a number from ${min} to ${max}`,
    (x) => x >= min && x <= max,
  );
}

/** One of the listed values. */
export function oneOf(...values: readonly (string | number)[]): Check {
  const mustBe = `one of ${
    values.map((value) => JSON.stringify(value)).join(", ")
  }`;
  return (value) =>
    values.includes(value as string | number) ? undefined : mustBe;
}
