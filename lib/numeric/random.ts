/**
 * Seeded random numbers: the one place where randomness enters the project.
 *
 * A generator is a plain function `Rng = () => number`. It is always the first
 * parameter of what uses it, never global and never a field of a model. Each
 * purpose draws from a stream of its own ("data", "init", "train", "eval",
 * "figures"), so that evaluating more often or drawing a figure never changes
 * a weight.
 *
 * The generator is Alea (Johannes Baagøe's multiply-with-carry), as shipped by
 * seedrandom: plain float64 arithmetic, hence the same bits in every engine,
 * and four times as fast as seedrandom's default.
 *
 * @module
 */
// @deno-types="npm:@types/seedrandom@3.0.8/lib/alea.d.ts"
import alea from "seedrandom/lib/alea.js";
import { log } from "./elementary.ts";

/** Draws a number uniformly from [0, 1), a multiple of 2⁻³². */
export type Rng = () => number;

/** The four numbers that an Alea generator consists of. */
export interface AleaState {
  c: number;
  s0: number;
  s1: number;
  s2: number;
}

/** A generator whose state can be read, as `stream` returns it. */
export interface StatefulRng extends Rng {
  /** A copy of the current state. */
  state(): AleaState;
}

/**
 * The stream `name` of the seed `seed`. Streams of different names are
 * independent; the same seed and name give the same numbers everywhere.
 *
 * @throws {RangeError} if the seed is neither a finite number nor a non-empty string
 */
export function stream(seed: number | string, name: string): StatefulRng {
  const usable = typeof seed === "number"
    ? Number.isFinite(seed)
    : typeof seed === "string" && seed !== "";
  if (!usable) {
    throw new RangeError(
      "Cannot start a random stream as seed must be a finite number or a " +
        `non-empty string: current value is ${String(seed) || '""'}`,
    );
  }
  return alea(`${seed}:${name}`, { state: true });
}

/** Continues an Alea generator from a state. */
export function resume(state: AleaState): StatefulRng {
  return alea("", { state });
}

/** One draw from U[low, high). */
export function uniform(rng: Rng, low: number, high: number): number {
  return low + (high - low) * rng();
}

/** One integer from 0 … n − 1, each equally likely to within n · 2⁻³². */
export function integer(rng: Rng, n: number): number {
  return Math.floor(n * rng());
}

/** 1 with probability p, else 0. */
export function bernoulli(rng: Rng, p: number): 0 | 1 {
  return rng() < p ? 1 : 0;
}

/**
 * One draw from N(0, 1) by Marsaglia's polar method. The second value that the
 * method yields is discarded: a generator keeps no hidden state.
 */
export function normal(rng: Rng): number {
  for (;;) {
    const u = 2 * rng() - 1;
    const v = 2 * rng() - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) return u * Math.sqrt(-2 * log(s) / s);
  }
}

/** Array types that the fill functions write to. */
export type Floats = Float32Array | Float64Array;

/** Overwrites `out` with draws from N(0, scale²). Returns `out`. */
export function fillNormal<T extends Floats>(
  rng: Rng,
  out: T,
  scale = 1,
): T {
  for (let i = 0; i < out.length; i++) out[i] = scale * normal(rng);
  return out;
}

/** Overwrites `out` with draws from U[low, high). Returns `out`. */
export function fillUniform<T extends Floats>(
  rng: Rng,
  out: T,
  low: number,
  high: number,
): T {
  for (let i = 0; i < out.length; i++) out[i] = uniform(rng, low, high);
  return out;
}

/** Shuffles `items` in place (Fisher and Yates). Returns `items`. */
export function shuffle<T extends { length: number; [i: number]: unknown }>(
  rng: Rng,
  items: T,
): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = integer(rng, i + 1);
    const kept = items[i];
    items[i] = items[j];
    items[j] = kept;
  }
  return items;
}

/** A random order of 0 … n − 1. */
export function permutation(rng: Rng, n: number): Int32Array {
  return shuffle(rng, Int32Array.from({ length: n }, (_, i) => i));
}
