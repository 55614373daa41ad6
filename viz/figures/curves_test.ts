import assert from "node:assert/strict";
import { count, shown } from "../../tests/drawings.ts";
import { curves as curvesPicture, pointsOf } from "./curves.ts";

const curves = shown(curvesPicture);

Deno.test("points of a history leave out what is not a number", () => {
  const rows = [{ step: 1, loss: 2 }, { step: 2, loss: NaN }, {
    step: 3,
    loss: 0,
  }];
  assert.deepEqual(pointsOf(rows, "step", "loss"), [[1, 2], [3, 0]]);
});

Deno.test("every series and every line is named in the drawing", () => {
  const { html } = curves([
    { label: "training", points: [[0, 2], [1, 1]] },
    { label: "held-out", points: [[0, 2], [1, 1.01]] },
  ], { y: "bits", lines: [{ value: 0.5, label: "entropy" }] });
  for (const name of ["training", "held-out", "entropy", "bits"]) {
    assert.match(html, new RegExp(`>${name}</text>`));
  }
});

Deno.test("names at the ends keep a line's height apart", () => {
  const { html } = curves(
    ["a", "b", "c"].map((label) => ({ label, points: [[0, 2], [1, 1]] })),
    { width: 400 },
  );
  const y = [
    ...html.matchAll(/translate\([\d.]+,([\d.]+)\)" y="[^"]*">[abc]</g),
  ]
    .map((m) => Number(m[1])).sort((p, q) => p - q);
  assert.equal(y.length, 3);
  assert.ok(y[1] - y[0] > 13.5 && y[2] - y[1] > 13.5, y.join());
});

Deno.test("between whole steps there is no tick", () => {
  const ticks = (end: number): string[] => {
    const { html } = curves([{ label: "", points: [[0, 0.25], [end, 0.75]] }], {
      ...{ x: "moves", width: 640, yDomain: [0.2, 0.8] },
    });
    return [...html.matchAll(/>([\d.]+)<\/text>/g)].map(([, text]) => text);
  };
  assert.ok(ticks(2).includes("1"), `${ticks(2)}`);
  assert.ok(!ticks(2).includes("1.5"), `${ticks(2)}`);
  assert.ok(ticks(2.5).includes("1.5"), `${ticks(2.5)}`);
});

Deno.test("many seeds are thin lines and their mean", () => {
  const runs = [[[0, 1], [1, 3]], [[0, 3], [1, 5]]] as [number, number][][];
  const { html, text } = curves([{ label: "mean", points: runs }], {
    width: 400,
  });
  assert.equal(count(html, 'stroke-width="0.75"'), 2);
  assert.equal(count(html, 'stroke-width="2.5"'), 1);
  assert.match(text, /mean: from 2\.00 to 4\.00/);
});

Deno.test("a logarithmic axis skips what has no logarithm", () => {
  const { html } = curves([{ label: "", points: [[0, 0], [1, 1], [2, 10]] }], {
    logY: true,
  });
  assert.doesNotMatch(html, /NaN|Infinity/);
});

Deno.test("without a single point there is one clear error", () => {
  assert.throws(
    () => curves([{ label: "a", points: [] }]),
    /^RangeError: Cannot draw curves as at least one series must hold a finite point: current value is 0 points$/,
  );
});
