/**
 * What a report is called: as its notebook, and where it was run with other
 * parameters than the notebook's own, what differs: `shifter.seed-2.preset-smoke`.
 *
 * @module
 */
import { refusal } from "../../lib/run/config.ts";
import {
  type Notebook,
  parametersOf,
  type ParameterValue,
} from "./notebook.ts";

/** Parameters that a run was given, by name. */
export type Values = Readonly<Record<string, ParameterValue>>;

/** Longest name of a report, in characters: its files' endings come on top. */
const LONGEST = 120;

/** The values that are not the notebook's own, in the order of its parameters. */
export function differing(notebook: Notebook, values: Values): Values {
  return Object.fromEntries(
    parametersOf(notebook).flatMap(({ name, value }) =>
      name in values && JSON.stringify(values[name]) !== JSON.stringify(value)
        ? [[name, values[name]]]
        : []
    ),
  );
}

/**
 * The name of a report's files, without their endings.
 *
 * @throws Refusal where it is longer than a file system takes
 */
export function reportName(notebook: string, differing: Values): string {
  const parts = Object.entries(differing)
    .map(([name, value]) => `.${name}-${written(value)}`);
  const name = notebook + parts.join("");
  if (parts.length > 0 && name.length > LONGEST) {
    const most = `at most ${LONGEST} characters long with what differs`;
    throw refusal("report", "the name of the notebook", most, name);
  }
  return name;
}

/** A value with what no file's name can hold as ~ and its code: no two alike. */
function written(value: ParameterValue): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return encodeURIComponent(text)
    .replaceAll(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
    .replaceAll("%", "~");
}

/** The command that makes a report again, from the project's root. */
export function commandOf(notebook: string, differing: Values): string {
  const words = Object.entries(differing).flatMap(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return name === "seed" || name === "preset"
      ? [`--${name}`, quoted(text)]
      : ["--set", quoted(`${name}=${text}`)];
  });
  return ["deno task report", quoted(notebook), ...words].join(" ");
}

/** A word of a shell. */
function quoted(word: string): string {
  return /^[\w./=,:+-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}
