/**
 * Markup as a value: {@link Html} holds a piece of HTML and its plain-text
 * twin, {@link html} builds one from a template and escapes what it is given.
 *
 * @module
 */

const display: unique symbol = Symbol.for("Jupyter.display") as never;

/** A piece of HTML that is safe to insert, and what a text-only viewer reads. */
export interface Html {
  /** Markup, inserted as it is. */
  readonly html: string;
  /** Plain text in its place; may be empty. */
  readonly text: string;
}

/** Escapes the five characters that HTML text and attributes cannot hold. */
export function escape(value: unknown): string {
  return String(value)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** Text in which the five characters that {@link escape} knows are no entities. */
export function unescape(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"').replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

/** Trusts `markup`: returns it as {@link Html} without escaping. */
export function raw(markup: string, text = ""): Html {
  return Object.freeze({
    html: markup,
    text,
    toString: () => markup,
    [display]: () => ({ "text/html": markup, "text/plain": text }),
  });
}

/** Whether `value` is {@link Html}. */
export function isHtml(value: unknown): value is Html {
  return typeof value === "object" && value !== null &&
    typeof (value as Html).html === "string" &&
    typeof (value as Html).text === "string";
}

/**
 * Tagged template of HTML. Interpolated {@link Html} is inserted, an array is
 * joined, `null`, `undefined` and `false` vanish, and all else is escaped.
 *
 * @example
 * ```ts
 * import { html } from "./html.ts";
 * html`<p>Seed <b>${1}</b></p>`;
 * ```
 */
export function html(
  strings: TemplateStringsArray,
  ...values: unknown[]
): Html {
  const parts = values.map(asHtml);
  let markup = strings[0];
  let words = strings[0];
  parts.forEach((part, i) => {
    markup += part.html + strings[i + 1];
    words += `\uE000${i}\uE001${strings[i + 1]}`;
  });
  const text = words.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ")
    .replace(/\uE000(\d+)\uE001/g, (_, i) => parts[Number(i)].text);
  return raw(markup, text.replace(/ +/g, " "));
}

/**
 * `value` as {@link Html}: an array is joined, `null`, `undefined` and `false`
 * vanish, and what is not Html is escaped.
 */
export function asHtml(value: unknown): Html {
  if (value === null || value === undefined || value === false) return raw("");
  if (isHtml(value)) return value;
  if (Array.isArray(value)) {
    const parts = value.map(asHtml);
    return raw(
      parts.map((part) => part.html).join(""),
      parts.map((part) => part.text).join("\n"),
    );
  }
  return raw(escape(value), String(value));
}

/**
 * Eight hexadecimal digits that depend on `content` alone (FNV-1a, 32 bits):
 * identifiers made of it are the same on every run.
 */
export function contentHash(content: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < content.length; i++) {
    hash = Math.imul(hash ^ content.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** The words around a figure. */
export interface FrameOptions {
  /** Short heading above. */
  title?: string;
  /** One or two sentences below. */
  caption?: string;
  /** What a reader who cannot see it is told; see {@link described}. */
  alt?: string;
}

/**
 * What a reader who cannot see a figure is told: its `alt`, or else its title,
 * or its kind where it has none, what is drawn, and its caption.
 */
export function described(
  { title, caption, alt }: FrameOptions,
  drawn?: string,
  kind?: string,
): string {
  return alt ??
    [title ?? kind, drawn, caption].filter(Boolean).join(". ");
}

/**
 * Puts drawn markup into a `<figure>` with a title and a caption. A text-only
 * viewer reads what {@link described} says.
 */
export function frame(
  body: string,
  options: FrameOptions,
  ...drawn: [drawn?: string, kind?: string]
): Html {
  const { title, caption } = options;
  const markup = `<figure class="hc-fig">` +
    (title ? `<div class="hc-title">${escape(title)}</div>` : "") + body +
    (caption ? `<figcaption>${escape(caption)}</figcaption>` : "") +
    `</figure>`;
  return raw(markup, `Figure: ${described(options, ...drawn) || "no title"}`);
}
