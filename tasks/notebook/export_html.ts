/**
 * Notebooks as HTML: one file that needs nothing else, offline.
 *
 * The template `html` escapes whatever stands in text and attributes. Markup
 * that a cell displayed as `text/html` or `image/svg+xml` is kept with its
 * scripts, which is what interactive figures are made of. A content security
 * policy names the hashes of these scripts: no other runs, and no request
 * leaves the page. A policy in a page cannot keep a script that runs from
 * navigating away, from opening a window or from speaking WebRTC.
 *
 * @module
 */
import hljs from "highlight.js/lib/common";
import { createHash } from "node:crypto";
import { type Html, html, raw, unescape } from "../../viz/page/html.ts";
import { renderMarkdown } from "../../viz/page/markdown.ts";
import { inlined, standingAlone, unnamed } from "../../viz/page/picture.ts";
import { STYLE, withoutStyle } from "../../viz/page/style_sheet.ts";
import {
  costCell,
  costOf,
  costSummary,
  costTable,
  withoutChoices,
} from "./cost.ts";
import { bibtex, type Paper, paperOf, reference } from "./citation.ts";
import { mainResult } from "./main_result.ts";
import { type Declaration, type Sources, sourcesOf } from "./model_source.ts";
import { ansiToHtml } from "./ansi.ts";
import type { MimeBundle, Output } from "./output.ts";
import { type Cell, hasTag, INJECTED, type Notebook } from "./notebook.ts";
import { duration } from "../terminal.ts";

