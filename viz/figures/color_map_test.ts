import assert from "node:assert/strict";
import { colorOf, domainOf, hex, paint, parseColor } from "./color_map.ts";

Deno.test("maps run from their first to their last colour and clamp outside", () => {
  assert.equal(hex(colorOf("sequential", 0)), "#000000");
  assert.equal(hex(colorOf("sequential", 2)), "#ffffff");
  assert.equal(hex(colorOf("heat", -1)), "#440154");
  assert.equal(hex(colorOf("heat", 1)), "#fde725");
});

Deno.test("the diverging map is near white in the middle, blue below, red above", () => {
  const [r, g, b] = [16, 8, 0].map((s) => colorOf("diverging", 0.5) >> s & 255);
  assert.ok(Math.min(r, g, b) > 240);
  assert.ok(
    (colorOf("diverging", 0.2) & 255) > (colorOf("diverging", 0.2) >> 16),
  );
  assert.ok(
    (colorOf("diverging", 0.8) & 255) < (colorOf("diverging", 0.8) >> 16),
  );
});

Deno.test("the cyclic map ends where it began", () => {
  assert.equal(colorOf("cyclic", 0), colorOf("cyclic", 1));
  assert.equal(colorOf("cyclic", 0.25), colorOf("cyclic", 1.25));
});

Deno.test("a domain spans the values, around zero where the map diverges", () => {
  const images = [[1, 2], [-3, 0]];
  assert.deepEqual(domainOf("sequential", images), [-3, 2]);
  assert.deepEqual(domainOf("diverging", images), [-3, 3]);
  assert.deepEqual(domainOf("binary", images), [0, 1]);
  assert.deepEqual(domainOf("sequential", [[2, 2]]), [2, 3]);
  assert.deepEqual(domainOf("sequential", []), [0, 1]);
});

Deno.test("NaN is transparent", () => {
  assert.deepEqual([...paint([NaN, 0], "sequential", [0, 1])], [-1, 0]);
});

Deno.test("a colour is read in the ways that it is written", () => {
  assert.equal(parseColor("#0af"), 0x00aaff);
  assert.equal(parseColor(hex(0x010203)), 0x010203);
  assert.equal(parseColor("rgb(1, 2, 3)"), 0x010203);
  assert.throws(() => parseColor("reddish"), /#rrggbb.*reddish/);
});
