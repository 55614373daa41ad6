import assert from "node:assert/strict";
import { raw } from "./html.ts";
import { formula, markdown, renderMarkdown } from "./markdown.ts";

Deno.test("an interpolated value is shown as it is, never read as Markdown or HTML", () => {
  const { html } = markdown`Value **${"*_<b>`x`_*"}** and \`${"a<b"}\``;
  assert.match(html, /<strong>\*_&lt;b&gt;`x`_\*<\/strong>/);
  assert.match(html, /<code>a&lt;b<\/code>/);
});

Deno.test("HTML in the source is shown as text", () => {
  assert.doesNotMatch(markdown`<script>alert(1)</script>`.html, /<script/);
});

Deno.test("interpolated Html is inserted, and stands alone where it is a paragraph", () => {
  const table = raw("<table></table>", "a table");
  assert.equal(
    markdown`${table}`.html,
    `<div class="hc-md"><table></table>\n</div>`,
  );
  assert.equal(markdown`See: ${table}`.text, "See: a table");
});

Deno.test("mathematics becomes MathML, with values inside", () => {
  const { html } = markdown`Here $\rho = ${0.9}$ and $$\sum_i x_i$$`;
  assert.match(html, /<mi>ρ<\/mi>.*<mn>0\.9<\/mn>/);
  assert.match(html, /display="block"/);
});

Deno.test("a formula is MathML, and its TeX to who reads plain text", () => {
  const { html, text } = formula("\\frac12", true);
  assert.match(html, /^<span class="hc-math"><math[^]*display="block"/);
  assert.equal(text, "\\frac12");
});

Deno.test("prices and code are no mathematics", () => {
  assert.doesNotMatch(renderMarkdown("It costs $5 or $6."), /<math/);
  assert.doesNotMatch(renderMarkdown("`$a$`"), /<math/);
  assert.match(renderMarkdown("\\$x\\$"), /\$x\$/);
});

Deno.test("TeX that cannot be parsed is shown as it was written", () => {
  assert.match(renderMarkdown("$\\frac{$"), /<code>\\frac\{<\/code>/);
});

Deno.test("a viewer that drops tags and keeps text shows a formula once", () => {
  const text = renderMarkdown("$2 \\times a$").replace(/<[^>]*>/g, "").trim();
  assert.equal(text, "2×a");
});
