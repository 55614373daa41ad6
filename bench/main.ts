/**
 * `deno task bench [--only WORK] [--repeats N] [--threads] [--out FILE.json]`:
 * our steps, numpy's and PyTorch's, side by side in one run, on one thread, in
 * float32.
 *
 * The three take turns, `--repeats` times, each for some 5 ms; the table shows
 * the least time of a step (and the median), because whatever else the machine
 * does can only add to it. `--threads` times ten seeds on one worker and on all
 * cores instead, and then steps of one training on one thread and on all.
 *
 * @module
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { quantile } from "../lib/numeric/statistics.ts";
import { Refusal } from "../lib/run/config.ts";
import { limitSweep, WorkerPool } from "../lib/run/sweep.ts";
import { compileAssembly } from "../tasks/wasm.ts";
import { type Call, main } from "../tasks/terminal.ts";
import { type Reference, startReference } from "./references.ts";
import { BENCH_TASK, type BenchSeed } from "./seed_task.ts";
import { TEAM_WORKS, type Work, WORKS } from "./works.ts";

/** Seconds of one step, over the repeats. */
interface Times {
  least: number;
  median: number;
}

type Engine = "ours" | "numpy" | "torch";

interface Row {
  work: Work;
  times: Partial<Record<Engine, Times>>;
}

const WARM_UP = 0.3; // seconds
const SLICE = 0.005; // seconds that an engine works before the next one's turn

function timeOurs(step: () => unknown, count: number): number {
  const start = performance.now();
  for (let i = 0; i < count; i++) step();
  return (performance.now() - start) / 1000;
}

/** Steps that fill a slice; warms up until V8 has compiled its best. */
async function calibrate(
  time: (count: number) => Promise<number>,
): Promise<number> {
  let spent = 0;
  for (let count = 1;;) {
    const seconds = await time(count);
    spent += seconds;
    if (seconds < SLICE) count *= 4;
    else if (spent > WARM_UP) {
      return Math.max(1, Math.round(count * SLICE / seconds));
    }
  }
}

async function measure(
  work: Work,
  references: readonly Reference[],
  { repeats, missing }: { repeats: number; missing: string[] },
): Promise<Row> {
  const step = work.make();
  const engines: [Engine, (count: number) => Promise<number>][] = [
    ["ours", (count) => Promise.resolve(timeOurs(step, count))],
    ...references.map((reference): typeof engines[number] => [
      reference.name,
      (count) => reference.time(work.name, count),
    ]),
  ];
  const counts = new Map<Engine, number>();
  const samples = new Map<Engine, number[]>();
  for (const [engine, time] of engines) {
    try {
      counts.set(engine, await calibrate(time));
      samples.set(engine, []);
    } catch (error) {
      missing.push(`${work.title} in ${engine}: ${(error as Error).message}`);
    }
  }
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [engine, time] of engines) {
      const count = counts.get(engine);
      if (count === undefined) continue;
      samples.get(engine)!.push(await time(count) / count);
    }
  }
  const times: Row["times"] = {};
  for (const [engine, seconds] of samples) {
    times[engine] = {
      least: Math.min(...seconds),
      median: quantile(seconds, 0.5),
    };
  }
  return { work, times };
}

/** Largest rate of plain SIMD multiplications and additions, GFLOP/s. */
async function measurePeak(): Promise<number> {
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
    const seconds = timeOurs(() => peak(rounds, 1.0000001, 1e-5), 1);
    best = Math.max(best, 48 * rounds / seconds / 1e9);
  }
  return best;
}

function microseconds(times: Times | undefined): string {
  if (!times) return "–";
  const digits = times.least < 1e-5 ? 2 : 1;
  return `${(times.least * 1e6).toFixed(digits)} (${
    (times.median * 1e6).toFixed(digits)
  })`;
}

function ratio(row: Row, engine: "numpy" | "torch"): string {
  const theirs = row.times[engine];
  if (!theirs) return "–";
  const times = theirs.least / row.times.ours!.least;
  const wanted = row.work.target?.[engine];
  const verdict = wanted === undefined
    ? ""
    : ` (${times >= wanted ? "meets" : "misses"} ${wanted})`;
  return `${times.toFixed(times < 10 ? 2 : 1)}${verdict}`;
}

