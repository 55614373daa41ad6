/**
 * How the benchmark prints its numbers.
 *
 * @module
 */
import type { Times } from "./turns.ts";

/** Prints rows of cells below their header, in columns. */
export function printTable(header: string[], rows: string[][]): void {
  const all = [header, ...rows];
  const widths = header.map((_, c) => Math.max(...all.map((r) => r[c].length)));
  for (const row of all) {
    const cells = row.map((cell, c) => cell.padEnd(widths[c]));
    console.log(cells.join("  ").trimEnd());
  }
}

/** Least and median time in microseconds. */
export function microseconds(times: Times | undefined): string {
  if (!times) return "–";
  const { least, median } = times;
  const digits = least < 1e-5 ? 2 : least < 1e-2 ? 1 : 0;
  return `${(1e6 * least).toFixed(digits)} (${(1e6 * median).toFixed(digits)})`;
}

/** How many times the least time of b is that of a. */
export function ratio(a: Times | undefined, b: Times | undefined): string {
  if (!a || !b) return "–";
  const times = a.least / b.least;
  return times.toFixed(times < 10 ? 2 : 1);
}
