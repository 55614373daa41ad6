/**
 * Simulations in a cell's output: the model, compiled into one small script,
 * with a panel, and a still picture for viewers that strip scripts.
 *
 * Bundled when the cell runs, from the same modules that the cells import: the
 * page runs what the notebook ran, and arrives at its numbers to the last bit.
 *
 * @module
 */
import { build, type Plugin, stop } from "esbuild";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { experimentModule, type Params } from "../../lib/run/experiment.ts";
import { fixed } from "../page/numbers.ts";
import { contentHash, type Html, html, raw } from "../page/html.ts";
import { picture } from "../page/picture.ts";
import { scriptJson } from "../page/script.ts";
import {
  type Experiment,
  experiment,
  type ExperimentFigure,
  type ExperimentOutcome,
  type ExperimentRow,
  type ExperimentState,
  type ExperimentView,
  lookAt,
  newState,
  outcomeNumbers,
  type RecordedSeed,
  valuesOf,
} from "./experiment.ts";
import {
  play,
  playAll,
  type Played,
  read,
  type Settings,
  type Simulation,
} from "./simulation.ts";

export { play, playAll };
export type { Played, Simulation };

/** What a live cell hands to the page. */
export interface LiveOptions<V extends Settings, S, D> {
  /** Settings other than the defaults. */
  settings?: Partial<V>;
  /** What the simulation needs besides; must survive JSON. */
  data?: D;
  /**
   * The end that the notebook reached: its numbers are what the page is held
   * to, its state is drawn as the still. Default: played here.
   */
  end?: Pick<Played<V, S>, "settings" | "state"> & {
    numbers?: Record<string, number>;
  };
}

/**
 * A simulation for the reader to play with.
 *
 * @example
 * ```ts
 * import { live } from "./live.ts";
 * import { show } from "../notebook/show.ts";
 * import { collapse } from "./simulations/collapse.ts";
 * await show(await live(collapse, { settings: { seed: 1 } }));
 * ```
 */
export async function live<V extends Settings, S, D = undefined>(
  simulation: Simulation<V, S, D>,
  options: LiveOptions<V, S, D> = {},
): Promise<Html> {
  const { data, end } = options;
  const played = end
    ? {
      ...end,
      numbers: end.numbers ?? simulation.numbers(end.state, end.settings),
    }
    : play(simulation, options.settings, data as D);
  const { name } = simulation;
  return await render(simulation, played, {
    imports: `import { ${name} } from "./simulations/${fileName(name)}";
      import { mount } from "./mount.ts";`,
    simulation: name,
  }, data);
}

/** How {@link liveExperiment} shows an experiment. */
export interface LiveExperimentOptions
  extends Omit<ExperimentView, "recorded"> {
  seed: number;
  /**
   * Seeds that were trained before; those count whose settings, where they are
   * told, are the notebook's.
   */
  recorded?: readonly (RecordedSeed & { settings?: object })[];
  /** What `trainSeed` returned here: the page is held to it. */
  outcome: ExperimentOutcome;
  /** The history, for the still picture. */
  rows?: readonly object[];
}

/**
 * One seed of `data/experiments/<name>.ts` for the reader to train again, in
 * the page, from any seed.
 *
 * @param name the file's name without the ending
 */
export async function liveExperiment(
  name: string,
  { seed, outcome, rows = [], recorded = [], ...given }: LiveExperimentOptions,
): Promise<Html> {
  const module: Experiment = await import(experimentModule(name));
  const figure = await figureOf(name);
  const all = module.settings(given.settings);
  const known = recorded.filter((one) => isOf(one, all));
  const keys = Object.keys(given.metrics);
  const view = {
    ...{ ...given, notebook: name },
    recorded: known.map(({ seed, metrics }) => ({
      seed,
      metrics: Object.fromEntries(
        keys.filter((key) => key in metrics).map((key) => [key, metrics[key]]),
      ),
    })),
  };
  const shown = experiment(module, view, figure);
  const settings = valuesOf(seed, all, figure);
  const drawn = rows as ExperimentRow[];
  const state: ExperimentState = {
    ...newState(),
    ...{ rows: drawn, at: drawn.at(-1)?.step ?? 0, outcome },
    params: () => outcome.params as Params,
    looking: figure?.look(seed, all) ?? null,
  };
  lookAt(state, settings);
  const numbers = outcomeNumbers(outcome, view);
  const file = JSON.stringify(fileURLToPath(experimentModule(name)));
  return await render(shown, { settings, state, numbers }, {
    imports: `import * as module from ${file};
      ${figure ? `import { figure } from "./experiments/${name}.ts";` : ""}
      import { experiment } from "./experiment.ts";
      import { mountRemote as mount } from "./remote.ts";`,
    simulation: `experiment(module, ${JSON.stringify(view)}, ${
      figure ? "figure" : "null"
    })`,
  });
}

/**
 * Whether a seed was trained under these settings, as far as it tells; how
 * often it was evaluated meanwhile changes nothing of it.
 */
function isOf({ settings }: { settings?: object }, all: object): boolean {
  const kept = (of: object): string => {
    const { evalEvery: _, ...rest } = of as Record<string, unknown>;
    return JSON.stringify(Object.entries(rest).sort());
  };
  return settings === undefined || kept(settings) === kept(all);
}

