/**
 * Training with live progress that the stop button can end: one training in
 * this thread, or an experiment's seeds on the worker pool.
 *
 * The stop button sends a signal, which reaches a listener at a turn of the
 * event loop. A training gives way to it at its pauses and rows, of which
 * `lib/run/training.ts` tells.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import {
  EXPERIMENT,
  type ExperimentOptions,
  type SeedResult,
} from "../../lib/run/experiment.ts";
import {
  closeSweep,
  limitSweep,
  type SeedOutcome,
  sweep,
  type TaskName,
} from "../../lib/run/sweep.ts";
import type { Training } from "../../lib/run/training.ts";
import { escape, type Html, raw } from "../page/html.ts";
import { coresNow } from "./cores.ts";
import { inKernel } from "./deno_kernel.ts";
import { requireParameters } from "./parameters.ts";
import { trainingBegan } from "./provenance.ts";
import { type Bundle, bundle, send } from "./show.ts";
import { ChangingOutput } from "./cell_outputs.ts";
import { COLORS } from "../page/colors.ts";
import { significant } from "../page/numbers.ts";

/** What {@link follow} takes besides the generator. */
export interface FollowOptions<Row> {
  /** What is being trained, as the reader should see it. */
  label: string;
  /** Steps in all. */
  total: number;
  /** The current metric, in words or as a number. */
  metric?: (row: Row) => string | number;
  /** The number whose curve is drawn; default: the metric, if a number. */
  curve?: (row: Row) => number;
}

/** What {@link follow} returns. */
export interface Followed<Row, State> {
  /** Every row that was yielded. */
  rows: Row[];
  /** What the generator returned: the final state, or that at the stop. */
  state: State;
  /** Whether the stop button ended it. */
  interrupted: boolean;
}

/** Milliseconds of training between two looks at the stop button. */
const SLICE = 50;
/** Milliseconds between two updates of the display: editors are slow to draw. */
const UPDATE = 200;
/** Times that a training may yield after the stop: a row for each phase. */
const LAST = 4;

/** Turns of the event loop between two slices. */
const TURNS = 70;

/** How soon a followed loop says that it is back, in milliseconds. */
const RUNNING = 0; // no timer can be heard meanwhile
const RESTING = 300;
const WAITING = 60_000;

/** What is being followed now; the stop button aborts all of it. */
const followed = new Set<AbortController>();
let listening = false;

/**
 * Runs `training` to its end, or until the stop button is pressed, and shows
 * its progress on one line: bar, step, rate, remaining time, metric, curve.
 * What stays in the notebook holds the steps and the metric, no times. An
 * error inside the training is the cell's error. Outside a kernel nothing is
 * displayed.
 *
 * Throws `Error` if the training goes on after it was asked to stop.
 *
 * @example
 * ```ts
 * import type { Training } from "../../lib/run/training.ts";
 * import { follow } from "./progress.ts";
 * function* train(): Training<{ step: number; loss: number }, string> {
 *   for (let step = 1; step <= 3; step++) {
 *     if (yield { step, loss: 1 / step }) break;
 *   }
 *   return "trained";
 * }
 * const { rows, state } = await follow(train(), {
 *   label: "a model",
 *   total: 3,
 *   metric: (row) => `loss ${row.loss.toFixed(2)}`,
 * });
 * ```
 */
export async function follow<Row extends { step: number }, State>(
  training: Training<Row, State>,
  options: FollowOptions<Row>,
): Promise<Followed<Row, State>> {
  const rows: Row[] = [];
  const display = new Line(options);
  const lost = async (): Promise<undefined> => {
    await display.finish(rows, { end: "lost" });
  };
  return await untilStopped(async (stop, back) => {
    await display.update(rows);
    trainingBegan(options.label);
    const start = performance.now();
    let slice = start;
    let shown = start;
    let asked = 0;
    let at: number | undefined;
    limitSweep(coresNow()); // a large model takes no more than these
    back(RUNNING);
    let next = training.next();
    while (!next.done) {
      if (typeof next.value === "object") rows.push(next.value);
      at = typeof next.value === "object" ? undefined : next.value;
      const now = performance.now();
      if (now - slice > SLICE && !stop.aborted) {
        back(RESTING);
        if (now - shown > display.interval) {
          limitSweep(coresNow());
          await display.update(rows, { elapsed: now - start, at });
          shown = performance.now();
        }
        await turns(() => back(RESTING));
        back(RUNNING);
        slice = performance.now();
      }
      if (stop.aborted && ++asked > LAST) {
        throw new Error(
          "Cannot keep the state of a stopped training as its generator must return when next(true) is called: it went on",
        );
      }
      next = training.next(stop.aborted);
    }
    back(WAITING);
    const interrupted = stop.aborted;
    await display.finish(rows, { end: interrupted ? "stopped" : "done", at });
    return { rows, state: next.value, interrupted };
  }, lost);
}

/**
 * Trains `seeds` of an experiment on the worker pool, to their ends or until
 * the stop button is pressed, and shows progress as `follow` does. Returns
 * what is kept of the seeds that ended, in order: after a stop those that were
 * finished, and those that were running, as far as they had come.
 *
 * Throws `Error` if a seed fails.
 *
 * @param total steps of one seed
 * @param task what is run for a seed, if not an experiment; it reports the
 *   number of the step that it is at
 */
