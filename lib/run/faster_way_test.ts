import assert from "node:assert/strict";
import { FasterWay, type Way } from "./faster_way.ts";

/** Nanoseconds of a call one way and the other, at a time. */
type Machine = (place: number, now: number) => [number, number];

/** Runs steps of ten calls of .1 ms; which way they went, and the time. */
function run(
  machine: Machine,
  { steps, faster, clock }: {
    steps: number;
    faster: FasterWay;
    clock: { now: number };
  },
): { ways: Way[]; time: number } {
  const ways: Way[] = [];
  const start = clock.now;
  for (let call = 0; call < 10 * steps; call++) {
    const way = faster.way(call % 10, 1e5);
    ways.push(way);
    clock.now += machine(call % 10, clock.now)[way];
  }
  return { ways, time: clock.now - start };
}

const begin = (): { faster: FasterWay; clock: { now: number } } => {
  const clock = { now: 0 };
  return { clock, faster: new FasterWay(() => clock.now) };
};
const share = (ways: Way[]): number =>
  ways.filter((way) => way === 1).length / ways.length;

Deno.test("the faster way is taken nearly always, whichever it is", () => {
  for (const other of [0.5e5, 2e5]) {
    const { ways, time } = run(() => [1e5, other], {
      ...{ steps: 10_000, ...begin() },
    });
    const best = Math.min(1e5, other) * ways.length;
    assert.ok(time < 1.03 * best, `${time / best}`);
    assert.ok(other < 1e5 ? share(ways) > 0.97 : share(ways) < 0.03);
  }
});

Deno.test("as fast is not fast enough for what takes more of the machine", () => {
  const { ways } = run(() => [1e5, 0.99e5], { steps: 3000, ...begin() });
  assert.ok(share(ways) < 0.05);
});

Deno.test("it changes once the machine has", () => {
  const all = begin();
  const [free, taken]: Machine[] = [() => [1e5, 0.6e5], () => [1e5, 2e5]];
  for (const machine of [free, taken, free]) {
    run(machine, { steps: 3000, ...all });
    const { ways } = run(machine, { steps: 1000, ...all });
    assert.ok(machine === free ? share(ways) > 0.9 : share(ways) < 0.1);
  }
});

Deno.test("one disturbance in a trial does not mislead", () => {
  for (let at = 0; at < 80; at++) {
    let left = 1;
    const machine: Machine = (_, now) => {
      const hit = now > at * 1e6 && left-- > 0 ? 3e8 : 0;
      return [1e5 + hit, 0.6e5 + hit];
    };
    const { ways } = run(machine, { steps: 200, ...begin() });
    assert.ok(share(ways.slice(800)) > 0.7, `${at}`);
  }
});

Deno.test("steps are tried whole, of unlike calls and of the same again and again", () => {
  // What a first part of a step gains by the other way, the rest loses.
  const [lengths, parts] = [[15, 23, 200], [5, 10, 100]];
  for (const [which, length] of lengths.entries()) {
    for (const [gain, loss] of [[0.4, 1.3], [0.8, 1.9], [0.9, 1.1 + 1e-9]]) {
      for (const again of [NaN, 0, 1]) {
        const { faster, clock } = begin();
        const ways: Way[] = [];
        const plain = 7e5 * length;
        let other = 0;
        for (let i = 0; i < length * 2000; i++) {
          const at = i % length;
          const first = at < parts[which];
          // Every other call may be the same again.
          const call = at % 2 === again ? -1 : at;
          const way = faster.way(call, 7e5);
          ways.push(way);
          const cost = 7e5 * (first ? gain : loss);
          if (i < length) other += cost;
          clock.now += way === 1 ? cost : 7e5;
        }
        const better = other < 0.97 * plain;
        const kept = share(ways.slice(length * 1000));
        assert.ok(better ? kept > 0.9 : kept < 0.1, `${length}, ${gain}`);
      }
    }
  }
});

Deno.test("a turn whose first call never comes again ends all the same", () => {
  const { faster, clock } = begin();
  const ways: Way[] = [];
  for (let call = 0; call < 3e5; call++) {
    const way = faster.way(call, 1e5);
    ways.push(way);
    clock.now += way === 1 ? 0.6e5 : 1e5;
  }
  assert.ok(share(ways.slice(1e5, 2e5)) > 0.9);
});
