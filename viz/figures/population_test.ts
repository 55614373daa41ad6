import assert from "node:assert/strict";
import { activityMaps, barcodes, implicitSpace } from "./population.ts";

/** Figures travel as percent-encoded SVG. */
const decoded = ({ html }: { html: string }): string =>
  html.replace(/%[0-9A-F]{2}/g, (code) => {
    try {
      return decodeURIComponent(code);
    } catch {
      return code; // one byte of several: no mark-up
    }
  });

const count = (text: string, part: string): number =>
  text.split(part).length - 1;

Deno.test("the implicit space is drawn from three sides for each colouring", () => {
  const codes = Float64Array.from({ length: 30 }, (_, i) => (i * 7 % 11) / 11);
  const by = Array.from({ length: 10 }, (_, i) => i);
  const html = decoded(implicitSpace(codes, {
    dims: 3,
    colourings: [{ name: "x", by }, { name: "y", by }],
  }));
  assert.ok(count(html, "by x") >= 3);
  assert.equal(count(html, "by x"), count(html, "by y"));
  assert.ok(html.includes("dimension 3"));
});

Deno.test("an active unit is drawn larger than a silent one", () => {
  const html = decoded(activityMaps([0, 0, 1, 1], [
    { label: "image 1", activities: [1, 0], centre: [0.5, 0.5] },
  ]));
  assert.match(html, /r=['"]7['"]/);
  assert.match(html, /r=['"]1['"]/);
});

Deno.test("bar codes show at most so many bars, the longest in its colour", () => {
  const h1 = Array.from(
    { length: 20 },
    (_, i) => ({ birth: 1, death: 30 - i }),
  );
  const html = decoded(barcodes([{ label: "circle", bars: { h0: [], h1 } }], {
    most: 5,
  }));
  assert.ok(html.includes("circle"));
  assert.equal(count(html, "<rect"), 5);
});
