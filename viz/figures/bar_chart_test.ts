import assert from "node:assert/strict";
import { count, shown } from "../../tests/drawings.ts";
import {
  barChart as barChartPicture,
  strips as stripsPicture,
} from "./bar_chart.ts";

const barChart = shown(barChartPicture);
const strips = shown(stripsPicture);

Deno.test("each bar has its name, its number and its error bar", () => {
  const { html, text } = barChart([
    { label: "ours", value: 0.864, sd: 0.02 },
    { label: "theirs <b>", value: 0.633 },
  ], { width: 400 });
  assert.match(html, />ours<\/text>/);
  assert.match(html, />theirs &lt;b&gt;<\/text>/);
  assert.match(html, />0\.864<\/text>/);
  assert.match(text, /ours 0\.864 ± 0\.0200, theirs <b> 0\.633/);
  assert.equal(count(html, 'aria-label="link"'), 1);
});

Deno.test("negative bars have their number on the left", () => {
  const { html } = barChart([{ label: "a", value: -1 }, {
    label: "b",
    value: 2,
  }], {
    width: 400,
  });
  assert.match(html, /text-anchor="end"[^>]*aria-label="text"><text[^>]*>−1</);
});

Deno.test("lines for chance and limit lie within the frame", () => {
  const { html } = barChart([{ label: "a", value: 0.5 }], {
    width: 400,
    lines: [{ value: 0.97, label: "limit" }],
  });
  const x = Number(
    /<line[^>]*x1="([\d.]+)"[^>]*\/><\/g><g[^>]*aria-label="text"><text[^>]*>limit/
      .exec(html)?.[1],
  );
  assert.ok(x > 300 && x < 400, `${x}`);
});

Deno.test("a strip shows every finite value, equal ones side by side, and the mean", () => {
  const { html, text } = strips([{ label: "a", values: [1, 1, 1, 2, NaN] }], {
    width: 400,
  });
  const centres = [
    ...html.matchAll(/<circle[^>]*cy="([\d.]+)"[^>]*cx="([\d.]+)"/g),
  ]
    .map((m) => `${m[1]},${m[2]}`);
  assert.equal(centres.length, 4);
  assert.equal(new Set(centres).size, 4);
  assert.match(text, /mean 1\.25/);
});

Deno.test("where zero is out of sight a dot marks the value, not a bar", () => {
  const items = [{ label: "a", value: 0.99 }];
  const bar = /aria-label="bar"/;
  assert.match(barChart(items, { width: 400, xDomain: [0, 1] }).html, bar);
  for (const options of [{ xDomain: [0.98, 1] as const }, { log: true }]) {
    const { html } = barChart(items, { width: 400, ...options });
    assert.doesNotMatch(html, bar);
    assert.match(html, /<circle/);
  }
});
