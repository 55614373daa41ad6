import assert from "node:assert/strict";
import {
  CONVENTIONS,
  information,
  informationLoss,
  jointInformation,
  jointInformationBackward,
  jointOf,
} from "./gaussian_information.ts";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { fillNormal, stream, uniform } from "../numeric/random.ts";

function near(actual: number, expected: number, tolerance = 1e-12): void {
  const apart = Math.abs(actual - expected);
  assert.ok(apart <= tolerance, `${actual} is not ${expected}`);
}

Deno.test("signal and noise of equal power: three measures, three numbers", () => {
  const { difference, sumDifference, gaussian } = information(2, 2, 1);
  near(gaussian, 0.1438410362258904);
  near(sumDifference, 0.5493061443340549);
  near(difference, 0.34657359027997264);
});

Deno.test("gain on one view moves both forms of Imax and leaves I(a; b) alone", () => {
  const at = (gain: number): ReturnType<typeof information> =>
    information(1, gain * gain, 0.8 * gain);
  for (const gain of [1, 2, 4]) near(at(gain).gaussian, 0.5108256237659907);
  near(at(1).sumDifference, 1.0986122886681098);
  near(at(2).sumDifference, 0.758, 1e-3);
  near(at(4).sumDifference, 0.396, 1e-3);
});

Deno.test("the three conventions are −½ ln(1 − ρ), artanh ρ and −½ ln(1 − ρ²) at equal variances", () => {
  const rho = 0.91;
  const joint = Float64Array.of(1, rho, rho, 1);
  for (const convention of CONVENTIONS) {
    const value = jointInformation(convention, joint, new Float64Array(4));
    assert.ok(Math.abs(value - information(1, 1, rho)[convention]) < 1e-4);
  }
  assert.deepEqual(
    CONVENTIONS.map((c) => information(1, 1, rho)[c].toFixed(2)),
    [
      "1.20",
      "1.53",
      "0.88",
    ],
  );
});

Deno.test("gradients of all conventions agree with finite differences, one output and three", () => {
  for (const convention of CONVENTIONS) {
    for (const k of [1, 3]) {
      const rng = stream(k, "data");
      const a = fillNormal(rng, new Float64Array(12 * k));
      const b = a.map((x, i) =>
        x + 0.5 * fillNormal(rng, new Float64Array(1))[0] * (i % 2)
      );
      for (let i = 0; i < b.length; i++) b[i] += 0.3 * uniform(rng, -1, 1);
      const gradient = new Float64Array(4 * k * k);
      const da = new Float64Array(a.length);
      const db = new Float64Array(b.length);
      const check = gradientCheck({ a, b }, () => {
        const joint = jointOf(a, b, k);
        const loss = -jointInformation(convention, joint.covariance, gradient);
        jointInformationBackward({ da, db }, joint, gradient);
        return { loss, grads: { a: da, b: db } };
      });
      assert.ok(check.maxRelativeError < 1e-6, `${convention} ${k}`);
    }
  }
});

Deno.test("with several outputs the objective is a sum over canonical pairs", () => {
  const [r, s] = [0.9, 0.4];
  // a and b with independent entries of correlation r and s.
  const joint = Float64Array.of(
    ...[1, 0, r, 0],
    ...[0, 1, 0, s],
    ...[r, 0, 1, 0],
    ...[0, s, 0, 1],
  );
  for (const convention of CONVENTIONS) {
    const value = jointInformation(convention, joint, new Float64Array(16));
    const expected = information(1, 1, r)[convention] +
      information(1, 1, s)[convention];
    assert.ok(Math.abs(value - expected) < 1e-4);
  }
});

Deno.test("with a memory the loss is of the covariances so far, the latest weighing most", () => {
  const rng = stream(2, "data");
  const a = new Float64Array(20);
  const outputs = {
    a,
    b: new Float64Array(20),
    da: new Float64Array(20),
    db: new Float64Array(20),
  };
  const loss = informationLoss("gaussian", outputs, { k: 1, memory: 0.5 });
  const alone = informationLoss("gaussian", outputs, { k: 1, memory: 0 });
  const joints = [0, 1].map(() => {
    fillNormal(rng, a);
    outputs.b.set(a.map((x, i) => x + a[(i + 1) % 20]));
    return [loss(), alone(), jointOf(a, outputs.b, 1).covariance];
  }) as [number, number, Float64Array][];
  const nats = (joint: Float64Array): number =>
    -jointInformation("gaussian", joint, new Float64Array(4));
  const [[first, , before], [second, batch, after]] = joints;
  near(first, nats(before));
  near(batch, nats(after));
  near(second, nats(after.map((v, i) => (v + 0.5 * before[i]) / 1.5)));
});
