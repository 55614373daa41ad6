/**
 * What a simulation is: a model that runs step by step under a few settings,
 * the numbers that it arrives at, and a picture of it.
 *
 * The same object serves a notebook cell, which plays it to its end and states
 * what came out, and the reader's page, which plays it live. It therefore uses
 * neither a document nor `Deno`. Its state is a function of its settings and
 * of the number of steps taken, and of nothing else.
 *
 * @module
 */

import { finish, inTurn, type Training } from "../../lib/run/training.ts";

/** A setting: a number, a switch, or the key of a choice. */
export type Setting = number | boolean | string;

/** Settings by name. Every simulation has a `seed`. */
export type Settings = { seed: number } & Record<string, Setting>;

/** Something on the panel that sets one setting. */
export type Control =
  & { key: string; label: string }
  & (
    | { kind: "range"; min: number; max: number; step: number }
    | { kind: "switch" }
    | { kind: "choice"; options: readonly Option[] }
  );

/** What a choice offers. */
export type Option = readonly [value: string, label: string];

/** A slider. */
export function range(
  key: string,
  label: string,
  limits: { min: number; max: number; step: number },
): Control {
  return { kind: "range", key, label, ...limits };
}

/** A list to choose from. */
export function choice(
  key: string,
  label: string,
  options: readonly Option[],
): Control {
  return { kind: "choice", key, label, options };
}

/** How the panel shows a number beside the picture. */
export interface Readout {
  label: string;
  /** Decimals shown; default 3. All digits are kept for comparison. */
  digits?: number;
  unit?: string;
}

/** The readout of the steps taken. */
export const STEP: Readout = { label: "Step", digits: 0 };

/** Go on, stop where you are, take one step, look again, or be there at once. */
export type Order = "go" | "pause" | "one" | "look" | "ready";

/** A model that plays. `D` is what the notebook hands over besides settings. */
export interface Simulation<
  V extends Settings = Settings,
  S = unknown,
  D = unknown,
> {
  /** The name of its module in viz/live/simulations, without the ending. */
  readonly name: string;
  readonly title: string;
  /** One sentence for readers who do not see the picture. */
  readonly description: string;
  readonly defaults: Readonly<V>;
  /** The panel; the seed's own field comes by itself. */
  readonly controls: readonly Control[];
  /** Settings of the picture alone: nothing starts again for them. */
  readonly views?: readonly Control[];
  /** Steps per drawn frame, so that the eye can follow; default 1. */
  readonly pace?: number;
  /** Whether the notebook's picture is shown until the first step is taken. */
  readonly still?: boolean;
  /** The word on the button that starts it; default "Train". */
  readonly verb?: string;
  /** What the panel shows of `numbers`, by their keys: in words, or in full. */
  readonly readouts: Readonly<Record<string, string | Readout>>;
  /** The state before the first step. */
  start(settings: V, data: D): S;
  /** Takes one step: changes the state. Not called once progress is 1. */
  step(state: S, settings: V, data: D): void;
  /** How far it is, from 0 to 1. */
  progress(state: S, settings: V): number;
  /** What it has arrived at: a number for each of `readouts`. */
  numbers(state: S, settings: V): Record<string, number>;
  /** The picture as one SVG element, `width` pixels wide. */
  draw(state: S, settings: V, width: number, data: D): string;
  /** Told what the reader does where steps are taken elsewhere. */
  steer?(state: S, settings: V, order: Order): void;
  /**
   * Where steps are taken elsewhere: calls `changed` when something arrives,
   * with the reason where nothing will.
   */
  listen?(changed: (failure?: string) => void): void;
  /**
   * Where some of `numbers` should fall under the notebook's settings and this
   * seed, each with 95 %.
   */
  ranges?(settings: V): Readonly<Record<string, readonly [number, number]>>;
  /** More seeds under these settings; `changed` as in `listen`. */
  sweep?(settings: V, changed: (failure?: string) => void): Sweep;
  /** What the reader may try to reach. */
  readonly challenges?: readonly Challenge<V>[];
  /** What a reader may keep of a finished run; null before. */
  record?(state: S, settings: V): object | null;
  /** What a tap at (x, y), in shares of the picture, sets. */
  place?(settings: V, x: number, y: number, width: number): Partial<V> | null;
}

