import assert from "node:assert/strict";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { imaxModel } from "./imax.ts";
import {
  interpolatorModel,
  OFFSETS,
  wienerWeights,
  windowsOf,
} from "./interpolator.ts";
import { doubles, workspace } from "../numeric/matrix/workspace.ts";
import { cos, sin } from "../numeric/elementary.ts";
import { fillNormal, normal, stream, uniform } from "../numeric/random.ts";

const modules = {
  stripWidth: 3,
  inputs: "pixels" as const,
  hidden: [4],
  activation: "tanh" as const,
  shared: true,
  batchSize: 4,
};

Deno.test("gradients reach the modules through centre and neighbours, and the four weights", () => {
  const model = interpolatorModel(
    stream(1, "init"),
    imaxModel(stream(1, "init"), modules, { dtype: "float64" }),
    {
      config: { modules: 6, lines: 3, memory: 0 },
      space: workspace("float64"),
    },
  );
  fillNormal(stream(1, "data"), model.batch.pixels);
  const check = gradientCheck(doubles(model.params), () => ({
    loss: model.lossAndGrads(),
    grads: doubles(model.grads),
  }));
  for (const row of check.rows) {
    // The output's bias moves no variance: both gradients are 0 to rounding.
    const zero = Math.abs(row.analytic) + Math.abs(row.numeric) < 1e-9;
    assert.ok(zero || row.relativeError < 1e-6, row.name);
  }
});

// Outputs that are cubics of the position, or sinusoids with noise.
function lineOutputs(
  lines: number,
  height: (line: number, m: number) => number,
): { y: Float64Array; disparity: Float64Array } {
  const y = Float64Array.from(
    { length: lines * 9 },
    (_, i) => height(Math.floor(i / 9), i % 9),
  );
  return { y, disparity: y };
}

Deno.test("for cubic surfaces without noise the optimum is −1/6, 2/3, 2/3, −1/6", () => {
  const rng = stream(2, "data");
  const c = Float64Array.from({ length: 800 }, () => normal(rng));
  const { y, disparity } = lineOutputs(200, (line, m) => {
    const u = m / 4 - 1;
    const [p, q, r, s] = c.subarray(4 * line, 4 * line + 4);
    return p + q * u + r * u * u + s * u * u * u;
  });
  const lines = { pixels: y, disparity, breaks: new Float64Array(200) };
  const windows = windowsOf(y, lines, [-1 / 6, 2 / 3, 2 / 3, -1 / 6]);
  windows.y.forEach((v, i) =>
    assert.ok(Math.abs(v - windows.predicted[i]) < 1e-9)
  );
  const { weights, correlation } = wienerWeights(windows);
  assert.ok(correlation > 1 - 1e-9);
  [-1 / 6, 2 / 3, 2 / 3, -1 / 6].forEach((w, k) =>
    assert.ok(Math.abs(weights[k] - w) < 1e-4)
  );
});

Deno.test("noise draws Wiener's weights together, and no other weights predict better", () => {
  const rng = stream(3, "data");
  const phases = Float64Array.from(
    { length: 500 },
    () => uniform(rng, 0, 6.28),
  );
  const { y, disparity } = lineOutputs(
    500,
    (line, m) => {
      const angle = phases[line] + 0.9 * m;
      return cos(angle) + 0.3 * sin(2 * angle) + 0.3 * normal(rng);
    },
  );
  const lines = { pixels: y, disparity, breaks: new Float64Array(500) };
  const windows = windowsOf(y, lines, [0, 0, 0, 0]);
  const best = wienerWeights(windows);
  const corr = (weights: number[]): number => {
    const { y: centre, predicted } = windowsOf(y, lines, weights);
    let xy = 0, xx = 0, yy = 0;
    for (let i = 0; i < centre.length; i++) {
      xy += centre[i] * predicted[i];
      xx += centre[i] * centre[i];
      yy += predicted[i] * predicted[i];
    }
    return xy / Math.sqrt(xx * yy);
  };
  assert.ok(Math.abs(corr(best.weights) - best.correlation) < 0.01);
  for (let k = 0; k < OFFSETS.length; k++) {
    const other = [...best.weights];
    other[k] += 0.1;
    assert.ok(corr(other) < corr(best.weights) + 1e-4);
  }
});

Deno.test("modules with separate weights are refused", () => {
  assert.throws(
    () =>
      interpolatorModel(
        stream(1, "init"),
        imaxModel(stream(1, "init"), { ...modules, shared: false }),
      ),
    /must share weights/,
  );
});
