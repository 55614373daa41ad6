import assert from "node:assert/strict";
import { inferGroups } from "./inference.ts";
import { type NeuralEm, neuralEmConfig } from "./model.ts";
import { inferringWithMoves, inferWithMoves } from "./moves.ts";
import { neuralEmTrainer } from "./training.ts";
import { bernoulli, type Rng, stream } from "../numeric/random.ts";

const D = 36;

/** Bars of three pixels' width: each image has a left and a right one. */
function bars(rng: Rng, count: number): { images: Float32Array } {
  const images = new Float32Array(count * D);
  for (let i = 0; i < count; i++) {
    for (const from of [0, 3]) {
      const row = Math.floor(rng() * 6);
      for (let c = from; c < from + 3; c++) images[i * D + row * 6 + c] = 1;
    }
  }
  return { images };
}

function trained(updates: number): NeuralEm {
  const config = neuralEmConfig({
    ...{ canvas: 6, components: 3, hidden: 12, steps: 8, unroll: 4 },
    ...{ reads: "image", start: "seeds", lossSteps: "all", batchSize: 16 },
    ...{ interOn: 0, interPsi: 0.4, chargedSteps: 4, proportions: 1 },
    ...{ initTied: true, initMemory: 4, pixelBias: -2, learningRate: 0.01 },
    ...{ updates, clipNorm: 1 },
  });
  const trainer = neuralEmTrainer(0, { config, sample: bars });
  while (trainer.step < updates) trainer.update();
  return trainer;
}

const model = trained(300);
const { images } = bars(stream(5, "eval"), 60);
const options = { steps: 8, moves: 4, moveSteps: 8 };

Deno.test("moves never raise an image's loss, and lower some", () => {
  const losses: Float32Array[] = [];
  const last = inferWithMoves(stream(1, "moves"), model, images, {
    ...options,
    onMove: (_, { imageLosses }) => losses.push(imageLosses.slice()),
  });
  assert.equal(losses.length, 5);
  for (let move = 1; move < losses.length; move++) {
    losses[move].forEach((loss, i) => assert.ok(loss <= losses[move - 1][i]));
  }
  assert.ok(losses[4].some((loss, i) => loss < losses[0][i]));
  assert.deepEqual(last.imageLosses, losses[4]);
});

Deno.test("without moves it is EM from one start", () => {
  const none = inferWithMoves(stream(1, "moves"), model, images, {
    ...options,
    moves: 0,
  });
  const em = inferGroups(stream(1, "moves"), model, { images }, { steps: 8 });
  assert.deepEqual(none.groups, em.groups);
  assert.deepEqual(none.states, em.states);
});

Deno.test("what is kept of an image fits together", () => {
  const { groups, responsibilities, states } = inferWithMoves(
    stream(2, "moves"),
    model,
    images,
    options,
  );
  // One further step from the states changes hardly a pixel.
  const on = inferGroups(stream(3, "moves"), model, { images }, {
    ...{ steps: 1, noise: 0, start: responsibilities, states },
  });
  const changed = groups.filter((k, i) =>
    images[i] === 1 && on.groups[i] !== k
  );
  assert.ok(changed.length < 0.1 * 6 * 60, `${changed.length} pixels`);
});

Deno.test("images with nothing on, or as few pixels as components, can be moved", () => {
  const odd = new Float32Array(3 * D);
  odd[D] = odd[2 * D] = odd[2 * D + 7] = 1;
  const { imageLosses } = inferWithMoves(
    stream(4, "moves"),
    model,
    odd,
    options,
  );
  assert.ok(imageLosses.every(Number.isFinite));
  const rng = stream(1, "eval");
  const noise = Float32Array.from(odd, () => bernoulli(rng, 0.5));
  assert.ok(
    inferWithMoves(stream(5, "moves"), model, noise, options).imageLosses
      .every(Number.isFinite),
  );
});

Deno.test("asked to stop, it begins no further move", () => {
  const seen: number[] = [];
  const inferring = inferringWithMoves(stream(6, "moves"), model, images, {
    ...options,
    onMove: (move) => seen.push(move),
  });
  let next = inferring.next();
  while (!next.done) next = inferring.next(seen.length === 2);
  assert.deepEqual(seen, [0, 1, 2]);
});
