/**
 * Notebooks as HTML: one file that needs nothing else, offline.
 *
 * Text that a cell printed is escaped. Markup that a cell displayed is kept
 * with its scripts, which is what interactive figures are made of; a content
 * security policy keeps every request inside the page.
 *
 * @module
 */
import hljs from "highlight.js/lib/common";
import type { Results } from "../../lib/run/results.ts";
import { escape } from "../../viz/page/html.ts";
import { renderMarkdown } from "../../viz/page/markdown.ts";
import { inlined } from "../../viz/page/picture.ts";
import { verdictTable } from "../../viz/figures/table.ts";
import { STYLE, withoutStyle } from "../../viz/page/theme.ts";
import { ansiToHtml } from "./ansi.ts";
import type { MimeBundle, Output } from "./jupyter_client.ts";
import { type Cell, hasTag, INJECTED, type Notebook } from "./notebook.ts";
import { duration } from "../terminal.ts";

/** Nothing is fetched; inline script, style, data and WebAssembly may run. */
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'wasm-unsafe-eval' blob: data:",
  "style-src 'unsafe-inline'",
  "img-src data: blob:",
  "media-src data: blob:",
  "font-src data:",
  "worker-src blob: data:",
  "connect-src data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

interface Heading {
  level: number;
  id: string;
  /** Inline markup. */
  html: string;
}

/** What a report says of a run, beside the notebook. */
export interface RunFacts {
  seed: number | null;
  preset: string | null;
  wallSeconds: number;
  environment: { deno: string };
}

/** Title of a notebook: its first heading, as plain text. */
export function titleOf(notebook: Notebook, otherwise: string): string {
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "markdown") continue;
    const heading = /^#\s+(.+)$/m.exec(cell.source);
    if (heading) return heading[1].replace(/[*_`$]/g, "").trim();
  }
  return otherwise;
}

/** One notebook as one HTML page. */
export function notebookPage(
  notebook: Notebook,
  options: { name: string; facts?: RunFacts },
): string {
  const headings: Heading[] = [];
  const body = notebook.cells.map((c) => cellHtml(c, headings)).join("\n");
  const contents = headings.filter(({ level }) => level === 2 || level === 3);
  const items = contents.map(({ level, id, html }) =>
    `<li class="level-${level}"><a href="#${id}">${html}</a></li>`
  ).join("\n");
  const list = contents.length === 0
    ? ""
    : `<details class="contents" open><summary>Contents</summary>
<nav aria-label="Contents"><ol>\n${items}\n</ol></nav></details>`;
  const facts = options.facts ? factsHtml(options.facts) : "";
  return page({
    title: titleOf(notebook, options.name),
    home: `<a class="home" href="index.html">Hidden Causes</a>`,
    buttons: `<button type="button" id="toggle-code">Hide code</button>`,
    body:
      `<div class="page${
        list && " with-contents"
      }">${list}\n<main>\n${body}\n` +
      `<footer class="facts">${facts}</footer></main></div>`,
  });
}

function factsHtml(facts: RunFacts): string {
  const parts = [
    facts.seed === null ? "" : `seed ${facts.seed}`,
    facts.preset === null ? "" : `preset ${facts.preset}`,
    `Deno ${facts.environment.deno}`,
    `executed in ${duration(facts.wallSeconds)}`,
  ];
  return escape(parts.filter(Boolean).join(" · "));
}

/** An entry of the index: a notebook and what its run found. */
export interface IndexEntry extends Pick<Results, "metrics" | "claims"> {
  notebook: string;
  title: string;
  seed: number | null;
  preset: string | null;
  wallSeconds: number;
}

/** The page of all verdicts. */
export function indexPage(entries: readonly IndexEntry[]): string {
  const sections = entries.map((entry) => {
    const file = `${encodeURIComponent(entry.notebook)}.html`;
    const { metrics, claims } = entry;
    const verdict = metrics.length || claims.length
      ? `<div class="output"><div class="hc">${
        verdictTable(metrics, claims).html
      }</div></div>`
      : `<p class="facts">This notebook states no claims.</p>`;
    const facts = [
      `preset ${entry.preset ?? "–"}`,
      `seed ${entry.seed ?? "–"}`,
      `executed in ${duration(entry.wallSeconds)}`,
      `${claims.filter((c) => c.holds).length} of ${claims.length} claims hold`,
    ].join(" · ");
    return `<section class="verdict"><h2><a class="anchor" href="${file}">${
      escape(entry.title)
    }</a></h2>
<p class="facts">${escape(facts)} · <a href="${file}">open the report</a></p>
${verdict}</section>`;
  });
  return page({
    title: "Hidden Causes: verdicts",
    home: `<span class="home">Hidden Causes</span>`,
    buttons: "",
    body: `<div class="page"><main><h1>Hidden Causes</h1>
<div class="text"><p>Papers in which a network discovers the hidden cause of its
input, reproduced. Each table holds the paper’s number, the reference
program’s, ours, the level of chance and the limit.</p></div>
${sections.join("\n")}</main></div>`,
  });
}

