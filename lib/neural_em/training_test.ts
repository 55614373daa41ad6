import assert from "node:assert/strict";
import { integer, type Rng, stream } from "../numeric/random.ts";
import { Refusal } from "../run/config.ts";
import type { Tensors } from "../run/safetensors.ts";
import { finish } from "../run/training.ts";
import { inferGroups } from "./inference.ts";
import {
  modelFrom,
  neuralEmConfig,
  restoreNeuralEm,
  SEED_MODEL,
} from "./model.ts";
import { trueResponsibilities } from "./start.ts";
import {
  learningRateAt,
  lossWeights,
  neuralEmTrainer,
  trainNeuralEm,
} from "./training.ts";

/** One lit bar of three pixels on each half of a 6 × 6 canvas. */
function bars(rng: Rng, count: number): { images: Float32Array } {
  const images = new Float32Array(count * 36);
  for (let i = 0; i < count; i++) {
    for (const side of [0, 3]) {
      const row = integer(rng, 6);
      for (let c = 0; c < 3; c++) images[i * 36 + row * 6 + side + c] = 1;
    }
  }
  return { images };
}

const tiny = neuralEmConfig({
  canvas: 6,
  components: 2,
  hidden: 12,
  steps: 6,
  unroll: 3,
  lossSteps: "all",
  batchSize: 16,
  updates: 300,
  learningRate: 1e-2,
  clipNorm: 1,
});

const refused = (message: RegExp) => (error: unknown): boolean =>
  error instanceof Refusal && message.test(error.message);

Deno.test("loss weights count the last, the later half or all steps", () => {
  const weights = (lossSteps: string): number[] =>
    Array.from(
      lossWeights(neuralEmConfig({ lossSteps, steps: 4, unroll: 4 }), 4),
    );
  assert.deepEqual(weights("last"), [0, 0, 0, 0, 1]);
  assert.deepEqual(weights("half"), [0, 0, 0, 0.5, 0.5]);
  assert.deepEqual(weights("all"), [0, 0.25, 0.25, 0.25, 0.25]);
  const seed = neuralEmConfig(SEED_MODEL);
  assert.deepEqual(Array.from(lossWeights(seed, 3)), [0.25, 0.25, 0.25, 0.25]);
});

Deno.test("the step size warms up, stays and cools down to 0", () => {
  const config = neuralEmConfig({
    updates: 100,
    learningRate: 1,
    warmup: 10,
    cooldown: 0.5,
  });
  assert.equal(learningRateAt(config, 0), 0.1);
  assert.equal(learningRateAt(config, 30), 1);
  assert.equal(learningRateAt(config, 75), 0.5);
  assert.equal(learningRateAt(config, 100), 0);
});

Deno.test("a trainer that was saved goes on to the same bits", () => {
  const options = { config: tiny, sample: bars };
  const whole = neuralEmTrainer(3, options);
  for (let i = 0; i < 9; i++) whole.update();
  const begun = neuralEmTrainer(3, options);
  for (let i = 0; i < 4; i++) begun.update();
  const resumed = neuralEmTrainer(3, { ...options, saved: begun.save() });
  assert.equal(resumed.step, 4);
  for (let i = 0; i < 5; i++) resumed.update();
  for (const name in whole.params) {
    assert.deepEqual(resumed.params[name].data, whole.params[name].data);
  }
  assert.throws(
    () => neuralEmTrainer(4, { ...options, saved: begun.save() }),
    refused(/must have the same seed and model: it has seed 3/),
  );
});

Deno.test("images are started from the responsibilities that are asked for", () => {
  const seen: number[] = [];
  const trainer = neuralEmTrainer(3, {
    config: tiny,
    sample: bars,
    start(_rng, images, model): Float32Array {
      seen.push(images.length / 36, model.step);
      const all = new Uint8Array(images.length).fill(1);
      return trueResponsibilities(all, 2, 36);
    },
  });
  const whole = neuralEmTrainer(3, { config: tiny, sample: bars });
  for (const model of [trainer, whole]) {
    for (let i = 0; i < 3; i++) model.update();
  }
  // Two groups of 8 images at first, then one of them an update.
  assert.deepEqual(seen, [8, 0, 8, 0, 8, 1, 8, 2]);
  const weights = ({ params }: typeof whole) => params.inputWeights.data;
  assert.notDeepEqual(weights(trainer), weights(whole));
});

