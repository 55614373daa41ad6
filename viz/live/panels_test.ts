import { ok, strictEqual } from "node:assert/strict";
import { curve, isNarrow, type Panel, squareAndTwo } from "./panels.ts";

const right = ({ left, width }: Panel): number => left + width;
const bottom = ({ top, height }: Panel): number => top + height;

Deno.test("two panels share the height of the square that they stand beside", () => {
  for (const options of [{ most: 300 }, { most: 320, upper: 96 }]) {
    const { square, upper, lower, height } = squareAndTwo(860, options);
    strictEqual(square.width, options.most);
    strictEqual(square.height, square.width);
    ok(upper.left > right(square) && right(upper) < 860);
    strictEqual(upper.top, square.top);
    ok(lower.top > bottom(upper));
    strictEqual(bottom(lower), bottom(square));
    ok(height > bottom(square));
  }
});

Deno.test("on a narrow picture they stand below it, after the room for a key", () => {
  strictEqual(isNarrow(360), true);
  const { square, upper, lower, height } = squareAndTwo(360, { most: 300 });
  const keyed = squareAndTwo(360, { most: 300, room: 110 });
  for (const panel of [square, upper, lower]) {
    ok(panel.left > 0 && right(panel) < 360);
  }
  ok(upper.top > bottom(square) && lower.top > bottom(upper));
  strictEqual(keyed.upper.top, upper.top + 110);
  strictEqual(keyed.height, height + 110);
});

Deno.test("a curve of thousands of rows keeps some 300 points, its last among them", () => {
  const rows = Array.from({ length: 5000 }, (_, step) => ({ step }));
  const { upper } = squareAndTwo(860, { most: 300 });
  const frame = { ...upper, x: [0, 4999], y: [0, 4999] } as const;
  const drawn = curve(frame, "", rows, { of: "step", color: "red" });
  const [, d] = /<path d="([^"]*)"/.exec(drawn)!;
  const points = d.split("L");
  ok(points.length <= 310, String(points.length));
  strictEqual(points.at(-1), `${right(upper)} ${upper.top}`);
});
