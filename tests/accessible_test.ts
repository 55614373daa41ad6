/**
 * Reports by axe-core, as committed: nothing serious is in the way of a reader
 * who sees poorly, or who has a keyboard alone.
 */
import assert from "node:assert/strict";
import axe from "axe-core";
import { basename, join } from "node:path";
import { drawingsOf } from "../tasks/notebook/drawings.ts";
import { resultsOf } from "../tasks/notebook/execute.ts";
import { notebookPage, titleOf } from "../tasks/notebook/export_html.ts";
import {
  besidePage,
  type IndexEntry,
  indexPage,
} from "../tasks/notebook/index_page.ts";
import { judgementOf } from "../tasks/notebook/judgement.ts";
import {
  findNotebooks,
  type Notebook,
  readNotebook,
} from "../tasks/notebook/notebook.ts";
import { NOTEBOOKS, ROOT } from "../tasks/project.ts";
import type { Browser } from "playwright-core";
import { findChromium, launch, openPage } from "./browser.ts";

const chromium = findChromium();
/** Rules that are kept beside all that are serious. */
const MINOR = ["empty-table-header", "heading-order", "region"];

/** Between the margins of an A4 page, in CSS pixels: 210 − 2 · 15 mm. */
const A4_WIDTH = 680;

/** What axe finds: the rule, how often, and the first element. */
async function violations(
  browser: Browser,
  file: string,
  options: { width: number; dark?: boolean; unfolded?: boolean },
): Promise<string[]> {
  const { page } = await openPage(browser, file, options);
  if (options.unfolded) {
    await page.evaluate(() => {
      for (const box of document.querySelectorAll("details")) box.open = true;
    });
    await page.waitForTimeout(100); // a fold that opens says so later
  }
  await page.evaluate(`${axe.source};0`);
  // Colours are all that the dark theme changes.
  const rules = options.dark ? ["color-contrast"] : undefined;
  const found = await page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as {
      axe: typeof import("axe-core");
    };
    const { violations } = await axe.run({
      include: document,
      exclude: "svg *",
    }, {
      resultTypes: ["violations"],
      runOnly: rules,
    });
    return violations.map(({ id, impact, nodes }) => ({
      id,
      serious: impact === "serious" || impact === "critical",
      words: `${id}: ${nodes.length} × ${nodes[0].html.slice(0, 150)}`,
    }));
  }, rules);
  await page.context().close();
  return found.filter(({ id, serious }) => serious || MINOR.includes(id))
    .map(({ words }) => words);
}

/** Figures that a printed page lacks or cuts off, by their titles. */
async function missingInPrint(
  browser: Browser,
  file: string,
): Promise<string[]> {
  const { page } = await openPage(browser, file, { width: A4_WIDTH });
  await page.emulateMedia({ media: "print" });
  // As in print, where what is below the screen is not put off.
  await page.evaluate(async () => {
    const images = [...document.images];
    for (const image of images) image.loading = "eager";
    await Promise.all(images.map((image) => image.decode().catch(() => {})));
  });
  const missing = await page.evaluate(
    (width) =>
      // The frames of an animation are figures in a figure, all but one hidden; a
      // live cell prints its panel.
      [...document.querySelectorAll(
        ".hc-fig:not(.hc-fig *, [data-simulation] *)",
      )].flatMap((figure) => {
        const drawings = [...figure.querySelectorAll("img, svg, canvas, table")]
          .map((drawing) => drawing.getBoundingClientRect())
          .filter(({ width, height }) => width > 0 && height > 0);
        const whole = drawings.length > 0 &&
          drawings.every(({ left, right }) => left >= -1 && right <= width + 1);
        const title = figure.querySelector(".hc-title")?.textContent;
        return whole ? [] : [title ?? figure.outerHTML.slice(0, 150)];
      }),
    A4_WIDTH,
  );
  await page.context().close();
  return missing;
}

Deno.test({
  name:
    "no page of the committed notebooks bars a reader, nor the short one in the dark; in print no figure is missing or cut",
  ignore: chromium === null,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const browser = await launch(chromium!);
    try {
      for (
        const file of [
          ...await findNotebooks([], NOTEBOOKS),
          `${ROOT}/tests/fixtures/small.ipynb`,
        ]
      ) {
        const name = basename(file, ".ipynb");
        const target = join(folder, `${name}.html`);
        const notebook = await readNotebook(file);
        // What is folded is alike on all pages, and open on the short one.
        const unfolded = name === "small";
        await Deno.writeTextFile(target, notebookPage(notebook, { name }));
        const looks = [{ width: 360 }, { width: 1280, dark: true }];
        // So are the colours of the dark theme.
        for (const look of unfolded ? looks : looks.slice(0, 1)) {
          assert.deepEqual(
            await violations(browser, target, { ...look, unfolded }),
            [],
            `${name}, ${JSON.stringify(look)}`,
          );
        }
        assert.deepEqual(await missingInPrint(browser, target), [], name);
      }
    } finally {
      await browser.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** A notebook as the index has it. */
function entryOf(notebook: Notebook, name: string): IndexEntry {
  return {
    ...resultsOf(notebook)!,
    name,
    title: titleOf(notebook, name),
    differing: {},
    judgement: judgementOf(notebook),
    command: `deno task report ${name}`,
    wallSeconds: 60,
    picture: drawingsOf(notebook)[0].image,
  };
}

Deno.test({
  name:
    "neither the gallery nor a page of pairs bars a reader, and both fit a phone",
  ignore: chromium === null,
  fn: async () => {
    const files = await findNotebooks([], NOTEBOOKS);
    const notebooks = await Promise.all(files.map(readNotebook));
    const entries = notebooks.map((notebook, i) =>
      entryOf(notebook, basename(files[i], ".ipynb"))
    );
    const differing = { seed: 2 };
    const other = { ...entries[0], name: "other.seed-2", differing };
    const drawings = drawingsOf(notebooks[0]);
    const pages = [
      indexPage([...entries, other]),
      besidePage({ entry: entries[0], drawings }, { entry: other, drawings }),
    ];
    const browser = await launch(chromium!);
    const file = await Deno.makeTempFile({ suffix: ".html" });
    try {
      for (const html of pages) {
        assert.ok(html.length < 2e6);
        await Deno.writeTextFile(file, html);
        for (const look of [{ width: 360 }, { width: 1280, dark: true }]) {
          assert.deepEqual(await violations(browser, file, look), []);
          const { page, complaints } = await openPage(browser, file, look);
          const over = await page.evaluate(() =>
            document.documentElement.scrollWidth - innerWidth
          );
          assert.ok(over <= 0, `scrolls sideways by ${over}`);
          assert.deepEqual(complaints, []);
          await page.context().close();
        }
      }
    } finally {
      await browser.close();
      await Deno.remove(file);
    }
  },
});
