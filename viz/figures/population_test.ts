import assert from "node:assert/strict";
import { count, shown } from "../../tests/drawings.ts";
import * as figures from "./population.ts";

const implicitSpace = shown(figures.implicitSpace);
const activityMaps = shown(figures.activityMaps);
const barcodes = shown(figures.barcodes);

Deno.test("the implicit space is drawn from three sides for each colouring", () => {
  const codes = Float64Array.from({ length: 30 }, (_, i) => (i * 7 % 11) / 11);
  const by = Array.from({ length: 10 }, (_, i) => i);
  const { html } = implicitSpace(codes, {
    dims: 3,
    colourings: [{ name: "x", by }, { name: "y", by }],
  });
  assert.ok(count(html, "by x") >= 3);
  assert.equal(count(html, "by x"), count(html, "by y"));
  assert.ok(html.includes("dimension 3"));
});

Deno.test("an active unit is drawn larger than a silent one", () => {
  const { html } = activityMaps([0, 0, 1, 1], [
    { label: "image 1", activities: [1, 0], centre: [0.5, 0.5] },
  ]);
  assert.match(html, / r="7"/);
  assert.match(html, / r="1"/);
});

Deno.test("bar codes show at most so many bars, the longest in its colour", () => {
  const h1 = Array.from(
    { length: 20 },
    (_, i) => ({ birth: 1, death: 30 - i }),
  );
  const { html } = barcodes([{ label: "circle", bars: { h0: [], h1 } }], {
    most: 5,
  });
  assert.ok(html.includes("circle"));
  assert.equal(count(html, "<rect"), 5);
});
