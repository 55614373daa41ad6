import { ok, strictEqual, throws } from "node:assert/strict";
import {
  canonicalCorrelations,
  effectiveRank,
  inverse,
  linearR2,
  spread,
  symmetricEigen,
} from "./eigen.ts";
import { product, transpose } from "./linear_algebra.ts";
import { fillNormal, stream } from "./random.ts";

function near(actual: number, expected: number, tolerance = 1e-12): void {
  ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}

function covarianceLike(n: number, seed: number): Float64Array {
  const x = fillNormal(stream(seed, "x"), new Float64Array(n * n));
  return product(x, transpose(x, n), n);
}

Deno.test("eigenvalues and eigenvectors rebuild the matrix", () => {
  const m = covarianceLike(6, 1);
  const { values, vectors } = symmetricEigen(m, 6);
  for (let i = 0; i < 6; i++) {
    if (i > 0) ok(values[i] <= values[i - 1]);
    for (let j = 0; j < 6; j++) {
      let entry = 0;
      let dot = 0;
      for (let k = 0; k < 6; k++) {
        entry += values[k] * vectors[k * 6 + i] * vectors[k * 6 + j];
        dot += vectors[i * 6 + k] * vectors[j * 6 + k];
      }
      near(entry, m[i * 6 + j], 1e-11);
      near(dot, i === j ? 1 : 0, 1e-12);
    }
  }
});

Deno.test("a matrix times its inverse is the identity", () => {
  const m = covarianceLike(4, 2);
  product(m, inverse(m, 4), 4).forEach((value, i) =>
    near(value, i % 5 === 0 ? 1 : 0, 1e-9)
  );
});

Deno.test("canonical correlations of two noisy copies are the known ones", () => {
  // x_A = s + n, x_B = s + n' with var(s) = (4, 1), var(n) = 1.
  const s = Float64Array.of(5, 0, 0, 2);
  const c = Float64Array.of(4, 0, 0, 1);
  const { correlations, first, second } = canonicalCorrelations(s, s, c, 2);
  near(correlations[0], 0.8);
  near(correlations[1], 0.5);
  near(Math.abs(first[0]), 1 / Math.sqrt(5));
  near(first[0], second[0]);
  near(first[1], 0);
});

Deno.test("canonical correlations do not change when a view is mixed", () => {
  const s = Float64Array.of(5, 0, 0, 2);
  const c = Float64Array.of(4, 0, 0, 1);
  // x_B → M x_B: Σ_B → M Σ Mᵀ, C → C Mᵀ
  const m = Float64Array.of(2, 1, -1, 3);
  const mt = Float64Array.of(2, -1, 1, 3);
  const sb = product(product(m, s, 2), mt, 2);
  const { correlations } = canonicalCorrelations(s, sb, product(c, mt, 2), 2);
  near(correlations[0], 0.8, 1e-10);
  near(correlations[1], 0.5, 1e-10);
});

Deno.test("effective rank counts equal directions and is 1 for copies", () => {
  near(effectiveRank([2, 2, 2]), 3);
  near(effectiveRank([1, 0, 0]), 1);
  strictEqual(effectiveRank([0, 0]), 0);
  const x = fillNormal(stream(1, "x"), new Float64Array(50));
  const copies = Float64Array.from({ length: 100 }, (_, i) => x[i >> 1]);
  near(effectiveRank(spread(copies, 50)), 1, 1e-6);
});

Deno.test("a matrix of the wrong size is refused", () => {
  throws(() => symmetricEigen([1, 2, 3], 2), RangeError);
});

Deno.test("R² is what a reader with noise can explain", () => {
  const x = fillNormal(stream(1, "x"), new Float64Array(60));
  const y = x.map((value) => 3 * value - 1);
  near(linearR2(x, y, 60, 1e-6), 1, 1e-9);
  const v = spread(x, 60)[0] * spread(x, 60)[0];
  near(linearR2(x, y, 60, 0.5), v / (v + 0.25), 1e-9);
  ok(linearR2(x.map((value) => 1e-4 * value), y, 60, 0.01) < 1e-3);
  near(linearR2(new Float64Array(60).fill(2), y, 60, 0.01), 0);
});
