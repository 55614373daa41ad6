import assert from "node:assert/strict";
import { clearest, spread, textWidth, wrapText } from "./labels.ts";

Deno.test("labels that would overlap move apart by the least, in their order", () => {
  const at = spread([100, 104, 300], [14, 14, 14], 0, 400);
  assert.ok(Math.abs(at[1] - at[0] - 14) < 0.1);
  assert.ok(Math.abs((at[0] + at[1]) / 2 - 102) < 0.1);
  assert.equal(at[2], 300);
});

Deno.test("labels stay within their bounds", () => {
  const at = spread([0, 1, 2], [20, 20, 20], 0, 100);
  assert.ok(at[0] >= 10);
  assert.ok(at[2] - at[1] > 19 && at[1] - at[0] > 19);
});

Deno.test("text breaks at spaces only", () => {
  assert.equal(wrapText("held-out images", 60), "held-out\nimages");
  assert.equal(wrapText("short", 10), "short");
  assert.ok(textWidth("a\nlonger") === textWidth("longer"));
});

Deno.test("a line's label stands where it covers no point", () => {
  const line = { y: 100, width: 50, left: 0, right: 300 };
  assert.deepEqual(clearest([], line), { x: 0, above: true });
  const left = Array.from({ length: 50 }, (_, i) => [i, 92] as const);
  assert.ok(clearest(left, line).x > 49);
  const all = Array.from({ length: 300 }, (_, i) => [i, 92] as const);
  assert.deepEqual(clearest(all, line), { x: 0, above: false });
});
