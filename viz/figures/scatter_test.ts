import assert from "node:assert/strict";
import { count, shown } from "../../tests/drawings.ts";
import {
  conditionalMean,
  pointPaint,
  scatter as scatterPicture,
} from "./scatter.ts";
import { scatter3d as scatter3dPicture } from "./scatter_3d.ts";

const scatter = shown(scatterPicture);
const scatter3d = shown(scatter3dPicture);

const ramp = Array.from({ length: 3000 }, (_, i) => i / 3000);

const dotsIn = (markup: string): number => count(markup, "h0");

Deno.test("the mean of y given x is that of each bin", () => {
  assert.deepEqual(conditionalMean([0, 1, 9, 10], [1, 3, 5, 9], 2), [
    [0.5, 2],
    [9.5, 7],
  ]);
  assert.deepEqual(conditionalMean([0, 10], [1, 2], 5), [[0, 1], [10, 2]]);
});

Deno.test("at most `limit` points are drawn, spread over all", () => {
  const { html } = scatter(ramp, ramp, { limit: 100, width: 300 });
  assert.equal(dotsIn(html), 100);
});

Deno.test("points that are not finite are left out", () => {
  const { html } = scatter([0, NaN, 2], [0, 1, Infinity], { width: 300 });
  assert.equal(dotsIn(html), 1);
  assert.doesNotMatch(html, /NaN|Infinity/);
  assert.deepEqual(conditionalMean([0, NaN, 2, 1], [1, 1, 3, Infinity], 2), [
    [0, 1],
    [2, 3],
  ]);
});

Deno.test("categories keep their colour and are named", () => {
  const { html } = scatter([0, 1, 2], [0, 1, 2], {
    by: [1, 0, 1],
    scale: "category",
    categories: ["left", "right"],
  });
  assert.match(html, /left[^]*right/);
  const paint = pointPaint({ by: [1, 0, 1], scale: "category" }, 3);
  assert.equal(paint.color(0), paint.color(2));
  assert.notEqual(paint.color(0), paint.color(1));
  assert.equal(paint.color(1), "#0072b2");
});

Deno.test("a cyclic scale gives both ends one colour", () => {
  const paint = pointPaint({ by: [0, 0.5, 1], scale: "cyclic" }, 3);
  assert.equal(paint.color(0), paint.color(2));
});

Deno.test("1,500 coloured points stay below 40 kB, their rows below 40 more", () => {
  const { html } = scatter(ramp, ramp, { by: ramp, width: 420 });
  const rows = / data-rows="([^"]*)"/.exec(html)![1];
  assert.equal(rows.split("\n").length, 1502);
  assert.ok(html.length - rows.length < 40_000 && rows.length < 40_000);
});

Deno.test("columns of different length are refused by name", () => {
  assert.throws(
    () => scatter([1, 2], [1]),
    /^RangeError: Cannot draw points as y must hold 2 values, as x does: current value is 1$/,
  );
  assert.throws(
    () => scatter3d([1], [1], [1], { by: [1, 2] }),
    /as by must hold 1/,
  );
});

Deno.test("the cloud in space is drawn without a script, each point once", () => {
  const { html } = scatter3d([0, 1, 0.5], [0, 1, 0.5], [0, 1, 0.5], {
    labels: ["x<", "y", "z"],
  });
  const [still, script] = html.split("<script>");
  assert.equal(dotsIn(still), 3);
  assert.match(still, />x&lt;<\/text>/);
  assert.match(script, /"points":\[0,0,0,999,999,999,500,500,500\]/);
});
