/**
 * Training with live progress that the stop button can end.
 *
 * The protocol: a training function is a generator that yields one history row
 * every so often and returns its final state. When `next(true)` is called, it
 * ends at once and returns the state that it has:
 *
 * ```ts
 * interface State { weight: number }
 * function* train(): Generator<{ step: number; loss: number }, State, boolean | void> {
 *   const state = { weight: 0 };
 *   for (let step = 1; step <= 100; step++) {
 *     state.weight += 0.1;
 *     if (step % 10 === 0 && (yield { step, loss: 1 / step })) break;
 *   }
 *   return state;
 * }
 * ```
 *
 * @module
 */

import { escape, type Html, raw } from "./html.ts";
import { bundle, inKernel, send } from "./show.ts";
import { COLORS, significant } from "./theme.ts";

/** A generator that trains; see the protocol above. */
export type Training<Row, State> = Generator<Row, State, boolean | void>;

/** What {@link follow} takes besides the generator. */
export interface FollowOptions<Row> {
  /** What is being trained, as the reader should see it. */
  label: string;
  /** Steps in all, in the unit of `row.step`. */
  total: number;
  /** Which step a row is at; default `row.step`. */
  step?: (row: Row) => number;
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
const SLICE = 60;
/** Milliseconds between two updates of the display: ten a second at most. */
const UPDATE = 110;

let stopRequested = false;
let listening = false;

/**
 * Runs `training` to its end, or until the stop button is pressed, and shows
 * its progress on one line: bar, step, rate, remaining time, metric, curve.
 * What stays in the notebook holds the steps and the metric, no times. An
 * error inside the training is the cell's error. Outside a kernel nothing is
 * displayed.
 *
 * Throws `Error` if the generator goes on after it was asked to stop.
 *
 * @example
 * ```ts
 * import { follow } from "./progress.ts";
 * function* train() {
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
export async function follow<Row extends object, State>(
  training: Training<Row, State>,
  options: FollowOptions<Row>,
): Promise<Followed<Row, State>> {
  listenForStop();
  stopRequested = false;
  const rows: Row[] = [];
  const display = new Line(options);
  await display.update(rows);
  const start = performance.now();
  let slice = start;
  let shown = start;
  let next = training.next();
  while (!next.done) {
    rows.push(next.value);
    const now = performance.now();
    if (now - slice > SLICE) {
      if (now - shown > UPDATE) {
        await display.update(rows, now - start);
        shown = performance.now();
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
      slice = performance.now();
    }
    next = training.next(stopRequested);
    if (stopRequested && !next.done) {
      throw new Error(
        "Cannot keep the state of a stopped training as its generator must return when next(true) is called: it yielded another row",
      );
    }
  }
  const interrupted = stopRequested;
  await display.finish(rows, interrupted);
  return { rows, state: next.value, interrupted };
}

/** Asks the training that is being followed to stop, as the button does. */
export function requestStop(): void {
  stopRequested = true;
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

/** The line of one training: an output that is updated in place. */
class Line<Row> {
  // Not stored in the notebook, so it may differ from run to run; it must not
  // meet the identifier of an output that an earlier kernel made.
  readonly #displayId = crypto.randomUUID();
  #displayed = false;

  constructor(readonly options: FollowOptions<Row>) {}

  async update(rows: readonly Row[], elapsed?: number): Promise<void> {
    await this.#send(rows, elapsed, "");
  }

  async finish(rows: readonly Row[], interrupted: boolean): Promise<void> {
    await this.#send(rows, undefined, interrupted ? "stopped" : "done");
  }

  async #send(
    rows: readonly Row[],
    elapsed: number | undefined,
    end: string,
  ): Promise<void> {
    if (!inKernel()) return;
    const line = progressLine(rows, { ...this.options, elapsed, end });
    await send(bundle([line]), {
      displayId: this.#displayId,
      update: this.#displayed,
    });
    this.#displayed = true;
  }
}

/** Draws the line: pure, so that its stored state can be tested. */
export function progressLine<Row>(
  rows: readonly Row[],
  options: FollowOptions<Row> & { elapsed?: number; end?: string },
): Html {
  const { label, total, metric, elapsed, end = "" } = options;
  const stepOf = options.step ?? ((row: Row) => (row as { step: number }).step);
  const last = rows.at(-1);
  const step = last === undefined ? 0 : stepOf(last);
  const part = end === "done" ? 1 : Math.min(1, total > 0 ? step / total : 0);
  const words = [`${count(step)} of ${count(total)} steps`];
  if (end === "stopped") words.push("stopped, state kept");
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
  const color = end === "stopped" ? COLORS.vermilion : COLORS.blue;
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
