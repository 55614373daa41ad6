/**
 * How many threads a kernel may keep busy: the cores of the machine, or its
 * share of them where a command executes several notebooks side by side and
 * writes it, anew whenever it changes, into the file that CORES names.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";

/** Environment variable with the path of the file that holds the number. */
export const CORES = "HIDDEN_CAUSES_CORES";

/** The threads that may be busy at the moment. */
export function coresNow(): number {
  const file = process.env[CORES];
  try {
    const share = file === undefined ? NaN : Number(readFileSync(file, "utf8"));
    if (Number.isInteger(share) && share > 0) return share;
  } catch {
    // The command has ended, and nobody shares any more.
  }
  return navigator.hardwareConcurrency;
}
