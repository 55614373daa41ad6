import assert from "node:assert/strict";
import { fill } from "./elementwise.ts";
import {
  addMatmul,
  addMatmulNT,
  addMatmulTN,
  matmul,
  matmulNT,
  matmulTN,
} from "./products.ts";
import { type FloatArray, type Matrix, workspace } from "./workspace.ts";
import { fillNormal, stream } from "../random.ts";

Deno.test("a product sums l = 0, 1, …, in equal shares of at most 512", () => {
  const shapes = [[5, 97, 8], [1, 512, 3], [259, 50, 1], [257, 577, 9]];
  for (const [m, k, n] of shapes) {
    const space = workspace("float32", { bytes: 4 << 20 });
    const [a, b, out] = [[m, k], [k, n], [m, n]].map((s) =>
      space.matrix(s[0], s[1])
    );
    for (const { data } of [a, b, out]) fillNormal(stream(k, "data"), data);
    const share = Math.ceil(k / Math.ceil(k / 512));
    const want = out.data.map((total, at) => {
      const row = Math.floor(at / n) * k;
      for (let start = 0; start < k; start += share) {
        let sum = 0;
        for (let l = start; l < Math.min(k, start + share); l++) {
          const term = Math.fround(a.data[row + l] * b.data[l * n + at % n]);
          sum = Math.fround(sum + term);
        }
        total = Math.fround(total + sum);
      }
      return total;
    });
    assert.deepEqual(addMatmul(a, b, out).data, want);
  }
});

Deno.test("a row of a product does not depend on the rows beside it", () => {
  const space = workspace("float32", { bytes: 4 << 20 });
  const a = space.matrix(37, 90);
  const b = space.matrix(90, 21);
  fillNormal(stream(1, "a"), a.data, 1);
  fillNormal(stream(1, "b"), b.data, 1);
  const whole = matmul(a, b, space.matrix(37, 21));
  for (let i = 0; i < 37; i++) {
    const alone = matmul(space.rows(a, i, 1), b, space.matrix(1, 21));
    assert.deepEqual(alone.data, whole.data.slice(i * 21, (i + 1) * 21));
  }
});

Deno.test("a product with one column has the bits of that column in a wider one", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const space = workspace(dtype, { bytes: 4 << 20 });
    for (const [m, k] of [[1, 1], [4, 9], [7, 48], [256, 48], [90, 256]]) {
      const random = (rows: number, cols: number): Matrix => {
        const made = space.matrix(rows, cols);
        fillNormal(stream(rows + cols, "data"), made.data, 1);
        return made;
      };
      const [a, at, wide, wideT] = [
        random(m, k),
        random(k, m),
        random(k, 2),
        random(2, k),
      ];
      const first = space.matrix(k, 1);
      for (const add of [false, true]) {
        const start = add ? 0.3 : 0;
        const product = (
          multiply: typeof matmul,
          left: Matrix,
          right: Matrix,
          cols: number,
        ): Matrix => multiply(left, right, fill(start, space.matrix(m, cols)));
        const column = (matrix: Matrix): FloatArray =>
          matrix.data.filter((_, i) => i % 2 === 0) as FloatArray;
        const compare = (narrow: Matrix, two: Matrix): void =>
          assert.deepEqual(narrow.data, column(two));
        first.data.set(column(wide));
        const [nn, tn, nt] = add
          ? [addMatmul, addMatmulTN, addMatmulNT]
          : [matmul, matmulTN, matmulNT];
        compare(product(nn, a, first, 1), product(nn, a, wide, 2));
        compare(product(tn, at, first, 1), product(tn, at, wide, 2));
        compare(
          product(nt, a, space.rows(wideT, 0, 1), 1),
          product(nt, a, wideT, 2),
        );
      }
    }
  }
});
