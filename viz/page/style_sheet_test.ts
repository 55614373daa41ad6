import assert from "node:assert/strict";
import { STYLE, styleFor, withoutStyle } from "./style_sheet.ts";

Deno.test("an output carries the style rules it uses, and they can be taken out", () => {
  const markup = `<table class="hc-table"></table>`;
  const style = styleFor(markup);
  assert.match(style, /\.hc-table/);
  assert.doesNotMatch(style, /\.hc-controls/);
  assert.equal(
    withoutStyle(`<div>${style}${markup}</div>`),
    `<div>${markup}</div>`,
  );
  assert.ok(style.length < STYLE.length);
});
