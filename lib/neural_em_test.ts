import assert from "node:assert/strict";
import { gradientCheck } from "./gradient_check.ts";
import { doubles, fill, workspace } from "./matrix.ts";
import {
  initNeuralEm,
  type NeuralEmConfig,
  neuralEmConfig,
  type NeuralEmParams,
  SEED_MODEL,
  type UnrolledEm,
  unrolledEm,
} from "./neural_em.ts";
import { bernoulli, fillNormal, fillUniform, stream } from "./random.ts";

/** A small model of the given kind on random images, in float64. */
function small(overrides: Partial<NeuralEmConfig>): {
  config: NeuralEmConfig;
  params: NeuralEmParams;
  em: UnrolledEm;
  weights: number[];
} {
  const config = neuralEmConfig({
    canvas: 4,
    components: 3,
    hidden: 5,
    steps: 4,
    unroll: 4,
    lossSteps: "all",
    batchSize: 2,
    ...overrides,
  });
  const rng = stream(1, "eval");
  const space = workspace("float64", { bytes: 1 << 20 });
  const params = initNeuralEm(rng, space, config);
  for (const name in params) {
    if (name.endsWith("Bias")) fillNormal(rng, params[name].data, 0.3);
  }
  const steps = config.steps - (config.start === "states" ? 1 : 0);
  const em = unrolledEm(space, params, config, { batch: 2, steps });
  em.targets.forEach(({ data }) =>
    data.forEach((_, i) => data[i] = bernoulli(rng, 0.4))
  );
  em.inputs.forEach(({ data }) =>
    data.forEach((_, i) => data[i] = bernoulli(rng, 0.4))
  );
  fillUniform(rng, em.residuals[0].data, 0, 1);
  fillNormal(rng, em.states[0].data, 0.5);
  const weights = Array.from({ length: steps + 1 }, (_, s) => 0.2 + 0.1 * s);
  return { config, params, em, weights };
}

function worstError(overrides: Partial<NeuralEmConfig>): number {
  const { config, params, em, weights } = small(overrides);
  const learned = config.start === "states";
  const K = config.components;
  const run = (): { loss: number; grads: Record<string, Float64Array> } => {
    if (learned) tile(em, params.startStates.data, K);
    const loss = em.forward(weights);
    return { loss, grads: doubles(em.backward(weights)) };
  };
  return gradientCheck(doubles(params), run).maxRelativeError;
}

/** Every image starts from the learned states. */
function tile(em: UnrolledEm, start: ArrayLike<number>, K: number): void {
  const { data, rows, cols } = em.states[0];
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < cols; j++) {
      data[row * cols + j] = start[(row % K) * cols + j];
    }
  }
}

for (
  const [name, overrides] of Object.entries({
    "RNN-EM": {},
    "RNN-EM with the loss of the last step": { lossSteps: "last" },
    "N-EM": { mStep: "gradient" },
    "RNN-EM from tied weights and units with memory": {
      initTied: true,
      initMemory: 4,
      pixelBias: -2,
    },
    "the seed's model": {
      ...SEED_MODEL,
      canvas: 4,
      hidden: 5,
      batchSize: 2,
    },
    "all three losses at once": { intra: 0.7, inter: 0.4, mixture: 0.5 },
  })
) {
  Deno.test(`${name}: gradients through the unrolled steps equal finite differences`, () => {
    const error = worstError(overrides);
    assert.ok(error < 1e-6, `${error}`);
  });
}

Deno.test("with γ held, gradients equal finite differences of a loss in which γ does not move", () => {
  // The mixture loss has no explicit γ; with a single step it needs none.
  const error = worstError({
    steps: 1,
    unroll: 1,
    intra: 0,
    inter: 0,
    mixture: 1,
    throughGamma: false,
  });
  assert.ok(error < 1e-6, `${error}`);
});

Deno.test("holding γ changes the gradient of more than one step", () => {
  const gradient = (throughGamma: boolean): number[] => {
    const { em, weights } = small({ throughGamma });
    em.forward(weights);
    return Array.from(em.backward(weights).inputWeights.data);
  };
  assert.notDeepEqual(gradient(true), gradient(false));
});

Deno.test("responsibilities are positive and sum to 1 at each pixel", () => {
  const { em, weights, config } = small({});
  em.forward(weights);
  const K = config.components;
  const { data, cols } = em.responsibilities[4];
  for (let p = 0; p < cols; p++) {
    let total = 0;
    for (let k = 0; k < K; k++) {
      assert.ok(data[k * cols + p] > 0);
      total += data[k * cols + p];
    }
    assert.ok(Math.abs(total - 1) < 1e-12);
  }
});

Deno.test("components that start alike stay alike: only the start breaks the symmetry", () => {
  const { em, weights } = small({});
  em.residuals[0].data.fill(0.25);
  fill(0, em.states[0]);
  em.forward(weights);
  const { data, cols } = em.responsibilities[4];
  for (let p = 0; p < 3 * cols; p++) {
    assert.ok(Math.abs(data[p] - 1 / 3) < 1e-12);
  }
});

Deno.test("impossible configurations are refused with one clear error", () => {
  const message = (overrides: Record<string, unknown>): string => {
    try {
      neuralEmConfig(overrides);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("nothing was thrown");
  };
  assert.equal(
    message({ components: 0 }),
    "Cannot train neural EM as components must be an integer from 1 to 64: current value is 0",
  );
  assert.equal(
    message({ steps: 0, unroll: 0 }),
    "Cannot train neural EM as steps must be an integer ≥ 1: current value is 0",
  );
  assert.equal(
    message({ steps: 10, unroll: 4 }),
    "Cannot train neural EM as unroll must be a divisor of steps, 10: current value is 4",
  );
  assert.match(
    message({ lossSteps: "first" }),
    /lossSteps must be one of "last", "half", "all": current value is "first"/,
  );
  assert.match(message({ hiden: 9 }), /did you mean "hidden"/);
});
