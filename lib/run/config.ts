/**
 * Configurations that check themselves. A notebook kernel does not type-check
 * cells, so `checkedConfig` is what a reader meets who mistypes a key.
 *
 * @module
 */
import { type Check, oneOf } from "./checks.ts";

/** The default of a key and, besides its type, what a value must be. */
export type Field<V> = readonly [initial: V, check?: Check];

/** Every key of a configuration. */
export type Fields<C> = { readonly [K in keyof C]-?: Field<C[K]> };

/** Lays overrides over defaults and checks them; see `checkedConfig`. */
export interface Configure<C> {
  (overrides?: Partial<C>): Readonly<C>;
  /** What it is made of, for a larger configuration of which it is a part. */
  readonly fields: Fields<C>;
}

/** A condition between keys: the key to blame, whether it holds, what it asks. */
export type Rule<C> = readonly [
  key: keyof C & string,
  holds: boolean,
  mustBe: string,
];

/**
 * Makes a function that lays overrides over frozen defaults and checks them.
 *
 * @param action what the configuration is for, as in "train Imax": it starts
 *   the error message
 * @param fields each key with its default and its check; a value must have its
 *   default's type, and a number be finite
 * @param rules conditions between keys, checked last; may throw by itself, as
 *   what makes a part of a program from the configuration does
 * @returns a function from overrides to a frozen configuration, which throws a
 *   Refusal for an unknown key and for a value of another type or out of range
 */
export function checkedConfig<C extends object>(
  action: string,
  fields: Fields<NoInfer<C>>,
  rules: (config: Readonly<NoInfer<C>>) => readonly Rule<NoInfer<C>>[] | void =
    () => [],
): Configure<C> {
  const keys = Object.keys(fields) as (keyof C & string)[];
  const defaults = Object.fromEntries(
    keys.map((key) => [key, fields[key][0]]),
  ) as C;
  const configure = (overrides: Partial<C> = {}): Readonly<C> => {
    for (const key of Object.keys(overrides)) {
      if (!keys.includes(key as keyof C & string)) {
        throw new Refusal(
          `Cannot ${action} as "${key}" is not one of its settings` +
            `${didYouMean(key, keys)}: they are ${keys.join(", ")}`,
        );
      }
    }
    const config = Object.freeze(overlaid(defaults, overrides));
    for (const key of keys) {
      const value: unknown = config[key];
      const expected: string = typeof defaults[key];
      const type: string = value === null ? "null" : typeof value;
      if (type !== expected) {
        throw refusal(action, key, `a ${expected}`, value);
      }
      const isFinite = typeof value !== "number" || Number.isFinite(value);
      const mustBe = fields[key][1]?.(value) ??
        (isFinite ? undefined : "a finite number");
      if (mustBe) throw refusal(action, key, mustBe, value);
    }
    for (const [key, holds, mustBe] of rules(config) ?? []) {
      if (!holds) {
        throw refusal(action, key, mustBe, config[key]);
      }
    }
    return config;
  };
  return Object.assign(configure, { fields });
}

/** Fields that share a check: `...each(is.positive, { from: 0.5, to: 0.02 })`. */
export function each<C extends object>(check: Check, defaults: C): Fields<C> {
  const entries = Object.entries(defaults);
  const fields = entries.map(([key, initial]) => [key, [initial, check]]);
  return Object.fromEntries(fields) as unknown as Fields<C>;
}

/** Fields with other defaults, checked as before. */
export function withDefaults<C extends object>(
  fields: Fields<C>,
  defaults: Readonly<Partial<NoInfer<C>>>,
): Fields<C> {
  const keys = Object.keys(fields) as (keyof C)[];
  const entries = keys.map((key) => {
    const [own, check] = fields[key];
    return [key, [defaults[key] ?? own, check]];
  });
  return Object.fromEntries(entries) as Fields<C>;
}

/**
 * A configuration in which `key` names where the other keys start from: an
 * entry of `starts`, over the defaults and under the overrides.
 */
export function startingFrom<C extends object, K extends keyof C>(
  key: K,
  starts: Readonly<Record<C[K] & string, Partial<C>>>,
  configure: Configure<C>,
): Configure<C> {
  const fromStart = (overrides: Partial<C> = {}): Readonly<C> => {
    const named = configure({ [key]: overrides[key] } as Partial<C>);
    const start = starts[named[key] as C[K] & string];
    return configure(overlaid(start, overrides));
  };
  return Object.assign(fromStart, { fields: configure.fields });
}

/** Values over others; one that is undefined leaves what lies under it. */
function overlaid<C extends object>(
  under: C,
  over: Partial<NoInfer<C>>,
): C {
  const given = Object.entries(over).filter(([, value]) => value !== undefined);
  return { ...under, ...Object.fromEntries(given) };
}

/** The part of `settings` that `configure` knows, checked by it. */
export function partOf<C extends object>(
  configure: Configure<C>,
  settings: Partial<C>,
): Readonly<C> {
  const keys = Object.keys(configure()) as (keyof C)[];
  const known = keys.map((key) => [key, settings[key]]);
  return configure(Object.fromEntries(known) as Partial<C>);
}

/**
 * What was given cannot be used, which is no fault of the program: its message
 * is all that there is to say.
 */
export class Refusal extends RangeError {}

/**
 * "Cannot train Imax as batchSize must be an integer > 1: current value is 1",
 * in one line, whatever the value.
 */
export function refusal(
  action: string,
  name: string,
  mustBe: string,
  value: unknown,
): Refusal {
  const words = `Cannot ${action} as ${name} must be ${mustBe}`;
  return new Refusal(`${oneLine(words)}: current value is ${describe(value)}`);
}

/** Text with its control characters and ends of lines as escapes. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A value as it is written, its end left out where it is long. */
function describe(value: unknown): string {
  const isWritten = typeof value === "string" ||
    typeof value === "object" && value !== null;
  const text = oneLine(isWritten ? JSON.stringify(value) : String(value));
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
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

/** How much of a notebook is run: the whole, or seconds of it for tests. */
export type Preset = "full" | "smoke";

/**
 * The preset of a notebook's parameters cell, checked.
 *
 * @throws {Refusal} for anything but "full" and "smoke"
 */
export function checkPreset(preset: unknown): Preset {
  const mustBe = oneOf("full", "smoke")(preset);
  if (mustBe) {
    throw refusal("run the notebook", "preset", mustBe, preset);
  }
  return preset as Preset;
}