/** Nothing is fetched; the named scripts, style, data and WebAssembly may run. */
function policy(scripts: readonly string[]): string {
  const hashes = new Set(
    scripts.map((script) =>
      `'sha256-${createHash("sha256").update(script).digest("base64")}'`
    ),
  );
  return [
    "default-src 'none'",
    `script-src ${[...hashes].join(" ")} 'wasm-unsafe-eval'`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "media-src data: blob:",
    "font-src data:",
    "worker-src blob: data:",
    "connect-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/**
 * The scripts in markup, as a browser reads them, and with entities decoded,
 * as it reads them in a drawing. One that is read otherwise does not run.
 */
function scriptsIn(markup: string): string[] {
  const text = markup.replaceAll(/\r\n?/g, "\n");
  const scripts: string[] = [];
  const start = /<script(?=[\s/>])/gi;
  const end = /<\/script(?=[\s/>])/gi;
  while (start.exec(text)) {
    const from = text.indexOf(">", start.lastIndex) + 1;
    end.lastIndex = from;
    const found = end.exec(text);
    if (from === 0 || found === null) break; // the rest of the text is in it
    const script = text.slice(from, found.index);
    scripts.push(script);
    scripts.push(unescape(script.replaceAll(/<!\[CDATA\[|\]\]>/g, "")));
    start.lastIndex = end.lastIndex;
  }
  return scripts;
}

interface Heading {
  level: number;
  id: string;
  content: Html;
}

/** The name, or where it was given before, the name with a number. */
function freshName(name: string, counts: Map<string, number>): string {
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  return count === 1 ? name : freshName(`${name}-${count}`, counts);
}

/** What the cells of a page put beside it. */
interface Gathered {
  headings: Heading[];
  /** How often each id was asked for. */
  ids: Map<string, number>;
  /** Scripts of outputs, which may run. */
  scripts: string[];
  /** Functions of the project that the text points to. */
  sources: Sources;
  /** Numbers of the equations. */
  equations: ReadonlySet<string>;
  /** Where the project's root is from the page, or null where it is not. */
  root: string | null;
}

/** What a report says of a run, beside the notebook. */
export interface RunFacts {
  seed: number | null;
  preset: string | null;
  wallSeconds: number;
  environment: { deno: string };
  /** Seconds of each code cell. */
  cellSeconds?: Readonly<Record<string, number>>;
}

/** Title of a notebook: its first heading, as plain text. */
export function titleOf(notebook: Notebook, otherwise: string): string {
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "markdown") continue;
    const heading = /^#[ \t]+(\S.*)$/m.exec(cell.source);
    if (heading) return heading[1].replace(/[*_`$]/g, "").trim();
  }
  return otherwise;
}

/** What {@link notebookPage} takes besides the notebook. */
export interface PageOptions {
  name: string;
  facts?: RunFacts;
  /**
   * Path to the project's root from where the page stands, for links to its
   * modules; null where it stands elsewhere. Default: in a folder of the root.
   */
  root?: string | null;
}

/**
 * One notebook as one HTML page.
 *
 * @throws Refusal where its text points to a function that is not there
 */
export function notebookPage(
  notebook: Notebook,
  options: PageOptions,
): string {
  const { root = ".." } = options;
  const gathered: Gathered = {
    headings: [],
    ids: new Map(),
    scripts: [],
    sources: sourcesOf(notebook, options.name),
    equations: equationsOf(notebook),
    root,
  };
  const picture = mainPicture(notebook);
  const paper = paperOf(notebook);
  const first = notebook.cells.findIndex(({ cell_type }) =>
    cell_type === "markdown"
  );
  const costs = costCell(notebook);
  const body = notebook.cells.map((cell, i) => [
    cell === costs
      ? cellHtml({ ...cell, source: withoutChoices(cell.source) }, gathered)
      : cellHtml(cell, gathered),
    cell === costs && costHtml(notebook, options.facts),
    i === first && picture,
  ]);
  const contents = gathered.headings
    .filter(({ level }) => level === 2 || level === 3);
  const list = contents.length > 0 && html`
    <details class="contents" open>
      <summary>Contents</summary>
      <nav aria-label="Contents">
        <ol>${contents.map(({ level, id, content }) =>
          html`<li class="level-${level}"><a href="#${id}">${content}</a></li>`
        )}</ol>
      </nav>
    </details>
  `;
  return page({
    title: titleOf(notebook, options.name),
    tags: tagsOf(notebook, titleOf(notebook, options.name), paper),
    home: html`<a class="home" href="index.html">Hidden Causes</a>`,
    buttons:
      html`<button type="button" id="toggle-code">Show all code</button>`,
    body: html`
      <div class="page${list && " with-contents"}">${list}<main>${body}
      ${paper && citation(paper)}${raw(
        TURN,
      )}<footer class="facts">${options.facts &&
        factsOf(options.facts)}</footer>
      </main></div>
    `,
    scripts: gathered.scripts,
  });
}

const [TURN_START, TURN_END] = ["<!-- turn -->", "<!-- end of turn -->"];
const TURN = TURN_START + TURN_END;

/** A report that a page leads to. */
export interface Neighbour {
  /** Name of its files. */
  name: string;
  title: string;
}

/** What a page leads to at its end. */
export interface Neighbours {
  previous?: Neighbour;
  next?: Neighbour;
  /** The report of the notebook's own settings, from one of others. */
  committed?: Neighbour;
}

/** A page of {@link notebookPage} that leads to its neighbours. */
export function withNeighbours(page: string, to: Neighbours): string {
  const start = page.lastIndexOf(TURN_START);
  const end = page.lastIndexOf(TURN_END);
  if (start < 0 || end < start) return page; // of an older version
  const link = (label: string, neighbour?: Neighbour): Html | undefined =>
    neighbour && html`
      <p>${label} <a href="${fileOf(neighbour.name)}">${neighbour.title}</a></p>
    `;
  const links = [
    link("With the notebook’s own settings:", to.committed),
    link("Previous:", to.previous),
    link("Next:", to.next),
  ].filter(Boolean);
  const nav = links.length === 0 ? "" : html`
    <nav class="turn" aria-label="Other reports">${links}</nav>
  `.html;
  return page.slice(0, start) + TURN_START + nav + page.slice(end);
}

/** Address of a report's page from another. */
export function fileOf(name: string): string {
  return `${encodeURIComponent(name)}.html`;
}

/** What a run cost, folded below its sum. */
function costHtml(notebook: Notebook, facts?: RunFacts): Html {
  const rows = costOf(notebook, facts?.cellSeconds);
  return html`
    <details class="code">
      <summary>${costSummary(rows)}: the table</summary>
      <div class="output">
        <div class="hc">${costTable(rows)}</div>
      </div>
    </details>
  `;
}

/** How to cite the paper, to copy. */
function citation(paper: Paper): Html {
  const known = paper.doi !== null || paper.arxiv !== null;
  return html`
    <section class="text cite"
      aria-label="Citation"><p>To cite the paper:${!known &&
        " (no DOI or arXiv number is known)"}</p>
    <pre id="bibtex">${bibtex(paper)}</pre>
    <button type="button" id="copy-bibtex">Copy BibTeX</button></section>
  `;
}

/** What search engines, previews and reference managers read in the head. */
function tagsOf(
  notebook: Notebook,
  title: string,
  paper: Paper | null,
): Html {
  const claim = /\*\*(?:The paper's claim|Claim)\.\*\*\s*([^]*?)(?:\n\s*\n|$)/
    .exec(notebook.cells[0]?.source ?? "")?.[1];
  const description = (claim ?? title).replaceAll(/[*_`$]/g, "")
    .replaceAll(/\s+/g, " ").trim();
  return html`
    <meta name="description" content="${description}">
    <meta property="og:type" content="article">
    <meta property="og:site_name" content="Hidden Causes">
    <meta property="og:title" content="${title}">
    <meta property="og:description" content="${description}">
    <meta name="citation_title" content="${title}">
    ${paper &&
      html`<meta name="citation_reference" content="${reference(paper)}">`}
  `;
}

/** The picture of the main result, which links to the cell that drew it. */
function mainPicture(notebook: Notebook): Html | null {
  const found = mainResult(notebook);
  if (found === null) return null;
  const before = notebook.cells.slice(0, notebook.cells.indexOf(found.cell))
    .filter(({ cell_type }) => cell_type === "markdown")
    .flatMap(({ source }) => source.match(/^#{1,4}[ \t]+.*$/gm) ?? []);
  const section = before.at(-1)?.replace(/^#+/, "").replace(/[*_`$]/g, "")
    .trim();
  return html`
    <figure class="main-result hc">
      <div class="hc-scroll">${raw(inlined(found.image, unnamed))}</div>
      <figcaption>The main result, from <a href="#cell-${found.cell
        .id}">${section ?? "its cell"}</a>.</figcaption>
    </figure>
  `;
}

function factsOf(facts: RunFacts): string {
  const parts = [
    facts.seed === null ? "" : `seed ${facts.seed}`,
    facts.preset === null ? "" : `preset ${facts.preset}`,
    `Deno ${facts.environment.deno}`,
    `executed in ${duration(facts.wallSeconds)}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

const CSS = await Deno.readTextFile(new URL("./page.css", import.meta.url));
const SCRIPT = `{\nconst standingAlone = ${standingAlone};\n${await Deno
  .readTextFile(new URL("./page.js", import.meta.url))}}`;
const THEME = `try { const t = localStorage.getItem("hidden-causes-theme");
if (t === "light" || t === "dark") document.documentElement.dataset.theme = t;
} catch { /* a page without storage */ }`;

/** What a page is made of. */
export interface PageParts {
  title: string;
  /** Tags of the head that say what the page is about. */
  tags?: Html;
  /** At the left of the bar. */
  home: Html;
  /** At its right. */
  buttons?: Html;
  body: Html;
  /** Scripts in the body that may run. */
  scripts?: readonly string[];
}

/** A whole page around a body: style, policy, theme. */
export function page(parts: PageParts): string {
  const { title, tags, home, buttons, body, scripts = [] } = parts;
  const markup = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${raw(
          policy([THEME, SCRIPT, ...scripts]),
        )}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <title>${title}</title>
        ${tags}
        <link rel="icon" href="data:,">
        <style>${raw(CSS)}${raw(STYLE)}</style>
        <script>${raw(THEME)}</script>
      </head>
      <body>
    <header class="bar">${home}${buttons}<button type="button" id="toggle-theme">Dark</button></header>
    ${body}
    <script>${raw(SCRIPT)}</script>
      </body>
    </html>
  `;
  return markup.html.trimStart();
}

function cellHtml(cell: Cell, gathered: Gathered): Html | null {
  const id = `cell-${cell.id}`;
  if (cell.cell_type === "markdown") {
    const content = withAnchors(
      withSources(withEquationLinks(markdownHtml(cell), gathered), gathered),
      gathered,
    );
    return html`<section class="text" id="${id}">${content}</section>`;
  }
  if (cell.cell_type === "raw" || cell.source.trim() === "") return null;
  const label = hasTag(cell, INJECTED)
    ? "parameters of this run"
    : cell.id.replaceAll("-", " ");
  const code = html`
    <details class="code" ${!plumbs(cell) && raw(" open")}>
      <summary>${label}</summary>
      <pre><code>${highlight(cell.source, "typescript")}</code></pre>
    </details>
  `;
  // What was drawn stands above the code, what was printed below.
  const part = (drawn: boolean): (Html | null)[] =>
    cell.outputs.filter((output) => "data" in output === drawn)
      .map((output) => outputHtml(output, gathered));
  return html`
    <section class="cell"
      id="${id}">${part(true)}${code}${part(false)}</section>
  `;
}

/**
 * Whether a cell is there to be looked up, not to be read: one that imports,
 * that shows nothing, as settings and the gathering of rows, or that only lays
 * out what other cells computed. The tag `shown` keeps one open, `plumbing`
 * folds one, as does hiding it in JupyterLab.
 */
function plumbs(cell: Cell): boolean {
  const { source_hidden } = (cell.metadata.jupyter ?? {}) as {
    source_hidden?: boolean;
  };
  if (source_hidden || hasTag(cell, "plumbing")) return true;
  if (["shown", "parameters", INJECTED].some((tag) => hasTag(cell, tag))) {
    return false;
  }
  const [first, ...rest] = cell.source.trim().split("\n");
  const laysOut = /^await show\w*\(/.test(first) &&
    rest.every((line) => /^[\s)\]}]|^$/.test(line));
  return cell.outputs.length === 0 || laysOut;
}

function markdownHtml(cell: Cell): string {
  let source = cell.source;
  for (const [name, files] of Object.entries(cell.attachments ?? {})) {
    const uri = IMAGES.map((type) => imageUri(type, files[type]))
      .find((uri) => uri !== null);
    if (uri) source = source.replaceAll(`attachment:${name}`, () => uri);
  }
  return renderMarkdown(source).replace(
    /<pre><code class="language-(\w+)">([^]*?)<\/code><\/pre>/g,
    (_, language, code) =>
      html`<pre><code>${highlight(unescape(code), language)}</code></pre>`.html,
  ).replaceAll(/<th([^>]*)><\/th>/g, "<td$1></td>"); // it heads nothing
}

/** Numbers that the equations of a notebook's text have. */
function equationsOf({ cells }: Notebook): ReadonlySet<string> {
  const text = cells.filter(({ cell_type }) => cell_type === "markdown")
    .map(({ source }) => source).join("\n");
  return new Set(Array.from(text.matchAll(/\\tag\{(\d+)\}/g), (m) => m[1]));
}

/** Leads every "(1)" of the text, formulas and code aside, to its equation. */
function withEquationLinks(markup: string, { equations }: Gathered): string {
  return markup.replace(
    /<(math|code|pre|a)\b[^]*?<\/\1>|<[^>]*>|(?<![\w)])\((\d{1,2})\)/g,
    (whole, _tag, number) =>
      number === undefined || !equations.has(number)
        ? whole
        : html`<a href="#equation-${number}">(${number})</a>`.html,
  );
}

/**
 * Puts the source of a function below the item of a list that points to it, and
 * leads what points to one to its file.
 */
function withSources(markup: string, { sources, root }: Gathered): string {
  const pointer = String.raw`<a href="(?:\.\./)+(lib/[\w/]+\.ts)#([\w.]+)">`;
  const items = new RegExp(
    String.raw`<li>\s*(?:<p>)?${pointer}[^]*?</li>`,
    "g",
  );
  return markup.replace(items, (item, file, path) => {
    const source = sources.get(`${file}#${path}`);
    if (source === undefined) return item;
    return item.replace(/<\/li>$/, "") + sourceHtml(file, source).html +
      "</li>";
  }).replace(
    new RegExp(`${pointer}([^]*?)</a>`, "g"),
    (_, file, _path, inner) =>
      root === null
        ? inner
        : html`<a href="${root}/${file}">${raw(inner)}</a>`.html,
  );
}

function sourceHtml(file: string, { code, from, to }: Declaration): Html {
  return html`
    <details class="code source">
      <summary>${file}, lines ${from} to ${to}</summary>
      <pre><code>${highlight(code, "typescript")}</code></pre>
    </details>
  `;
}

/** Gives headings an id and a link to themselves, and lists them. */
function withAnchors(markup: string, { headings, ids }: Gathered): Html {
  return raw(markup.replace(/<h([1-4])>([^]*?)<\/h\1>/g, (_, level, inner) => {
    const text = unescape(
      inner.replace(/<annotation[^]*?<\/annotation>/g, "")
        .replace(/<[^>]*>/g, ""),
    );
    const slug = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-+|-+$/g, "") || "section";
    const id = freshName(slug, ids);
    const content = raw(inner);
    headings.push({ level: Number(level), id, content });
    const link = html`<a class="anchor" href="#${id}">${content}</a>`;
    return html`<h${level} id="${id}">${link}</h${level}>`.html;
  }));
}

/** Longer code, in characters, is shown without colours: they take their time. */
const MAX_COLOURED = 100_000;

function highlight(code: string, language: string): Html {
  return hljs.getLanguage(language) && code.length <= MAX_COLOURED
    ? raw(hljs.highlight(code, { language }).value)
    : html`${code}`;
}

function outputHtml(output: Output, gathered: Gathered): Html | null {
  if (output.output_type === "stream") {
    const text = raw(ansiToHtml(output.text));
    return html`
      <div class="output">
        <pre class="${output.name}">${text}</pre>
      </div>
    `;
  }
  if (output.output_type === "error") {
    const words = output.traceback.join("\n") ||
      `${output.ename}: ${output.evalue}`;
    const text = raw(ansiToHtml(words));
    return html`
      <div class="output">
        <pre class="error">${text}</pre>
      </div>
    `;
  }
  const content = bundleHtml(output.data, gathered);
  return content && html`<div class="output">${content}</div>`;
}

/** Pictures that a page shows, the first first. */
const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** A picture as an address that holds it, or null where it is not base64. */
function imageUri(type: string, data: unknown): string | null {
  if (typeof data !== "string") return null;
  const base64 = data.replaceAll(/\s/g, "");
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64)
    ? `data:${type};base64,${base64}`
    : null;
}

/** The richest form of a display that a page can hold. */
function bundleHtml(data: MimeBundle, { scripts }: Gathered): Html | null {
  const text = (type: string): string | null => {
    const value = data[type];
    return typeof value === "string" ? value : null;
  };
  const markup = text("text/html");
  // The style sheet stands in the head, once; drawings stand in the page.
  const alive = markup === null
    ? text("image/svg+xml")
    : inlined(withoutStyle(markup), unnamed);
  if (alive !== null) {
    scripts.push(...scriptsIn(alive));
    return raw(alive);
  }
  for (const type of IMAGES) {
    const uri = imageUri(type, data[type]);
    if (uri) return html`<img alt="${text("text/plain")}" src="${uri}">`;
  }
  const markdown = text("text/markdown");
  if (markdown !== null) {
    return html`<div class="text">${raw(renderMarkdown(markdown))}</div>`;
  }
  const plain = text("text/plain");
  return plain === null ? null : html`<pre>${raw(ansiToHtml(plain))}</pre>`;
}
