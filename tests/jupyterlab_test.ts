/** Notebooks in real JupyterLab, driven as a reader drives it. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import type { Download, Page } from "playwright-core";
import { findChromium } from "./browser.ts";
import { findProgram } from "./jupyter.ts";
import { type Lab, withLab } from "./jupyterlab.ts";
import { followedTrainings } from "../tasks/notebook/cost.ts";
import {
  findNotebooks,
  formatNotebook,
  readNotebook,
} from "../tasks/notebook/notebook.ts";
import type { Output } from "../tasks/notebook/output.ts";
import { NOTEBOOKS, ROOT } from "../tasks/project.ts";
import { patience } from "./patience.ts";
import { kernelsBelow, until } from "./processes.ts";
import { curves } from "../viz/figures/curves.ts";
import { bundle, formula } from "../viz/notebook/show.ts";

const program = findProgram("jupyter-lab");
const chromium = findChromium();
const EDITOR = join(ROOT, "tests", "fixtures", "editor.ipynb");
const FILES = await findNotebooks([], NOTEBOOKS);
/** Where to keep pictures of what was seen; none by default. */
const PICTURES = Deno.env.get("HIDDEN_CAUSES_PICTURES");

/** The part of JupyterLab's application, in the page, that tests look at. */
interface Application {
  commands: { execute(command: string): Promise<void> };
  shell: {
    currentWidget: {
      sessionContext?: {
        session?: { kernel?: { name: string; status: string } };
      };
      content: { widgets: { model: CellModel }[] };
    } | null;
  };
}
interface CellModel {
  id: string;
  type: string;
  executionState: string;
  executionCount: number | null;
  outputs: {
    length: number;
    get(i: number): { data: Record<string, unknown> };
    toJSON(): { output_type: string; data?: Record<string, unknown> }[];
  };
  sharedModel: {
    getSource(): string;
    setSource(source: string): void;
    getMetadata(): { tags?: string[] };
  };
}
declare global {
  var jupyterapp: Application | undefined;
}

/** State of a code cell as JupyterLab holds it. */
interface Seen {
  id: string;
  count: number | null;
  types: string[][];
  text: string;
}

/** A training that was stopped. */
interface Stop {
  cell: string;
  /** What its line says in the end. */
  line: string;
  /** Milliseconds. */
  took: number;
}

/** A notebook open in JupyterLab. */
class OpenNotebook {
  private constructor(readonly page: Page, readonly name: string) {}

