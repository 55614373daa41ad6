/**
 * Everything on one thread: products, maps and training steps, ours, numpy's and
 * PyTorch's, and how a training step grows with its work.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { compileAssembly } from "../tasks/wasm.ts";
import type { Reference } from "./references.ts";
import { microseconds, printTable, ratio } from "./tables.ts";
import { ours, takeTurns, theirs, timeSteps } from "./turns.ts";
import type { Times, Turns } from "./turns.ts";
import type { TrainingWork, Work } from "./works.ts";

/** The times of a work, by engine, and of a training step with more work. */
export interface Row {
  work: Work | TrainingWork;
  times: Record<string, Times>;
  grown?: Record<string, Times>;
}

/** Measures works on one thread, and training steps at both their sizes. */
export async function measureOneThread(
  works: readonly Row["work"][],
  references: readonly Reference[],
  turns: Turns,
): Promise<Row[]> {
  const measure = (work: Work, title: string): Promise<Row["times"]> =>
    takeTurns(title, [
      ours(work.make(), 1),
      ...references.map((reference) => theirs(reference, work)),
    ], turns);
  const rows: Row[] = [];
  for (const [i, work] of works.entries()) {
    console.error(`One thread ${i + 1}/${works.length}: ${work.title}`);
    const row: Row = { work, times: await measure(work, work.title) };
    if ("grown" in work) {
      row.grown = await measure(work.grown, `${work.title}, grown,`);
    }
    rows.push(row);
  }
  return rows;
}

/** Largest rate of plain SIMD multiplications and additions, GFLOP/s. */
export async function measurePeak(): Promise<number> {
  const source = fileURLToPath(new URL("./assembly/", import.meta.url));
  const binary = await compileAssembly(source, "peak.ts");
  const { instance } = await WebAssembly.instantiate(binary, {});
  const peak = instance.exports.peak as (
    rounds: number,
    factor: number,
    summand: number,
  ) => number;
  const rounds = 20_000;
  let best = 0;
  for (let i = 0; i < 5000; i++) {
    const seconds = timeSteps(() => peak(rounds, 1.0000001, 1e-5), 1);
    best = Math.max(best, 48 * rounds / seconds / 1e9);
  }
  return best;
}

function judged({ work, times }: Row, engine: "numpy" | "torch"): string {
  const text = ratio(times[engine], times.ours);
  const wanted = work.target?.[engine];
  if (wanted === undefined || !times[engine]) return text;
  const meets = times[engine].least >= wanted * times.ours.least;
  return `${text} (${meets ? "meets" : "misses"} ${wanted})`;
}

function rate({ work, times }: Row, peak: number): string {
  const { least } = times.ours;
  if (work.flop) {
    const gflops = work.flop / least / 1e9;
    return `${gflops.toFixed(1)} GFLOP/s, ${
      (100 * gflops / peak).toFixed(0)
    } % of peak`;
  }
  if (work.elements) {
    return `${(least / work.elements * 1e9).toFixed(2)} ns an element`;
  }
  return "";
}

/** Prints the table of one thread, and the ratios to the reference programs. */
export function printOneThread(rows: readonly Row[], peak: number): void {
  printTable(
    ["", "ours", "numpy", "torch", "numpy/ours", "torch/ours", "rate"],
    rows.map((row) => [
      row.work.title,
      microseconds(row.times.ours),
      microseconds(row.times.numpy),
      microseconds(row.times.torch),
      judged(row, "numpy"),
      judged(row, "torch"),
      rate(row, peak),
    ]),
  );
  console.log();
  for (const { work, times } of rows) {
    if (!work.recorded) continue;
    const ratio = work.recorded / times.ours.least;
    console.log(
      `${work.title}: ${ratio.toFixed(1)} times as fast as the reference ` +
        `program was, on another machine (${
          (work.recorded * 1e6).toFixed(0)
        } µs)`,
    );
  }
}

/** Prints how the training steps grow: both times, and their ratio. */
export function printGrowth(rows: readonly Row[]): void {
  const engines = ["ours", "numpy", "torch"];
  printTable(
    ["", "work", ...engines],
    rows.flatMap(({ work, times, grown }) =>
      grown && "growth" in work
        ? [[
          work.title,
          work.sizes,
          ...engines.map((name) => growthOf(times[name], grown[name])),
        ]]
        : []
    ),
  );
}

function growthOf(small: Times | undefined, large: Times | undefined): string {
  if (!small || !large) return "–";
  const [from, to] = [small, large].map(({ least }) => 1e6 * least);
  const digits = from < 10 ? 2 : 0;
  return `${from.toFixed(digits)} → ${to.toFixed(digits)} (×${
    ratio(large, small)
  })`;
}
