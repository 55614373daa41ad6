/**
 * The live cell of an experiment: what trains elsewhere, shown here.
 *
 * @module
 */
import {
  type ExperimentSettings,
  type ExperimentSimulation,
  type ExperimentState,
  type Finished,
} from "./experiment.ts";
import { mount } from "./mount.ts";
import { sweepSeeds } from "./seeds.ts";
import type { Simulation } from "./simulation.ts";
import { type Report, serve, type Trainer, trainer } from "./trainer.ts";

/** In a page: mounts the simulation. In a worker: trains it. */
export function mountRemote(
  simulation: ExperimentSimulation,
  key: string,
): void {
  if (typeof document === "undefined") return serve(simulation);
  const script = document.currentScript?.textContent ?? "";
  mount(remote(simulation, script), key);
}

interface RemoteState {
  /** Shown here, trained there. */
  local: ExperimentState;
  trainer: Trainer;
  latest: Report | null;
  finished: Finished | null;
}

/** The simulation, with its steps taken by a worker that runs `script`. */
function remote(
  simulation: ExperimentSimulation,
  script: string,
): Simulation<ExperimentSettings, RemoteState, undefined> {
  let current: Trainer | null = null;
  let changed = (_failure?: string): void => {};
  const of = { ...simulation, place: undefined };
  return {
    ...of,
    pace: 1,
    still: true, // there are no weights to draw before
    start(settings): RemoteState {
      current?.close();
      const local = simulation.start(settings, undefined);
      const started = trainer(simulation, { script }, {
        report(report): void {
          local.rows.push(...report.rows);
          local.at = report.at;
          local.picture = report.picture;
          state.latest = report;
          state.finished = report.outcome;
          changed();
        },
        fail: (why) => changed(why),
      });
      const state = {
        local,
        trainer: started,
        latest: null,
        finished: null,
      } as RemoteState;
      current = started;
      return state;
    },
    step(): void {},
    steer({ trainer }, settings, order): void {
      trainer.obey(order, settings);
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
      finished && simulation.results(settings, finished),
    sweep: (settings, changed) =>
      sweepSeeds(simulation, { settings, script, changed }),
  };
}
