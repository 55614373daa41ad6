import assert from "node:assert/strict";
import { STYLE, styled, withoutStyle } from "./style_sheet.ts";

Deno.test("an output carries the style rules it uses, and they can be taken out", () => {
  const markup = `<table class="hc-table"></table>`;
  const output = styled(markup, "a table");
  assert.match(output, /\.hc-table/);
  assert.doesNotMatch(output, /\.hc-controls/);
  assert.equal(
    withoutStyle(`<div>${output}</div>`),
    `<div>\n${markup}</div>`,
  );
  assert.ok(output.length < STYLE.length);
});

Deno.test("where a picture is, its words stand in a comment of the style sheet, which they cannot end", () => {
  const image = `<img class="hc-svg">`;
  const output = styled(image, "1 < 2 </style> */ .hc{display:none}");
  const [comment] = /^<style[^>]*>\/\*[^<]*\*\/<\/style>/.exec(output) ?? [""];
  assert.match(comment, /run “deno task report”.*1 ‹ 2 ‹\/style> \* \/ \.hc/);
  assert.equal(comment.split("*/").length, 2);
  assert.doesNotMatch(styled("<p>text</p>", "text"), /deno task report/);
  assert.match(withoutStyle(output), /^<div[^<]*>\s*<img[^<]*><\/div>$/);
});
