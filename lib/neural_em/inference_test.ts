import assert from "node:assert/strict";
import { bernoulli, stream } from "../numeric/random.ts";
import { neuralEmConfig } from "./model.ts";
import {
  groupsOf,
  inferGroups,
  inferringGroups,
  recordSteps,
  type StepEnd,
} from "./inference.ts";
import { trueResponsibilities } from "./start.ts";
import { neuralEmTrainer } from "./training.ts";

const config = neuralEmConfig({
  canvas: 6,
  components: 2,
  hidden: 12,
  steps: 6,
  unroll: 3,
  batchSize: 16,
  initScale: 3,
  initTied: true,
});
const data = stream(1, "data");
const images = Float32Array.from(
  { length: 7 * 36 },
  () => bernoulli(data, 0.3),
);
const model = neuralEmTrainer(0, { config, sample: () => ({ images }) });
const rng = () => stream(2, "eval");

Deno.test("inference shows every image to EM, the last batch overlapping", () => {
  const shown: number[] = [];
  const ends: Uint8Array[] = [];
  const onStep = ({ step, first, responsibilities }: StepEnd): void => {
    shown.push(step, first);
    ends.push(groupsOf(responsibilities.data, 2, 36));
  };
  const options = { batch: 3, steps: 2, onStep };
  const { groups } = inferGroups(rng(), model, { images }, options);
  assert.deepEqual(shown, [1, 0, 2, 0, 1, 3, 2, 3, 1, 4, 2, 4]);
  assert.equal(groups.length, 7 * 36);
  assert.deepEqual(groups.subarray(0, 3 * 36), ends[1]);
  assert.deepEqual(groups.subarray(4 * 36), ends[5]);
});

Deno.test("inference that is broken off gives its memory back", () => {
  const { space } = model;
  const mark = space.mark();
  const inferring = inferringGroups(rng(), model, { images });
  inferring.next();
  assert.notEqual(space.mark(), mark);
  inferring.return(undefined as never);
  assert.equal(space.mark(), mark);
});

Deno.test("asked to stop, every image has had a step and the losses go on", () => {
  const inferring = inferringGroups(rng(), model, { images }, { batch: 4 });
  inferring.next();
  const { value, done } = inferring.next(true);
  assert.ok(done);
  assert.equal(new Set(value.losses).size, 1);
  const mean = value.imageLosses.reduce((sum, loss) => sum + loss / 7, 0);
  assert.ok(mean > 0 && value.imageLosses.every((loss) => loss > 0));
});

Deno.test("more components than in training need no new parameters", () => {
  const three = { ...model, config: { ...config, components: 3 } };
  const { groups } = inferGroups(rng(), three, { images });
  assert.ok(groups.includes(2));
});

Deno.test("recorded steps hold responsibilities that sum to 1 for each pixel", () => {
  const recorded = recordSteps(rng(), model, { images }, { steps: 5 });
  assert.equal(recorded.length, 7);
  assert.equal(recorded[0].length, 5);
  const { gamma, psi } = recorded[2][4];
  assert.equal(psi.length, 2);
  for (let p = 0; p < 36; p++) {
    assert.ok(Math.abs(gamma[2 * p] + gamma[2 * p + 1] - 1) < 1e-6);
  }
  const options = { batch: 7, steps: 5 };
  const { responsibilities } = inferGroups(rng(), model, { images }, options);
  assert.equal(gamma[2 * 20 + 1], responsibilities[36 * (2 * 2 + 1) + 20]);
});

Deno.test("EM started from the truth gives each object its own component at once", () => {
  // A bar of three pixels on the left and one on the right.
  const truth = Uint8Array.from({ length: 20 * 36 }, (_, i) => {
    const [n, row] = [Math.floor(i / 36), Math.floor(i % 36 / 6)];
    if (i % 6 < 3) return row === n % 6 ? 1 : 0;
    return row === (2 * n + 3) % 6 ? 2 : 0;
  });
  const images = Float32Array.from(truth, (label) => label > 0 ? 1 : 0);
  const { groups } = inferGroups(rng(), model, { images }, {
    start: trueResponsibilities(truth, 2, 36),
    steps: 1,
    noise: 0,
  });
  const right = truth.reduce(
    (n, label, i) => n + (label > 0 && groups[i] === label - 1 ? 1 : 0),
    0,
  );
  assert.ok(right / (20 * 6) > 0.8, `${right} of 120`);
});
