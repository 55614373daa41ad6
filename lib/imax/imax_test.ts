import assert from "node:assert/strict";
import type { Pairs, PairSampler } from "../agreement/pairs.ts";
import { gradientCheck } from "../numeric/gradient_check.ts";
import {
  encoder,
  evaluate,
  type ImaxConfig,
  imaxConfig,
  imaxModel,
  type ImaxState,
  imaxStep,
  objectiveBytes,
  scalarOutputs,
  trainImax,
} from "./imax.ts";
import { twinKernels } from "../../tests/twin_kernels.ts";
import { doubles, workspace } from "../numeric/matrix/workspace.ts";
import { fillNormal, type Rng, stream } from "../numeric/random.ts";
import { finish, nextRow } from "../run/training.ts";

// Two views of a coin: left and right agree in sign, or not, in both strips.
const coin: PairSampler = (rng, { a, b, cause }) => {
  const w = a.length / cause.length / 2;
  for (let i = 0; i < cause.length; i++) {
    cause[i] = rng() < 0.5 ? -1 : 1;
    for (const x of [a, b]) {
      for (let p = 0; p < w; p++) {
        const left = rng() < 0.5 ? -1 : 1;
        x[2 * w * i + p] = left;
        x[2 * w * i + w + p] = left * cause[i];
      }
    }
  }
};
const tiny: Partial<ImaxConfig> = {
  stripWidth: 4,
  hidden: [6],
  batchSize: 32,
  steps: 60,
  evalEvery: 20,
};

function pairsOf(rng: Rng, n: number): Pairs {
  const pairs = {
    a: new Float32Array(n * 8),
    b: new Float32Array(n * 8),
    cause: new Float64Array(n),
  };
  coin(rng, pairs);
  return pairs;
}

function train(
  seed: number,
  config: Partial<ImaxConfig>,
): ImaxState {
  return finish(trainImax({ ...tiny, ...config }, { seed, sample: coin }));
}

Deno.test("a network's inputs are pixels and products, to the twin's bits", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (const stripWidth of [2, 3, 4, 5, 10, 13]) {
      for (const parity of ["free", "odd"] as const) {
        for (const inputs of ["pixels", "products"] as const) {
          const config = imaxConfig({ stripWidth, parity, inputs });
          const [ours, twins] = [undefined, twinKernels].map((kernels) => {
            const space = workspace(dtype, { bytes: 1 << 20, kernels });
            const { net, pixels, forward } = encoder(space, config, {
              rows: 5,
            });
            fillNormal(stream(stripWidth, "data"), pixels);
            forward();
            return net.input.data;
          });
          assert.deepEqual(ours, twins);
        }
      }
    }
  }
});

Deno.test("gradients agree with finite differences for every architecture and objective", () => {
  const variants: Partial<ImaxConfig>[] = [
    {},
    { parity: "odd", objective: "sumDifference" },
    { shared: true, objective: "gaussian", activation: "tanh" },
    {
      inputs: "pixels",
      hidden: [5, 4],
      shared: true,
      outputs: 2,
      parity: "odd",
      activation: "tanh",
    },
    { objective: "infoNce" },
    { objective: "barlowTwins" },
    { objective: "vicReg" },
  ];
  for (const variant of variants) {
    const config = { ...tiny, batchSize: 8, ...variant };
    const model = imaxModel(stream(1, "init"), config, { dtype: "float64" });
    fillNormal(stream(1, "data"), model.batch.a as Float64Array);
    fillNormal(stream(2, "data"), model.batch.b as Float64Array);
    const check = gradientCheck(
      doubles(model.params),
      () => ({ loss: model.lossAndGrads(), grads: doubles(model.grads) }),
      { perTensor: 12, rng: stream(3, "check") },
    );
    for (const row of check.rows) {
      // An output's bias moves no variance: both gradients are 0 to rounding.
      const zero = Math.abs(row.analytic) + Math.abs(row.numeric) < 1e-9;
      assert.ok(
        zero || row.relativeError < 1e-6,
        `${JSON.stringify(variant)} ${row.name}: ${row.relativeError}`,
      );
    }
  }
});

