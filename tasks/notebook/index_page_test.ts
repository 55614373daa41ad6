import assert from "node:assert/strict";
import { metric } from "../../lib/run/results.ts";
import { picture } from "../../viz/page/picture.ts";
import { besidePage, type IndexEntry, indexPage } from "./index_page.ts";

const entry = (change: Partial<IndexEntry> = {}): IndexEntry => ({
  name: "a b",
  notebook: "a b",
  title: "<i>",
  seed: 1,
  preset: "full",
  differing: {},
  judgement: null,
  command: "deno task report 'a b'",
  wallSeconds: 63,
  picture: null,
  metrics: [],
  claims: [
    { text: "one & two", observed: 1, bound: "≥ 0", holds: true },
    { text: "three", observed: 1, bound: "≥ 2", holds: false },
  ],
  ...change,
});
const drawn = (words: string): string =>
  picture(`<svg width="100"><text>${words}</text></svg>`, { alt: words });

Deno.test("the index holds every verdict and escapes what it is given", () => {
  const html = indexPage([entry()]);
  assert.ok(html.includes('href="a%20b.html"') && html.includes("&lt;i&gt;"));
  assert.ok(
    html.includes("one &amp; two") && html.includes("✓ holds") &&
      html.includes("✗ fails"),
  );
  assert.ok(html.includes("executed in 1:03"));
});

Deno.test("a card has a picture, a verdict in a word with its reason, the claims, the time and the command", () => {
  const html = indexPage([entry({
    judgement: { word: "partly", reason: "It <b>does</b>, in part." },
    picture: drawn("the main result"),
  })]);
  const card = html.slice(html.indexOf('class="card'), html.indexOf("</li>"));
  assert.match(card, /<text>the main result<\/text>/);
  assert.match(card, /◐ partly<\/b> It &lt;b&gt;does/);
  assert.match(card, /1 of 2 claims hold · 1:03/);
  assert.match(card, /deno task report &#39;a b&#39;/);
});

Deno.test("runs of other settings stand below the notebook's own, with differences and pairs", () => {
  const own = entry({
    picture: drawn("own"),
    metrics: [metric("loss", 2, { unit: "nats" }), metric("only here", 1)],
  });
  const other = entry({
    name: "a b.seed-2",
    seed: 2,
    differing: { seed: 2 },
    picture: drawn("other"),
    metrics: [metric("loss", 1.5, { unit: "nats" })],
  });
  const html = indexPage([other, own]);
  assert.equal(html.split('class="card').length, 2, "one card a notebook");
  const row = /<tr><th[^>]*>loss \(nats\)<[^]*?<\/tr>/.exec(html)![0]
    .replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ").trim();
  assert.equal(row, "loss (nats) 2 1.500 −0.50");
  assert.match(html, /only here<[^]*?1<[^]*?–[^]*?–/);
  assert.match(html, /as committed, seed 1/);
  assert.match(html, /<text>own<[^]*<text>other</);
  assert.match(html, /href="a%20b\.seed-2\.beside\.html"/);
  // Without the notebook's own run, another is shown, and named.
  assert.match(indexPage([other]), /class="card[^]*seed 2 · 1 of 2 claims/);
});

Deno.test("the page of pairs holds what both have drawn, and counts the rest", () => {
  const of = (image: string, cell: string, number = 1) => (
    { cell, number, image: drawn(image) }
  );
  const html = besidePage(
    { entry: entry(), drawings: [of("a", "x"), of("b", "y")] },
    {
      entry: entry({ differing: { seed: 2 } }),
      drawings: [of("c", "y"), of("d", "x"), of("e", "z")],
    },
  );
  assert.match(html, /<text>a<[^]*<text>d<[^]*<text>b<[^]*<text>c</);
  assert.doesNotMatch(html, /<text>e</);
  assert.match(html, /2 drawings of both/);
  assert.match(html, /1 that only one of them has/);
});
