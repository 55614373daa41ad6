import { deepStrictEqual } from "node:assert/strict";
import {
  centred,
  columnMeans,
  crossCovariance,
  product,
  productTN,
  transpose,
} from "./linear_algebra.ts";

const x = Float64Array.of(1, 2, 3, 4, 5, 12); // 3 × 2

Deno.test("products are those of paper and pencil", () => {
  const y = Float64Array.of(1, 0, -1, 2, 1, 1); // 2 × 3
  const want = [5, 2, 1, 11, 4, 1, 29, 12, 7];
  deepStrictEqual([...product(x, y, 2)], want);
  deepStrictEqual([...productTN(transpose(x, 3), y, 2)], want);
  deepStrictEqual([...productTN(x, x, 3)], [35, 74, 74, 164]);
});

Deno.test("a transpose has the columns for rows", () => {
  deepStrictEqual([...transpose(x, 3)], [1, 3, 5, 2, 4, 12]);
  deepStrictEqual(transpose(transpose(x, 3), 2), x);
});

Deno.test("means and covariances of the columns are those of their definitions", () => {
  deepStrictEqual([...columnMeans(x, 3)], [3, 6]);
  deepStrictEqual([...centred(x, 3)], [-2, -4, 0, -2, 2, 6]);
  const y = Float64Array.of(0, 3, 3); // 3 × 1, mean 2
  deepStrictEqual([...crossCovariance(x, y, 3)], [2, 4]);
});
