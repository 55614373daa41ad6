import assert from "node:assert/strict";
import { TWO_CAUSES } from "../../tests/helmholtz_oracle.ts";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { doubles } from "../numeric/matrix/workspace.ts";
import { stream } from "../numeric/random.ts";
import { finish, nextRow } from "../run/training.ts";
import {
  generativeFields,
  initMeanField,
  meanFieldConfig,
  meanFieldPass,
  type MeanFieldRow,
  recognitionFields,
  trainMeanField,
} from "./mean_field.ts";

const config = meanFieldConfig({
  visible: 6,
  hidden: 3,
  top: 2,
  steps: 300,
  learningRate: 0.1,
});
/** Two patterns, each the sign of its cause. */
const world = {
  pixels: TWO_CAUSES,
  probability: Float64Array.of(0.3, 0.7),
  joint: Float64Array.of(0.3, 0, 0, 0.7),
};

Deno.test("the gradient of the free energy is that of finite differences", () => {
  const params = initMeanField(stream(1, "init"), config);
  const pass = meanFieldPass(params, world);
  const { maxRelativeError } = gradientCheck(doubles(params), () => ({
    loss: pass.lossAndGrads(),
    grads: doubles(pass.grads),
  }));
  assert.ok(maxRelativeError < 1e-6, `${maxRelativeError}`);
});

Deno.test("the free energy is that of its definition", () => {
  const params = initMeanField(stream(2, "init"), config);
  const free = meanFieldPass(params, world).lossAndGrads();
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const softplus = (x: number): number => Math.log1p(Math.exp(x));
  const { R1, c1, R2, c2, G2, b1, G1, b0 } = params;
  type M = typeof R1;
  const through = (x: number[], w: M, b: M, f = (x: number) => x): number[] =>
    Array.from(
      b.data,
      (bias, j) =>
        x.reduce((sum, v, i) => sum + v * f(w.data[i * w.cols + j]), f(bias)),
    );
  const noisyOr = (a: number): number => 1 - Math.exp(-a);
  const cost = (s: number[], p: number[]): number =>
    s.reduce(
      (sum, q, i) => sum - q * Math.log(p[i]) - (1 - q) * Math.log(1 - p[i]),
      0,
    );
  const total = Array.from(world.probability, (weight, k) => {
    const v = [...world.pixels.subarray(6 * k, 6 * k + 6)];
    const q1 = through(v, R1, c1).map(sigmoid);
    const q2 = through(q1, R2, c2).map(sigmoid);
    const p1 = through(q2, G2, b1, softplus).map(noisyOr);
    const p0 = through(q1, G1, b0, softplus).map(noisyOr);
    return weight * (cost(v, p0) + cost(q1, p1) - cost(q1, q1) +
      cost(q2, [0.5, 0.5]) - cost(q2, q2));
  }).reduce((a, b) => a + b);
  assert.ok(Math.abs(free - total) < 1e-12, `${free}, ${total}`);
});

Deno.test("the free energy falls below the entropy, which no bound on a code can", () => {
  const params = initMeanField(stream(1, "init"), config);
  const rows: MeanFieldRow[] = [];
  finish(trainMeanField(params, config, world), (row) => rows.push(row));
  const entropy = -0.3 * Math.log2(0.3) - 0.7 * Math.log2(0.7);
  assert.ok(rows.at(-1)!.freeEnergyBits < entropy);
});

Deno.test("the cause is read from the top means", () => {
  const params = initMeanField(stream(1, "init"), config);
  const still = { ...config, steps: 1, learningRate: 1e-9 };
  const read = (): number => {
    const at = nextRow(trainMeanField(params, still, world));
    return (at.value as MeanFieldRow).accuracy;
  };
  params.R1.data.fill(0);
  assert.ok(Math.abs(read() - 0.7) < 1e-12, "nothing seen: the commoner cause");
  params.R1.data[0] = 50; // unit 0 sees the left half
  params.c1.data[0] = -25;
  params.R2.data[0] = 50; // and tells the first top unit
  params.c2.data[0] = -25;
  assert.ok(read() > 1 - 1e-9);
});

Deno.test("a seed gives the same bits, and a stop keeps what is there", () => {
  const run = (seed: number): number =>
    finish(
      trainMeanField(
        initMeanField(stream(seed, "init"), config),
        config,
        world,
      ),
    )
      .G1.data[0];
  assert.equal(run(1), run(1));
  assert.notEqual(run(1), run(2));
  const training = trainMeanField(
    initMeanField(stream(1, "init"), config),
    config,
    world,
  );
  training.next();
  const stopped = nextRow(training, true);
  assert.equal((stopped.value as { step: number }).step, 1);
});

Deno.test("fields have a row a unit: what it adds alone, and what it is shown", () => {
  const params = initMeanField(stream(3, "init"), config);
  params.G1.data[1 * 6 + 4] = 30; // unit 1 switches pixel 4 on for certain
  params.R1.data[4 * 3 + 1] = -7;
  const softplus = Math.log1p(Math.exp(params.b0.data[4]));
  const field = generativeFields(params)[1 * 6 + 4];
  assert.ok(Math.abs(field - Math.exp(-softplus)) < 1e-12);
  assert.equal(recognitionFields(params)[1 * 6 + 4], -7);
});
