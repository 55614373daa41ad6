import assert from "node:assert/strict";
import { compileWakeSleep } from "./compiled_wake_sleep.ts";
import {
  helmholtzConfig,
  type HelmholtzParams,
  initHelmholtz,
  trainHelmholtz,
} from "./machine.ts";
import { onlineMachine } from "./online_machine.ts";
import { assess } from "./readout.ts";
import { stagedLearner } from "./staged_learning.ts";
import { bernoulli, type Rng, stream } from "../numeric/random.ts";
import { finish } from "../run/training.ts";

/** Two of four pixels in a row, the same half in both rows: a cause of four bits. */
function parts(rng: Rng, out: Uint8Array): void {
  for (let j = 0; j < 4; j++) {
    const on = bernoulli(rng, 0.3);
    out[j] = out[j + 4] = on;
  }
}

function train(
  make: typeof onlineMachine | typeof compileWakeSleep,
  overrides = {},
): { params: HelmholtzParams; least: number; recycled: number[] } {
  const config = helmholtzConfig({
    visible: 8,
    hidden: 6,
    top: 1,
    inference: "gibbs",
    samples: 2,
    visibleBias: -3,
    hiddenBias: -1,
    steps: 6000,
    constrainedSteps: 4000,
    finalLearningRate: 0.01,
    splitEvery: 500,
    splitImages: 50,
    evalEvery: 1000,
    ...overrides,
  });
  const params = initHelmholtz(stream(2, "init"), config);
  const rng = stream(2, "train");
  const machine = make(rng, params, parts, config);
  const learner = stagedLearner(machine, params, config);
  let least = 0;
  finish(
    trainHelmholtz(params, {
      config,
      learner,
      evaluate: ({ hiddenToVisible }) => ({
        least: Math.min(...hiddenToVisible),
      }),
    }),
    (row) => least = row.step <= 4000 ? Math.min(least, row.least) : least,
  );
  return { params, least, recycled: learner.recycled.map(({ step }) => step) };
}

Deno.test("both stages have the same bits compiled and as they are read", () => {
  let recycled = 0;
  for (
    const overrides of [
      {},
      { inference: "drawn", explainingDropout: 0.1, splitOn: "explained" },
      { topStarts: 3, topStartSteps: 500 },
    ]
  ) {
    const [plain, compiled] = [onlineMachine, compileWakeSleep].map((make) =>
      train(make, overrides)
    );
    assert.deepEqual(compiled, plain);
    recycled += plain.recycled.length;
  }
  assert.ok(recycled > 0); // else that step was not compared
});

Deno.test("the first stage keeps weights at 0 or above, the second does not", () => {
  const { params, least, recycled } = train(compileWakeSleep);
  assert.equal(least, 0);
  assert.ok(params.hiddenToVisible.some((w) => w < 0));
  assert.ok(recycled.every((step) => step % 500 === 0 && step < 3200));
});

Deno.test("parts are found, and the world is known to a tenth of a bit", () => {
  const { params } = train(compileWakeSleep, {
    steps: 40_000,
    constrainedSteps: 20_000,
  });
  const pixels = Uint8Array.from(
    { length: 16 * 8 },
    (_, i) => i >> 3 >> (i & 3) & 1,
  );
  const probability = Float64Array.from(
    { length: 16 },
    (_, k) => [0, 1, 2, 3].reduce((p, j) => p * (k >> j & 1 ? 0.3 : 0.7), 1),
  );
  const joint = Float64Array.from(
    { length: 32 },
    (_, i) => probability[i >> 1] / 2,
  );
  const { klBits } = assess(params, { pixels, probability, joint });
  assert.ok(klBits < 0.1, `${klBits} bits`);
});

Deno.test("without a first stage nothing is recycled and nothing begins constrained", () => {
  const { recycled, least } = train(compileWakeSleep, { constrainedSteps: 0 });
  assert.deepEqual(recycled, []);
  assert.ok(least < 0);
});

Deno.test("of several starts of the second stage, the one that explains best goes on, from the parts that all began with", () => {
  const config = helmholtzConfig({
    visible: 8,
    hidden: 6,
    top: 2,
    inference: "gibbs",
    steps: 50,
    constrainedSteps: 10,
    splitEvery: 0,
    topStarts: 3,
    topStartSteps: 10,
  });
  const params = initHelmholtz(stream(2, "init"), config);
  const machine = onlineMachine(stream(2, "train"), params, parts, config);
  let updates = 0;
  // The second start, of updates 21 to 30, explains best.
  const explained = [-3, -1, -2];
  const learner = stagedLearner(
    {
      ...machine,
      update: () => void params.hiddenBias.fill(++updates),
      explain: () => explained[updates / 10 - 2],
    },
    params,
    config,
  );
  const biases = Array.from({ length: 42 }, (_, step) => {
    learner.before?.(step);
    const [bias] = params.hiddenBias;
    learner.update(0.1);
    return bias;
  });
  assert.deepEqual([20, 30, 40, 41].map((step) => biases[step]), [
    10,
    10,
    30,
    41,
  ]);
});
