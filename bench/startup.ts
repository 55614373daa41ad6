/**
 * How long a reader of a notebook waits for the first output, from the moment
 * that the cell `imports` is sent to a freshly started, idle kernel; and, where
 * that is too long, what for.
 *
 * @module
 */
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { quantile } from "../lib/numeric/statistics.ts";
import { startKernel } from "../tasks/notebook/jupyter_client.ts";
import {
  type Cell,
  findNotebooks,
  readNotebook,
} from "../tasks/notebook/notebook.ts";
import { NOTEBOOKS } from "../tasks/project.ts";
import { printTable } from "./tables.ts";
import { type Turns, wait } from "./turns.ts";

/** Seconds to the first output that are asked for. */
const TARGET = 1.5;
/** Seconds in which a kernel that has just greeted comes to rest. */
const REST = 0.5;
const STARTS = 3;

/** Seconds of a notebook's start, each the median of some starts. */
export interface StartUp {
  notebook: string;
  /** From the request of the first cell to the first output. */
  firstOutput: number;
  /** Of the import cells therein. */
  imports: number;
  /** Of the import cells once more, with their modules loaded. */
  importsAgain: number;
  /** Of each cell, the last one until its first output. */
  cells: Record<string, number>;
  /** Where the target is missed: of each module in plain `deno run`, warm. */
  modules?: Record<string, number>;
}

type Started = Pick<StartUp, "firstOutput" | "importsAgain" | "cells">;

const isImport = ({ id }: Pick<Cell, "id">): boolean =>
  id.startsWith("imports");
const median = (values: readonly number[]): number => quantile(values, 0.5);
const total = (values: Iterable<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0);

/** Runs code cells from a fresh kernel until one puts something out. */
async function start(cells: readonly Cell[]): Promise<Started> {
  const kernel = await startKernel({ cwd: NOTEBOOKS });
  const run = async ({ id, source }: Cell, since: number): Promise<{
    seconds: number;
    output?: number;
  }> => {
    const now = (): number => (performance.now() - since) / 1000;
    let output: number | undefined;
    const { error } = await kernel.execute(source, ({ length }) => {
      if (length > 0) output ??= now();
    });
    if (error) throw new Error(`cell ${id} failed: ${error.message}`);
    return { seconds: now(), output };
  };
  try {
    await wait(REST);
    const began = performance.now();
    const started: Started = { firstOutput: 0, importsAgain: 0, cells: {} };
    for (const cell of cells) {
      const since = performance.now();
      const { seconds, output } = await run(cell, since);
      started.cells[cell.id] = output ?? seconds;
      if (output === undefined) continue;
      started.firstOutput = (since - began) / 1000 + output;
      break;
    }
    for (const cell of cells.filter(isImport)) {
      started.importsAgain += (await run(cell, performance.now())).seconds;
    }
    return started;
  } finally {
    await kernel.shutdown();
  }
}

/** The seconds of the modules that the cells import, in plain `deno run`. */
async function modulesOf(
  cells: readonly Cell[],
): Promise<Record<string, number>> {
  const names = cells.filter(isImport).flatMap(({ source }) =>
    Array.from(source.matchAll(/ from "([^"]+)"/g), ([, name]) => name)
  );
  const base = pathToFileURL(`${NOTEBOOKS}/`);
  const specifiers = names.map((name) =>
    name.startsWith(".") ? new URL(name, base).href : name
  );
  const script = fileURLToPath(new URL("./import_times.ts", import.meta.url));
  const runs: number[][] = [];
  for (let i = 0; i <= STARTS; i++) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, ...specifiers],
      stderr: "inherit",
    }).output();
    runs.push(JSON.parse(new TextDecoder().decode(stdout)));
  }
  const warm = runs.slice(1);
  return Object.fromEntries(names.map((name, i) => [
    name.replace(/^\.\.\//, ""),
    median(warm.map((seconds) => seconds[i])),
  ]));
}

/** Measures the start of every notebook. */
export async function measureStartUp(
  { repeats, missing, signal }: Turns,
): Promise<StartUp[]> {
  const rows: StartUp[] = [];
  for (const file of await findNotebooks([], NOTEBOOKS)) {
    const notebook = basename(file, ".ipynb");
    console.error(`Start-up of ${notebook}`);
    const cells = (await readNotebook(file)).cells.filter((cell) =>
      cell.cell_type === "code" && cell.source.trim() !== ""
    );
    const starts: Started[] = [];
    try {
      for (let i = 0; i < Math.min(STARTS, repeats); i++) {
        signal.throwIfAborted();
        starts.push(await start(cells));
      }
    } catch (error) {
      signal.throwIfAborted();
      missing.push(`start-up of ${notebook}: ${(error as Error).message}`);
      continue;
    }
    const seconds = Object.keys(starts[0].cells).map((id) =>
      [id, median(starts.map((one) => one.cells[id]))] as const
    );
    const row: StartUp = {
      notebook,
      firstOutput: median(starts.map((one) => one.firstOutput)),
      imports: total(
        seconds.filter(([id]) => isImport({ id })).map(([, s]) => s),
      ),
      importsAgain: median(starts.map((one) => one.importsAgain)),
      cells: Object.fromEntries(seconds),
    };
    if (row.firstOutput > TARGET) row.modules = await modulesOf(cells);
    rows.push(row);
  }
  return rows;
}

/** Prints the starts, and what those wait for that miss the target. */
export function printStartUp(rows: readonly StartUp[]): void {
  printTable(
    ["notebook", "first output", "import cells", "other cells", ""],
    rows.map(({ notebook, firstOutput, imports }) => [
      notebook,
      ...[firstOutput, imports, firstOutput - imports].map((s) => s.toFixed(2)),
      `${firstOutput <= TARGET ? "meets" : "misses"} ${TARGET}`,
    ]),
  );
  for (const { notebook, imports, importsAgain, cells, modules } of rows) {
    if (!modules) continue;
    const loading = total(Object.values(modules));
    console.log(
      `${notebook}: import cells ${
        imports.toFixed(2)
      } s, once more, with the ` +
        `modules loaded, ${
          importsAgain.toFixed(2)
        } s;\n  the modules in plain ` +
        `deno run, warm, ${loading.toFixed(2)} s: ${longest(modules)};\n` +
        `  longest cells: ${longest(cells)}`,
    );
  }
}

/** The largest three, in words. */
function longest(seconds: Record<string, number>): string {
  return Object.entries(seconds).sort(([, a], [, b]) => b - a).slice(0, 3)
    .map(([name, s]) => `${name} ${s.toFixed(2)}`).join(", ");
}
