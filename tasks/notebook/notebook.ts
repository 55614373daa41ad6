/**
 * Notebooks as files: nbformat 4.5, read with checks, written in one normal
 * form, and given parameters by papermill's convention.
 *
 * The normal form is Jupyter's own (sorted keys, one space of indent, text as
 * lists of lines), with canonical metadata and sequential execution counts, so
 * that executing a notebook twice gives the same bytes.
 *
 * Source: https://nbformat.readthedocs.io/en/latest/format_description.html
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { didYouMean, Refusal, refusal } from "../../lib/run/config.ts";
import { CALLED_FROM } from "../project.ts";
import type { MimeBundle, Output } from "./jupyter_client.ts";

/** A cell with its source as one string. */
export interface Cell {
  id: string;
  cell_type: "code" | "markdown" | "raw";
  source: string;
  metadata: { tags?: string[]; [key: string]: unknown };
  /** Of code cells only. */
  outputs: Output[];
  /** Files that the source of a markdown cell shows, by name. */
  attachments?: Record<string, MimeBundle>;
}

/** A notebook of the Deno kernel. */
export interface Notebook {
  cells: Cell[];
  /** Metadata beside kernelspec and language_info, which are canonical. */
  metadata: Record<string, unknown>;
}

/** A value that `--set` may give a parameter. */
export type ParameterValue =
  | number
  | string
  | boolean
  | null
  | ParameterValue[];

/** A `let` of the parameters cell. */
export interface Parameter {
  name: string;
  value: ParameterValue;
  /** Of the preset: what it may be. */
  choices?: string[];
}

const KERNELSPEC = {
  display_name: "Deno",
  language: "typescript",
  name: "deno",
};

const LANGUAGE_INFO = {
  codemirror_mode: "typescript",
  file_extension: ".ts",
  mimetype: "text/x.typescript",
  name: "typescript",
  nbconvert_exporter: "script",
  pygments_lexer: "typescript",
  version: Deno.version.typescript,
};

/** Cell metadata that is kept: the rest is a trace of some editor. */
const CELL_METADATA = ["tags", "jupyter", "editable", "deletable"];

/** Tag and id of the cell that carries values from the command line. */
export const INJECTED = "injected-parameters";

/**
 * Parse the text of an `.ipynb` file.
 *
 * @throws Refusal when it is no notebook of format 4.5 for the Deno kernel
 */
export function parseNotebook(text: string, file: string): Notebook {
  const fail = (name: string, mustBe: string, value: string): never => {
    throw new Refusal(
      `Cannot read ${file} as ${name} must be ${mustBe}: current value is ${value}`,
    );
  };
  let raw;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    fail("its text", "JSON", `not (${(error as Error).message})`);
  }
  if (!Array.isArray(raw?.cells) || typeof raw.nbformat !== "number") {
    fail("its content", "a notebook with cells", text.slice(0, 40).trim());
  }
  if (raw.nbformat !== 4 || raw.nbformat_minor < 5) {
    const version = `${raw.nbformat}.${raw.nbformat_minor}`;
    fail("its format", "4.5 (cells with ids)", version);
  }
  const kernel = raw.metadata?.kernelspec?.name ?? "none";
  if (kernel !== "deno") fail("its kernel", "deno", kernel);
  const ids = new Set<string>();
  const cells = raw.cells.map((cell: Record<string, unknown>, i: number) => {
    const id = cell.id;
    if (typeof id !== "string" || ids.has(id)) {
      fail(`the id of cell ${i}`, "a string of its own", JSON.stringify(id));
    }
    ids.add(id as string);
    return parseCell(cell);
  });
  const { kernelspec: _k, language_info: _l, ...metadata } = raw.metadata;
  return { cells, metadata };
}

function parseCell(raw: Record<string, unknown>): Cell {
  const outputs = (raw.outputs as Record<string, unknown>[] ?? []).map((o) => {
    if (o.output_type === "stream") return { ...o, text: joined(o.text) };
    if (!o.data) return o;
    const data = Object.entries(o.data).map(([type, value]) =>
      [type, isJson(type) ? value : joined(value)] as const
    );
    return { ...o, data: Object.fromEntries(data) };
  });
  return {
    id: raw.id as string,
    cell_type: raw.cell_type as Cell["cell_type"],
    source: joined(raw.source),
    metadata: (raw.metadata ?? {}) as Cell["metadata"],
    outputs: outputs as unknown as Output[],
    ...(raw.attachments
      ? { attachments: raw.attachments as Cell["attachments"] }
      : {}),
  };
}

