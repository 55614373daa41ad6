/**
 * Outputs of cells as nbformat 4.5 stores them, and the check of their shape:
 * of those that a file holds, and of those that a kernel sends.
 *
 * @module
 */
import { Refusal } from "../../lib/run/config.ts";
import { type Reader, reader } from "../../lib/run/reader.ts";

/** MIME bundle of a display: values are text, or JSON for JSON types. */
export type MimeBundle = Record<string, unknown>;

/** An output as nbformat 4.5 stores it, with its texts in one piece. */
export type Output =
  | { output_type: "stream"; name: "stdout" | "stderr"; text: string }
  | {
    output_type: "display_data";
    data: MimeBundle;
    metadata: Record<string, unknown>;
  }
  | {
    output_type: "execute_result";
    data: MimeBundle;
    metadata: Record<string, unknown>;
    execution_count: number | null;
  }
  | {
    output_type: "error";
    ename: string;
    evalue: string;
    traceback: string[];
  };

/** One output above this many bytes corrupts the kernel's message stream. */
export const MAX_OUTPUT_BYTES = 5_000_000;
/** How deep JSON may be nested. */
export const MAX_DEPTH = 100;

const TYPES = ["stream", "display_data", "execute_result", "error"] as const;
const STREAMS = ["stdout", "stderr"] as const;

/** True for the types whose values are JSON, not text. */
export function isJson(mime: string): boolean {
  return mime === "application/json" || mime.endsWith("+json");
}

/** Text, which nbformat may also write as a list of its lines. */
export function textOf(value: unknown, name: string, from: Reader): string {
  const isText = typeof value === "string" ||
    Array.isArray(value) && value.every((line) => typeof line === "string");
  if (!isText) return from.refuse(name, "text or a list of texts", value);
  const text = typeof value === "string" ? value : value.join("");
  if (text.length > MAX_OUTPUT_BYTES) {
    const most = `at most ${MAX_OUTPUT_BYTES} characters long`;
    from.refuse(name, most, text.length);
  }
  return text;
}

/**
 * A bundle with its texts in one piece.
 *
 * @throws Refusal for a value of a text type that is no text
 */
export function parseBundle(
  raw: unknown,
  name: string,
  from: Reader,
): MimeBundle {
  const bundle = from.object(raw, name);
  const entries = Object.keys(bundle).map((type) => {
    const part = `${type} of ${name}`;
    if (!isJson(type)) return [type, textOf(bundle[type], part, from)];
    from.shallow(bundle[type], part, MAX_DEPTH);
    return [type, bundle[type]];
  });
  return Object.fromEntries(entries);
}

/**
 * An output, checked and without what is no part of one.
 *
 * @param name what it is called where it is refused
 * @throws Refusal naming the part that has another shape
 */
export function parseOutput(raw: unknown, name: string, from: Reader): Output {
  const output = from.object(raw, name);
  const part = (key: string): string => `${key} of ${name}`;
  const text = (key: string): string => textOf(output[key], part(key), from);
  const type = from.oneOf(output.output_type, part("output_type"), TYPES);
  if (type === "stream") {
    const stream = from.oneOf(output.name, part("name"), STREAMS);
    return { output_type: type, name: stream, text: text("text") };
  }
  if (type === "error") {
    const lines = from.list(output.traceback ?? [], part("traceback"));
    return {
      output_type: type,
      ename: text("ename"),
      evalue: text("evalue"),
      traceback: lines.map((line) => from.string(line, part("traceback"))),
    };
  }
  const data = parseBundle(output.data, part("data"), from);
  const metadata = from.object(output.metadata ?? {}, part("metadata"));
  from.shallow(metadata, part("metadata"), MAX_DEPTH);
  return type === "display_data"
    ? { output_type: type, data, metadata }
    : { output_type: type, data, metadata, execution_count: null };
}

/** What the kernel's outputs are read for. */
const KEPT = reader("keep an output");

/** Whether messages of this type carry an output. */
export function isOutputType(type: string): type is Output["output_type"] {
  return TYPES.some((known) => known === type);
}

/** The output that a kernel's message carries: {@link parseOutput}. */
export function receivedOutput<T extends Output["output_type"]>(
  type: T,
  content: object,
): Extract<Output, { output_type: T }> {
  const raw = { ...content, output_type: type };
  return parseOutput(raw, "an output", KEPT) as Extract<
    Output,
    { output_type: T }
  >;
}

/** The refusal of an output that has too many bytes. */
export function tooLarge(bytes: number): Refusal {
  const mb = (n: number): string => `${(n / 1e6).toFixed(1)} MB`;
  return new Refusal(
    `Cannot keep an output as it must be at most ${mb(MAX_OUTPUT_BYTES)}: ` +
      `current value is ${mb(bytes)}`,
  );
}
