import assert from "node:assert/strict";
import {
  columnOf,
  fitLinear,
  meanSquaredError,
  polynomialFeatures,
  polynomialReadout,
  predictLinear,
  principalComponents,
  projectionMse,
  rSquared,
  solvePositiveDefinite,
} from "./least_squares.ts";
import { fillNormal, stream } from "./random.ts";
import { variance } from "./statistics.ts";

const close = (a: number, b: number, tolerance: number): void =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} ± ${tolerance}`);

Deno.test("a positive definite system is solved, another refused", () => {
  const x = solvePositiveDefinite(
    Float64Array.of(4, 2, 2, 3),
    Float64Array.of(10, 8),
    2,
  );
  close(x[0], 1.75, 1e-12);
  close(x[1], 1.5, 1e-12);
  assert.throws(
    () =>
      solvePositiveDefinite(
        Float64Array.of(1, 2, 2, 1),
        Float64Array.of(1, 1),
        2,
      ),
    /Cannot solve the normal equations/,
  );
});

Deno.test("least squares finds an exact linear map with intercept", () => {
  const rows = 30;
  const x = fillNormal(stream(1, "x"), new Float64Array(rows * 3));
  const y = new Float64Array(rows * 2);
  for (let i = 0; i < rows; i++) {
    y[2 * i] = 1 + 2 * x[3 * i] - x[3 * i + 2];
    y[2 * i + 1] = -3 + x[3 * i + 1];
  }
  const fit = fitLinear(x, y, { rows, ridge: 0 });
  const expected = [2, 0, 0, 1, -1, 0, 1, -3];
  fit.weights.forEach((w, i) => close(w, expected[i], 1e-10));
  const predicted = predictLinear(fit, x);
  close(meanSquaredError(predicted, y), 0, 1e-20);
  rSquared(y, predicted, rows).forEach((r) => close(r, 1, 1e-12));
});

Deno.test("a column is every so-many-th number", () => {
  assert.deepEqual([...columnOf([1, 2, 3, 4, 5, 6], 3, 1)], [2, 5]);
});

Deno.test("three columns have 3, 9 and 19 monomials up to degree 1, 2 and 3", () => {
  const x = Float64Array.of(2, 3, 5);
  assert.deepEqual([...polynomialFeatures(x, { rows: 1, degree: 1 })], [
    2,
    3,
    5,
  ]);
  assert.deepEqual(
    [...polynomialFeatures(x, { rows: 1, degree: 2 })].sort((a, b) => a - b),
    [2, 3, 4, 5, 6, 9, 10, 15, 25],
  );
  assert.equal(polynomialFeatures(x, { rows: 1, degree: 3 }).length, 19);
});

Deno.test("a cubic readout of noise scores above 0 in-sample, not held out", () => {
  const rows = 200;
  const codes = fillNormal(stream(2, "x"), new Float64Array(rows * 3));
  const noise = fillNormal(stream(3, "y"), new Float64Array(rows));
  const { inSample, heldOut } = polynomialReadout(codes, noise, {
    rows,
    degree: 3,
  });
  assert.ok(inSample[0] > 0.04 && heldOut[0] < 0.02);
});

Deno.test("components explain what their variances say", () => {
  const rows = 400;
  const x = fillNormal(stream(4, "x"), new Float64Array(rows * 4));
  for (let i = 0; i < x.length; i++) x[i] *= 1 + i % 4;
  const pca = principalComponents(x, rows);
  const total = pca.variances.reduce((a, b) => a + b);
  close(projectionMse(pca, x, 0), total / 4, 1e-10);
  close(
    projectionMse(pca, x, 2),
    (total - pca.variances[0] - pca.variances[1]) / 4,
    1e-10,
  );
  close(projectionMse(pca, x, 4), 0, 1e-20);
  const column = x.filter((_, i) => i % 4 === 3);
  assert.ok(pca.variances[0] >= variance(column));
});