/** Text of a notebook file in its normal form. */
export function formatNotebook(notebook: Notebook): string {
  let count = 0;
  const cells = notebook.cells.map((cell) => {
    const kept = Object.entries(cell.metadata)
      .filter(([key]) => CELL_METADATA.includes(key));
    const common = {
      cell_type: cell.cell_type,
      id: cell.id,
      metadata: Object.fromEntries(kept),
      source: lines(cell.source),
      ...(cell.attachments ? { attachments: cell.attachments } : {}),
    };
    if (cell.cell_type !== "code") return common;
    const executed = cell.source.trim() !== "";
    const execution_count = executed ? ++count : null;
    return {
      ...common,
      execution_count,
      outputs: cell.outputs.map((o) => formatOutput(o, execution_count)),
    };
  });
  const metadata = {
    ...notebook.metadata,
    kernelspec: KERNELSPEC,
    language_info: LANGUAGE_INFO,
  };
  const file = { cells, metadata, nbformat: 4, nbformat_minor: 5 };
  return JSON.stringify(sorted(file), null, 1) + "\n";
}

function formatOutput(output: Output, execution_count: number | null): unknown {
  if (output.output_type === "stream") {
    return { ...output, text: lines(output.text) };
  }
  if (output.output_type === "error") return output;
  const data = Object.entries(output.data).map(([type, value]) => [
    type,
    typeof value === "string" && !isJson(type) ? lines(value) : value,
  ]);
  const rest = output.output_type === "execute_result"
    ? { execution_count }
    : {};
  return { ...output, ...rest, data: Object.fromEntries(data) };
}

function isJson(mime: string): boolean {
  return mime === "application/json" || mime.endsWith("+json");
}

function joined(value: unknown): string {
  return Array.isArray(value) ? value.join("") : String(value ?? "");
}

const BREAK = String.raw`\n\r\v\f\x1c-\x1e\x85\u2028\u2029`;
const LINE = new RegExp(`[^${BREAK}]*(?:\r\n|[${BREAK}])|[^]+$`, "g");

/** Lines with their ends, as Python's `splitlines(True)` cuts them. */
function lines(text: string): string[] {
  return text.match(LINE) ?? [];
}

/** Keys in order, all the way down, as Python's `sort_keys` puts them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  entries.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  return Object.fromEntries(entries.map(([k, v]) => [k, sorted(v)]));
}

/** Read and check a notebook file. */
export async function readNotebook(file: string): Promise<Notebook> {
  return parseNotebook(await Deno.readTextFile(file), basename(file));
}

/** Put text beside a file and rename it into place, so it is never half there. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const beside = join(dirname(file), `.${basename(file)}.${Deno.pid}.part`);
  try {
    await Deno.writeTextFile(beside, text);
    await Deno.rename(beside, file);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw error;
  }
}

/** True for a cell that carries the tag. */
export function hasTag(cell: Cell, tag: string): boolean {
  return cell.metadata.tags?.includes(tag) ?? false;
}

/**
 * The parameters a notebook declares: each `let name = literal;` that starts a
 * line of the cell tagged `parameters`.
 */
export function parametersOf(notebook: Notebook): Parameter[] {
  const cell = notebook.cells.find((c) => hasTag(c, "parameters"));
  const declaration = /^let\s+([\w$]+)\s*(?::[^=]+)?=\s*(.+?);/gm;
  return Array.from(cell?.source.matchAll(declaration) ?? [], (match) => {
    const [, name, literal] = match;
    const value = parseLiteral(literal);
    return name === "preset"
      ? { name, value, choices: ["full", "smoke"] }
      : { name, value };
  });
}

function parseLiteral(literal: string): ParameterValue {
  const json = literal
    .replace(/(?<=\d)_(?=\d)/g, "")
    .replace(/,\s*([\]}])/g, "$1");
  try {
    return JSON.parse(json);
  } catch {
    return literal;
  }
}