function rate({ work, times }: Row, peak: number): string {
  const { least } = times.ours!;
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

function printTable(header: string[], rows: string[][]): void {
  const all = [header, ...rows];
  const widths = header.map((_, c) => Math.max(...all.map((r) => r[c].length)));
  for (const row of all) {
    console.log(row.map((cell, c) => cell.padEnd(widths[c])).join("  "));
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, JSON.stringify(value, null, 2) + "\n");
  await rename(`${path}.part`, path);
  console.log(`\nWritten to ${path}`);
}

async function benchSteps(
  { repeats, works, out }: {
    repeats: number;
    works: readonly Work[];
    out: string;
  },
): Promise<void> {
  const missing: string[] = [];
  const references: Reference[] = [];
  for (const name of ["numpy", "torch"] as const) {
    try {
      references.push(await startReference(name));
    } catch (error) {
      missing.push(`${name}: ${(error as Error).message}`);
    }
  }
  const peak = await measurePeak();
  const rows: Row[] = [];
  for (const [i, work] of works.entries()) {
    console.error(`${i + 1}/${works.length} ${work.title}`);
    rows.push(await measure(work, references, { repeats, missing }));
  }
  const versions = references.map(({ name, version }) => `${name} ${version}`);
  await Promise.all(references.map((reference) => reference.close()));
  console.log(
    `One thread, float32, Deno ${Deno.version.deno}, ${versions.join(", ")}. ` +
      `Largest rate of SIMD\nwithout fused multiply-add: ` +
      `${peak.toFixed(1)} GFLOP/s. Microseconds a step, least (median) of ` +
      `${repeats}\ninterleaved runs; ratios of the least times, above 1 where ` +
      `ours is faster.\n`,
  );
  printTable(
    ["", "ours", "numpy", "torch", "numpy/ours", "torch/ours", "rate"],
    rows.map((row) => [
      row.work.title,
      microseconds(row.times.ours),
      microseconds(row.times.numpy),
      microseconds(row.times.torch),
      ratio(row, "numpy"),
      ratio(row, "torch"),
      rate(row, peak),
    ]),
  );
  console.log();
  for (const { work, times } of rows) {
    if (!work.recorded) continue;
    const ratio = work.recorded / times.ours!.least;
    console.log(
      `${work.title}: ${ratio.toFixed(1)} times as fast as the reference ` +
        `program was, on another machine (${
          (work.recorded * 1e6).toFixed(0)
        } µs)`,
    );
  }
  for (const line of missing) console.log(`Could not measure ${line}`);
  await writeJson(out, {
    environment: { deno: Deno.version.deno, versions, load: Deno.loadavg() },
    peakGflops: peak,
    repeats,
    rows: rows.map(({ work, times }) => ({
      name: work.name,
      title: work.title,
      flop: work.flop ?? null,
      elements: work.elements ?? null,
      target: work.target ?? null,
      recordedSeconds: work.recorded ?? null,
      seconds: times,
    })),
    missing,
  });
}

async function benchThreads(
  { repeats, out }: { repeats: number; out: string },
): Promise<void> {
  const seeds = Array.from({ length: 10 }, (_, i) => i);
  const cores = navigator.hardwareConcurrency;
  const sizes = cores > 1 ? [1, cores] : [1];
  const pools = sizes.map((size) => new WorkerPool(size));
  const sweep = async (pool: WorkerPool, steps: number) => {
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
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [i, pool] of pools.entries()) {
      const { seconds, hashes } = await sweep(pool, 1000);
      best[i] = Math.min(best[i], seconds);
      results.add(hashes);
    }
  }
  for (const pool of pools) pool.close();
  const rows = sizes.map((size, i) => ({
    workers: size,
    seconds: best[i],
    speedup: best[0] / best[i],
    efficiency: best[0] / best[i] / size,
  }));
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
    results.size === 1
      ? "The same weights in every run, bit by bit."
      : "THE RUNS DISAGREE.",
  );
  if (cores === 1) console.log("Could not measure more workers: one core.");
  await writeJson(out, { rows, identical: results.size === 1, repeats });
}

const OPTIONS = {
  threads: { type: "boolean" },
  repeats: { type: "string" },
  only: { type: "string" },
  out: { type: "string" },
} as const;

/** Steps of one training on one thread and on all, which take turns. */
async function benchTeam(
  { repeats, out }: { repeats: number; out: string },
): Promise<void> {
  const sizes = [1, navigator.hardwareConcurrency];
  const rows = [];
  for (const { title, make } of TEAM_WORKS) {
    const step = make();
    const time = async (size: number, count: number): Promise<number> => {
      limitSweep(size);
      const seconds = timeOurs(step, count);
      await new Promise((resolve) => setTimeout(resolve)); // helpers are heard
      return seconds;
    };
    const counts: number[] = [];
    for (const size of sizes) {
      counts.push(await calibrate((count) => time(size, count)));
    }
    const samples: number[][] = sizes.map(() => []);
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const [i, size] of sizes.entries()) {
        await time(size, counts[i]); // helpers come, or leave
        samples[i].push(await time(size, counts[i]) / counts[i]);
      }
    }
    const [alone, together] = samples.map((all) => Math.min(...all));
    rows.push({ title, alone, together, speedup: alone / together });
  }
  console.log();
  printTable(
    ["one training, ms a step", "1 thread", `${sizes[1]} threads`, "speed-up"],
    rows.map(({ title, alone, together, speedup }) => [
      title,
      ...[1e3 * alone, 1e3 * together, speedup].map((x) => x.toFixed(2)),
    ]),
  );
  await writeJson(out, { rows, repeats });
}

/** Throws `Refusal` for an option that cannot work. */
async function bench({ values }: Call<typeof OPTIONS>): Promise<void> {
  const { threads, repeats: wanted, only, out } = values;
  const works = WORKS.filter(({ name }) => !only || name.includes(only));
  if (works.length === 0) {
    throw new Refusal(
      `Cannot run the benchmark as there is no work "${only}": they are ${
        WORKS.map(({ name }) => name).join(", ")
      }`,
    );
  }
  const repeats = Number(wanted ?? (threads ? 3 : 40));
  if (!(Number.isInteger(repeats) && repeats > 0)) {
    throw new Refusal(
      "Cannot run the benchmark as repeats must be an integer > 0: " +
        `current value is ${wanted}`,
    );
  }
  if (threads) {
    await benchThreads({ repeats, out: out ?? "reports/bench_threads.json" });
    const team = out?.replace(/(\.json)?$/, "_team.json");
    await benchTeam({
      repeats: 10 * repeats,
      out: team ?? "reports/bench_team.json",
    });
  } else {
    await benchSteps({ repeats, works, out: out ?? "reports/bench.json" });
  }
}

if (import.meta.main) await main({ options: OPTIONS }, bench);
