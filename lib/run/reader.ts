/**
 * Values that come from outside, read as what they must be: files, messages of
 * a kernel. What has another shape is refused by the name of its part.
 *
 * @module
 */
import { refusal } from "./config.ts";

/** An object of JSON. */
export type Json = Record<string, unknown>;

/** Each function returns the value, or throws a Refusal that names it. */
export interface Reader {
  refuse(name: string, mustBe: string, value: unknown): never;
  object(value: unknown, name: string): Json;
  list(value: unknown, name: string): unknown[];
  string(value: unknown, name: string): string;
  /** A finite number. */
  number(value: unknown, name: string): number;
  oneOf<T extends string | boolean>(
    value: unknown,
    name: string,
    choices: readonly T[],
  ): T;
  /** An object whose values are what `read` makes of them. */
  record<T>(
    value: unknown,
    name: string,
    read: (value: unknown, name: string) => T,
  ): Record<string, T>;
  /** What `read` makes of the value, or null where there is none. */
  optional<T>(
    value: unknown,
    name: string,
    read: (value: unknown, name: string) => T,
  ): T | null;
  /** Objects and lists that lie in each other `most` deep at most. */
  shallow(value: unknown, name: string, most: number): void;
  /** The value of a JSON text. */
  json(text: string, name: string): unknown;
}

/** @param action what the values are read for: it starts the error message */
export function reader(action: string): Reader {
  const refuse = (name: string, mustBe: string, value: unknown): never => {
    throw refusal(action, name, mustBe, value);
  };
  const object = (value: unknown, name: string): Json =>
    isObject(value) ? value : refuse(name, "an object", value);
  return {
    refuse,
    object,
    record: (value, name, read) =>
      Object.fromEntries(
        Object.entries(object(value, name))
          .map(([key, part]) => [key, read(part, `${key} of ${name}`)]),
      ),
    list: (value, name) =>
      Array.isArray(value) ? value : refuse(name, "a list", value),
    string: (value, name) =>
      typeof value === "string" ? value : refuse(name, "text", value),
    number: (value, name) =>
      typeof value === "number" && Number.isFinite(value)
        ? value
        : refuse(name, "a finite number", value),
    oneOf: (value, name, choices) =>
      choices.find((choice) => choice === value) ??
        refuse(name, choices.map((c) => JSON.stringify(c)).join(" or "), value),
    optional: (value, name, read) =>
      value === null || value === undefined ? null : read(value, name),
    shallow(value, name, most): void {
      // Level by level: a walk that calls itself would end where V8's stack does.
      let level = [value];
      for (let depth = 0; level.length > 0; depth++) {
        level = level.filter((v) => typeof v === "object" && v !== null)
          .flatMap((v) => Object.values(v as object));
        if (depth > most) refuse(name, `nested at most ${most} deep`, "deeper");
      }
    },
    json(text, name): unknown {
      try {
        return JSON.parse(text);
      } catch (error) {
        return refuse(name, "JSON", (error as Error).message);
      }
    },
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
