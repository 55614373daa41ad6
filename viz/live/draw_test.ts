import { deepEqual, ok } from "node:assert/strict";
import { endTick } from "./draw.ts";

Deno.test("numbers at the ends of an axis have room, and two digits at least", () => {
  const numbers = [0, 1, -0.9066, 0.05474, -0.09913, 0.0002307, -3e-7, 123456];
  const texts = numbers.map(endTick);
  deepEqual(texts, [
    ...["0", "1", "−0.907", "0.055", "−0.099", "2.3e−4", "−3.0e−7", "123000"],
  ]);
  ok(texts.every((text) => text.length <= 7));
});