export async function followSeeds<
  Options = ExperimentOptions,
  Value = SeedResult,
>(
  seeds: readonly number[],
  options: Options,
  { label, total, task = EXPERIMENT }: {
    label: string;
    total: number;
    task?: TaskName;
  },
): Promise<Value[]> {
  const steps = new Map<number, number>();
  let ended = 0;
  const rows = (): { step: number }[] => [
    { step: [...steps.values()].reduce((sum, step) => sum + step, 0) },
  ];
  const display = new Line<{ step: number }>({
    label,
    total: total * seeds.length,
    metric: () => `${ended} of ${seeds.length} seeds`,
  });
  const stopping = new AbortController();
  let trained: Promise<SeedOutcome<Value>[]> | undefined;
  const results = async (
    outcomes: SeedOutcome<Value>[],
    end: Now["end"],
  ): Promise<Value[]> => {
    const values = outcomes.flatMap((outcome) => {
      if (outcome.status === "failed") {
        throw new Error(`seed ${outcome.seed} failed: ${outcome.error}`);
      }
      return outcome.status === "done" ? [outcome.value] : [];
    });
    await display.finish(rows(), { end });
    return values;
  };
  return await untilStopped(async (stop, back) => {
    stop.addEventListener("abort", () => stopping.abort());
    await display.update(rows());
    trainingBegan(label);
    const start = performance.now();
    limitSweep(coresNow());
    trained = sweep<Options, Value>(task, {
      seeds,
      options,
      stop: stopping.signal,
      onProgress: ({ seed, progress, ended: count }) => {
        if (stop.aborted) return;
        ended = count;
        steps.set(seed, typeof progress === "number" ? progress : total);
      },
    });
    const still = new Int32Array(new SharedArrayBuffer(4));
    let shown = start;
    for (;;) {
      // Waits in code, not for an event: a message that stops what runs would
      // else find nothing to stop, and stop all that runs from then on.
      back(RUNNING);
      if (!stop.aborted) Atomics.wait(still, 0, 0, SLICE / followed.size);
      back(RESTING);
      const outcomes = await Promise.race([trained, pause(0)]);
      if (outcomes) {
        back(WAITING);
        return await results(outcomes, stop.aborted ? "stopped" : "done");
      }
      const now = performance.now();
      if (stop.aborted || now - shown < display.interval) continue;
      limitSweep(coresNow());
      await display.update(rows(), { elapsed: now - start });
      shown = now;
    }
  }, async () => {
    stopping.abort();
    const outcomes = await Promise.race([trained, pause(1000)]);
    if (outcomes) return await results(outcomes, "stopped");
    closeSweep(); // it may wait for ever for a word that was ended
    await display.finish(rows(), { end: "lost" });
    return undefined;
  });
}

/** Milliseconds between two looks at whether a loop is back. */
const LOOKS = [100, 130]; // two, as one may be what a message ends
/** Milliseconds between a look and the second: a turn of the event loop. */
const SECOND_LOOK = 10;

/**
 * Runs `work` with a signal that the stop button aborts.
 *
 * Some clients stop by a message, and the kernel then ends the code that runs,
 * wherever it is: what waits for that code waits for ever. So `work` says again
 * and again when it will be back, and timers of their own look whether it is.
 *
 * @param work its second argument takes the milliseconds until the next call
 * @param lost what is left to do, and to return, when it does not come back
 */
async function untilStopped<T>(
  work: (stop: AbortSignal, back: (within: number) => void) => Promise<T>,
  lost: () => Promise<T | undefined>,
): Promise<T> {
  requireParameters();
  listenForStop();
  const controller = new AbortController();
  followed.add(controller);
  let due = Infinity;
  let beats = 0;
  const gone = Promise.withResolvers<void>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const after = (ms: number, run: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };
  // A loop that is late may only have had no turn, as others run beside it or
  // the machine is busy. It has one before a second look.
  const look = (every: number): void =>
    after(every, () => {
      look(every);
      if (performance.now() <= due) return;
      const seen = beats;
      after(SECOND_LOOK, () => seen === beats && gone.resolve());
    });
  const back = (within: number): void => {
    due = performance.now() + within;
    beats++;
  };
  try {
    LOOKS.forEach(look);
    back(WAITING);
    const working = work(controller.signal, back).then((value) => ({ value }));
    const done = await Promise.race([working, gone.promise]) ??
      { value: await lost() };
    if (done.value !== undefined) return done.value;
    throw new Error(
      "Stopped by a message, which ends a training wherever it is: its state is lost. Run the cell again",
    );
  } finally {
    timers.forEach(clearTimeout);
    followed.delete(controller);
  }
}

/**
 * As many turns of the event loop as it takes to look for a signal: some sixty.
 *
 * They come one after the other: were the process to rest between them, then a
 * message that stops what runs would find nothing to stop, and stop all that
 * runs from then on.
 *
 * @param turn called at each
 */
