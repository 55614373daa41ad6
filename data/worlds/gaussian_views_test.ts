import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { canonicalCorrelations } from "../../lib/numeric/eigen.ts";
import {
  covarianceMatrix,
  crossCovariance,
} from "../../lib/numeric/linear_algebra.ts";
import { stream } from "../../lib/numeric/random.ts";
import {
  correlation,
  covariance,
  variance,
} from "../../lib/numeric/statistics.ts";
import {
  camerasConfig,
  pairConfig,
  pairMoments,
  planeRotation,
  rotation,
  sampleCameras,
  sampleGaussianViews,
  samplePairs,
  sampleWaves,
  waveConfig,
} from "./gaussian_views.ts";

function near(actual: number, expected: number, tolerance: number): void {
  ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}

Deno.test("pairs have the stated variances and covariance", () => {
  const config = pairConfig({ signal: 2, noiseA: 0.5, noiseB: 1, gain: 3 });
  const { a, b, signal } = samplePairs(stream(1, "data"), 40_000, config);
  const { varA, varB, cov } = pairMoments(config);
  near(variance(a) / varA, 1, 0.03);
  near(variance(b) / varB, 1, 0.03);
  near(covariance(a, b) / cov, 1, 0.03);
  near(variance(signal) / 2, 1, 0.03);
});

Deno.test("Gaussian views have the canonical correlations of their causes", () => {
  const n = 20_000;
  const scene = { signal: [1, 1, 0], noise: [0.25, 1, 2] };
  const mixing = rotation(stream(2, "scene"), 3);
  const views = sampleGaussianViews(stream(2, "data"), n, scene, mixing);
  const { correlations } = canonicalCorrelations(
    covarianceMatrix(views.a, n),
    covarianceMatrix(views.b, n),
    crossCovariance(views.a, views.b, n),
    3,
  );
  near(correlations[0], 0.8, 0.02);
  near(correlations[1], 0.5, 0.02);
  near(correlations[2], 0, 0.03);
});

Deno.test("rotations have orthonormal rows", () => {
  for (const m of [rotation(stream(1, "r"), 2), planeRotation(0.7)]) {
    near(m[0] * m[0] + m[1] * m[1], 1, 1e-12);
    near(m[0] * m[2] + m[1] * m[3], 0, 1e-12);
  }
});

Deno.test("the two cameras share the ball, mirrored, and not the flies", () => {
  const n = 4000;
  const config = camerasConfig({ noise: 0 });
  const { a, b, cause } = sampleCameras(
    stream(1, "data"),
    n,
    config,
  );
  const at = (views: Float64Array, k: number): Float64Array =>
    views.filter((_, i) => i % config.pixels === k);
  ok(correlation(at(a, 9), at(b, 2)) > 0.3);
  ok(correlation(at(a, 9), cause) > 0.2);
  ok(correlation(at(b, 9), cause) < -0.2);
  const flies = sampleCameras(stream(1, "data"), n, { ...config, fly: 0 });
  near(correlation(at(flies.a, 9), at(flies.b, 2)), 1, 1e-9);
});

Deno.test("each bar has variance 1 and its noise, and seen bars predict hidden ones", () => {
  const { a, b } = sampleWaves(
    stream(1, "data"),
    20_000,
    waveConfig({ noise: 0.2 }),
  );
  near(variance(a), 1.2, 0.03);
  near(variance(b), 1.2, 0.03);
  const column = (x: Float64Array): Float64Array =>
    x.filter((_, i) => i % 4 === 0);
  near(correlation(column(a), column(b)), Math.SQRT1_2 / 1.2, 0.02);
});

Deno.test("a seed gives the same views", () => {
  const draw = (): unknown =>
    sampleCameras(stream(5, "data"), 7, camerasConfig());
  deepStrictEqual(draw(), draw());
});

Deno.test("a setting out of range is refused", () => {
  throws(() => camerasConfig({ pixels: 2 }), RangeError);
  throws(() => pairConfig({ noiseA: 0 }), RangeError);
});
