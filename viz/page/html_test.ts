import assert from "node:assert/strict";
import { contentHash, escape, frame, html, isHtml, raw } from "./html.ts";

Deno.test("a template escapes what it is given, in text and in attributes", () => {
  const evil = `"><script>alert('x')</script>&`;
  assert.equal(
    html`<p title="${evil}">${evil}</p>`.html,
    `<p title="${escape(evil)}">${escape(evil)}</p>`,
  );
  assert.doesNotMatch(html`<p>${evil}</p>`.html, /<script/);
});

Deno.test("a template inserts Html, joins arrays and drops what is absent", () => {
  const item = html`<li>${1}</li>`;
  assert.equal(
    html`<ul>${[item, item]}${null}${undefined}${false}${0}</ul>`.html,
    "<ul><li>1</li><li>1</li>0</ul>",
  );
});

Deno.test("the text twin has no markup", () => {
  const { text } = html`<b title="${"t"}">Seed</b> ${raw("<i>1</i>", "1\n2")}`;
  assert.equal(text.trim(), "Seed 1\n2");
});

Deno.test("only Html is Html", () => {
  assert.ok(isHtml(raw("<p>")));
  for (const other of [null, undefined, "<p>", {}, { html: "<p>" }]) {
    assert.ok(!isHtml(other));
  }
});

Deno.test("a frame escapes its title and caption", () => {
  const { html: markup } = frame("<svg/>", { title: "a<b", caption: "c>d" });
  assert.match(markup, /a&lt;b.*<svg\/>.*c&gt;d/);
});

Deno.test("a content hash is FNV-1a", () => {
  assert.equal(contentHash(""), "811c9dc5");
  assert.equal(contentHash("a"), "e40c292c");
  assert.equal(contentHash("foobar"), "bf9cf968");
});
