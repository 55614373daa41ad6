/**
 * A notebook that is executed while somebody waits.
 *
 * @module
 */
import { bar, duration } from "../terminal.ts";
import {
  type Executed,
  executeNotebook,
  type ExecuteOptions,
} from "./execute.ts";
import type { Cell, Notebook } from "./notebook.ts";
import type { Output } from "./output.ts";

/** Hears what a notebook is at, and the seconds that it still takes if known. */
export type Say = (text: string, left?: number) => void;

/** How a notebook is watched. */
export interface Watch {
  say: Say;
  /** Seconds of each cell the last time, from which the rest is estimated. */
  known?: Record<string, number>;
}

/**
 * Executes a notebook and says how far it is.
 *
 * @throws as executeNotebook does
 */
export async function executeWatched(
  notebook: Notebook,
  options: ExecuteOptions,
  { say, known = {} }: Watch,
): Promise<Executed> {
  const { onCell, onOutput, stop } = cellProgress(notebook, known, say);
  try {
    return await executeNotebook(notebook, { ...options, onCell, onOutput });
  } finally {
    stop();
  }
}

/**
 * Follows cells and says how far the run is, with an estimate that comes from
 * the last run's seconds where there was one.
 */
function cellProgress(
  notebook: Notebook,
  known: Record<string, number>,
  say: Say,
): {
  onCell: (cell: Cell | null) => void;
  onOutput: (outputs: Output[]) => void;
  stop: () => void;
} {
  const ids = notebook.cells
    .filter((c) => c.cell_type === "code" && c.source.trim() !== "")
    .map((c) => c.id);
  const isKnown = ids.some((id) => known[id] !== undefined);
  const weight = (id: string): number => isKnown ? known[id] ?? 0.1 : 1;
  const total = ids.reduce((sum, id) => sum + weight(id), 0);
  const start = performance.now();
  let at = 0;
  let cellStart = start;
  let current = "";
  let training = "";
  const tell = (): void => {
    if (current === "") return; // the kernel is starting
    const now = performance.now();
    const elapsed = (now - start) / 1000;
    const done = ids.slice(0, at).reduce((sum, id) => sum + weight(id), 0);
    const inCell = isKnown && ids[at] !== undefined
      ? Math.min(weight(ids[at]) * 0.99, (now - cellStart) / 1000)
      : 0;
    const fraction = (done + inCell) / total;
    // Without a run before it, only a training knows how long it takes.
    const left = isKnown && fraction > 0.02
      ? elapsed * (1 / fraction - 1)
      : undefined;
    const rest = left === undefined ? "" : ` · about ${duration(left)} left`;
    say(
      `cell ${at + 1}/${ids.length} ${current} · ${bar(fraction)} ${
        duration(elapsed)
      }${rest}${training && ` · ${training}`}`,
      left,
    );
  };
  const onOutput = (outputs: Output[]): void => {
    // The line of `follow`: label, step, rate, remaining time, metric.
    const last = outputs.at(-1);
    const text = last && "data" in last ? String(last.data["text/plain"]) : "";
    training = /^[^\n]* steps · [^\n]*/.exec(text)?.[0] ?? "";
  };
  const timer = setInterval(tell, 250);
  return {
    onCell(cell): void {
      if (cell) {
        at = ids.indexOf(cell.id);
        current = cell.id;
        training = "";
        cellStart = performance.now();
        tell();
      }
    },
    onOutput,
    stop: () => clearInterval(timer),
  };
}
