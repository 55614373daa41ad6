import assert from "node:assert/strict";
import { conditionals, gibbs } from "./gibbs.ts";
import { logJoint } from "./importance_sampling.ts";
import {
  helmholtzConfig,
  type HelmholtzParams,
  initHelmholtz,
  type Layers,
  layersOf,
} from "./machine.ts";
import { everyState } from "../../tests/helmholtz_oracle.ts";
import { fillNormal, stream } from "../numeric/random.ts";

/** A machine with weights and biases from N(0, 1), and one of its states. */
function machineOf(
  visible: number,
  hidden: number,
  top: number,
): { params: HelmholtzParams; layers: Layers } {
  const config = helmholtzConfig({ visible, hidden, top });
  const params = initHelmholtz(stream(1, "init"), config);
  const rng = stream(2, "weights");
  for (const values of Object.values(params)) fillNormal(rng, values, 1);
  const layers = layersOf(params);
  for (const states of [layers.t, layers.h, layers.v]) {
    states.forEach((_, i) => states[i] = rng() < 0.5 ? 1 : 0);
  }
  return { params, layers };
}

Deno.test("a unit's conditional probability is that of the joint: detailed balance", () => {
  for (const [visible, hidden, top] of [[5, 4, 3], [8, 3, 1], [1, 1, 1]]) {
    const { params, layers } = machineOf(visible, hidden, top);
    const conditional = conditionals(params, layers);
    for (
      const [layer, states] of [[conditional.hidden, layers.h], [
        conditional.top,
        layers.t,
      ]] as const
    ) {
      // Twice, so that the odds that the first round leaves are used.
      for (let n = 0; n < 2 * states.length; n++) {
        const unit = n % states.length;
        const p = layer.of(unit);
        const [off, on] = [0, 1].map((state) => {
          states[unit] = state;
          return logJoint(params, layers);
        });
        // p(x) T(x → y) = p(y) T(y → x) for the two states x, y of the unit.
        const left = Math.exp(off) * p;
        const right = Math.exp(on) * (1 - p);
        assert.ok(Math.abs(left - right) <= 1e-12 * left, `${left}, ${right}`);
        layer.set(unit, n % 3 === 0);
      }
    }
  }
});

Deno.test("sweeps visit states as often as the posterior says", () => {
  const { params, layers } = machineOf(6, 3, 2);
  const states = everyState(params, layers.v);
  const evidence = states.reduce((sum, { joint }) => sum + joint, 0);
  const counts = new Float64Array(32);
  const rng = stream(3, "sweeps");
  const n = 40_000;
  for (let i = 0; i < n; i++) {
    gibbs(rng, params, layers, { sweeps: 1 });
    const [h, t] = [layers.h, layers.t].map((s) =>
      s.reduce((state, on, j) => state | on << j, 0)
    );
    counts[h + 8 * t]++;
  }
  for (const { h, t, joint } of states) {
    const wanted = joint / evidence;
    assert.ok(Math.abs(counts[h + 8 * t] / n - wanted) < 0.015, `${h}, ${t}`);
  }
});

Deno.test("what is held stays", () => {
  const { params, layers } = machineOf(6, 3, 2);
  layers.h[1] = 0;
  const top = [...layers.t];
  for (let i = 0; i < 200; i++) {
    gibbs(stream(i, "sweeps"), params, layers, {
      sweeps: 2,
      unit: 1,
      top: true,
    });
    assert.equal(layers.h[1], 0);
  }
  assert.deepEqual([...layers.t], top);
  assert.ok(top.length === 2);
});
