import assert from "node:assert/strict";
import { count, shown } from "../../tests/drawings.ts";
import { figure as figurePicture, grid, Plot, shortNumber } from "./figure.ts";
import { frame, raw } from "../page/html.ts";

const figure = shown(figurePicture);

const dots = (options = {}): string =>
  figure({
    marks: [Plot.dot([[0, 1], [1 / 3, 2]])],
    ...options,
  }).html;

Deno.test("a figure has its title, caption and an accessible name, all escaped", () => {
  const markup = dots({ title: "a<b", caption: "see c>d" });
  assert.match(
    markup,
    /<figure class="hc-fig"><div class="hc-title">a&lt;b<\/div>/,
  );
  assert.match(markup, /<figcaption>see c&gt;d<\/figcaption><\/figure>$/);
  assert.match(markup, /<svg role="img" aria-label="a&lt;b\. see c&gt;d"/);
});

Deno.test("coordinates have at most two decimals, text and images keep theirs", () => {
  const markup = figure({
    phone: false,
    marks: [
      Plot.dot([[0, 1], [1 / 3, 2]]),
      Plot.text(["0.123456"], { frameAnchor: "middle" }),
    ],
  }).html;
  assert.match(markup, />0\.123456</);
  assert.doesNotMatch(markup.replace(">0.123456<", ""), /\d\.\d{3}/);
});

Deno.test("a figure wider than a phone is drawn twice, a narrow or heavy one once", () => {
  const drawings = (markup: string): number => count(markup, "<svg role");
  assert.equal(drawings(dots()), 2);
  assert.equal(drawings(dots({ width: 280 })), 1);
  assert.equal(drawings(dots({ phone: false })), 1);
  const many = Array.from({ length: 2000 }, (_, i) => [i, i % 7]);
  assert.equal(
    drawings(dots({ marks: [Plot.dot(many as [number, number][])] })),
    1,
  );
});

Deno.test("clip paths are named by content, whatever was drawn before", () => {
  const clipped = (): string =>
    dots({ marks: [Plot.line([[0, 0], [1, 1]], { clip: true })] });
  const first = clipped();
  dots({ marks: [Plot.dot([[0, 0]], { clip: true })] });
  assert.equal(clipped(), first);
  const [, id] = /clipPath id="(hc-[0-9a-f]{8}-0)"/.exec(first)!;
  assert.match(first, new RegExp(`clip-path="url\\(#${id}\\)"`));
});

Deno.test("the left margin holds long tick labels", () => {
  const left = (markup: string): number =>
    Number(
      /aria-label="y-axis tick label"[^]*?translate\((\d+)/.exec(markup)![1],
    );
  const short = left(dots({ y: { tickFormat: () => "1" } }));
  const long = left(dots({ y: { tickFormat: () => "a rather long label" } }));
  assert.ok(short <= 45 && long > 110, `${short}, ${long}`);
});

Deno.test("no colour is fixed that a dark page would swallow", () => {
  const markup = dots({ grid: true });
  assert.doesNotMatch(markup, /"(black|white|#000|#fff)/);
  assert.match(markup, /fill="currentColor"/);
});

Deno.test("rasters and continuous legends are drawn, as PNGs", () => {
  const values = Float64Array.from({ length: 16 }, (_, i) => i);
  const markup = dots({
    color: { legend: true, scheme: "viridis", type: "linear" },
    marks: [Plot.raster(values, { width: 4, height: 4 })],
  });
  assert.ok(markup.split("data:image/png;base64,iVBOR").length >= 3);
  assert.doesNotMatch(markup, /<\/figure>.*<\/figure>/s);
});

Deno.test("small multiples share one figure and wrap", () => {
  const { html, text } = grid(
    [raw('<img class="hc-svg" src="" width="200">', "one"), raw("<b>", "two")],
    { columns: 2, title: "Both", caption: "Side by side." },
  );
  assert.match(html, /max-width:528px/);
  assert.match(
    html,
    /flex:1 1 190px;max-width:200px;min-width:min\(100%,200px\)/,
  );
  assert.equal(text, "Figure: Both. one; two. Side by side.");
});

Deno.test("figures in a figure are told of in one sentence", () => {
  const figure = (title: string) => frame("", { title });
  assert.equal(
    grid([figure("One"), figure("Two")]).text,
    "Figure: One; Two",
  );
});

Deno.test("a short number has two decimals and no negative zero", () => {
  assert.equal(shortNumber(-0.001), "0");
  assert.equal(shortNumber(12.3456), "12.35");
});
