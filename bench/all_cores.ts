/**
 * Training steps on all cores, each library with its default number of threads;
 * and ten seeds on as many workers.
 *
 * @module
 */
import { WorkerPool } from "../lib/run/sweep.ts";
import type { Row } from "./one_thread.ts";
import type { Reference } from "./references.ts";
import { BENCH_TASK, type BenchSeed } from "./seed_task.ts";
import { microseconds, printTable, ratio } from "./tables.ts";
import { ours, takeTurns, theirs, type Turns } from "./turns.ts";
import type { Work } from "./works.ts";

/** Cores of the machine. */
export const CORES: number = navigator.hardwareConcurrency;
const SWEEPS = 3;

/** Measures training steps on all cores; ours on one thread as `alone`, too. */
export async function measureAllCores(
  works: readonly Work[],
  references: readonly Reference[],
  turns: Turns,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [i, work] of works.entries()) {
    console.error(`All cores ${i + 1}/${works.length}: ${work.title}`);
    const step = work.make();
    const times = await takeTurns(work.title, [
      ours(step, 1, "alone"),
      ours(step, CORES),
      ...references.map((reference) => theirs(reference, work)),
    ], turns);
    rows.push({ work, times });
  }
  return rows;
}

/** Prints them; both libraries are compared to ours on all cores. */
export function printAllCores(rows: readonly Row[]): void {
  printTable(
    [
      "",
      "ours, 1 thread",
      `ours, ${CORES} threads`,
      "speed-up",
      "numpy",
      "torch",
      "numpy/ours",
      "torch/ours",
    ],
    rows.map(({ work, times: { alone, ours, numpy, torch } }) => [
      work.title,
      microseconds(alone),
      microseconds(ours),
      ratio(alone, ours),
      microseconds(numpy),
      microseconds(torch),
      ratio(numpy, ours),
      ratio(torch, ours),
    ]),
  );
}

/** How long ten seeds took. */
export interface Seeds {
  rows: {
    workers: number;
    seconds: number;
    speedup: number;
    efficiency: number;
  }[];
  /** Whether all runs ended with the same weights, bit by bit. */
  identical: boolean;
}

/** Trains ten seeds on one worker and on all cores, which take turns. */
export async function measureSeeds(
  { repeats, signal }: Turns,
): Promise<Seeds> {
  console.error("Ten seeds");
  const seeds = Array.from({ length: 10 }, (_, i) => i);
  const sizes = CORES > 1 ? [1, CORES] : [1];
  const pools = sizes.map((size) => new WorkerPool(size));
  const sweep = async (
    pool: WorkerPool,
    steps: number,
  ): Promise<{ seconds: number; hashes: string }> => {
    const start = performance.now();
    const outcomes = await pool.sweep<BenchSeed, string>(BENCH_TASK, {
      seeds,
      options: { steps },
    });
    const seconds = (performance.now() - start) / 1000;
    const hashes = outcomes.map((o) => o.status === "done" ? o.value : o);
    return { seconds, hashes: JSON.stringify(hashes) };
  };
  for (const pool of pools) await sweep(pool, 50); // starts the workers
  const best = sizes.map(() => Infinity);
  const results = new Set<string>();
  for (let repeat = 0; repeat < Math.min(SWEEPS, repeats); repeat++) {
    for (const [i, pool] of pools.entries()) {
      signal.throwIfAborted();
      const { seconds, hashes } = await sweep(pool, 1000);
      best[i] = Math.min(best[i], seconds);
      results.add(hashes);
    }
  }
  for (const pool of pools) pool.close();
  const rows = sizes.map((workers, i) => ({
    workers,
    seconds: best[i],
    speedup: best[0] / best[i],
    efficiency: best[0] / best[i] / workers,
  }));
  return { rows, identical: results.size === 1 };
}

/** Prints them. */
export function printSeeds({ rows, identical }: Seeds): void {
  printTable(
    ["workers", "seconds", "speed-up", "efficiency"],
    rows.map((row) => [
      `${row.workers}`,
      row.seconds.toFixed(2),
      row.speedup.toFixed(2),
      `${(100 * row.efficiency).toFixed(0)} %`,
    ]),
  );
  console.log(
    identical
      ? "The same weights in every run, bit by bit."
      : "THE RUNS DISAGREE.",
  );
  if (CORES === 1) console.log("Could not measure more workers: one core.");
}
