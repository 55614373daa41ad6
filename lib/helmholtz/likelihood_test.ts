import assert from "node:assert/strict";
import {
  exactLogLikelihood,
  exactTopJoint,
  type Patterns,
  stateProbabilities,
  sumRecognitionTop,
} from "./likelihood.ts";
import { exactNllAndGrads, followGradient } from "./likelihood_gradient.ts";
import {
  helmholtzConfig,
  type HelmholtzParams,
  initHelmholtz,
} from "./machine.ts";
import { everyState, type State } from "../../tests/helmholtz_oracle.ts";
import { gradientCheck } from "../numeric/gradient_check.ts";
import { bernoulli, fillNormal, stream } from "../numeric/random.ts";
import { finish } from "../run/training.ts";

/** With two patterns. */
type Machine = { params: HelmholtzParams; patterns: Patterns };

/** A machine with weights and biases from N(0, scale²), and two patterns. */
function machineOf(
  [visible, hidden, top]: readonly number[],
  scale = 0.5,
): Machine {
  const config = helmholtzConfig({ visible, hidden, top });
  const params = initHelmholtz(stream(1, "init"), config);
  const rng = stream(1, "weights");
  for (const values of Object.values(params)) fillNormal(rng, values, scale);
  const patterns = Uint8Array.from(
    { length: 2 * visible },
    () => bernoulli(rng, 0.5),
  );
  return { params, patterns };
}

const close = (a: number, b: number, tolerance = 1e-12): void =>
  assert.ok(
    Math.abs(a - b) <= tolerance * (Math.abs(b) + 1e-300),
    `${a} is not ${b}`,
  );

const SIZES = [[11, 3, 2], [1, 1, 1], [9, 8, 3], [32, 7, 1], [40, 2, 4]];

/** Both patterns with all their states. */
function statesOf(
  { params, patterns }: Machine,
): State[][] {
  const visible = patterns.length / 2;
  return [0, 1].map((k) =>
    everyState(params, patterns.subarray(k * visible, (k + 1) * visible))
  );
}

const total = (states: State[], of: (state: State) => number): number =>
  states.reduce((sum, state) => sum + of(state), 0);

/** Holds likelihood, joint and recognition of a machine against the oracle. */
function agrees(machine: Machine): void {
  const { params, patterns } = machine;
  const tops = 2 ** params.topBias.length;
  const likelihood = exactLogLikelihood(params, patterns);
  const joint = exactTopJoint(params, patterns);
  const q = finish(sumRecognitionTop(params, patterns));
  statesOf(machine).forEach((states, k) => {
    const p = total(states, (s) => s.joint);
    close(likelihood[k], Math.log(p));
    for (let t = 0; t < tops; t++) {
      const here = states.filter((s) => s.t === t);
      close(joint[k * tops + t], total(here, (s) => s.joint));
      close(q[k * tops + t], total(here, (s) => s.recognition));
    }
  });
}

Deno.test("state probabilities multiply out and sum to one", () => {
  const p = stateProbabilities([0.2, 0.7]);
  [0.24, 0.06, 0.56, 0.14].forEach((want, s) => close(p[s], want));
});

for (const sizes of SIZES) {
  Deno.test(`exact quantities of a ${sizes.join("-")} machine are those of the definition`, () => {
    for (const machine of [machineOf(sizes), machineOf(sizes, 3)]) {
      agrees(machine);
    }
  });
}

Deno.test("weights in the hundreds neither overflow nor lose a state", () => {
  const { params, patterns } = machineOf([4, 4, 2], 1);
  // Halves that each favour what the other forbids: 350 nats apart a pixel.
  params.hiddenToVisible.set([350, 350, 350, 350], 0);
  params.hiddenToVisible.set([-350, -350, -350, -350], 8);
  agrees({ params, patterns });
  assert.throws(
    () =>
      exactNllAndGrads(params, {
        pixels: patterns,
        probability: Float64Array.of(0.5, 0.5),
      }),
    /Cannot find the posterior as .* must be at least 1e-250: current value is/,
  );
  params.visibleBias.fill(-320);
  const likelihood = exactLogLikelihood(params, Uint8Array.of(1, 1, 1, 1));
  // One unit makes all pixels; its price is that of being on alone.
  assert.ok(likelihood[0] > -20 && likelihood[0] < 0, `${likelihood[0]}`);
});

Deno.test("all patterns together have probability one", () => {
  const { params } = machineOf([11, 3, 2]);
  const all = Uint8Array.from(
    { length: 2048 * 11 },
    (_, i) => (Math.floor(i / 11) >> (i % 11)) & 1,
  );
  const sum = exactLogLikelihood(params, all)
    .reduce((sum, l) => sum + Math.exp(l), 0);
  close(sum, 1, 1e-12);
});

Deno.test("patterns that are not whole images are refused", () => {
  const { params, patterns } = machineOf([11, 3, 2]);
  assert.throws(
    () => exactLogLikelihood(params, patterns.subarray(1)),
    /multiple of 11 pixels: current length is 21/,
  );
});

Deno.test("a machine too large to enumerate is refused", () => {
  const { params } = machineOf([4, 30, 1]);
  assert.throws(
    () => exactLogLikelihood(params, new Uint8Array(4)),
    /hidden must be at most 24 units \(use sampledNll\): current value is 30/,
  );
});

for (const sizes of [[5, 4, 2], [3, 5, 1], [2, 1, 3]]) {
  Deno.test(`the exact gradient of a ${sizes.join("-")} machine is that of finite differences`, () => {
    const { params, patterns } = machineOf(sizes);
    const probability = Float64Array.of(0.3, 0.7);
    const check = gradientCheck(
      params,
      () => exactNllAndGrads(params, { pixels: patterns, probability }),
    );
    assert.ok(check.maxRelativeError < 1e-7, JSON.stringify(check.worst));
    const { loss } = exactNllAndGrads(params, {
      pixels: patterns,
      probability,
    });
    const [first, second] = exactLogLikelihood(params, patterns);
    close(loss, -0.3 * first - 0.7 * second);
  });
}

Deno.test("following the exact gradient learns two patterns, and stops where it is asked to", () => {
  const { params } = machineOf([6, 3, 1]);
  const world = {
    pixels: Uint8Array.from("111000000111"),
    probability: Float64Array.of(0.5, 0.5),
  };
  const bits: number[] = [];
  const options = { steps: 200, learningRate: 0.1 };
  const training = followGradient(params, world, options);
  finish(training, ({ nllBits }) => bits.push(nllBits));
  assert.equal(bits.length, 201);
  assert.ok(bits[0] > 4 && bits[200] > 1 && bits[200] < 1.2, `${bits[200]}`);
  const again = followGradient(params, world, options);
  again.next();
  assert.ok(again.next(true).done);
});
