import { ok, strictEqual } from "node:assert/strict";
import { log } from "../numeric/elementary.ts";
import { LOSSES, type LossName } from "./catalogue.ts";
import { fillNormal, stream } from "../numeric/random.ts";
import { covariance, variance } from "../numeric/statistics.ts";
import { type CodeGrads, infoNce, simSiam, vicReg } from "./losses.ts";

function near(actual: number, expected: number, tolerance = 1e-12): void {
  ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}

function pair(n: number, rho: number): [Float64Array, Float64Array] {
  const a = fillNormal(stream(7, "a"), new Float64Array(n));
  const e = fillNormal(stream(7, "b"), new Float64Array(n));
  const b = a.map((x, i) => rho * x + Math.sqrt(1 - rho * rho) * e[i]);
  return [a, b];
}

function grads(n: number): CodeGrads {
  return { da: new Float64Array(n), db: new Float64Array(n) };
}

Deno.test("at unit variance the squared distance fixes Imax: I = −½ ln(E(a − b)² / 2)", () => {
  const [a, b] = pair(400, 0.6);
  const unit = (x: Float64Array): Float64Array => {
    const mean = x.reduce((s, v) => s + v, 0) / x.length;
    const sd = Math.sqrt(variance(x));
    return x.map((v) => (v - mean) / sd);
  };
  const [za, zb] = [unit(a), unit(b)];
  const out = grads(400);
  const distance = LOSSES.naive(za, zb, 1, out);
  near(LOSSES.imax(za, zb, 1, out), 0.5 * log(distance / 2), 1e-10);
  near(distance, 2 * (1 - covariance(za, zb)), 1e-10);
});

Deno.test("the difference of the two variances is four times the covariance", () => {
  const [a, b] = pair(200, 0.3);
  const plus = variance(a.map((x, i) => x + b[i]));
  const minus = variance(a.map((x, i) => x - b[i]));
  near(plus - minus, 4 * covariance(a, b));
  near(LOSSES.covariance(a, b, 1, grads(200)), -(plus - minus));
});

Deno.test("a scale on both codes changes no ratio, and shrinks naive agreement", () => {
  const [a, b] = pair(64, 0.5);
  const half = [a.map((x) => x / 2), b.map((x) => x / 2)];
  for (
    const name of ["imax", "imaxSum", "gaussian", "barlowTwins"] as LossName[]
  ) {
    near(
      LOSSES[name](half[0], half[1], 1, grads(64)),
      LOSSES[name](a, b, 1, grads(64)),
    );
  }
  near(
    LOSSES.naive(half[0], half[1], 1, grads(64)),
    LOSSES.naive(a, b, 1, grads(64)) / 4,
  );
});

Deno.test("codes at one point cost naive agreement nothing and a floor its whole weight", () => {
  const point = new Float64Array(20).fill(3);
  strictEqual(LOSSES.naive(point, point, 2, grads(20)), 0);
  near(LOSSES.floor(point, point, 2, grads(20)), 25 * (1 - 0.01));
});

Deno.test("copies pay for their covariance and not for the floor", () => {
  const x = fillNormal(stream(4, "x"), new Float64Array(50), 2);
  const copies = Float64Array.from({ length: 100 }, (_, i) => x[i >> 1]);
  const floor = vicReg({ invariance: 0, variance: 1, covariance: 0 });
  const covaries = vicReg({ invariance: 0, variance: 0, covariance: 1 });
  strictEqual(floor(copies, copies, 2, grads(100)), 0);
  const v = variance(x) * 50 / 49;
  near(covaries(copies, copies, 2, grads(100)), 2 * v * v, 1e-9);
});

Deno.test("InfoNCE is ln(batch) for codes at one point", () => {
  const point = new Float64Array(16).fill(1);
  near(infoNce()(point, point, 1, grads(16)), log(16));
});

Deno.test("stopping the gradient keeps the value of SimSiam and changes its gradient", () => {
  const [a, b] = pair(40, 0.7);
  const stopped = grads(40);
  const open = grads(40);
  near(
    simSiam({ stopGradient: true })(a, b, 1, stopped),
    simSiam({ stopGradient: false })(a, b, 1, open),
  );
  ok(stopped.da.some((value, i) => Math.abs(value - open.da[i]) > 1e-6));
});

Deno.test("with the stop, the gradient of SimSiam never changes the size of a centred code", () => {
  const [a, b] = pair(40, 0.7);
  const mean = a.reduce((s, x) => s + x, 0) / 40;
  const { da, db } = grads(40);
  simSiam({ stopGradient: true })(a, b, 1, { da, db });
  near(da.reduce((s, g, i) => s + g * (a[i] - mean), 0), 0, 1e-7);
  simSiam({ stopGradient: false })(a, b, 1, { da, db });
  ok(da.reduce((s, g, i) => s + g * (a[i] - mean), 0) > 0.1);
});
