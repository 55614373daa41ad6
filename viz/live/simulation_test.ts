import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import {
  copiesCorrelate,
  copiesStopPaying,
} from "../../lib/agreement/losses.ts";
import { finish } from "../../lib/run/training.ts";
import { agree } from "./simulations/agree.ts";
import { collapse, SCENE } from "./simulations/collapse.ts";
import { type Frame, place } from "./draw.ts";
import { experiment, fingerprint } from "./experiment.ts";
import { encoders } from "./simulations/encoders.ts";
import { imax } from "./simulations/imax.ts";
import { landscape } from "./simulations/landscape.ts";
import { masked } from "./simulations/masked.ts";
import { play, playAll, type Simulation } from "./simulation.ts";

// deno-lint-ignore no-explicit-any
const ALL: Simulation<any, any, any>[] = [
  agree,
  collapse,
  imax,
  masked,
  landscape,
];

Deno.test("a seed plays to the same numbers, another seed to others", () => {
  for (const simulation of ALL) {
    const { numbers } = play(simulation, { seed: 3 });
    deepStrictEqual(play(simulation, { seed: 3 }).numbers, numbers);
    const other = play(simulation, { seed: 4 }).numbers;
    ok(
      Object.keys(numbers).some((key) => other[key] !== numbers[key]),
      simulation.name,
    );
  }
});

Deno.test("every picture is one SVG of the width asked for, and holds only numbers", () => {
  for (const simulation of ALL) {
    const { state, settings } = play(simulation);
    for (const width of [300, 860]) {
      const markup = simulation.draw(state, settings, width, undefined);
      match(markup, new RegExp(`^<svg [^>]*width="${width}"[^]*</svg>$`));
      ok(!/NaN|Infinity|undefined/.test(markup), simulation.name);
    }
  }
});

Deno.test("every control sets a setting within its range", () => {
  for (const { name, controls, defaults } of ALL) {
    for (const control of controls) {
      const value = defaults[control.key];
      ok(value !== undefined, `${name}: ${control.key}`);
      if (control.kind === "range") {
        ok(value >= control.min && value <= control.max, `${name}: ${value}`);
      }
      if (control.kind === "choice") {
        ok(control.options.some(([option]) => option === value));
      }
    }
  }
});

Deno.test("every readout has its number, and every number its readout", () => {
  for (const { start, defaults, numbers, readouts, name } of ALL) {
    const keys = Object.keys(numbers(start(defaults, undefined), defaults));
    deepStrictEqual(keys, Object.keys(readouts), name);
  }
});

Deno.test("a setting that does not exist is refused", () => {
  throws(
    () => play(collapse, { flor: true } as never),
    /"flor" is not one of its settings/,
  );
});

Deno.test("variants are played under every seed, and stop when asked", () => {
  const plays = playAll(imax, [{ gain: 1 }, { gain: 2 }], { seeds: [1, 2] });
  const steps: number[] = [];
  const played = finish(plays, (row) => steps.push(row.step));
  deepStrictEqual(steps, [1, 2, 3, 4]);
  deepStrictEqual(
    played.map(({ settings }) => [settings.gain, settings.seed]),
    [[1, 1], [1, 2], [2, 1], [2, 2]],
  );
  const stopped = playAll(imax, [{}], { seeds: [1, 2, 3] });
  strictEqual(stopped.next().value, 0); // a pause in the first play
  const end = stopped.next(true);
  // Cut short, but none is missing.
  strictEqual(end.done && end.value.length, 3);
});

Deno.test("an experiment plays to its metrics and a fingerprint of its weights", () => {
  const module = {
    settings: () => ({ steps: 2 }),
    *trainSeed(seed: number): Generator<
      { step: number },
      { metrics: object; params: object }
    > {
      yield { step: 1 };
      yield { step: 2 };
      const params = { w: Float64Array.of(seed) };
      return { metrics: { loss: seed / 2 }, params };
    },
  };
  const view = {
    ...{ notebook: "n", preset: "smoke" as const, title: "t" },
    settings: {},
    total: 2,
    metrics: { loss: "loss" },
  };
  const { numbers } = play(experiment(module, view), { seed: 5 });
  deepStrictEqual(numbers, {
    step: 2,
    loss: 2.5,
    weights: fingerprint({ w: Float64Array.of(5) }),
  });
  ok(fingerprint({ w: Float64Array.of(6) }) !== numbers.weights);
});

Deno.test("a point outside its frame stands at the edge", () => {
  const frame: Frame = {
    ...{ left: 10, top: 20, width: 100, height: 50 },
    ...{ x: [0, 2], y: [-1, 1] },
  };
  deepStrictEqual(place(frame, 1, 0), [60, 45]);
  deepStrictEqual(place(frame, 5, -9), [110, 70]);
});

const RHO = SCENE.signal.map((s, j) => s / (s + SCENE.noise[j]));

/** Settings that reach each challenge of a simulation. */
const SOLUTIONS: Record<string, Record<string, unknown>[]> = {
  agree: [{ pairs: "shuffled" }],
  collapse: [{ floor: true }, { floor: true, covariance: 2.75 }],
  imax: [{ signal: 1.8, noiseA: 0.2, noiseB: 0.3 }],
  masked: [{ target: "stop" }],
  landscape: [{ loss: "simSiamNoStop" }],
};

Deno.test("every simulation has a challenge, which is met by its solution at the end, and not at first", () => {
  for (const simulation of ALL) {
    const solutions = SOLUTIONS[simulation.name];
    const { challenges = [], defaults } = simulation;
    strictEqual(challenges.length, solutions.length, simulation.name);
    const first = play(simulation).numbers;
    challenges.forEach(({ met, text }, i) => {
      ok(!met(defaults, first, true), `${text} is met at first`);
      const { settings, numbers } = play(simulation, solutions[i]);
      ok(met(settings, numbers, true), `${text}: ${JSON.stringify(numbers)}`);
    });
  }
});

Deno.test("the challenge on stereograms is met by one of the losses", () => {
  const data = { steps: [0, 300], runs: {}, overrides: {} };
  const [{ met }] = encoders.challenges!;
  for (const loss of ["vicReg", "infoNce"] as const) {
    const { settings, numbers } = play(encoders, { loss }, data);
    strictEqual(met(settings, numbers, true), loss === "infoNce", loss);
  }
});

Deno.test("copies stop paying at the weight that is computed, to a tenth, and with the floor alone", () => {
  const { met } = collapse.challenges![1];
  const at = (share: number, floor = true): boolean => {
    const covariance = share * copiesStopPaying(RHO);
    return met({ seed: 1, floor, covariance }, {}, true);
  };
  deepStrictEqual([0.89, 0.91, 1, 1.09, 1.11].map((share) => at(share)), [
    ...[false, true, true, true, false],
  ]);
  ok(!at(1, false));
  ok(
    !met(
      { seed: 1, floor: true, covariance: copiesStopPaying(RHO) },
      {},
      false,
    ),
    "before the end",
  );
});

Deno.test("trained codes correlate as the closed form says", () => {
  for (const covariance of [1, 2, 2.75, 5, 25]) {
    const copies = [1, 2, 3].map((seed) =>
      play(collapse, { seed, floor: true, covariance }).numbers.copies
    );
    const found = copies.reduce((sum, x) => sum + Math.abs(x), 0) / 3;
    const wanted = copiesCorrelate(RHO, covariance);
    ok(Math.abs(found - wanted) < 0.05, `${covariance}: ${found}, ${wanted}`);
  }
});