  static async open(
    { browser, url }: Lab,
    name: string,
  ): Promise<OpenNotebook> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      acceptDownloads: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(
      `${url}/lab/workspaces/${name}/tree/notebooks/${name}.ipynb?reset`,
    );
    await page.locator(".jp-Notebook .jp-Cell").first().waitFor();
    const notebook = new OpenNotebook(page, name);
    await notebook.idle();
    return notebook;
  }

  menu(menu: string, ...items: string[]): Promise<void> {
    return (async () => {
      await this.page.locator(".lm-MenuBar-item", {
        hasText: new RegExp(`^${menu}$`),
      }).click();
      for (const [i, item] of items.entries()) {
        const entry = this.page.locator(".lm-Menu").nth(i).locator(
          ".lm-Menu-item",
          { hasText: item },
        ).first();
        if (i < items.length - 1) await entry.hover();
        else await entry.click();
      }
    })();
  }

  /** Wait until the Deno kernel is idle. */
  async idle(seconds = 60): Promise<void> {
    await this.page.waitForFunction(
      () => {
        const kernel = globalThis.jupyterapp?.shell.currentWidget
          ?.sessionContext?.session?.kernel;
        return kernel?.name === "deno" && kernel.status === "idle";
      },
      null,
      { timeout: 1000 * seconds },
    );
  }

  /** Wait until the cell has run, which is told by its number. */
  async ran(id: string, seconds: number): Promise<void> {
    await this.page.waitForFunction(
      (id) => {
        const cells =
          globalThis.jupyterapp!.shell.currentWidget!.content.widgets;
        const model = cells.find((c) => c.model.id === id)!.model;
        return model.executionState === "idle" && model.executionCount !== null;
      },
      id,
      { timeout: 1000 * seconds },
    );
  }

  /** Replace a piece of the parameters cell. */
  async set(from: RegExp, to: string): Promise<void> {
    await this.page.evaluate(({ from, to }) => {
      const cells = globalThis.jupyterapp!.shell.currentWidget!.content.widgets;
      const model = cells.find((c) =>
        c.model.sharedModel.getMetadata().tags?.includes("parameters")
      )!.model;
      const source = model.sharedModel.getSource();
      model.sharedModel.setSource(source.replace(new RegExp(from), to));
    }, { from: from.source, to });
  }

  seen(): Promise<Seen[]> {
    return this.page.evaluate(() => {
      const cells = globalThis.jupyterapp!.shell.currentWidget!.content.widgets;
      return cells.filter((c) => c.model.type === "code").map((c) => {
        const outputs = c.model.outputs.toJSON();
        return {
          id: c.model.id,
          count: c.model.executionCount,
          types: outputs.map((o) =>
            o.data ? Object.keys(o.data).sort() : [o.output_type]
          ),
          text: outputs.map((o) => JSON.stringify(o.data ?? o)).join("\n"),
        };
      });
    });
  }

  /**
   * Press the stop button. Returns the milliseconds, as the page counts them,
   * until the cell says that it stopped.
   */
  async stop(id: string): Promise<number> {
    const measured = this.page.evaluate(async (id) => {
      const cells = globalThis.jupyterapp!.shell.currentWidget!.content.widgets;
      const { model } = cells.find((c) => c.model.id === id)!;
      const start = await new Promise<number>((resolve) =>
        document.addEventListener("click", () => resolve(performance.now()), {
          capture: true,
          once: true,
        })
      );
      const stopped = (): boolean =>
        JSON.stringify(model.outputs.toJSON()).includes("stopped, state kept");
      while (!stopped() && performance.now() < start + 10_000) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return performance.now() - start;
    }, id);
    await this.page.locator('[data-command="notebook:interrupt-kernel"]')
      .first().click();
    return await measured;
  }

  /**
   * Run all cells, and stop every training shortly after it says how long it
   * has left, until the cell `last` has ended. For each, the milliseconds from
   * the stop to the end of its cell, or to the cell's next training.
   */
  stopTrainingsUntil(last: string): Promise<Stop[]> {
    return this.page.evaluate(async (last) => {
      const app = globalThis.jupyterapp!;
      const cells = app.shell.currentWidget!.content.widgets
        .map((c) => c.model).filter((model) => model.type === "code");
      const wait = (ms: number): Promise<void> =>
        new Promise((resolve) => setTimeout(resolve, ms));
      const lines = ({ outputs }: CellModel): string[] =>
        Array.from(
          { length: outputs.length },
          (_, i) => String(outputs.get(i).data["text/plain"] ?? ""),
        );
      const trains = (line: string): boolean => / steps · .* left/.test(line);
      const runs = (cell: CellModel): boolean =>
        cell.executionState === "running";
      const stops: Stop[] = [];
      const end = cells.find(({ id }) => id === last)!;
      app.commands.execute("notebook:run-all-cells");
      while (!runs(end)) await wait(10); // it waits for its turn
      const late = performance.now() + 900_000;
      for (; runs(end) && performance.now() < late; await wait(10)) {
        const cell = cells.find((cell) =>
          runs(cell) && lines(cell).some(trains)
        );
        if (!cell) continue;
        await wait(150);
        const at = lines(cell).findIndex(trains);
        if (at < 0) continue; // it was nearly done
        const start = performance.now();
        app.commands.execute("notebook:interrupt-kernel");
        // The line is absent for a moment where it is shown anew.
        while (trains(lines(cell)[at] ?? "1 steps · 1 s left")) await wait(10);
        const line = lines(cell)[at];
        while (runs(cell) && !lines(cell).some(trains)) await wait(10);
        const took = Math.round(performance.now() - start);
        stops.push({ cell: cell.id, line, took });
      }
      return stops;
    }, last);
  }

  async lastId(): Promise<string> {
    return (await this.seen()).at(-1)!.id;
  }

  /** File › Save and Export Notebook As › HTML. Returns the saved file. */
  async exportHtml(options: { sanitize: boolean }): Promise<string> {
    const { page } = this;
    // What came while JupyterLab saved by itself is not saved by the export.
    await page.evaluate(() =>
      globalThis.jupyterapp!.commands.execute("docmanager:save")
    );
    // The export opens a tab of its own, which downloads.
    const { promise, resolve, reject } = Promise.withResolvers<Download>();
    page.on("download", resolve);
    page.context().on("page", (tab) => tab.on("download", resolve));
    await this.menu("File", "Save and Export Notebook As", "HTML");
    const dialog = page.locator(".jp-Dialog");
    await dialog.locator("input[type=checkbox]").setChecked(options.sanitize);
    await dialog.locator(".jp-mod-accept").click();
    const timer = setTimeout(() => reject(new Error("no download")), 60_000);
    const download = await promise.finally(() => clearTimeout(timer));
    const file = await Deno.makeTempFile({ suffix: ".html" });
    await download.saveAs(file);
    return file;
  }

  async picture(what: string): Promise<void> {
    if (PICTURES) {
      await this.page.screenshot({
        path: join(PICTURES, `${this.name}-${what}.png`),
      });
    }
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

function assertWhole(cells: Seen[], name: string): void {
  for (const cell of cells) {
    assert.notEqual(cell.count, null, `${name}: cell ${cell.id} did not run`);
    assert.ok(
      !cell.types.some((t) => t.includes("error")),
      `${name}: cell ${cell.id}: ${cell.text}`,
    );
  }
}

const textOf = (cells: Seen[], id: string): string =>
  cells.find((c) => c.id === id)!.text;

async function toMiddle(notebook: OpenNotebook, id: string): Promise<void> {
  await until(
    async () => / steps · .* left/.test(textOf(await notebook.seen(), id)),
    60,
  );
}

/**
 * The page that JupyterLab's menu exports, opened offline: figures and tables
 * are in it, and no script of it fails.
 */
async function exportedPage(lab: Lab, notebook: OpenNotebook): Promise<Page> {
  const saved = await notebook.exportHtml({ sanitize: false });
  const offline = await lab.browser.newContext({ offline: true });
  const page = await offline.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`file://${saved}`);
  const shown = (await notebook.seen()).map(({ text }) => text).join("\n");
  assert.ok(
    await page.locator("svg path, svg polyline").count() > 0,
    "the figures are lost",
  );
  assert.equal(
    await page.locator(".hc table").count(),
    shown.split("<table").length - 1,
    "tables are lost",
  );
  assert.deepEqual(errors, []);
  return page;
}

