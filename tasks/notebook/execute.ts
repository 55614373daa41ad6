/**
 * Executes a notebook on the real Deno kernel, cell by cell.
 *
 * @module
 */
import { dirname, join } from "node:path";
import {
  parseResults,
  type Results,
  RESULTS_MIME,
} from "../../lib/run/results.ts";
import { Refusal } from "../../lib/run/config.ts";
import { reader } from "../../lib/run/reader.ts";
import type { CoreBudget } from "./core_budget.ts";
import { type Scrub, scrubber } from "./scrub.ts";
import { KernelDied, startKernel } from "./jupyter_client.ts";
import type { Output } from "./output.ts";
import { type Cell, hasTag, INJECTED, type Notebook } from "./notebook.ts";

/** A cell failed; the message says which, and why. */
export class CellError extends Error {
  constructor(
    name: string,
    readonly cell: Cell,
    readonly index: number,
    readonly why: string,
    /** The notebook as far as it was executed. */
    readonly partial: Notebook,
  ) {
    const first = cell.source.trim().split("\n")[0].slice(0, 60);
    const label = `cell ${index} "${cell.id}" (${first})`;
    super(`${name}: ${label} failed: ${why}`);
  }
}

/** Options of {@link executeNotebook}. */
export interface ExecuteOptions {
  /** Name of the notebook, for messages. */
  name: string;
  /** Folder in which cells run: that of the notebook. */
  cwd: string;
  /** Where the kernel takes its share of the cores; default: all of them. */
  budget?: CoreBudget;
  /** Aborting ends the kernel at once. */
  signal?: AbortSignal;
  /** Longest time a cell may take. */
  timeoutSeconds?: number;
  /** Called before each code cell, and after the last one with `null`. */
  onCell?: (cell: Cell | null, seconds: Record<string, number>) => void;
  /** Called as the running cell puts something out. */
  onOutput?: (outputs: Output[]) => void;
}

/** An executed notebook and how long it took. */
export interface Executed {
  notebook: Notebook;
  wallSeconds: number;
  /** Seconds of each code cell, by id. */
  cellSeconds: Record<string, number>;
}

/**
 * Execute all code cells from a fresh kernel. The notebook given is not
 * changed. No kernel is left over, whatever happens.
 *
 * @throws CellError when a cell throws, puts out too much, takes too long, or
 *   takes the kernel down: the cells after it are not run
 */
export async function executeNotebook(
  notebook: Notebook,
  options: ExecuteOptions,
): Promise<Executed> {
  const { cwd, signal, timeoutSeconds = 3600 } = options;
  const start = performance.now();
  const cells: Cell[] = notebook.cells.map((c) => ({ ...c, outputs: [] }));
  const executed = { ...notebook, cells };
  const cellSeconds: Record<string, number> = {};
  const scrub = scrubber({ root: await projectRoot(cwd) });
  const kernel = await startKernel({ cwd });
  const kill = (): void => void kernel.kill();
  signal?.addEventListener("abort", kill);
  const leave = options.budget?.join((cores) => kernel.share(cores));
  try {
    for (const [index, cell] of cells.entries()) {
      signal?.throwIfAborted();
      if (cell.cell_type !== "code" || cell.source.trim() === "") continue;
      options.onCell?.(cell, cellSeconds);
      const cellStart = performance.now();
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        kill();
      }, 1000 * timeoutSeconds);
      const fail = (why: string): never => {
        const words = scrub(why);
        throw new CellError(
          options.name,
          cell,
          index,
          words,
          scrubbed(executed, scrub),
        );
      };
      try {
        const { outputs, error } = await kernel.execute(
          cell.source,
          options.onOutput,
        );
        // The value of an assignment is no output of the notebook's.
        cell.outputs = hasTag(cell, INJECTED) ? [] : outputs;
        if (error) fail(`${error.name}: ${error.message}${adviceOn(error)}`);
      } catch (error) {
        signal?.throwIfAborted();
        if (late) fail(`It took longer than ${timeoutSeconds} s`);
        const known = error instanceof KernelDied ||
          error instanceof Refusal;
        throw known ? fail(error.message) : error;
      } finally {
        clearTimeout(timer);
      }
      cellSeconds[cell.id] = (performance.now() - cellStart) / 1000;
    }
    options.onCell?.(null, cellSeconds);
  } finally {
    signal?.removeEventListener("abort", kill);
    leave?.();
    await kernel.shutdown();
  }
  const wallSeconds = (performance.now() - start) / 1000;
  return { notebook: scrubbed(executed, scrub), wallSeconds, cellSeconds };
}

/** What to do about an error, where it does not say so itself. */
function adviceOn({ message }: { message: string }): string {
  return /Module not found "file:/.test(message)
    ? " A notebook imports its project's modules: keep it in notebooks/"
    : "";
}

/**
 * What the notebook's last results output says, or null without one.
 *
 * @throws Refusal where that output is none
 */
export function resultsOf(notebook: Notebook): Results | null {
  const outputs = notebook.cells.flatMap((cell) => cell.outputs);
  for (const output of outputs.reverse()) {
    const found = "data" in output && output.data[RESULTS_MIME];
    if (!found) continue;
    const from = reader("read the results of the notebook");
    const isText = typeof found === "string";
    const raw = isText ? from.json(found, "their text") : found;
    return parseResults(raw, from);
  }
  return null;
}

/** The nearest folder, upwards, that holds a `deno.json`; else the folder. */
export async function projectRoot(folder: string): Promise<string> {
  for (let at = folder;; at = dirname(at)) {
    const config = join(at, "deno.json");
    if (await Deno.stat(config).then(() => true, () => false)) return at;
    if (at === dirname(at)) return folder;
  }
}

function scrubbed(
  notebook: Notebook,
  scrub: Scrub,
): Notebook {
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return scrub(value);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([k, v]) => [scrub(k), clean(v)]);
    return Object.fromEntries(entries);
  };
  const cells = notebook.cells.map((cell) => ({
    ...cell,
    outputs: clean(cell.outputs) as Output[],
  }));
  return { ...notebook, cells };
}