/** The figure of viz/live/experiments, where there is one of that name. */
async function figureOf(name: string): Promise<ExperimentFigure | null> {
  const file = new URL(`./experiments/${name}.ts`, import.meta.url);
  return existsSync(file) ? (await import(file.href)).figure : null;
}

/** A still of the end, and the script that brings it to life. */
async function render<V extends Settings, S, D>(
  simulation: Simulation<V, S, D>,
  end: Played<V, S>,
  source: Source,
  data?: D,
): Promise<Html> {
  const { settings, state, numbers } = end;
  const payload = scriptJson({ settings, numbers, data });
  const key = `${simulation.name}-${
    contentHash(simulation.title + payload + source.simulation)
  }`;
  const script = await compile(source, key);
  const draw = (width: number): string =>
    simulation.draw(state, settings, width, data as D);
  const still = raw(
    picture(draw(640), { narrow: draw(300), alt: simulation.title }),
  );
  const values = read(simulation, simulation.numbers(state, settings))
    .map(({ label, value, digits }) => `${label} ${fixed(value, digits)}`);
  return html`
    <div data-simulation="${key}"
      data-lm-suppress-shortcuts="true"><figure class="hc-fig"><div class="hc-title">${simulation
        .title}</div><div class="hc-scroll">${still}</div><figcaption>${simulation
        .description} At the end: ${values.join(
          ", ",
        )}. <span class="hc-still">(A still: this viewer runs no scripts.)</span></figcaption></figure>${raw(
          `<script type="application/json">${payload}</script>`,
        )}</div>${raw(`<script>${script}</script>`)}
  `;
}

/** TypeScript, as seen from viz/live. */
interface Source {
  /** Among them a function named mount. */
  imports: string;
  /** An expression for the simulation. */
  simulation: string;
}

/** One self-contained script that mounts a simulation. */
async function compile(
  { imports, simulation }: Source,
  key: string,
): Promise<string> {
  const { outputFiles } = await served(() =>
    build({
      stdin: {
        contents: `${imports}
          mount(${simulation}, ${JSON.stringify(key)});`,
        resolveDir: fileURLToPath(new URL("./", import.meta.url)),
        loader: "ts",
      },
      bundle: true,
      minify: true,
      write: false,
      format: "iife",
      target: "es2022",
      charset: "utf8",
      legalComments: "inline",
      logLevel: "silent",
      plugins: [npmModules],
    })
  );
  return outputFiles[0].text.trim().replaceAll("</", "<\\/");
}

/** Ends when the bundler's process is free again. */
let bundler: Promise<unknown> = Promise.resolve();

/**
 * Works with the bundler's process, one after the other, and ends it. A stop
 * that interrupts the kernel ends that process, too: then it starts anew.
 */
function served<T>(work: () => Promise<T>): Promise<T> {
  const attempt = (): Promise<T> => work().finally(stop);
  const result = bundler.then(attempt).catch((error) => {
    if (!/service (was stopped|is no longer)/.test(error.message)) throw error;
    return attempt();
  });
  bundler = result.catch(() => {});
  return result;
}

function fileName(name: string): string {
  return `${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}.ts`;
}

/** Finds npm modules where Deno keeps them: this module has them loaded. */
const npmModules: Plugin = {
  name: "npm-modules",
  setup(builder): void {
    const loaded = createRequire(import.meta.url).cache;
    builder.onResolve({ filter: /^[^./]/ }, ({ path }) => {
      const [name, ...rest] = path.split("/");
      const found = Object.keys(loaded).find((file) => {
        const unix = file.replaceAll("\\", "/");
        return unix.includes(`/${name}/`) &&
          unix.endsWith(`/${rest.join("/")}`);
      });
      if (found) return { path: found, namespace: "commonjs" };
      return {
        errors: [{
          text: `Cannot compile the simulation as ${path} must be loaded: ` +
            "import it, through a module of lib/, in the same cell or before",
        }],
      };
    });
    // As an ES module: the bundler's own wrapper is longer than the package.
    builder.onLoad({ filter: /./, namespace: "commonjs" }, async (args) => {
      const source = await readFile(args.path, "utf8");
      return {
        contents: `${await notice(args.path, source)}
        const module = { exports: {} };
        ${source}
        export default module.exports;`,
      };
    });
  },
};

/**
 * A comment that stays in the script: the package that a file is of, its
 * licence, and the words with which the file begins.
 */
async function notice(file: string, source: string): Promise<string> {
  let folder = dirname(file);
  const about = (): string => join(folder, "package.json");
  while (!existsSync(about()) && folder !== dirname(folder)) {
    folder = dirname(folder);
  }
  const { name, version, license } = JSON.parse(
    await readFile(about(), "utf8"),
  );
  if (typeof license !== "string") {
    throw new TypeError(
      `Cannot compile the simulation as the package ${name} must name its licence`,
    );
  }
  const [words] = /^(?:\s*\/\/.*\n)*/.exec(source)!;
  const text = words.replace(/^\s*\/\/ ?/gm, "").replaceAll("*/", "* /").trim();
  return `/*! ${name} ${version}, ${license}\n${text}\n*/`;
}
