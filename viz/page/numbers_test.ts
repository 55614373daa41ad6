import assert from "node:assert/strict";
import { fixed, percent, significant } from "./numbers.ts";

Deno.test("numbers have a true minus and no negative zero", () => {
  assert.equal(fixed(-0.0712, 3), "−0.071");
  assert.equal(fixed(-0.0001, 2), "0.00");
  assert.equal(fixed(null), "–");
  assert.equal(fixed(NaN), "undefined");
  assert.equal(fixed(-Infinity), "−∞");
  assert.equal(percent(0.8754), "87.5 %");
});

Deno.test("significant digits, whatever the size", () => {
  const cases: [number, string][] = [
    [0.123456, "0.123"],
    [12.3456, "12.3"],
    [1234567, "1,234,567"],
    [1234.567, "1,235"],
    [0.000012345, "1.23×10⁻⁵"],
    [0.09996, "0.100"],
    [99.96, "100"],
    [-3.00001, "−3.00"],
    [0, "0"],
  ];
  for (const [value, text] of cases) assert.equal(significant(value), text);
});