Deno.test({
  name: "JupyterLab: run all, another seed, stop, restart, export",
  ignore: program === null || chromium === null,
  fn: () =>
    withLab([EDITOR, ...FILES], async (lab) => {
      const notebook = await OpenNotebook.open(lab, "editor");
      const { page } = notebook;

      // Run all, smoke: progress moves, no error, each output in its own cell.
      await notebook.set(/"full"/, '"smoke"');
      await notebook.menu("Run", "Run All Cells");
      await toMiddle(notebook, "train");
      await notebook.ran("environment", 60);
      const first = await notebook.seen();
      assertWhole(first, "editor");
      assert.match(textOf(first, "train"), /100 of 100 steps · 0.0100/);
      const outputs = Object.fromEntries(
        first.map((c) => [c.id, c.types.length]),
      );
      assert.deepEqual(outputs, {
        imports: 0,
        parameters: 0,
        train: 1,
        state: 1,
        curve: 1,
        live: 1,
        claims: 1,
        environment: 1,
      });
      await notebook.picture("run-all");

      // Another seed: what depends on it changes, and nothing is stale.
      await notebook.set(/seed = 1/, "seed = 2");
      await notebook.menu("Run", "Run All Cells");
      await until(async () =>
        (await notebook.seen()).every((c, i) =>
          (c.count ?? 0) > first[i].count!
        ), 60);
      await notebook.ran("environment", 60);
      const second = await notebook.seen();
      assertWhole(second, "editor");
      for (const id of ["state", "claims"]) {
        assert.notEqual(textOf(second, id), textOf(first, id));
      }
      assert.equal(textOf(second, "curve"), textOf(first, "curve"));

      // Stop in mid-training: it ends within a second, the state is kept, and
      // the next cells work.
      await notebook.set(/"smoke"/, '"full"');
      await notebook.menu("Run", "Run All Cells");
      await toMiddle(notebook, "train");
      await notebook.picture("training");
      const took = await notebook.stop("train");
      assert.ok(took < 1000 * patience(), `stopped after ${took} ms`);
      await notebook.ran("environment", 30);
      const third = await notebook.seen();
      assertWhole(third, "editor");
      const steps = Number(
        /"text\/plain":"seed \| steps[^\d]*2 \| ([\d,]+)/.exec(
          textOf(third, "state"),
        )?.[1]?.replace(",", ""),
      );
      assert.ok(steps > 0 && steps < 2000, `state kept after ${steps} steps`);
      await notebook.picture("stopped");

      // Restart and run all.
      await notebook.set(/"full"/, '"smoke"');
      await notebook.menu("Run", "Restart Kernel and Run All Cells");
      await page.locator(".jp-Dialog .jp-mod-accept").click();
      await until(async () =>
        (await notebook.seen()).every((c, i) =>
          c.count === i + 1
        ), 60);
      await notebook.ran("environment", 60);
      const fourth = await notebook.seen();
      assertWhole(fourth, "editor");
      assert.equal(textOf(fourth, "state"), textOf(second, "state"));

      // The interactive cell works in JupyterLab, and in what it exports.
      await page.locator(".counter button").scrollIntoViewIfNeeded();
      await page.locator(".counter button").click();
      assert.equal(await page.locator(".counter output").textContent(), "1");
      const exported = await exportedPage(lab, notebook);
      await exported.locator(".counter button").click();
      assert.equal(
        await exported.locator(".counter output").textContent(),
        "1",
      );
      // Sanitised, as the menu proposes, it says what to do.
      const saved = await notebook.exportHtml({ sanitize: true });
      assert.match(
        await Deno.readTextFile(saved),
        /“Sanitize HTML output” has removed what stood here: untick it, or run “deno task report”/,
      );
      await notebook.close();
      assert.equal((await kernelsBelow(lab.pid)).length, 1);
    }),
});

