import assert from "node:assert/strict";
import { stereograms, surfaces } from "./stereograms.ts";

// The drawings inside the figures' data URIs, with double quotes.
const drawn = (html: string): string =>
  [...html.matchAll(/data:image\/svg\+xml,([^"]+)/g)]
    .map(([, code]) => decodeURIComponent(code).replaceAll("'", '"')).join("");
const count = (text: string, pattern: RegExp): number =>
  text.match(pattern)?.length ?? 0;

Deno.test("a strip is drawn with two rows of dots and a line for each match", () => {
  const pixels = Float64Array.from({ length: 20 }, (_, i) => i % 2 ? 1 : -1);
  const { html, text } = stereograms([{ pixels, disparity: -3 }], {
    title: "One strip",
  });
  assert.match(html, /d = −3/);
  const svg = drawn(html);
  assert.equal(count(svg, /<rect /g), 20);
  // Seven of ten dots are seen by both eyes.
  const links = /aria-label="link"[^>]*>(.*?)<\/g>/s.exec(svg)?.[1] ?? "";
  assert.equal(count(links, /<path /g), 7);
  assert.match(text, /One strip/);
});

Deno.test("a grey dot is grey", () => {
  const pixels = new Float64Array(8);
  const { html } = stereograms([{ pixels, disparity: 0.5 }]);
  assert.match(drawn(html), /rgb\(128, 128, 128\)/);
  assert.match(html, /d = 0\.5/);
});

Deno.test("a surface shows the truth as a line and a dot for each value there is", () => {
  const { html } = surfaces([{
    truth: Float64Array.of(0, 1, 2, 1),
    found: { module: Float64Array.of(0, 1.1, NaN, 1) },
    breakAt: 1.5,
  }], { limit: 3 });
  const svg = drawn(html);
  const dots = /aria-label="dot"[^>]*>(.*?)<\/g>/s.exec(svg)?.[1] ?? "";
  assert.equal(count(dots, /<(circle|path) /g), 3);
  assert.match(svg, /stroke-dasharray="3,3"/);
});
