/**
 * How long a test waits by the clock: longer where the machine is busy.
 *
 * @module
 */

/** Milliseconds that a fixed piece of work takes, a tenth of a second or so. */
function timeWork(): number {
  const start = performance.now();
  const state = new Int32Array(1); // memory, so that the loop is not left out
  for (let i = 0; i < 5e7; i++) state[0] = Math.imul(state[0], 1664525) + i;
  return performance.now() - start;
}

/** The same at this machine's best, before a test has started anything. */
const least = Math.min(...Array.from({ length: 5 }, timeWork));

/** How many times slower than idle this machine is now. */
export function patience(): number {
  const load = Deno.loadavg()[0] / navigator.hardwareConcurrency;
  return Math.max(1, load, timeWork() / least);
}