async function turns(turn: () => void): Promise<void> {
  for (let i = 0; i < TURNS; i++) {
    turn();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks what is being followed to stop, as the button does. */
export function requestStop(): void {
  for (const controller of followed) controller.abort();
}

/**
 * Without a listener the stop button would kill the kernel. It stays once it
 * is there: a second press, or one that comes late, must not kill it either.
 */
function listenForStop(): void {
  if (listening || !inKernel()) return;
  listening = true;
  Deno.addSignalListener("SIGINT", requestStop);
}

/** How far a training has come, besides its rows. */
interface Now {
  /** Milliseconds since it began. */
  elapsed?: number;
  /** The step that it has reached since its last row. */
  at?: number;
  end?: "stopped" | "done" | "lost";
}

/** The line of one training: an output that changes in its place. */
class Line<Row extends { step: number }> {
  #output: ChangingOutput | null | undefined;

  constructor(readonly options: FollowOptions<Row>) {}

  /** Milliseconds to let pass until the next update. */
  get interval(): number {
    return Math.max(UPDATE, (this.#output?.cost ?? 0) / 1000);
  }

  async update(rows: readonly Row[], now: Now = {}): Promise<void> {
    if (!inKernel()) return;
    this.#output ??= await ChangingOutput.next();
    this.#output?.change(this.#bundle(rows, now));
  }

  /** What the notebook keeps. */
  async finish(rows: readonly Row[], now: Now): Promise<void> {
    if (!inKernel()) return;
    const last = this.#bundle(rows, now);
    if (this.#output) await this.#output.finish(last);
    else await send(last);
  }

  #bundle(rows: readonly Row[], now: Now): Bundle {
    return bundle([progressLine(rows, { ...this.options, ...now })]);
  }
}

/** Draws the line: pure, so that its stored state can be tested. */
export function progressLine<Row extends { step: number }>(
  rows: readonly Row[],
  options: FollowOptions<Row> & Now,
): Html {
  const { label, total, metric, elapsed, at, end } = options;
  const last = rows.at(-1);
  const step = at ?? last?.step ?? 0;
  const part = end === "done" ? 1 : Math.min(1, total > 0 ? step / total : 0);
  const words = [`${count(step)} of ${count(total)} steps`];
  if (end === "stopped") words.push("stopped, state kept");
  if (end === "lost") words.push("stopped by a message, state lost");
  if (elapsed !== undefined && step > 0 && elapsed > 0) {
    const rate = 1000 * step / elapsed;
    words.push(`${significant(rate, 2)} a second`);
    words.push(`${duration((total - step) / rate)} left`);
  }
  const value = last === undefined ? undefined : metric?.(last);
  if (value !== undefined) {
    words.push(typeof value === "number" ? significant(value) : value);
  }
  const curveOf = options.curve ?? ((row: Row) => metric?.(row));
  const values = rows.map((row) => curveOf(row))
    .filter((v): v is number => typeof v === "number" && Number.isFinite(v));
  const color = end === "stopped" || end === "lost"
    ? COLORS.vermilion
    : COLORS.blue;
  const markup =
    `<div role="group" aria-label="${
      escape(label)
    }" style="display:flex;flex-wrap:wrap;align-items:center;gap:2px 12px;font-variant-numeric:tabular-nums">` +
    `<b style="font-weight:600">${escape(label)}</b>` +
    `<svg role="img" aria-label="${
      Math.round(100 * part)
    } %" width="120" height="8" viewBox="0 0 120 8">` +
    `<rect width="120" height="8" rx="2" fill="currentColor" opacity=".15"/>` +
    `<rect width="${
      Math.round(120 * part)
    }" height="8" rx="2" fill="${color}"/></svg>` +
    `${sparkline(values)}<span>${words.map(escape).join(" · ")}</span></div>`;
  return raw(markup, [label, ...words].join(" · "));
}

/** A curve without axes, `width × height` pixels, at most 100 points. */
function sparkline(
  values: readonly number[],
  width = 120,
  height = 22,
): string {
  if (values.length < 2) return "";
  const n = Math.min(values.length, 100);
  const at = (i: number): number =>
    values[Math.round(i * (values.length - 1) / (n - 1))];
  const low = Math.min(...values);
  const range = Math.max(...values) - low || 1;
  const points = Array.from({ length: n }, (_, i) => {
    const x = 2 + (width - 4) * i / (n - 1);
    const y = 2 + (height - 4) * (1 - (at(i) - low) / range);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const end = points[n - 1].split(",");
  return `<svg role="img" aria-label="curve from ${
    escape(significant(at(0)))
  } to ${
    escape(significant(at(n - 1)))
  }" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<polyline points="${
      points.join(" ")
    }" fill="none" stroke="${COLORS.blue}" stroke-width="1.5"/>` +
    `<circle cx="${end[0]}" cy="${end[1]}" r="2" fill="${COLORS.blue}"/></svg>`;
}

function count(step: number): string {
  return significant(Math.round(step));
}

function duration(seconds: number): string {
  if (seconds < 1) return "under 1 s";
  const whole = Math.round(seconds);
  return whole < 60
    ? `${whole} s`
    : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
