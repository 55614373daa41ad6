/**
 * `deno run -A bench/live.ts [notebook…] [--repeats N]`: the live cells under
 * their limits, in Chromium: time of a training over that of the kernel, frames
 * and pictures a second meanwhile, memory over twenty trainings, bytes, the first
 * paint with and without the script.
 *
 * Kernel and page take turns, each anew, so that both compile as they go; the
 * median ratio counts, beside that of the least times, because whatever else the
 * machine does can only add to a time. The kernel has one core, as a page has,
 * whose threads may share no memory; what it takes on all of them is told, too.
 * Where the machine is busy, times of the processor tell more: of the worker
 * that trains, its looks and reports included, over the kernel's.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import type { Browser, Locator } from "playwright-core";
import { experimentModule } from "../lib/run/experiment.ts";
import { limitSweep } from "../lib/run/sweep.ts";
import { finish } from "../lib/run/training.ts";
import { mean, quantile } from "../lib/numeric/statistics.ts";
import { findChromium, launch } from "../tests/browser.ts";
import { reportOf, SHORT, shortCell } from "../tests/live_cells.ts";
import type { Experiment, ExperimentOutcome } from "../viz/live/experiment.ts";
import { liveExperiment } from "../viz/live/live.ts";
import { CORES } from "./all_cores.ts";

/** Pages that are opened for the first paint, in each way. */
const PAINTS = 15;
/** Milliseconds from a pointer's coming to the button until it presses. */
const HAND = 200;

/** Settings of the notebooks' live cells, and the step of their last row. */
const CELLS: Record<string, {
  settings: Record<string, unknown>;
  total: number;
  curve?: [string, string];
}> = {
  helmholtz_shifter: {
    settings: { way: "staged", top: 1, evalEvery: 10_000 },
    total: 500_000,
  },
  imax_stereograms: {
    settings: { evalEvery: 20 },
    total: 800,
    curve: ["correlation", "corr(a, b)"],
  },
  neural_em: { settings: {}, total: 960, curve: ["loss", "loss"] },
  population_codes: {
    settings: { evalEvery: 64 },
    total: 6400,
    curve: ["testMse", "test MSE"],
  },
};

/** What a seed took here, as in the kernel, and what it ended with. */
interface Ran {
  seconds: number;
  /** Seconds of a processor. */
  busy: number;
  outcome: ExperimentOutcome;
  rows: object[];
}

async function train(name: string): Promise<Ran> {
  const module: Experiment = await import(experimentModule(name));
  const settings = module.settings(CELLS[name].settings);
  const rows: object[] = [];
  const before = cpuUsage();
  const start = performance.now();
  const outcome = finish(
    module.trainSeed(1, settings),
    (row) => rows.push(row),
  );
  const { user, system } = cpuUsage(before);
  return {
    seconds: (performance.now() - start) / 1000,
    busy: (user + system) / 1e6,
    ...{ outcome, rows },
  };
}

/** The times of the same in a process of its own, on so many cores. */
async function inKernel(
  name: string,
  cores: number,
): Promise<Pick<Ran, "seconds" | "busy">> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, "--once", name, `${cores}`],
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** What a training in the page took. */
interface Watched {
  seconds: number;
  /** Frames and pictures a second while it trained. */
  frames: number;
  pictures: number;
}

/** Trains, and counts frames and pictures in the page meanwhile. */
function inPage(host: Locator): Promise<Watched> {
  return host.evaluate((element) => {
    const { shadowRoot, dataset } = element as HTMLElement;
    const picture = shadowRoot!.querySelector(".picture")!;
    let [frames, pictures] = [0, 0];
    const watching = new MutationObserver(() => pictures++);
    watching.observe(picture, { childList: true });
    const start = performance.now();
    shadowRoot!.querySelector<HTMLElement>("button.main")!.click();
    return new Promise<Watched>((resolve) => {
      const look = (): void => {
        frames++;
        if (dataset.state === "running") {
          return void requestAnimationFrame(look);
        }
        watching.disconnect();
        const seconds = (performance.now() - start) / 1000;
        resolve({
          seconds,
          frames: frames / seconds,
          pictures: pictures / seconds,
        });
      };
      requestAnimationFrame(look);
    });
  });
}

async function openHost(browser: Browser, html: string): Promise<Locator> {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 900 },
  });
  const file = await Deno.makeTempFile({ suffix: ".html" });
  await Deno.writeTextFile(file, reportOf([html]));
  await page.goto(`file://${file}`);
  await Deno.remove(file);
  return page.locator("[data-simulation]");
}

/** Milliseconds until the page with this cell is first painted. */
async function firstPaint(browser: Browser, html: string): Promise<number> {
  const page = (await openHost(browser, html)).page();
  const paint = (): number | undefined =>
    performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  await page.waitForFunction(paint);
  const shown = await page.evaluate(paint);
  await page.close();
  return shown!;
}

/** Medians of the first paint with the cell's script and without it. */
async function paints(browser: Browser, html: string): Promise<string> {
  const without = html.replace(/<script>[^]*<\/script>/, "");
  const seen: number[][] = [[], []];
  for (let i = 0; i < PAINTS; i++) {
    for (const [way, page] of [html, without].entries()) {
      seen[way].push(await firstPaint(browser, page));
    }
  }
  return seen.map((all) => fixed(quantile(all, 0.5), 0)).join(", without ");
}

const fixed = (x: number, digits = 2): string => x.toFixed(digits);