Deno.test({
  name:
    "JupyterLab shows a notebook that is not trusted: its figures as images, a formula once, no words for who sees none",
  ignore: program === null || chromium === null,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const file = join(folder, "untrusted.ipynb");
    try {
      const notebook = await readNotebook(EDITOR);
      const cell = notebook.cells.find((c) => c.cell_type === "code")!;
      const figure = curves([{ label: "a", points: [[0, 0], [1, 1]] }], {
        title: "A curve",
      });
      const output: Output = {
        output_type: "display_data",
        data: bundle([figure, formula("28 \\times 22^8")]),
        metadata: {},
      };
      notebook.cells = [{ ...cell, outputs: [output] }];
      await Deno.writeTextFile(file, formatNotebook(notebook));
      await withLab([file], async (lab) => {
        const { page } = await OpenNotebook.open(lab, "untrusted");
        const shown = page.locator(".jp-OutputArea-output .hc");
        const box = (await shown.locator("img.hc-svg").boundingBox())!;
        assert.ok(box.width > 300 && box.height > 150, JSON.stringify(box));
        assert.equal(await shown.locator("style").count(), 0, "it is trusted");
        const words = (await shown.innerText()).replaceAll(/\s+/g, "");
        assert.match(words, /^Acurve28×228$/);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

for (const file of FILES) {
  const name = basename(file, ".ipynb");
  Deno.test({
    name:
      `JupyterLab runs all of ${name} with the smoke preset, another seed, and stops`,
    ignore: program === null || chromium === null,
    fn: () =>
      withLab([EDITOR, ...FILES], async (lab) => {
        const notebook = await OpenNotebook.open(lab, name);
        // As committed, all cells have run: begin with none that has.
        await notebook.menu("Edit", "Clear Outputs of All Cells");
        await until(async () =>
          (await notebook.seen()).every((c) => c.count === null)
        );
        await notebook.set(/preset = "full"/, 'preset = "smoke"');
        await notebook.menu("Run", "Restart Kernel and Run All Cells");
        await notebook.page.locator(".jp-Dialog .jp-mod-accept").click();
        const last = await notebook.lastId();
        await until(
          async () =>
            (await notebook.seen()).every((c, i) => c.count === i + 1),
          120 * patience(),
        );
        await notebook.ran(last, 120 * patience());
        const first = await notebook.seen();
        assertWhole(first, name);
        await notebook.picture("run-all");

        await notebook.set(/seed = \d+/, "seed = 7");
        await notebook.menu("Run", "Run All Cells");
        await until(async () =>
          (await notebook.seen()).every((c, i) =>
            (c.count ?? 0) > first[i].count!
          ), 120 * patience());
        await notebook.ran(last, 120 * patience());
        const second = await notebook.seen();
        assertWhole(second, name);
        const changed = second.filter((c, i) =>
          c.text !== first[i].text
        );
        // The results name their seed.
        assert.ok(changed.length >= 2, "nothing changed with the seed");

        // The panel trains in the output cell, to the notebook's bits.
        const panel = notebook.page.locator("[data-simulation]").last();
        await panel.locator("button.main").click();
        await until(async () =>
          await panel.getAttribute("data-state") === "done" ||
          await panel.getAttribute("data-state") === "refused"
        );
        assert.equal(await panel.getAttribute("data-same"), "true");

        // The export holds the model, and it trains there.
        const exported = await exportedPage(lab, notebook);
        const live = exported.locator("[data-simulation]").last();
        await live.getByRole("button").first().click();
        await until(async () =>
          await live.getAttribute("data-state") !== "ready"
        );
        await exported.close();

        await notebook.set(/preset = "smoke"/, 'preset = "full"');
        const followed = followedTrainings(await readNotebook(file));
        const cell = followed.at(-1)!.cell;
        const start = performance.now();
        const stops = await notebook.stopTrainingsUntil(cell);
        const seconds = (performance.now() - start) / 1000;
        const times = stops.map(({ cell, took }) => `${cell} ${took} ms`);
        console.log(`stopped: ${times.join(", ")}`);
        for (const { cell, took } of stops) {
          assert.ok(took < 1000 * patience(), `${cell}: ${took} ms`);
        }
        const stopped = /stopped, state kept/;
        // What is over at once cannot be stopped.
        assert.ok(
          seconds < 20 || stops.some(({ line }) => stopped.test(line)),
          "no training was stopped",
        );
        // A training may have come to its end as it was to stop.
        for (const { line } of stops.filter((s) => !stopped.test(s.line))) {
          assert.match(line, /· ([\d,]+) of \1 steps/);
        }
        const ids = second.map(({ id }) => id);
        const next = ids[ids.indexOf(cell) + 1];
        await notebook.ran(next, 120 * patience());
        const after = await notebook.seen();
        assertWhole(after.slice(0, ids.indexOf(next) + 1), name);
        await notebook.picture("stopped");
        await notebook.close();
      }),
  });
}
