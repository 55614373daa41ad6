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
import { type Json, type Reader, reader } from "../../lib/run/reader.ts";
import { CALLED_FROM } from "../project.ts";
import {
  isJson,
  MAX_DEPTH,
  type MimeBundle,
  type Output,
  parseBundle,
  parseOutput,
  textOf,
} from "./output.ts";

const CELL_TYPES = ["code", "markdown", "raw"] as const;

/** A cell with its source as one string. */
export interface Cell {
  id: string;
  cell_type: (typeof CELL_TYPES)[number];
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

/** Metadata that is kept: the rest is a trace of some editor or machine. */
const METADATA = ["authors", "title"];
const CELL_METADATA = [
  "tags",
  "jupyter",
  "editable",
  "deletable",
  "slideshow",
];

/** Tag and id of the cell that carries values from the command line. */
export const INJECTED = "injected-parameters";

/** Largest file, in bytes. */
const MAX_FILE = 50_000_000;
/** Longest source of a cell, in characters. */
const MAX_SOURCE = 1_000_000;

/**
 * Parse the text of an `.ipynb` file. What nbformat 4.5 does not know is left
 * out; what it asks for is checked here, once.
 *
 * @throws Refusal naming the part that makes it no notebook of format 4.5 for
 *   the Deno kernel
 */
export function parseNotebook(text: string, file: string): Notebook {
  const from = reader(`read ${file}`);
  const raw = from.object(from.json(text, "its text"), "its content");
  if (typeof raw.nbformat !== "number" || !Array.isArray(raw.cells)) {
    return from.refuse("its content", "a notebook with cells", text);
  }
  const minor = raw.nbformat_minor;
  if (raw.nbformat !== 4 || typeof minor !== "number" || minor < 5) {
    const version = `${raw.nbformat}.${minor}`;
    from.refuse("its format", "4.5 (cells with ids)", version);
  }
  const metadata = from.object(raw.metadata, "its metadata");
  const kernelspec = from.object(metadata.kernelspec ?? {}, "its kernelspec");
  from.oneOf(kernelspec.name, "its kernel", ["deno"]);
  const ids = new Set<string>();
  const cells = from.list(raw.cells, "its cells").map((cell, i) => {
    const parsed = parseCell(cell, `cell ${i}`, from);
    if (ids.has(parsed.id)) {
      from.refuse(`the id of cell ${i}`, "its own", parsed.id);
    }
    ids.add(parsed.id);
    return parsed;
  });
  const rest = kept(metadata, METADATA);
  from.shallow(rest, "its metadata", MAX_DEPTH);
  return { cells, metadata: rest };
}

function parseCell(value: unknown, name: string, from: Reader): Cell {
  const raw = from.object(value, name);
  const id = from.string(raw.id, `the id of ${name}`);
  if (!/^[\w-]{1,64}$/.test(id)) {
    from.refuse(`the id of ${name}`, "1 to 64 letters, digits, - and _", id);
  }
  const type = from.oneOf(raw.cell_type, `the type of ${name}`, CELL_TYPES);
  const source = textOf(raw.source, `the source of ${name}`, from);
  if (source.length > MAX_SOURCE) {
    const most = `at most ${MAX_SOURCE} characters long`;
    from.refuse(`the source of ${name}`, most, source.length);
  }
  const cell: Cell = {
    id,
    cell_type: type,
    source,
    metadata: parseMetadata(raw.metadata ?? {}, name, from),
    outputs: [],
  };
  if (type === "code") {
    cell.outputs = from.list(raw.outputs ?? [], `the outputs of ${name}`)
      .map((o, i) => parseOutput(o, `output ${i} of ${name}`, from));
  } else if (raw.attachments) {
    const files = from.object(raw.attachments, `the attachments of ${name}`);
    cell.attachments = Object.fromEntries(
      Object.entries(files).map(([file, bundle]) => [
        file,
        parseBundle(bundle, `the attachment ${file} of ${name}`, from),
      ]),
    );
  }
  return cell;
}

function parseMetadata(
  value: unknown,
  name: string,
  from: Reader,
): Cell["metadata"] {
  const raw = from.object(value, `the metadata of ${name}`);
  const metadata = kept(raw, CELL_METADATA);
  from.shallow(metadata, `the metadata of ${name}`, MAX_DEPTH);
  if (raw.tags !== undefined) {
    const part = `the tags of ${name}`;
    metadata.tags = from.list(raw.tags, part).map((tag) =>
      from.string(tag, part)
    );
  }
  if (raw.jupyter !== undefined) {
    metadata.jupyter = from.object(raw.jupyter, `metadata.jupyter of ${name}`);
  }
  return metadata;
}

/** The entries whose keys are listed. */
function kept(record: Json, keys: readonly string[]): Json {
  return Object.fromEntries(
    Object.entries(record).filter(([key]) => keys.includes(key)),
  );
}

/** Text of a notebook file in its normal form. */
export function formatNotebook(notebook: Notebook): string {
  let count = 0;
  const cells = notebook.cells.map((cell) => {
    const common = {
      cell_type: cell.cell_type,
      id: cell.id,
      metadata: kept(cell.metadata, CELL_METADATA),
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
    ...kept(notebook.metadata, METADATA),
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
  const name = basename(file);
  const { size } = await Deno.stat(file);
  if (size > MAX_FILE) {
    const most = `at most ${MAX_FILE / 1e6} MB large`;
    throw refusal(`read ${name}`, "it", most, `${Math.ceil(size / 1e6)} MB`);
  }
  return parseNotebook(await Deno.readTextFile(file), name);
}

/** {@link writeAll} for one file. */
export function writeWhole(file: string, text: string): Promise<void> {
  return writeAll({ [file]: text });
}

/**
 * Put texts beside their files and rename them into place when all are whole,
 * so that no file is ever half there. A file that is there keeps its mode, and a
 * link still leads to it.
 */
export async function writeAll(files: Record<string, string>): Promise<void> {
  const moves: { from: string; to: string }[] = [];
  try {
    for (const [file, text] of Object.entries(files)) {
      const to = await Deno.realPath(file).catch(() => file);
      const from = join(dirname(to), `.${basename(to)}.${Deno.pid}.part`);
      moves.push({ from, to });
      await Deno.writeTextFile(from, text);
      const mode = await Deno.stat(to).then((s) => s.mode, () => null);
      if (mode !== null) await Deno.chmod(from, mode & 0o7777);
    }
    for (const { from, to } of moves) await Deno.rename(from, to);
  } catch (error) {
    for (const { from } of moves) await Deno.remove(from).catch(() => {});
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
  const declaration = /^let\s+([\w$]+)\s*(?::[^=;\n]+)?=\s*(.+?);/gm;
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
  reader("set a parameter").shallow(value, name, MAX_DEPTH);
  const parts = ([value] as unknown[]).flat(Infinity);
  if (parts.some((x) => typeof x === "number" && !Number.isFinite(x))) {
    const mustBe = "made of finite numbers";
    throw refusal("set a parameter", name, mustBe, text);
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
