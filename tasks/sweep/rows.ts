/**
 * The rows of a sweep: what a seed under some settings came to.
 *
 * @module
 */
import type { SeedResult } from "../../lib/run/experiment.ts";
import type { LineFormat } from "./json_lines.ts";

/** Settings of an experiment. */
export type Settings = Readonly<Record<string, unknown>>;

/** What the process that wrote a row had before it. */
export interface Plan {
  /** Which shard of how many, as in "3/40". */
  shard: string;
  /** Rows that its file will hold at its end. */
  rows: number;
  /** Seeds that were trained at a time. */
  workers: number;
}

/** One line of a sweep's file. */
export interface SweepRow extends Omit<SeedResult, "params"> {
  experiment: string;
  settings: Settings;
  deno: string;
  plan?: Plan;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPlan(value: unknown): value is Plan {
  return isRecord(value) && /^\d+\/\d+$/.test(String(value.shard)) &&
    Number.isSafeInteger(value.rows) && Number(value.workers) >= 1;
}

/** The format of a sweep's file. */
export const SWEEP_ROWS: LineFormat<SweepRow> = {
  name: "row of a sweep",
  begins: '{"experiment":"',
  isRow: (row): row is SweepRow =>
    isRecord(row) && typeof row.experiment === "string" &&
    isRecord(row.settings) && isRecord(row.metrics) &&
    // JSON has null for what is not finite.
    Object.values(row.metrics).every((x) =>
      x === null || typeof x === "number"
    ) &&
    Number.isSafeInteger(row.seed) && Number(row.seed) >= 0 &&
    typeof row.paramsSha256 === "string" && typeof row.deno === "string" &&
    Number.isFinite(row.seconds) &&
    (row.plan === undefined || isPlan(row.plan)),
};

/** Settings as text, the same for the same settings. */
export function settingsKey(settings: Settings): string {
  return JSON.stringify(
    Object.entries(settings).sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** What a row is a row of: two rows with the same key must be equal. */
export function rowKey(
  { seed, settings }: Pick<SweepRow, "seed" | "settings">,
): string {
  return `${seed} ${settingsKey(settings)}`;
}

/** The settings in which two differ, as text: `[key, of a, of b]`. */
export function differingSettings(
  a: Settings,
  b: Settings,
): [string, string, string][] {
  const show = (value: unknown): string => JSON.stringify(value) ?? "–";
  return Object.keys({ ...a, ...b })
    .map((key): [string, string, string] => [key, show(a[key]), show(b[key])])
    .filter(([, ofA, ofB]) => ofA !== ofB);
}

/** Keys of the settings that are not the same in all. */
export function variedKeys(all: readonly Settings[]): string[] {
  const keys = all.flatMap((settings) =>
    differingSettings(all[0], settings).map(([key]) => key)
  );
  return [...new Set(keys)];
}

/** Settings by the keys that matter, as in `rate = 0.1, steps = 100`. */
export function settingsLabel(
  settings: Settings,
  keys: readonly string[],
): string {
  return keys.map((key) => `${key} = ${JSON.stringify(settings[key])}`)
    .join(", ");
}

/** What a file is to hold. */
export interface Expected {
  experiment: string;
  /** One or, in a grid, several. */
  settings: readonly Settings[];
  deno: string;
}

/** Tells why a row does not belong to what is expected; nothing where it does. */
export function foreignness(
  { experiment, settings, deno }: Expected,
): (row: SweepRow) => string | undefined {
  const known = new Set(settings.map(settingsKey));
  return (row) => {
    if (row.experiment !== experiment) {
      return `the experiment ${row.experiment}, not ${experiment}`;
    }
    if (row.deno !== deno) return `Deno ${row.deno}, not ${deno}`;
    if (known.has(settingsKey(row.settings))) return undefined;
    const [nearest] = settings
      .map((expected) => differingSettings(row.settings, expected))
      .sort((a, b) => a.length - b.length);
    return nearest.map(([key, its, ours]) => `${key} = ${its}, not ${ours}`)
      .join("; ");
  };
}
