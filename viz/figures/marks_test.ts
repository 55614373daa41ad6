import assert from "node:assert/strict";
import { count, shown } from "../../tests/drawings.ts";
import { figure as figurePicture, Plot } from "./figure.ts";
import { apart, axis, namedLines, padded } from "./marks.ts";

const figure = shown(figurePicture);

Deno.test("a domain is padded by a share of its length, also where it has none", () => {
  assert.deepEqual(padded([0, 10], { share: 0.1 }), [-1, 11]);
  assert.deepEqual(padded([5, 5], { share: 0.1 }), [4.5, 5.5]);
  assert.deepEqual(padded([0, 0], { share: 0.1 }), [-0.1, 0.1]);
  const [low, high] = padded([1, 100], { share: 0.1, log: true });
  assert.ok(low > 0 && low < 1 && high > 100);
});

Deno.test("only a logarithmic axis has the format of one", () => {
  const options = { label: "x", ticks: 5, format: "~s" };
  assert.ok(!("tickFormat" in axis("x", options)));
  assert.equal(axis("x", { ...options, log: true }).tickFormat, "~s");
});

Deno.test("labels keep apart along their axis, and others stay", () => {
  const { html } = figure({
    width: 300,
    marks: [
      Plot.text([[0, 0, "a"], [0, 0.01, "b"], [0, 9, "c"]], {
        text: "2",
        render: apart("y", () => 14, ({ height }) => height),
      }),
    ],
  });
  const y = Array.from(
    html.matchAll(/translate\([\d.]+,([\d.]+)\)"[^>]*>[abc]</g),
    (m) => Number(m[1]),
  );
  assert.equal(y.length, 3);
  assert.ok(y[0] - y[1] > 13.9, y.join());
  assert.ok(y[1] - y[2] > 100, y.join());
});

Deno.test("a named line has its name beside it", () => {
  const lines = [{ value: 1, label: "chance" }, { value: 2, label: "limit" }];
  const marks = [Plot.dot([[0, 0], [3, 3]]), ...namedLines(lines, [[0, 0]])];
  const { html } = figure({ width: 300, marks });
  assert.equal(count(html, 'stroke-dasharray="3,3"'), 2);
  assert.match(html, />chance<\/text>[^]*>limit<\/text>/);
});
