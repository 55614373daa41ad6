/**
 * A long training in a worker of its own, so that the page stays awake: the
 * script of a live cell runs a second time, in the worker, and reports.
 *
 * Where the page may start no worker, the training runs in the page itself, in
 * slices, and arrives at the same numbers.
 *
 * @module
 */
import { metric, paramsSha256, type Results } from "../../lib/run/results.ts";
import {
  type ExperimentOutcome,
  type ExperimentRow,
  type ExperimentSettings,
  type ExperimentState,
  lookAt,
} from "./experiment.ts";
import { mount } from "./mount.ts";
import type { Order, Simulation } from "./simulation.ts";

type Training = Simulation<ExperimentSettings, ExperimentState, undefined>;

/** What the page tells the worker. */
interface Command {
  settings: ExperimentSettings;
  order: Order;
}

/** What the worker tells the page. */
interface Report {
  /** Rows since the last report. */
  rows: ExperimentRow[];
  at: number;
  progress: number;
  numbers: Record<string, number>;
  picture: unknown;
  outcome: Finished | null;
  error?: string;
}

/** An outcome without its weights. */
interface Finished {
  metrics: object;
  paramsSha256: string;
}

interface RemoteState {
  /** Shown here, trained there. */
  local: ExperimentState;
  /** Null before the first step, and where there is no worker. */
  worker: Worker | null;
  here: boolean;
  latest: Report | null;
  finished: Finished | null;
}

/** Milliseconds of training between two reports: 30 pictures a second. */
const SLICE = 32;
/** Milliseconds of training between two frames, where there is no worker. */
const SLICE_HERE = 12;

/** In a page: mounts the simulation. In a worker: trains it. */
export function mountRemote(
  simulation: Training,
  name: string,
  key: string,
): void {
  if (typeof document === "undefined") return serve(simulation);
  const script = document.currentScript?.textContent ?? "";
  mount(remote(simulation, { name, script }), key);
}

/** The simulation, with its steps taken by a worker that runs `script`. */
function remote(
  simulation: Training,
  { name, script }: { name: string; script: string },
): Simulation<ExperimentSettings, RemoteState, undefined> {
  let worker: Worker | null = null;
  let changed = (): void => {};

  function send(state: RemoteState, command: Command): void {
    if (state.here) return;
    try {
      state.worker ??= worker = start(state);
      state.worker.postMessage(command);
    } catch {
      state.here = true;
    }
  }

  function start(state: RemoteState): Worker {
    const blob = new Blob([script], { type: "text/javascript" });
    const url = URL.createObjectURL(blob);
    const started = new Worker(url);
    URL.revokeObjectURL(url);
    started.onmessage = ({ data }: MessageEvent<Report>): void => {
      const { local } = state;
      local.rows.push(...data.rows);
      local.at = data.at;
      local.picture = data.picture;
      state.latest = data;
      state.finished = data.outcome;
      changed();
    };
    started.onerror = (): void => {
      state.here = state.latest === null;
      changed();
    };
    return started;
  }

  return {
    ...simulation,
    pace: 1,
    start(settings): RemoteState {
      worker?.terminate();
      const local = simulation.start(settings, undefined);
      const here = script === "";
      return { local, here, worker: null, latest: null, finished: null };
    },
    step(state, settings): void {
      if (state.here) slice(simulation, state.local, settings, SLICE_HERE);
    },
    steer(state, settings, order): void {
      if (!state.here) send(state, { settings, order });
      else if (order === "one") {
        simulation.step(state.local, settings, undefined);
      }
      if (state.here && state.local.looking) lookAt(state.local, settings);
    },
    listen(act): void {
      changed = act;
    },
    progress: ({ local, latest }, settings) =>
      latest?.progress ?? simulation.progress(local, settings),
    numbers: ({ local, latest }, settings) =>
      latest?.numbers ?? simulation.numbers(local, settings),
    draw: ({ local }, settings, width) =>
      simulation.draw(local, settings, width, undefined),
    record: ({ finished }, settings) =>
      finished && resultsOf(name, settings, finished),
    place: undefined,
  };
}

/** Takes steps for some milliseconds, and looks. Returns the progress. */
function slice(
  simulation: Training,
  state: ExperimentState,
  settings: ExperimentSettings,
  budget: number,
): number {
  const start = performance.now();
  let progress = 0;
  do {
    simulation.step(state, settings, undefined);
    progress = simulation.progress(state, settings);
  } while (progress < 1 && performance.now() - start < budget);
  lookAt(state, settings);
  return progress;
}

/** Trains in a worker: does what it is told, and reports. */
function serve(simulation: Training): void {
  const port = globalThis as unknown as Worker;
  let state: ExperimentState | null = null;
  let settings: ExperimentSettings;
  let going = false;
  let told = 0;

  async function report(progress: number): Promise<void> {
    const { rows, at, outcome, picture } = state!;
    const message: Report = {
      rows: rows.slice(told),
      at,
      progress,
      numbers: simulation.numbers(state!, settings),
      picture,
      outcome: outcome && await finishedOf(outcome),
    };
    told = rows.length;
    port.postMessage(message);
  }

  async function go(): Promise<void> {
    if (!going) return;
    const progress = slice(simulation, state!, settings, SLICE);
    going = progress < 1;
    await report(progress);
    if (going) setTimeout(go, 0);
  }

  port.onmessage = ({ data }: MessageEvent<Command>): void => {
    settings = data.settings;
    state ??= simulation.start(settings, undefined);
    if (data.order === "pause") going = false;
    else if (data.order === "go") {
      if (!going) setTimeout(go, 0);
      going = true;
    } else if (data.order === "one") {
      report(slice(simulation, state, settings, 0));
    } else if (state.looking && !going) {
      lookAt(state, settings);
      report(simulation.progress(state, settings));
    }
  };
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

/** What the command line would write for this run. */
function resultsOf(
  notebook: string,
  { seed, ...config }: ExperimentSettings,
  { metrics, paramsSha256 }: Finished,
): Results {
  return {
    ...{ notebook, preset: "full", seed, config, paramsSha256 },
    metrics: Object.entries(metrics as Record<string, number>)
      .map(([name, value]) => metric(name, value)),
    claims: [],
  };
}
