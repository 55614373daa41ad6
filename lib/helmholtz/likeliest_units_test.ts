import assert from "node:assert/strict";
import {
  likeliestUnits,
  topJointOfLikeliest,
  topJointWithin,
} from "./likeliest_units.ts";
import { exactTopJoint } from "./likelihood.ts";
import { dream, helmholtzConfig, initHelmholtz, layersOf } from "./machine.ts";
import { stream } from "../numeric/random.ts";
import { finish } from "../run/training.ts";

const config = helmholtzConfig({
  ...{ visible: 6, hidden: 5, top: 2, initScale: 1.5, hiddenBias: -1 },
});
const params = initHelmholtz(stream(3, "init"), config);
const layers = layersOf(params);
dream(stream(3, "dream"), params, layers);
const pattern = layers.v.slice();
const exact = exactTopJoint(params, pattern);

function close(a: Float64Array, b: Float64Array): void {
  assert.equal(a.length, b.length);
  a.forEach((p, t) => assert.ok(Math.abs(p - b[t]) < 1e-12 * b[t], `${p}`));
}

Deno.test("with all units, in any order, the sum is the likelihood", () => {
  close(topJointWithin(params, pattern, [0, 1, 2, 3, 4]), exact);
  close(topJointWithin(params, pattern, [3, 0, 4, 2, 1]), exact);
  const all = topJointOfLikeliest(stream(1, "eval"), params, pattern);
  close(finish(all), exact);
});

Deno.test("with fewer units it is less, and the likeliest leave the most", () => {
  const order = likeliestUnits(stream(1, "eval"), params, pattern);
  assert.deepEqual(order.toSorted(), [0, 1, 2, 3, 4]);
  const total = (units: number[]): number =>
    topJointWithin(params, pattern, units).reduce((a, b) => a + b);
  const sums = [1, 2, 3, 4, 5].map((n) => total(order.slice(0, n)));
  sums.slice(1).forEach((sum, n) => assert.ok(sum > sums[n], sums.join(" ")));
  assert.ok(total(order.slice(0, 2)) > total(order.slice(3)));
});
