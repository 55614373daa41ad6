import assert from "node:assert/strict";
import { fill } from "../numeric/matrix/elementwise.ts";
import { type NeuralEmConfig, neuralEmConfig, SEED_MODEL } from "./model.ts";
import {
  checkGradients,
  plainLoss,
  type ProbeModel,
  probeModel,
} from "./oracle.ts";
import { stream } from "../numeric/random.ts";

function small(overrides: Partial<NeuralEmConfig>): ProbeModel {
  return probeModel(stream(1, "eval"), overrides);
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
    "the seed's model": SEED_MODEL,
    "RNN-EM with γ held": { throughGamma: false },
    "N-EM with γ held": { mStep: "gradient", throughGamma: false },
    "the seed's model with γ held": { ...SEED_MODEL, throughGamma: false },
    "all three losses at once": { intra: 0.7, inter: 0.4, mixture: 0.5 },
    "less loss between components where pixels are on": { interOn: 0.3 },
    "RNN-EM that reads the image, charged in its first two steps": {
      reads: "image",
      ...{ interOn: 0.2, interPsi: 0.4, chargedSteps: 2 },
    },
    "the same with proportions and γ held": {
      reads: "image",
      ...{ interOn: 0, interPsi: 0.4, chargedSteps: 2, proportions: 0.5 },
      throughGamma: false,
    },
  })
) {
  Deno.test(`${name}: gradients through the unrolled steps equal finite differences`, () => {
    const error = checkGradients(small(overrides)).maxRelativeError;
    assert.ok(error < 1e-6, `${error}`);
  });
}

for (
  const overrides of [
    { mStep: "sigmoid", mixture: 0.3, interOn: 0.5 },
    { mStep: "gradient", mixture: 0.3, interOn: 0.5 },
    ...[1, 0.5].map((proportions) => ({
      ...{ reads: "image", interOn: 0, interPsi: 0.4, chargedSteps: 2 },
      proportions,
    })),
  ]
) {
  Deno.test(`${JSON.stringify(overrides)}: the kernels compute what the plain loops do`, () => {
    const { config, params, em, weights } = small(overrides);
    const loss = em.forward(weights);
    const plain = plainLoss(params, config, { em, weights });
    assert.ok(Math.abs(loss / plain - 1) < 1e-12, `${loss} ${plain}`);
  });
}

Deno.test("proportions of images that begin anew are equal, whatever was before", () => {
  const overrides = { chargedSteps: 2, proportions: 1 };
  const [fresh, used] = [small(overrides), small(overrides)];
  used.em.ages.fill(8);
  used.em.forward(used.weights);
  used.em.ages.splice(0, 2, ...fresh.em.ages);
  const losses = [fresh, used].map(({ em, weights }) => em.forward(weights));
  assert.equal(losses[0], losses[1]);
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
