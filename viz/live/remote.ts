/**
 * A long training in a worker of its own, so that the page stays awake: the
 * script of a live cell runs a second time, in the worker, and reports.
 *
 * Where the page may start no worker, the training runs in the page itself.
 *
 * @module
 */
import { mount } from "./mount.ts";
import type { Settings, Simulation } from "./simulation.ts";

/** A state that a training appends rows to. */
interface Rows {
  rows: object[];
}

/** What the worker tells the page. */
interface Report {
  /** Rows since the last report. */
  rows: object[];
  progress: number;
  numbers: Record<string, number>;
}

interface RemoteState<S> {
  /** Shown here, trained there. */
  local: S;
  /** Null before the first step, and where there is no worker. */
  worker: Worker | null;
  here: boolean;
  latest: Report | null;
}

/** Milliseconds of training between two reports. */
const SLICE = 60;

/** In a page: mounts the simulation. In a worker: trains it. */
export function mountRemote<V extends Settings, S extends Rows>(
  simulation: Simulation<V, S, undefined>,
  key: string,
): void {
  if (typeof document === "undefined") return serve(simulation);
  const script = document.currentScript?.textContent ?? "";
  mount(remote(simulation, script), key);
}

/** The simulation, with its steps taken by a worker that runs `script`. */
function remote<V extends Settings, S extends Rows>(
  simulation: Simulation<V, S, undefined>,
  script: string,
): Simulation<V, RemoteState<S>, undefined> {
  let worker: Worker | null = null;

  function send(state: RemoteState<S>, settings: V): void {
    try {
      const blob = new Blob([script], { type: "text/javascript" });
      const url = URL.createObjectURL(blob);
      worker = state.worker = new Worker(url);
      worker.onmessage = ({ data }: MessageEvent<Report>): void => {
        state.local.rows.push(...data.rows);
        state.latest = data;
      };
      worker.onerror = (): void => {
        state.here = state.latest === null;
      };
      worker.postMessage(settings);
    } catch {
      state.here = true;
    }
  }

  return {
    ...simulation,
    pace: 1,
    start(settings): RemoteState<S> {
      worker?.terminate();
      const local = simulation.start(settings, undefined);
      return { local, worker: null, here: script === "", latest: null };
    },
    step(state, settings): void {
      if (state.here) simulation.step(state.local, settings, undefined);
      else if (!state.worker) send(state, settings);
    },
    progress: ({ local, latest }, settings) =>
      latest?.progress ?? simulation.progress(local, settings),
    numbers: ({ local, latest }, settings) =>
      latest?.numbers ?? simulation.numbers(local, settings),
    draw: ({ local }, settings, width) =>
      simulation.draw(local, settings, width, undefined),
    place: undefined,
  };
}

/** Trains in a worker: waits for settings, and reports until the end. */
function serve<V extends Settings, S extends Rows>(
  simulation: Simulation<V, S, undefined>,
): void {
  const port = globalThis as unknown as Worker;
  port.onmessage = ({ data: settings }: MessageEvent<V>): void => {
    const state = simulation.start(settings, undefined);
    let told = 0;
    function slice(): void {
      const start = performance.now();
      let progress = 0;
      while (progress < 1 && performance.now() - start < SLICE) {
        simulation.step(state, settings, undefined);
        progress = simulation.progress(state, settings);
      }
      const report: Report = {
        rows: state.rows.slice(told),
        progress,
        numbers: simulation.numbers(state, settings),
      };
      told = state.rows.length;
      port.postMessage(report);
      if (progress < 1) setTimeout(slice, 0);
    }
    slice();
  };
}
