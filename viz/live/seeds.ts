/**
 * Ten more seeds, trained side by side on the reader's cores, and drawn as they
 * come over the seeds that the notebook recorded.
 *
 * @module
 */
import { extent } from "../../lib/numeric/statistics.ts";
import { COLORS } from "../page/colors.ts";
import { box, dots, type Frame, px, svg, tick, words } from "./draw.ts";
import {
  type ExperimentSettings,
  type ExperimentSimulation,
  rangesOf,
} from "./experiment.ts";
import { read, type Sweep, within } from "./simulation.ts";
import { type Trainer, trainer } from "./trainer.ts";

/** Seeds of a sweep. */
const SEEDS = 10;

/** How seeds are swept. */
interface SweepOptions {
  /** All that the reader has set; seeds are counted from its. */
  settings: ExperimentSettings;
  /** What a worker runs; empty where there is to be none. */
  script: string;
  /** Called when something has arrived; with the reason where nothing will. */
  changed: (failure?: string) => void;
  /** How many train at once; default: a seed a core. */
  atOnce?: number;
}

/** A metric over seeds, from left to right. */
export interface Strip {
  label: string;
  digits: number;
  recorded: readonly number[];
  arrived: readonly number[];
  /** Where arrived ones should lie; null where the settings are others. */
  range: readonly [low: number, high: number] | null;
}

/** The first seeds from `first` on that are not among `recorded`. */
export function freshSeeds(
  first: number,
  recorded: readonly number[],
  count: number,
): number[] {
  const fresh: number[] = [];
  for (let seed = first; fresh.length < count; seed++) {
    if (!recorded.includes(seed)) fresh.push(seed);
  }
  return fresh;
}

/** Trains fresh seeds under the settings, once told to go. */
export function sweepSeeds(
  simulation: ExperimentSimulation,
  {
    settings,
    script,
    changed,
    atOnce = Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1),
  }: SweepOptions,
): Sweep {
  const { recorded } = simulation;
  const seeds = freshSeeds(
    settings.seed,
    recorded.map(({ seed }) => seed),
    SEEDS,
  );
  const waiting = seeds.slice();
  const running = new Map<number, Trainer>();
  const shares = new Map<number, number>();
  const ends = new Map<number, Record<string, number>>();
  const of = (seed: number): ExperimentSettings => ({ ...settings, seed });

  function fill(): void {
    while (running.size < atOnce && waiting.length > 0) {
      const seed = waiting.shift()!;
      const started = trainer(simulation, { script, seen: false }, {
        report({ progress, numbers, outcome }): void {
          shares.set(seed, progress);
          if (outcome) {
            ends.set(seed, numbers);
            running.delete(seed);
            started.close();
            fill();
          }
          changed();
        },
        fail(why): void {
          close();
          changed(why);
        },
      });
      running.set(seed, started);
      started.obey("go", of(seed));
    }
  }

  function close(): void {
    running.forEach((one) => one.close());
    running.clear();
    waiting.length = 0;
  }

  /** The metrics that the notebook recorded, else all. */
  function strips(compared: boolean): Strip[] {
    const ranges = compared ? rangesOf(recorded) : {};
    const known = Object.keys(recorded[0]?.metrics ?? {});
    const arrived = seeds.filter((seed) => ends.has(seed))
      .map((seed) => ends.get(seed)!);
    return read(simulation, arrived[0] ?? {})
      .filter(({ key }) => known.includes(key))
      .map(({ key, label, digits }) => ({
        ...{ label, digits, range: ranges[key] ?? null },
        recorded: recorded.map(({ metrics }) => metrics[key]),
        arrived: arrived.map((numbers) => numbers[key]),
      }));
  }

  return {
    title: `Seeds ${seeds[0]} to ${seeds.at(-1)}`,
    order(order): void {
      if (order === "go" && running.size === 0) fill();
      else running.forEach((one, seed) => one.obey(order, of(seed)));
    },
    close,
    progress: () =>
      seeds.reduce((sum, seed) => sum + (shares.get(seed) ?? 0), 0) / SEEDS,
    draw: (width, compared) => drawStrips(strips(compared), width),
    words(compared): string {
      const count = `${ends.size} of ${SEEDS} seeds`;
      if (!compared) return `${count}; not the notebook's settings.`;
      const held = strips(true).map(({ label, range, arrived }) =>
        `${label} ${arrived.filter((x) => within(x, range!)).length}`
      );
      return `${count}. Within the range of the ${recorded.length} recorded, ` +
        `where 95 % should be: ${held.join(", ")}.`;
    },
  };
}

/** Pixels from one strip to the next, and what of them the dots stand in. */
const [STEP, BAND] = [58, 16];

/** Recorded seeds in grey, those that arrived below them in colour. */
export function drawStrips(strips: readonly Strip[], width: number): string {
  const parts = strips.map((strip, i) => {
    const { label, digits, recorded, arrived, range } = strip;
    const [low, high] = extent(recorded, arrived, range ?? []);
    const room = (high - low || Math.abs(low) || 1) * 0.04;
    const frame: Frame = {
      ...{ left: 6, width: width - 12, top: 22 + i * STEP, height: BAND },
      ...{ x: [low - room, high + room], y: [0, 1] },
    };
    const { left, top } = frame;
    const at = (values: readonly number[], y: number): [number, number][] =>
      values.map((value) => [px(frame, value), top + y]);
    const held = (value: number): boolean => !range || within(value, range);
    const short = (x: number): string => tick(Number(x.toFixed(digits)));
    const ends = range ?? extent(recorded, arrived);
    return words(left, top - 6, label, { bold: true }) +
      words(width - 6, top - 6, `${short(ends[0])} to ${short(ends[1])}`, {
        ...{ anchor: "end", dim: true },
      }) +
      (range
        ? box(
          px(frame, range[0]),
          top,
          px(frame, range[1]) -
            px(frame, range[0]),
          BAND,
          COLORS.sky,
          { opacity: 0.22 },
        )
        : "") +
      dots(at(recorded, 5), COLORS.grey, 6, 0.9) +
      dots(at(arrived.filter(held), 11), COLORS.blue, 7, 1) +
      dots(at(arrived.filter((x) => !held(x)), 11), COLORS.vermilion, 9, 1);
  });
  const height = strips.length * STEP;
  const label = "Recorded seeds in grey, those trained here below them";
  return svg(width, height, label, ...parts);
}