Deno.test("evaluating more often changes no weight", () => {
  const weights = (evalEvery: number): Float32Array => {
    const config = { ...tiny, updates: 6 };
    const trainer = neuralEmTrainer(1, { config, sample: bars });
    const rng = stream(9, "eval");
    const images = bars(rng, 4);
    const evaluate = () => ({
      loss6: inferGroups(rng, trainer, images).losses[5],
    });
    finish(trainNeuralEm(trainer, { evalEvery, evaluate }));
    return Float32Array.from(trainer.params.outputWeights.data);
  };
  assert.deepEqual(weights(1), weights(3));
});

Deno.test("it learns to put the two bars of an image into two components", () => {
  const trainer = neuralEmTrainer(0, { config: tiny, sample: bars });
  const rng = stream(5, "eval");
  const images = bars(rng, 100);
  const agreement = (): number => {
    const { groups } = inferGroups(rng, trainer, images, { noise: 0 });
    let right = 0;
    for (let i = 0; i < 100; i++) {
      const of = (from: number): number[] =>
        Array.from({ length: 36 }, (_, p) => p)
          .filter((p) => p % 6 >= from && p % 6 < from + 3)
          .filter((p) => images.images[i * 36 + p] === 1)
          .map((p) => groups[i * 36 + p]);
      const [left] = of(0);
      const whole = of(0).every((g) => g === left) &&
        of(3).every((g) => g === 1 - left);
      right += whole ? 1 : 0;
    }
    return right / 100;
  };
  const before = agreement();
  while (trainer.step < tiny.updates) trainer.update();
  const after = agreement();
  assert.ok(before < 0.2 && after > 0.6, `${before} → ${after}`);
});

Deno.test("a checkpoint is restored to the model that was saved", () => {
  const trainer = neuralEmTrainer(0, { config: tiny, sample: bars });
  for (let i = 0; i < 3; i++) trainer.update();
  const { tensors, metadata } = trainer.save();
  const model = restoreNeuralEm({ tensors, metadata });
  const images = bars(stream(1, "data"), 4);
  const groups = (of: typeof model): Uint8Array =>
    inferGroups(stream(2, "eval"), of, images).groups;
  assert.deepEqual(groups(model), groups(trainer));
});

Deno.test("mismatched checkpoints are refused with one clear error", () => {
  const { tensors, metadata } = neuralEmTrainer(0, {
    config: tiny,
    sample: bars,
  }).save();
  const config = JSON.stringify({ ...tiny, hidden: 13 });
  assert.throws(
    () => restoreNeuralEm({ tensors, metadata: { config } }),
    refused(/inputWeights must have 468 numbers: current value has 432/),
  );
  assert.throws(
    () => restoreNeuralEm({ tensors, metadata: {} }),
    refused(/must hold its configuration: its metadata has nothing/),
  );
  assert.throws(
    () => modelFrom(tiny, {}),
    /inputWeights .* current value has none/,
  );
  assert.ok(metadata.config);
});

Deno.test("whatever is missing or damaged in a saved state, it is refused", () => {
  const options = { config: tiny, sample: bars };
  const begun = neuralEmTrainer(0, options);
  begun.update();
  const { tensors, metadata } = begun.save();
  const damaged: [string, Tensors][] = [];
  for (const key in metadata) {
    const { [key]: _, ...rest } = metadata;
    damaged.push([key, { tensors, metadata: rest }]);
    for (const text of ["", "null", "[]", "{}", "1", "{", "x"]) {
      if (text === metadata[key]) continue;
      damaged.push([
        `${key} = ${text}`,
        { tensors, metadata: { ...metadata, [key]: text } },
      ]);
    }
  }
  const shorter = { shape: [1], data: Float32Array.of(1) };
  for (const name in tensors) {
    const { [name]: _, ...rest } = tensors;
    if (!name.startsWith("frames.")) {
      damaged.push([name, { tensors: rest, metadata }]);
    }
    damaged.push([name, { tensors: { ...rest, [name]: shorter }, metadata }]);
  }
  const spare = { ...tensors, "frames.7.0": shorter };
  damaged.push(["a group too many", { tensors: spare, metadata }]);
  for (const [what, saved] of damaged) {
    assert.throws(
      () => neuralEmTrainer(0, { ...options, saved }),
      (error) => error instanceof Refusal,
      what,
    );
    const { config, ...others } = saved.metadata;
    if (config !== metadata.config) {
      assert.throws(
        () => restoreNeuralEm({ tensors, metadata: { ...others, config } }),
        (error) => error instanceof Refusal,
        what,
      );
    }
  }
});
