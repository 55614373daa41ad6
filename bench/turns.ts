/**
 * Engines that do the same work and take turns at it; the least time counts, as
 * whatever else the machine does can only add to it.
 *
 * @module
 */
import { quantile } from "../lib/numeric/statistics.ts";
import { limitSweep } from "../lib/run/sweep.ts";
import type { Reference } from "./references.ts";
import type { Work } from "./works.ts";

/** Seconds of one step, over the turns. */
export interface Times {
  least: number;
  median: number;
}

/** What has a name and can be timed. */
export interface Engine {
  name: string;
  /** Seconds that `count` steps took. */
  time(count: number): Promise<number>;
}

/** How often engines take turns, and until when. */
export interface Turns {
  repeats: number;
  /**
   * Seconds of silence before each turn, in which the threads of the one before
   * go to sleep; the turn then starts with steps that are not timed, until its
   * own threads are there. Such turns are a quarter as many.
   */
  pause?: number;
  /** What could not be measured, and why. */
  missing: string[];
  signal: AbortSignal;
}

/** Seconds that a step must not take, or it gets a quarter of the turns. */
const SLOW = 0.05;
const WARM_UP = 0.3; // seconds
const SLICE = 0.005; // seconds of a turn
/** Seconds that threads are given to come, after a pause; a worker starts anew. */
const ARRIVAL = 0.4;

/** A promise that resolves in so many seconds. */
export function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
}

/** Seconds that `count` steps take here. */
export function timeSteps(step: () => unknown, count: number): number {
  const start = performance.now();
  for (let i = 0; i < count; i++) step();
  return (performance.now() - start) / 1000;
}

/** Our own step, on as many threads. */
export function ours(
  step: () => unknown,
  threads: number,
  name = "ours",
): Engine {
  return {
    name,
    async time(count): Promise<number> {
      limitSweep(threads);
      const seconds = timeSteps(step, count);
      await wait(0); // helpers are heard, and come or leave
      return seconds;
    },
  };
}

/** A library's version of a work. */
export function theirs(reference: Reference, { name }: Work): Engine {
  return {
    name: reference.name,
    time: (count) => reference.time(name, count),
  };
}

/**
 * Steps that fill a turn, and seconds of one; warms up until V8 has compiled its
 * best.
 */
async function calibrate(
  { time }: Engine,
): Promise<{ count: number; seconds: number }> {
  let spent = 0;
  let seconds = Infinity;
  for (let count = 1;;) {
    const all = await time(count);
    spent += all;
    seconds = Math.min(seconds, all / count);
    if (all < SLICE) count *= 4;
    else if (spent > WARM_UP) {
      return { count: Math.max(1, Math.round(SLICE / seconds)), seconds };
    }
  }
}

/** The times of the engines at a work, by name; of those that can do it. */
export async function takeTurns(
  title: string,
  engines: readonly Engine[],
  { repeats, pause, missing, signal }: Turns,
): Promise<Record<string, Times>> {
  const players: { engine: Engine; count: number; samples: number[] }[] = [];
  const few = Math.ceil(repeats / 4);
  let turns = pause === undefined ? repeats : few;
  for (const engine of engines) {
    try {
      const { count, seconds } = await calibrate(engine);
      players.push({ engine, count, samples: [] });
      if (seconds > SLOW) turns = few;
    } catch (error) {
      missing.push(`${title} in ${engine.name}: ${(error as Error).message}`);
    }
  }
  for (let turn = 0; turn < turns; turn++) {
    for (const { engine, count, samples } of players) {
      signal.throwIfAborted();
      if (pause !== undefined) {
        await wait(pause);
        for (let spent = 0; spent < ARRIVAL;) spent += await engine.time(count);
      }
      samples.push(await engine.time(count) / count);
    }
  }
  return Object.fromEntries(players.map(({ engine, samples }) => [
    engine.name,
    { least: Math.min(...samples), median: quantile(samples, 0.5) },
  ]));
}
