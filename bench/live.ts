/**
 * `deno run -A bench/live.ts [notebook…] [--repeats N]`: the live cells under
 * their limits, in Chromium: time of a training over that of the kernel, frames
 * and pictures a second meanwhile, memory over twenty trainings, bytes.
 *
 * Kernel and page take turns; the median ratio counts, beside that of the least
 * times, because whatever else the machine does can only add to a time.
 *
 * @module
 */
import type { Browser, Locator } from "playwright-core";
import { experimentModule } from "../lib/run/experiment.ts";
import { finish } from "../lib/run/training.ts";
import { mean, quantile } from "../lib/numeric/statistics.ts";
import { findChromium, launch } from "../tests/browser.ts";
import { reportOf, SHORT, shortCell } from "../tests/live_cells.ts";
import type { Experiment, ExperimentOutcome } from "../viz/live/experiment.ts";
import { liveExperiment } from "../viz/live/live.ts";

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

/** Seconds that a seed takes here, as in the kernel, and what it ends with. */
async function inKernel(
  name: string,
): Promise<{ seconds: number; outcome: ExperimentOutcome; rows: object[] }> {
  const module: Experiment = await import(experimentModule(name));
  const settings = module.settings(CELLS[name].settings);
  const rows: object[] = [];
  const start = performance.now();
  const outcome = finish(
    module.trainSeed(1, settings),
    (row) => rows.push(row),
  );
  return { seconds: (performance.now() - start) / 1000, outcome, rows };
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

const fixed = (x: number, digits = 2): string => x.toFixed(digits);

/** Prints the limits of a notebook's cell, but for memory. */
async function measure(
  browser: Browser,
  name: string,
  repeats: number,
): Promise<void> {
  const { settings, ...view } = CELLS[name];
  const first = await inKernel(name);
  const { html } = await liveExperiment(name, {
    ...{ ...view, settings, title: name, preset: "full", seed: 1 },
    ...{ metrics: {}, outcome: first.outcome, rows: first.rows },
  });
  const [, script] = /<script>([^]*)<\/script>/.exec(html)!;
  const host = await openHost(browser, html);
  const kernel: number[] = [];
  const page: Watched[] = [];
  for (let i = 0; i < repeats; i++) {
    kernel.push((await inKernel(name)).seconds);
    page.push(await inPage(host));
  }
  const seconds = page.map((one) => one.seconds);
  const ratios = seconds.map((s, i) => s / kernel[i]);
  const least = Math.min(...seconds) / Math.min(...kernel);
  console.log(
    `${name}: ${fixed(quantile(ratios, 0.5))} × the kernel's ${
      fixed(quantile(kernel, 0.5))
    } s (median of ${repeats}; of least times ${fixed(least)}), ` +
      `${fixed(mean(page.map((one) => one.frames)), 0)} frames and ` +
      `${fixed(mean(page.map((one) => one.pictures)), 0)} pictures a second, ` +
      `script ${
        fixed(new TextEncoder().encode(script).length / 1000, 0)
      } kB, ` +
      `bits ${
        await host.getAttribute("data-same") === "true" ? "the same" : "OTHER"
      }`,
  );
  await host.page().close();
}

/** Megabytes that all processes of the browser hold, by /proc. */
async function megabytes(profile: string): Promise<number> {
  let pages = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const line = await Deno.readTextFile(`/proc/${name}/cmdline`);
      if (!line.includes(profile)) continue;
      const statm = await Deno.readTextFile(`/proc/${name}/statm`);
      pages += Number(statm.split(" ")[1]);
    } catch {
      // ended meanwhile
    }
  }
  return pages * 4096 / 1e6;
}

/** Prints the memory after each of twenty trainings. */
async function remember(browser: Browser, mark: string): Promise<void> {
  const host = await openHost(browser, await shortCell("population_codes"));
  const after: number[] = [];
  for (let i = 0; i < 20; i++) {
    await inPage(host);
    await host.page().requestGC();
    after.push(await megabytes(mark));
  }
  const [early, late] = [after.slice(5, 10), after.slice(15)].map(mean);
  console.log(
    `memory of Chromium over twenty trainings, MB: ${
      after.map((mb) => fixed(mb, 0)).join(" ")
    }; the last five less the sixth to tenth: ${fixed(late - early, 1)}`,
  );
}

if (import.meta.main) {
  const at = Deno.args.indexOf("--repeats");
  const repeats = at < 0 ? 3 : Number(Deno.args[at + 1]);
  const asked = Deno.args.filter((name) => name in SHORT);
  // By this word its processes are known.
  const mark = `--live-limits=${crypto.randomUUID()}`;
  const browser = await launch(findChromium()!, [mark]);
  try {
    await remember(browser, mark);
    for (const name of asked.length > 0 ? asked : Object.keys(CELLS)) {
      await measure(browser, name, repeats);
    }
  } finally {
    await browser.close();
  }
}
