/**
 * Configurations that check themselves. A notebook kernel does not type-check
 * cells, so `defineConfig` is what a reader meets who mistypes a key.
 *
 * @module
 */

/** Says what a value must be, or `undefined` where the value is fine. */
export type Check = (value: unknown) => string | undefined;

/** A check for some or all keys of a configuration. */
export type Checks<C> = { readonly [K in keyof C]?: Check };

/** A rule between keys: a broken one answers the key and what it must be. */
export type Rule<C> = (
  config: C,
) => { key: keyof C & string; mustBe: string } | undefined;

/**
 * Makes a function that lays overrides over frozen defaults and checks them.
 *
 * @param action what the configuration is for, as in "train Imax": it starts
 *   the error message
 * @param defaults every key with its default
 * @param checks for each key what its value must be; a key without a check
 *   must have its default's type
 * @param rules conditions between keys, checked last
 * @returns a function from overrides to a frozen configuration, which throws a
 *   RangeError for an unknown key or a value out of range, and a TypeError for
 *   a value of another type
 */
export function defineConfig<C extends object>(
  action: string,
  defaults: C,
  checks: Checks<C> = {},
  rules: readonly Rule<C>[] = [],
): (overrides?: Partial<C>) => Readonly<C> {
  const keys = Object.keys(defaults) as (keyof C & string)[];
  return (overrides = {}) => {
    for (const key of Object.keys(overrides)) {
      if (!keys.includes(key as keyof C & string)) {
        throw new RangeError(
          `Cannot ${action} as "${key}" is not one of its settings` +
            `${didYouMean(key, keys)}: they are ${keys.join(", ")}`,
        );
      }
    }
    const given = Object.fromEntries(
      Object.entries(overrides).filter(([, value]) => value !== undefined),
    );
    const config = Object.freeze({ ...defaults, ...given });
    for (const key of keys) {
      const value = config[key];
      const expected: string = typeof defaults[key];
      const type: string = typeof value;
      if (type !== expected) {
        throw new TypeError(
          refusal(action, key, `a ${expected}`, value),
        );
      }
      const mustBe = checks[key]?.(value);
      if (mustBe) throw new RangeError(refusal(action, key, mustBe, value));
    }
    for (const rule of rules) {
      const broken = rule(config);
      if (broken) {
        throw new RangeError(
          refusal(action, broken.key, broken.mustBe, config[broken.key]),
        );
      }
    }
    return config;
  };
}

/** "Cannot train Imax as batchSize must be an integer > 1: current value is 1". */
export function refusal(
  action: string,
  name: string,
  mustBe: string,
  value: unknown,
): string {
  const shown = typeof value === "string" ? `"${value}"` : describe(value);
  return `Cannot ${action} as ${name} must be ${mustBe}: current value is ${shown}`;
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null
    ? JSON.stringify(value)
    : String(value);
}

/** `, did you mean "x"?` for the nearest of the candidates, or nothing. */
export function didYouMean(
  name: string,
  candidates: readonly string[],
): string {
  let best = "";
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  const near = least <= Math.max(2, Math.floor(name.length / 3));
  return near ? ` (did you mean "${best}"?)` : "";
}

/** Levenshtein's distance: insertions, deletions and substitutions. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(
        previous[j] + 1,
        row[j - 1] + 1,
        previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
      ));
    }
    previous = row;
  }
  return previous[b.length];
}

function numberCheck(
  mustBe: string,
  holds: (value: number) => boolean,
): Check {
  return (value) =>
    typeof value === "number" && holds(value) ? undefined : mustBe;
}

/** 1, 2, 3, … */
export const positiveInteger: Check = /* @__PURE__ */ numberCheck(
  "an integer ≥ 1",
  (x) => Number.isSafeInteger(x) && x >= 1,
);

/** 0, 1, 2, … */
export const nonNegativeInteger: Check = /* @__PURE__ */ numberCheck(
  "an integer ≥ 0",
  (x) => Number.isSafeInteger(x) && x >= 0,
);

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

/** How much of a notebook is run: the whole, or seconds of it for tests. */
export type Preset = "full" | "smoke";

/**
 * The preset of a notebook's parameters cell, checked.
 *
 * @throws {RangeError} for anything but "full" and "smoke"
 */
export function checkPreset(preset: unknown): Preset {
  const mustBe = oneOf("full", "smoke")(preset);
  if (mustBe) {
    throw new RangeError(refusal("run the notebook", "preset", mustBe, preset));
  }
  return preset as Preset;
}
