/**
 * Markdown with mathematics, rendered to HTML that needs no script, font or
 * style sheet: markdown-it for the text, KaTeX for `$…$` and `$$…$$` as
 * MathML.
 *
 * The result goes out as `text/html`, not `text/markdown`, because viewers
 * disagree about mathematics in Markdown outputs, and because one output can
 * then hold text and figures.
 *
 * @module
 */

import katex from "katex";
import MarkdownIt from "markdown-it";
import { escape, type Html, isHtml, raw } from "./html.ts";

const renderer = new MarkdownIt({ html: false, linkify: false });

/**
 * Renders Markdown source with `$…$` and `$$…$$`. HTML in the source is shown
 * as text. Mathematics that KaTeX cannot parse is shown as it was written.
 */
export function renderMarkdown(source: string): string {
  const math: string[] = [];
  const hold = (tex: string, displayMode: boolean): string =>
    `\uE000m${
      math.push(
        displayMode ? numbered(tex) : renderMath(tex),
      ) - 1
    }\uE001`;
  const text = source.replace(
    /(`+)[\s\S]*?\1|\$\$([\s\S]+?)\$\$|\\\$|\$(?!\s)((?:\\.|[^$\\])+?)(?<!\s)\$(?!\d)/g,
    (whole, _tick, block, inline) =>
      block !== undefined
        ? hold(block, true)
        : inline !== undefined
        ? hold(inline, false)
        : whole,
  );
  return renderer.render(text).replace(
    /\uE000m(\d+)\uE001/g,
    (_, i) => math[Number(i)],
  );
}

/**
 * An equation whose TeX ends in `\tag{1}`, with its number at the right, to
 * which `#equation-1` leads. Without a tag: the equation alone.
 */
function numbered(tex: string): string {
  const [tag, number] = /\\tag\{(\d+)\}\s*$/.exec(tex) ?? [];
  if (tag === undefined) return renderMath(tex, true);
  const equation = renderMath(tex.slice(0, tex.lastIndexOf(tag)), true);
  const id = `equation-${number}`;
  return `<span class="equation" id="${id}">${equation}<a href="#${id}">(${number})</a></span>`;
}

/** A formula as a value; a text-only viewer reads its TeX. */
export function formula(tex: string, displayMode = false): Html {
  return raw(renderMath(tex, displayMode), tex);
}

/**
 * Renders TeX to MathML, without the source in an annotation: where a viewer
 * drops the tags and keeps their text, the formula would stand there twice.
 * Nor has it KaTeX's class, of which VS Code holds a style sheet, made for
 * another markup: it enlarges the formula until lines meet.
 */
function renderMath(tex: string, displayMode = false): string {
  try {
    return katex.renderToString(tex, {
      displayMode,
      output: "mathml",
      throwOnError: true,
    }).replace(/<annotation [^]*?<\/annotation>/g, "")
      .replace('class="katex"', 'class="hc-math"');
  } catch {
    return `<code>${escape(tex)}</code>`;
  }
}

/**
 * Tagged template of Markdown with mathematics. Interpolated values are shown
 * as they are, never read as Markdown; {@link Html} is inserted.
 *
 * @example
 * ```ts
 * import { markdown } from "./markdown.ts";
 * const loss = 0.25;
 * markdown`The loss is **${loss.toFixed(2)}** nats, so $\rho = ${0.9}$.`;
 * ```
 */
export function markdown(
  strings: TemplateStringsArray,
  ...values: unknown[]
): Html {
  // Raw strings: TeX needs its backslashes.
  const parts = strings.raw.map((s) => s.replaceAll("\\`", "`"));
  const held: string[] = [];
  let source = "";
  let text = "";
  parts.forEach((part, i) => {
    source += dedent(part);
    text += dedent(part);
    if (i === values.length) return;
    const value = values[i];
    text += isHtml(value) ? value.text : String(value);
    // An odd number of dollars so far: inside mathematics, KaTeX must see it.
    if (!isHtml(value) && (source.match(/(?<!\\)\$/g)?.length ?? 0) % 2 === 1) {
      source += String(value);
    } else {
      const markup = isHtml(value) ? value.html : escape(value);
      source += `\uE000v${held.push(markup) - 1}\uE001`;
    }
  });
  const rendered = renderMarkdown(source.trim()).replace(
    /<p>\uE000v(\d+)\uE001<\/p>|\uE000v(\d+)\uE001/g,
    (_, block, inline) => held[Number(block ?? inline)],
  );
  return raw(`<div class="hc-md">${rendered}</div>`, text.trim());
}

/** Removes the indentation of a template's lines; keeps that of lists. */
function dedent(part: string): string {
  return part.replace(/\n[ \t]+(?=[^\s\-*\d])/g, "\n");
}