/**
 * Values for a notebook's parameters, from `key=value` texts of the command
 * line. A value is JSON, or else a string, and has its default's type.
 *
 * @throws Refusal for an unknown key or a value that is not a choice
 * @throws Refusal for a value of another type
 */
export function parseSettings(
  notebook: Notebook,
  settings: readonly string[],
): Record<string, ParameterValue> {
  const parameters = parametersOf(notebook);
  const names = parameters.map((p) => p.name);
  const values: Record<string, ParameterValue> = {};
  for (const setting of settings) {
    const [, name, text] = /^([^=]*)=([^]*)$/.exec(setting) ?? [];
    if (name === undefined) {
      throw refusal("set a parameter", "it", "key=value", setting);
    }
    const parameter = parameters.find((p) => p.name === name);
    if (!parameter) {
      throw new Refusal(
        `Cannot set "${name}" as it is not a parameter of the notebook` +
          `${didYouMean(name, names)}: they are ${names.join(", ") || "none"}`,
      );
    }
    values[name] = parseValue(parameter, text);
  }
  return values;
}

function parseValue(parameter: Parameter, text: string): ParameterValue {
  const { name, value: standard, choices } = parameter;
  const isText = typeof standard === "string";
  let value: ParameterValue = text;
  try {
    const json = JSON.parse(text);
    if (!isText || typeof json === "string") value = json;
  } catch {
    // not JSON: a string
  }
  if (choices && !choices.includes(String(value))) {
    const list = choices.map((c) => `"${c}"`).join(" or ");
    throw refusal("set a parameter", name, list, value);
  }
  const kind = (x: unknown): string => Array.isArray(x) ? "array" : typeof x;
  if (standard !== null && kind(value) !== kind(standard)) {
    const article = kind(standard) === "array" ? "an" : "a";
    throw refusal(
      "set a parameter",
      name,
      `${article} ${kind(standard)}`,
      value,
    );
  }
  if (
    name === "seed" && !(Number.isSafeInteger(value) && (value as number) >= 0)
  ) {
    throw refusal("set a parameter", name, "an integer ≥ 0", value);
  }
  return value;
}

/**
 * A copy of the notebook with a cell after the parameters cell that assigns
 * the values. An injected cell that is there already is replaced.
 */
export function injectParameters(
  notebook: Notebook,
  values: Record<string, ParameterValue>,
): Notebook {
  const cells = notebook.cells.filter((cell) => !hasTag(cell, INJECTED));
  const names = Object.keys(values);
  if (names.length > 0) {
    const at = cells.findIndex((cell) => hasTag(cell, "parameters"));
    const source = names
      .map((name) => `${name} = ${JSON.stringify(values[name])};`).join("\n");
    cells.splice(at + 1, 0, {
      id: INJECTED,
      cell_type: "code",
      source,
      metadata: { tags: [INJECTED] },
      outputs: [],
    });
  }
  return { ...notebook, cells };
}

/**
 * Files of the notebooks that a command names: a name with or without
 * `.ipynb`, or a path. No names means all notebooks of the folder.
 *
 * @throws Refusal for a name that no notebook has
 */
export async function findNotebooks(
  names: readonly string[],
  folder: string,
): Promise<string[]> {
  const known: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const { name } = entry;
    // JupyterLab leaves .~name.ipynb where a save was cut short.
    if (entry.isFile && name.endsWith(".ipynb") && !name.startsWith(".")) {
      known.push(basename(name, ".ipynb"));
    }
  }
  known.sort();
  if (names.length === 0) return known.map((n) => join(folder, `${n}.ipynb`));
  return await Promise.all(names.map(async (name) => {
    const bare = basename(name, ".ipynb");
    if (name === bare || name === `${bare}.ipynb`) {
      if (known.includes(bare)) return join(folder, `${bare}.ipynb`);
    }
    for (const from of [CALLED_FROM, dirname(folder)]) {
      const path = resolve(from, name);
      const isFile = await Deno.stat(path).then((s) => s.isFile, () => false);
      if (isFile && name.endsWith(".ipynb")) return path;
    }
    throw new Refusal(
      `Cannot find the notebook "${name}"${didYouMean(bare, known)}: ` +
        `there are ${known.join(", ") || "none"}`,
    );
  }));
}