/** Prints the limits of a notebook's cell, but for memory. */
async function measure(
  browser: Browser,
  name: string,
  { repeats, mark }: { repeats: number; mark: string },
): Promise<void> {
  const { settings, ...view } = CELLS[name];
  const first = await train(name);
  const { html } = await liveExperiment(name, {
    ...{ ...view, settings, title: name, preset: "full", seed: 1 },
    ...{ metrics: {}, outcome: first.outcome, rows: first.rows },
  });
  const [, script] = /<script>([^]*)<\/script>/.exec(html)!;
  let same = true;
  const kernel: number[] = [];
  const onAll: number[] = [];
  const page: Watched[] = [];
  const busy: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const ran = await inKernel(name, 1);
    kernel.push(ran.seconds);
    onAll.push((await inKernel(name, CORES)).seconds);
    const host = await openHost(browser, html);
    await host.locator("button.main").hover(); // as a reader's hand does
    await host.page().waitForTimeout(HAND);
    page.push(await inPage(host));
    // Its worker rests, and began with this training.
    busy.push(workerSeconds(mark) / ran.busy);
    same &&= await host.getAttribute("data-same") === "true";
    await host.page().close();
  }
  const seconds = page.map((one) => one.seconds);
  const ratios = seconds.map((s, i) => s / kernel[i]);
  const least = Math.min(...seconds) / Math.min(...kernel);
  console.log(
    `${name}: ${fixed(quantile(ratios, 0.5))} × the kernel's ${
      fixed(quantile(kernel, 0.5))
    } s on one core (median of ${repeats}; of least times ${
      fixed(least)
    }; on ${CORES} cores it takes ${fixed(quantile(onAll, 0.5))} s), ` +
      `${fixed(quantile(busy, 0.5))} × its processor time, ` +
      `${fixed(mean(page.map((one) => one.frames)), 0)} frames and ` +
      `${fixed(mean(page.map((one) => one.pictures)), 0)} pictures a second, ` +
      `script ${
        fixed(new TextEncoder().encode(script).length / 1000, 0)
      } kB, ` +
      `first paint after ${await paints(browser, html)} ms, ` +
      `bits ${same ? "the same" : "OTHER"}`,
  );
}

/** The sum over the browser and what it started, by /proc; Linux alone. */
function overProcesses(mark: string, read: (folder: string) => number): number {
  const parents = new Map<string, string>();
  let first = "";
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const { rest } = statOf(`/proc/${name}`);
      parents.set(name, rest[1]);
      const line = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      if (line.includes(mark)) first = name;
    } catch {
      // ended meanwhile
    }
  }
  const isOurs = (id: string): boolean =>
    id === first || (parents.has(id) && isOurs(parents.get(id)!));
  return [...parents.keys()].filter(isOurs)
    .reduce((sum, id) => sum + read(`/proc/${id}`), 0);
}

/** A process or thread: its name, and the fields after it. */
function statOf(folder: string): { name: string; rest: string[] } {
  const stat = Deno.readTextFileSync(`${folder}/stat`);
  const [, name, rest] = /\((.*)\) (.*)/.exec(stat)!;
  return { name, rest: rest.split(" ") };
}

/** Megabytes that the browser holds. */
function megabytes(mark: string): number {
  return overProcesses(mark, (folder) => {
    const statm = Deno.readTextFileSync(`${folder}/statm`);
    return Number(statm.split(" ")[1]) * 4096 / 1e6;
  });
}

/** Seconds of a processor that workers of the browser have had. */
function workerSeconds(mark: string): number {
  return overProcesses(mark, (folder) => {
    let ticks = 0;
    for (const { name } of Deno.readDirSync(`${folder}/task`)) {
      const thread = statOf(`${folder}/task/${name}`);
      if (!thread.name.startsWith("DedicatedWorker")) continue;
      ticks += Number(thread.rest[11]) + Number(thread.rest[12]);
    }
    return ticks / 100;
  });
}

/** Prints the memory after each of twenty trainings. */
async function remember(browser: Browser, mark: string): Promise<void> {
  const host = await openHost(browser, await shortCell("population_codes"));
  const after: number[] = [];
  for (let i = 0; i < 20; i++) {
    await inPage(host);
    await host.page().requestGC();
    after.push(megabytes(mark));
  }
  const [early, late] = [after.slice(5, 10), after.slice(15)].map(mean);
  console.log(
    `memory of Chromium over twenty trainings, MB: ${
      after.map((mb) => fixed(mb, 0)).join(" ")
    }; the last five less the sixth to tenth: ${fixed(late - early, 1)}`,
  );
}

if (import.meta.main && Deno.args[0] === "--once") {
  const [, name, cores] = Deno.args;
  limitSweep(Number(cores));
  const { seconds, busy } = await train(name);
  console.log(JSON.stringify({ seconds, busy }));
} else if (import.meta.main) {
  const at = Deno.args.indexOf("--repeats");
  const repeats = at < 0 ? 3 : Number(Deno.args[at + 1]);
  const asked = Deno.args.filter((name) => name in SHORT);
  // By this word its processes are known.
  const mark = `--live-limits=${crypto.randomUUID()}`;
  const browser = await launch(findChromium()!, [mark]);
  try {
    await remember(browser, mark);
    for (const name of asked.length > 0 ? asked : Object.keys(CELLS)) {
      await measure(browser, name, { repeats, mark });
    }
  } finally {
    await browser.close();
  }
}
