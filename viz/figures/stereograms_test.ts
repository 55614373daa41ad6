import assert from "node:assert/strict";
import { count, shown } from "../../tests/drawings.ts";
import * as figures from "./stereograms.ts";

const stereograms = shown(figures.stereograms);
const surfaces = shown(figures.surfaces);

Deno.test("a strip is drawn with two rows of dots and a line for each match", () => {
  const pixels = Float64Array.from({ length: 20 }, (_, i) => i % 2 ? 1 : -1);
  const { html, text } = stereograms([{ pixels, disparity: -3 }], {
    title: "One strip",
  });
  assert.match(html, /d = −3/);
  assert.equal(count(html, "<rect "), 20);
  // Seven of ten dots are seen by both eyes.
  const links = /aria-label="link"[^>]*>(.*?)<\/g>/s.exec(html)?.[1] ?? "";
  assert.equal(count(links, "<path "), 7);
  assert.match(text, /One strip/);
});

Deno.test("a grey dot is grey", () => {
  const pixels = new Float64Array(8);
  const { html } = stereograms([{ pixels, disparity: 0.5 }]);
  assert.match(html, /rgb\(128, 128, 128\)/);
  assert.match(html, /d = 0\.5/);
});

Deno.test("a surface shows the truth as a line and a dot for each value there is", () => {
  const { html } = surfaces([{
    truth: Float64Array.of(0, 1, 2, 1),
    found: { module: Float64Array.of(0, 1.1, NaN, 1) },
    breakAt: 1.5,
  }], { limit: 3 });
  const dots = /aria-label="dot"[^>]*>(.*?)<\/g>/s.exec(html)?.[1] ?? "";
  assert.equal(dots.match(/<(circle|path) /g)?.length, 3);
  assert.match(html, /stroke-dasharray="3,3"/);
});