Deno.test("two modules learn what their strips share, and nothing where they share nothing", () => {
  const config = { optimizer: "adam" as const, learningRate: 0.02, steps: 150 };
  const held = pairsOf(stream(0, "eval"), 500);
  const { model } = train(1, config);
  const shared = evaluate(model, held);
  assert.ok(shared.correlation > 0.9, `${shared.correlation}`);
  assert.ok(shared.etaSquared > 0.9);
  const unpaired = finish(trainImax({ ...tiny, ...config }, {
    seed: 1,
    sample: (rng, { a, b, cause }) => {
      coin(rng, { a, b, cause });
      coin(rng, { a: a.slice(), b, cause: cause.slice() });
    },
  }));
  assert.ok(evaluate(unpaired.model, held).etaSquared < 0.5);
});

Deno.test("a seed gives the same weights, whatever is measured on the way", () => {
  const weights = (config: Partial<ImaxConfig>, held?: Pairs): string => {
    const { model } = finish(
      trainImax({ ...tiny, ...config }, {
        seed: 7,
        sample: coin,
        heldOut: held,
      }),
    );
    return Object.values(model.params).map((p) => p.data.join()).join(";");
  };
  const once = weights({});
  assert.equal(weights({}), once);
  assert.equal(weights({ evalEvery: 1 }), once);
  assert.equal(weights({}, pairsOf(stream(1, "eval"), 40)), once);
});

Deno.test("training can be stopped at a row and keeps its state", () => {
  const training = trainImax(tiny, { seed: 1, sample: coin });
  assert.equal((nextRow(training).value as { step: number }).step, 20);
  const stopped = training.next(true);
  assert.equal(stopped.done, true);
  assert.equal((stopped.value as { steps: number }).steps, 20);
});

Deno.test("an odd module negates its output when the eyes are swapped", () => {
  const { model } = train(2, { parity: "odd" });
  const { a } = pairsOf(stream(2, "eval"), 20);
  const swapped = a.map((_, i) => a[i % 8 < 4 ? i + 4 : i - 4]);
  const y = model.encode(a, "a");
  const other = model.encode(swapped, "a");
  y.forEach((v, i) => assert.ok(Math.abs(v + other[i]) < 1e-6));
});

Deno.test("products are those of the two eyes at every shift", () => {
  const model = imaxModel(stream(1, "init"), { ...tiny, hidden: [1] });
  for (const p of Object.values(model.params)) p.data.fill(0);
  // The one weight on left[1] · right[3], shift 2: features 8 + 4 (k + 3) + i.
  model.params["a.w1"].data[8 + 4 * 5 + 1] = 2;
  model.params["a.w2"].data[0] = 1;
  const strip = Float32Array.of(0, 0.5, 0, 0, 0, 0, 0, 0.8);
  const expected = 1 / (1 + Math.exp(-2 * 0.5 * 0.8));
  assert.ok(Math.abs(model.encode(strip, "a")[0] - expected) < 1e-6);
});

Deno.test("several outputs are read out along their first canonical direction", () => {
  const state = train(3, {
    shared: true,
    outputs: 2,
    memory: 0.9,
    optimizer: "adam",
    learningRate: 0.02,
    steps: 150,
  });
  assert.equal(state.readout.length, 2);
  const held = pairsOf(stream(3, "eval"), 500);
  const y = (module: "a" | "b", pixels: Pairs["a"]): Float64Array =>
    scalarOutputs(state.model, pixels, { module, readout: state.readout });
  assert.equal(y("a", held.a).length, 500);
  assert.ok(evaluate(state.model, held, state.readout).correlation > 0.9);
});

Deno.test("a training step makes no matrices", () => {
  const model = imaxModel(stream(1, "init"), tiny);
  const step = imaxStep(model, coin);
  const rng = stream(1, "data");
  step(rng);
  const { workspace } = model.params["a.w1"];
  const views = workspace.views;
  for (let i = 0; i < 5; i++) step(rng);
  assert.equal(workspace.views, views);
});

Deno.test("bad configurations are refused with one clear sentence", () => {
  assert.throws(
    () => imaxConfig({ batchSize: 1 }),
    /Cannot train Imax as batchSize must be an integer from 2 to 65536: current value is 1/,
  );
  assert.throws(
    () => imaxConfig({ objective: "imax" as "difference" }),
    /objective must be one of "difference"/,
  );
  assert.throws(() => imaxConfig({ outputs: 2 }), /outputs must be 1 unless/);
  assert.throws(() => imaxConfig({ hidden: [] }), /hidden must be an array/);
});

Deno.test("InfoNCE's own traffic grows with the square of the batch", () => {
  const double = objectiveBytes("infoNce", 512, 1) /
    objectiveBytes("infoNce", 256, 1);
  assert.ok(double > 3.8 && double < 4);
  assert.equal(objectiveBytes("difference", 512, 1), 6 * 512 * 4);
});