/** Seeds that train side by side. */
export interface Sweep {
  readonly title: string;
  order(order: "go" | "pause"): void;
  /** Ends all of them, wherever they are. */
  close(): void;
  /** How far they are, from 0 to 1. */
  progress(): number;
  /**
   * What has arrived, as one SVG element.
   *
   * @param compared whether their settings are the notebook's
   */
  draw(width: number, compared: boolean): string;
  /** The same in words. */
  words(compared: boolean): string;
}

/** Something to reach by turning the settings. */
export interface Challenge<V> {
  /** What is asked, in a sentence. */
  text: string;
  hint: string;
  /** Whether a run has it, from its settings, its numbers, and if it ended. */
  met(settings: V, numbers: Record<string, number>, ended: boolean): boolean;
}

/** How far a model is that takes a known number of steps. */
export function progressOf(
  { model }: { model: { step: number; config: { steps: number } } },
): number {
  return model.step / model.config.steps;
}

/** A simulation that has been played. */
export interface Played<V extends Settings, S> {
  settings: V;
  state: S;
  /** By key, all digits. */
  numbers: Record<string, number>;
}

/**
 * Plays a simulation to its end.
 *
 * @throws {RangeError} if a setting is not one of the simulation's
 */
export function play<V extends Settings, S, D>(
  simulation: Simulation<V, S, D>,
  overrides: Partial<V> = {},
  data: D = undefined as D,
): Played<V, S> {
  return finish(playing(simulation, overrides, data));
}

/** `play` with a pause after each step. */
function* playing<V extends Settings, S, D>(
  simulation: Simulation<V, S, D>,
  overrides: Partial<V>,
  data: D,
): Training<never, Played<V, S>> {
  const settings = settingsOf(simulation, overrides);
  const state = simulation.start(settings, data);
  for (let step = 1; simulation.progress(state, settings) < 1; step++) {
    simulation.step(state, settings, data);
    if (yield step) break;
  }
  return { settings, state, numbers: simulation.numbers(state, settings) };
}

/** Plays every variant under every seed, in turn; their states are let go. */
export function playAll<V extends Settings, S, D>(
  simulation: Simulation<V, S, D>,
  variants: readonly Partial<V>[],
  { seeds, data }: { seeds: readonly number[]; data?: D },
): Training<{ step: number }, Omit<Played<V, S>, "state">[]> {
  function* stateless(overrides: Partial<V>): Training<never, Outcome> {
    const { settings, numbers } = yield* playing(
      simulation,
      overrides,
      data as D,
    );
    return { settings, numbers };
  }
  type Outcome = Omit<Played<V, S>, "state">;
  return inTurn(
    variants.flatMap((variant) =>
      seeds.map((seed) => stateless({ ...variant, seed }))
    ),
  );
}

/** The defaults with `overrides` laid over them. */
function settingsOf<V extends Settings>(
  { name, defaults }: Pick<Simulation<V>, "name" | "defaults">,
  overrides: Partial<V>,
): V {
  for (const key of Object.keys(overrides)) {
    if (!(key in defaults)) {
      throw new RangeError(
        `Cannot play ${name} as "${key}" is not one of its settings: they ` +
          `are ${Object.keys(defaults).join(", ")}`,
      );
    }
  }
  return { ...defaults, ...overrides };
}

/** A readout with its number. */
export interface Read extends Required<Readout> {
  key: string;
  value: number;
}

/** Every readout of a simulation with its number among `numbers`. */
export function read<V extends Settings, S, D>(
  { readouts }: Pick<Simulation<V, S, D>, "readouts">,
  numbers: Readonly<Record<string, number>>,
): Read[] {
  return Object.entries(readouts).map(([key, readout]) => ({
    digits: 3,
    unit: "",
    ...(typeof readout === "string" ? { label: readout } : readout),
    key,
    value: numbers[key],
  }));
}

/** Whether a value lies in a range, its ends included. */
export function within(
  value: number,
  [low, high]: readonly [number, number],
): boolean {
  return value >= low && value <= high;
}
