/**
 * A training with reports: in a worker of its own, so that the page stays
 * awake, for which the script of a live cell runs a second time, in the worker.
 * Where the page may start no worker, in the page itself, in slices, by the same
 * code: both arrive at the same numbers.
 *
 * @module
 */
import { paramsSha256 } from "../../lib/run/results.ts";
import {
  type ExperimentOutcome,
  type ExperimentRow,
  type ExperimentSettings,
  type ExperimentSimulation,
  type ExperimentState,
  type Finished,
  lookAt,
} from "./experiment.ts";
import type { Order } from "./simulation.ts";

/** What a trainer is told. */
interface Command {
  settings: ExperimentSettings;
  order: Order;
  /** Whether anybody sees the model while it trains. */
  seen: boolean;
}

/** What a trainer tells. */
export interface Report {
  /** Rows since the last report. */
  rows: ExperimentRow[];
  at: number;
  progress: number;
  numbers: Record<string, number>;
  picture: unknown;
  outcome: Finished | null;
}

/** What comes of a command: a report, or why there will be none. */
export interface Listener {
  report(report: Report): void;
  fail(why: string): void;
}

/** Trains on command, and reports. */
export interface Trainer {
  obey(order: Order, settings: ExperimentSettings): void;
  /** Ends it, wherever it is. */
  close(): void;
}

/** How a trainer is started. */
export interface TrainerOptions {
  /** What its worker runs; empty where there is to be none. */
  script: string;
  /** Default true. */
  seen?: boolean;
}

/** Milliseconds of training between two reports: 30 pictures a second. */
const SLICE = 32;
/** The same, where nobody sees the model. */
const SLICE_UNSEEN = 200;
/** Milliseconds of training between two frames, where there is no worker. */
const SLICE_HERE = 12;
/** A look takes this share of the training's time at most. */
const LOOKING = 0.1;

/** Starts a trainer, for which nothing is done before its first order. */
export function trainer(
  simulation: ExperimentSimulation,
  { script, seen = true }: TrainerOptions,
  listener: Listener,
): Trainer {
  let obey: ((command: Command) => void) | null = null;
  let worker: Worker | null = null;
  let heard = false;
  let closed = false;
  let last: Command;

  /** Trains in the page, from the beginning. */
  function stayHere(): void {
    worker?.terminate();
    worker = null;
    obey = training(simulation, {
      most: SLICE_HERE,
      report: (report) => closed || listener.report(report),
      fail: (why) => closed || listener.fail(why),
      next: (go) => void (turn = turn.then(() => later(() => closed || go()))),
    });
  }

  function begin(): void {
    if (script === "") return stayHere();
    try {
      const blob = new Blob([script], { type: "text/javascript" });
      const url = URL.createObjectURL(blob);
      worker = new Worker(url);
      URL.revokeObjectURL(url);
    } catch {
      return stayHere();
    }
    worker.onmessage = ({ data }: MessageEvent<Report | string>): void => {
      heard = true;
      if (typeof data === "string") listener.fail(data);
      else listener.report(data);
    };
    worker.onerror = (event): void => {
      event.preventDefault();
      if (heard) return listener.fail(`The worker stopped: ${event.message}`);
      stayHere();
      obey!(last);
    };
  }

  return {
    obey(order, settings): void {
      last = { order, settings, seen };
      if (!worker && !obey) begin();
      if (worker) worker.postMessage(last);
      else obey!(last);
    },
    close(): void {
      closed = true;
      worker?.terminate();
    },
  };
}

/** Trains in a worker for the page that started it. */
export function serve(simulation: ExperimentSimulation): void {
  const port = globalThis as unknown as Worker;
  // A message to itself comes sooner than a timer, of four milliseconds.
  const { port1, port2 } = new MessageChannel();
  let go = (): void => {};
  port2.onmessage = (): void => go();
  const obey = training(simulation, {
    most: Infinity,
    report: (report) => port.postMessage(report),
    fail: (why) => port.postMessage(why),
    next(then): void {
      go = then;
      port1.postMessage(null);
    },
  });
  port.onmessage = ({ data }: MessageEvent<Command>): void => obey(data);
}

/** What surrounds a training. */
interface Surroundings extends Listener {
  /** Milliseconds that a slice may take at most. */
  most: number;
  /** Lets others have their turn, then goes on. */
  next(go: () => void): void;
}

/** Trains in slices, between which commands are heard. */
function training(
  simulation: ExperimentSimulation,
  { most, report, fail, next }: Surroundings,
): (command: Command) => void {
  let state: ExperimentState | null = null;
  let command: Command;
  let going = false;
  let waiting = false;
  let told = 0;
  let looked = 0;

  async function tell(progress: number): Promise<void> {
    const { rows, at, outcome, picture } = state!;
    const { settings } = command;
    const numbers = simulation.numbers(state!, settings);
    const fresh = rows.slice(told);
    told = rows.length;
    const finished = outcome && await finishedOf(outcome);
    report({ rows: fresh, at, progress, numbers, picture, outcome: finished });
  }

  /** Takes steps for some milliseconds, and looks. Returns the progress. */
  function slice(milliseconds: number): number {
    const { settings, seen } = command;
    const start = performance.now();
    let progress = 0;
    do {
      simulation.step(state!, settings, undefined);
      progress = simulation.progress(state!, settings);
    } while (progress < 1 && performance.now() - start < milliseconds);
    const trained = performance.now();
    if (seen) lookAt(state!, settings);
    looked = performance.now() - trained;
    return progress;
  }

  function go(): void {
    waiting = false;
    if (!going) return;
    attempt(() => {
      const wanted = command.seen ? looked / LOOKING : SLICE_UNSEEN;
      const progress = slice(Math.min(most, Math.max(SLICE, wanted)));
      going = progress < 1;
      return tell(progress);
    });
    if (going) wait();
  }

  function wait(): void {
    if (!waiting) next(go);
    waiting = true;
  }

  function attempt(work: () => Promise<void> | void): void {
    try {
      Promise.resolve(work()).catch((error) => fail(messageOf(error)));
    } catch (error) {
      going = false;
      fail(messageOf(error));
    }
  }

  return (given): void => {
    command = given;
    const { settings, order } = given;
    attempt(() => {
      state ??= simulation.start(settings, undefined);
      if (order === "pause") going = false;
      else if (order === "go") {
        going = true;
        wait();
      } else if (order === "one") {
        return tell(slice(0));
      } else if (order === "look" && state.looking && !going) {
        lookAt(state, settings);
        return tell(simulation.progress(state, settings));
      }
    });
  };
}

/** In the page one trainer takes a slice at a time, then a frame is drawn. */
let turn: Promise<void> = Promise.resolve();

function later(act: () => void): Promise<void> {
  return new Promise((resolve) =>
    setTimeout(() => {
      act();
      resolve();
    }, 4)
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function finishedOf(
  { metrics, params }: ExperimentOutcome,
): Promise<Finished> {
  // Pages that are no secure context may not hash.
  const hash = globalThis.crypto?.subtle
    ? await paramsSha256(params as Record<string, Float32Array>)
    : "";
  return { metrics, paramsSha256: hash };
}
