import assert from "node:assert/strict";
import { exactLogLikelihood } from "./likelihood.ts";
import {
  helmholtzConfig,
  type HelmholtzParams,
  initHelmholtz,
  learningRateAt,
} from "./machine.ts";
import { type Learning, onlineMachine, WAKE_SLEEP } from "./online_machine.ts";
import {
  everyState,
  sampleTwoCauses,
  TWO_CAUSES,
} from "../../tests/helmholtz_oracle.ts";
import { type Rng, stream } from "../numeric/random.ts";
import { mean } from "../numeric/statistics.ts";

const config = helmholtzConfig({
  visible: 6,
  hidden: 4,
  top: 2,
  visibleBias: 0,
});

const learningBy = (
  inference: Learning["inference"],
  samples: number,
): Learning => ({ inference, samples, holdTopBias: 0 });

/** NLL in nats after 1,500 images, mean over five seeds. */
function learn(learning: Learning): number {
  return mean([1, 2, 3, 4, 5].map((seed) => {
    const params = initHelmholtz(stream(seed, "init"), config);
    const rng = stream(seed, "train");
    const machine = onlineMachine(rng, params, sampleTwoCauses, learning);
    for (let i = 0; i < 1500; i++) machine.update(0.1);
    return -mean(exactLogLikelihood(params, TWO_CAUSES));
  }));
}

const plain = learn(WAKE_SLEEP);
for (
  const learning of [
    learningBy("weighted", 5),
    learningBy("drawn", 5),
    learningBy("gibbs", 2),
    learningBy("chains", 3),
  ]
) {
  Deno.test(`with inference by ${learning.inference} a small world is learned at least as well as by one recognition`, () => {
    const found = learn(learning);
    assert.ok(found < 1.5, `${found} nats`);
    assert.ok(found < plain + 0.1, `${found} against ${plain} nats`);
  });
}

/** A machine whose generative and recognition model disagree. */
function disagreeing(): HelmholtzParams {
  const params = initHelmholtz(stream(4, "init"), {
    ...config,
    hidden: 2,
    top: 1,
    initScale: 1,
  });
  params.visibleBias.fill(-1);
  return params;
}

/** How often the hidden state after `explain` is each of the four. */
function frequencies(learning: Learning, count: number): number[] {
  const params = disagreeing();
  const rng = stream(4, "train");
  const fixed = (_: Rng, out: Uint8Array): unknown => out.fill(1, 0, 3);
  const machine = onlineMachine(rng, params, fixed, learning);
  const found = [0, 0, 0, 0];
  machine.see();
  for (let i = 0; i < count; i++) {
    machine.explain();
    found[machine.explanation[0] + 2 * machine.explanation[1]] += 1 / count;
  }
  return found;
}

/** Probabilities of the four hidden states: of the posterior, or of q. */
function exactly(of: "joint" | "recognition"): number[] {
  const pattern = Uint8Array.of(1, 1, 1, 0, 0, 0);
  const found = [0, 0, 0, 0];
  for (const state of everyState(disagreeing(), pattern)) {
    found[state.h] += state[of];
  }
  const total = found.reduce((a, b) => a + b);
  return found.map((p) => p / total);
}

Deno.test("explanations by four sweeps follow the posterior, those by one of ten recognitions nearly", () => {
  const wanted = exactly("joint");
  const off = (found: number[]): number =>
    Math.max(...found.map((p, h) => Math.abs(p - wanted[h])));
  const gibbs = off(frequencies(learningBy("gibbs", 2), 20_000));
  const drawn = off(frequencies(learningBy("drawn", 2), 20_000));
  const recognition = off(exactly("recognition"));
  assert.ok(gibbs < 0.02, `${gibbs}`);
  assert.ok(drawn < recognition / 2, `${drawn}, one ${recognition}`);
});

Deno.test("a constrained update changes weights to the pixels and to the hidden units alone, and none falls below 0", () => {
  const params = initHelmholtz(stream(1, "init"), config);
  params.hiddenToVisible.forEach((w, i) =>
    params.hiddenToVisible[i] = Math.max(0, w)
  );
  const before = structuredClone(params);
  const machine = onlineMachine(
    stream(1, "train"),
    params,
    sampleTwoCauses,
    learningBy("gibbs", 2),
  );
  machine.enter({ constrained: true, dropout: 0.2 });
  for (let i = 0; i < 200; i++) machine.update(0.1);
  const changed = Object.keys(params).filter((name) => {
    const key = name as keyof HelmholtzParams;
    return params[key].some((value, i) => value !== before[key][i]);
  });
  assert.deepEqual(changed.sort(), [
    "hiddenRecognitionBias",
    "hiddenToVisible",
    "visibleToHidden",
  ]);
  assert.ok(params.hiddenToVisible.every((w) => w >= 0));
  assert.ok(params.hiddenToVisible.some((w) => w === 0));
});

Deno.test("with its bias held the top keeps its prior", () => {
  const params = initHelmholtz(stream(1, "init"), config);
  const learning: Learning = { ...learningBy("chains", 2), holdTopBias: 1 };
  const machine = onlineMachine(
    stream(1, "train"),
    params,
    sampleTwoCauses,
    learning,
  );
  for (let i = 0; i < 50; i++) machine.update(0.1);
  assert.ok(params.topBias.every((b) => b === 0));
  assert.ok(params.topRecognitionBias.some((b) => b !== 0));
});

Deno.test("the learning rate falls linearly in each stage", () => {
  const staged = helmholtzConfig({
    steps: 100,
    constrainedSteps: 40,
    learningRate: 0.1,
    constrainedFinalRate: 0.02,
    finalLearningRate: 0.04,
  });
  const at = [0, 20, 40, 70].map((step) => learningRateAt(staged, step));
  const wanted = [0.1, 0.06, 0.1, 0.07];
  assert.ok(at.every((rate, i) => Math.abs(rate - wanted[i]) < 1e-12), `${at}`);
  assert.throws(
    () => helmholtzConfig({ steps: 10, constrainedSteps: 20 }),
    /constrainedSteps must be at most the 10 steps: current value is 20/,
  );
  assert.throws(
    () => helmholtzConfig({ samples: 5 }),
    /samples must be 1 where inference is a recognition: current value is 5/,
  );
});
