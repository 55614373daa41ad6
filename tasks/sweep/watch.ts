/**
 * How far a sweep is whose shards other processes write, told from their files
 * alone.
 *
 * @module
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { mean } from "../../lib/numeric/statistics.ts";
import { bar, duration, statusLine } from "../terminal.ts";
import { readLines } from "./json_lines.ts";
import { SWEEP_ROWS, type SweepRow } from "./rows.ts";

/** How far one shard is. */
interface ShardStanding {
  file: string;
  /** Rows that are there, and at the end. */
  rows: number;
  total: number;
  /** Seconds from its last row to its end. */
  secondsLeft: number;
}

/** How far all shards are. */
export interface Standing {
  rows: number;
  total: number;
  /** Shards that have a row, and all. */
  begun: number;
  shards: number;
  /** The shard that takes longest from here; null where none is at work. */
  slowest: ShardStanding | null;
  secondsLeft: number;
}

/**
 * The standing of a sweep from the rows of each file; null before the first
 * row. It is estimated from the seconds that rows hold, which no jump of a
 * clock changes. Shards without a row count as the others on average, and wait
 * until one that is at work has ended.
 */
export function standingOf(
  files: ReadonlyMap<string, readonly SweepRow[]>,
): Standing | null {
  const shards: ShardStanding[] = [];
  let count = 0;
  let wholeShard = 0; // mean seconds, so far the sum
  for (const [file, rows] of files) {
    const plan = rows.at(-1)?.plan;
    if (plan === undefined) continue;
    const seconds = mean(rows.map((row) => row.seconds)) / plan.workers;
    const total = Math.max(plan.rows, rows.length);
    const secondsLeft = (total - rows.length) * seconds;
    shards.push({ file, rows: rows.length, total, secondsLeft });
    count = Math.max(count, Number(plan.shard.split("/")[1]));
    wholeShard += total * seconds;
  }
  const begun = shards.length;
  if (begun === 0) return null;
  count = Math.max(count, begun);
  wholeShard /= begun;
  const sum = (key: "rows" | "total" | "secondsLeft"): number =>
    shards.reduce((total, shard) => total + shard[key], 0);
  const atWork = shards.filter(({ rows, total }) => rows < total)
    .sort((a, b) => b.secondsLeft - a.secondsLeft);
  const allLeft = sum("secondsLeft") + (count - begun) * wholeShard;
  return {
    rows: sum("rows"),
    total: Math.round(sum("total") * count / begun),
    begun,
    shards: count,
    slowest: atWork[0] ?? null,
    secondsLeft: Math.max(
      atWork[0]?.secondsLeft ?? 0,
      allLeft / Math.max(1, atWork.length),
    ),
  };
}

/** The standing in one line. */
export function standingLine(standing: Standing | null): string {
  if (standing === null) return "no row yet";
  const { rows, total, begun, shards, slowest, secondsLeft } = standing;
  return [
    `${bar(rows / total)} ${rows} of ${total} rows`,
    `${begun} of ${shards} shards`,
    slowest && `slowest ${slowest.file} (${slowest.rows} of ${slowest.total})`,
    rows < total && `about ${duration(secondsLeft)} left`,
  ].filter(Boolean).join(" · ");
}

async function readShards(folder: string): Promise<Map<string, SweepRow[]>> {
  const files = new Map<string, SweepRow[]>();
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".jsonl")) continue;
    const { rows } = await readLines(join(folder, name), SWEEP_ROWS);
    files.set(name, rows);
  }
  return files;
}

/** Shows the standing of the shards in a folder until all rows are there. */
export async function watchShards(
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const line = statusLine();
  for (;;) {
    const standing = standingOf(
      await readShards(folder).catch((error) => {
        throw new Error(`Cannot watch ${folder}: ${error.message}`);
      }),
    );
    if (standing && standing.rows === standing.total) {
      line.log(standingLine(standing));
      return;
    }
    const text = standingLine(standing);
    line.update(text, text.split(" · ")[0]);
    await delay(2000, undefined, { signal });
  }
}