const CSS = await Deno.readTextFile(new URL("./page.css", import.meta.url));
const SCRIPT = await Deno.readTextFile(new URL("./page.js", import.meta.url));
const THEME = `try { const t = localStorage.getItem("hidden-causes-theme");
if (t === "light" || t === "dark") document.documentElement.dataset.theme = t;
} catch { /* a page without storage */ }`;

/** A whole page around a body: style, policy, theme. */
export function page(
  parts: { title: string; home: string; buttons: string; body: string },
): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escape(parts.title)}</title>
<link rel="icon" href="data:,">
<style>${CSS}${STYLE}</style>
<script>${THEME}</script>
</head>
<body>
<div class="bar">${parts.home}${parts.buttons}<button type="button" id="toggle-theme">Dark</button></div>
${parts.body}
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function cellHtml(cell: Cell, headings: Heading[]): string {
  const id = `cell-${cell.id}`;
  if (cell.cell_type === "markdown") {
    const html = withAnchors(markdownHtml(cell), headings);
    return `<section class="text" id="${escape(id)}">${html}</section>`;
  }
  if (cell.cell_type === "raw" || cell.source.trim() === "") return "";
  const label = hasTag(cell, INJECTED)
    ? "parameters of this run"
    : cell.id.replaceAll("-", " ");
  // Imports are there to be looked up, not to be read.
  const imports = /^(?:\s*import\b[^;]*;)+\s*$/.test(cell.source);
  const hidden = imports ||
    (cell.metadata.jupyter as { source_hidden?: boolean })?.source_hidden;
  const code = `<details class="code"${hidden ? "" : " open"}>` +
    `<summary>${escape(label)}</summary>` +
    `<pre><code>${highlight(cell.source, "typescript")}</code></pre></details>`;
  const outputs = cell.outputs.map(outputHtml).filter(Boolean).join("\n");
  return `<section class="cell" id="${
    escape(id)
  }">${code}\n${outputs}</section>`;
}

function markdownHtml(cell: Cell): string {
  let source = cell.source;
  for (const [name, files] of Object.entries(cell.attachments ?? {})) {
    const [type, data] = Object.entries(files as Record<string, string>)[0];
    const uri = `data:${type};base64,${data}`;
    source = source.replaceAll(`attachment:${name}`, uri);
  }
  return renderMarkdown(source).replace(
    /<pre><code class="language-(\w+)">([^]*?)<\/code><\/pre>/g,
    (_, language, code) =>
      `<pre><code>${highlight(unescape(code), language)}</code></pre>`,
  );
}

/** Gives headings an id and a link to themselves, and lists them. */
function withAnchors(html: string, headings: Heading[]): string {
  return html.replace(/<h([1-4])>([^]*?)<\/h\1>/g, (_, level, inner) => {
    const text = unescape(
      inner.replace(/<annotation[^]*?<\/annotation>/g, "")
        .replace(/<[^>]*>/g, ""),
    );
    const slug = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-+|-+$/g, "") || "section";
    let id = slug;
    for (let n = 2; headings.some((h) => h.id === id); n++) id = `${slug}-${n}`;
    headings.push({ level: Number(level), id, html: inner });
    return `<h${level} id="${id}"><a class="anchor" href="#${id}">${inner}</a></h${level}>`;
  });
}

function unescape(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"').replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

function highlight(code: string, language: string): string {
  return hljs.getLanguage(language)
    ? hljs.highlight(code, { language }).value
    : escape(code);
}

function outputHtml(output: Output): string {
  if (output.output_type === "stream") {
    const text = ansiToHtml(output.text);
    return `<div class="output"><pre class="${output.name}">${text}</pre></div>`;
  }
  if (output.output_type === "error") {
    const text = output.traceback.join("\n") ||
      `${output.ename}: ${output.evalue}`;
    return `<div class="output"><pre class="error">${
      ansiToHtml(text)
    }</pre></div>`;
  }
  const html = bundleHtml(output.data);
  return html && `<div class="output">${html}</div>`;
}

/** The richest form of a display that a page can hold. */
function bundleHtml(data: MimeBundle): string {
  if (typeof data["text/html"] === "string") {
    // The style sheet stands in the head, once; drawings stand in the page.
    return inlined(withoutStyle(data["text/html"]));
  }
  if (typeof data["image/svg+xml"] === "string") return data["image/svg+xml"];
  for (const type of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    if (typeof data[type] !== "string") continue;
    const uri = `data:${type};base64,${data[type].replace(/\s/g, "")}`;
    return `<img alt="${escape(data["text/plain"] ?? "")}" src="${uri}">`;
  }
  if (typeof data["text/markdown"] === "string") {
    return `<div class="text">${renderMarkdown(data["text/markdown"])}</div>`;
  }
  if (typeof data["text/plain"] === "string") {
    return `<pre>${ansiToHtml(data["text/plain"])}</pre>`;
  }
  return "";
}
