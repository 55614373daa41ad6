/** Figures that a reader saves from a report, by mouse and by keyboard. */
import assert from "node:assert/strict";
import { notebookPage } from "../tasks/notebook/export_html.ts";
import { barChart } from "../viz/figures/bar_chart.ts";
import { curves } from "../viz/figures/curves.ts";
import { grid } from "../viz/figures/figure.ts";
import { imageGrid } from "../viz/figures/image_grid.ts";
import { table } from "../viz/figures/table.ts";
import type { Html } from "../viz/page/html.ts";
import { findChromium, launch, openPage } from "./browser.ts";
import { evaluateInFirefox, findFirefox } from "./firefox.ts";

const chromium = findChromium();
const firefox = findFirefox();

/** A page with a cell a figure. */
async function pageOf(figures: Record<string, Html>): Promise<string> {
  const cells = Object.entries(figures).map(([id, { html }]) => ({
    id,
    cell_type: "code" as const,
    source: "1",
    metadata: {},
    outputs: [{
      output_type: "display_data" as const,
      data: { "text/html": `<div class="hc">${html}</div>` },
      metadata: {},
    }],
  }));
  const file = await Deno.makeTempFile({ prefix: "page", suffix: ".html" });
  const page = notebookPage({ cells, metadata: {} }, { name: "page" });
  await Deno.writeTextFile(file, page);
  return file;
}

const loss = curves([
  { label: "train", points: [[0, 3], [10, 1.23456789]] },
  { label: 'a "test", too', points: [[0, 3.5], [10, 2]] },
], { title: "A loss <b>", x: "step", y: "loss (nats)" });
const FIGURES: Record<string, Html> = {
  loss,
  both: grid([
    barChart([{ label: "ours", value: 0.9, sd: 0.1 }], { x: "accuracy" }),
    barChart([{ label: "theirs", value: 0.5 }], { x: "accuracy" }),
  ]),
  fields: imageGrid([[0, 1, 1, 0], [1, 0, 0, 1]], {
    width: 2,
    labels: ["h0", "h1"],
    title: "Fields",
  }),
  numbers: table([{ name: "a, b", value: 1.5 }], { title: "Numbers" }),
};

/** Presses every button of every menu; what would be saved, by name. */
const SAVE_ALL = `(async () => {
  const saved = {};
  HTMLAnchorElement.prototype.click = function () {
    saved[this.download.replace(/^page[^-]*-/, "")] = fetch(this.href)
      .then((answer) => answer.blob());
  };
  for (const menu of document.querySelectorAll(".save")) menu.open = true;
  for (const button of document.querySelectorAll(".save button")) {
    const before = Object.keys(saved).length;
    button.click();
    for (let wait = 0; wait < 100 && Object.keys(saved).length === before; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const found = {};
  for (const [name, blob] of Object.entries(saved)) {
    const bytes = await blob;
    if (name.endsWith(".png")) {
      const bitmap = await createImageBitmap(bytes);
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      const dark = data.filter((v, i) => i % 4 === 0 && v < 128).length;
      found[name] = bitmap.width + " " + dark;
    } else found[name] = await bytes.text();
  }
  return JSON.stringify({ found, words: document.querySelector("#cell-fields .save").textContent });
})()`;

function checkSaved(json: string): void {
  const { found, words } = JSON.parse(json);
  assert.deepEqual(Object.keys(found).sort(), [
    "both-1.csv",
    "both-1.png",
    "both-1.svg",
    "both-2.csv",
    "both-2.png",
    "both-2.svg",
    "fields-1.png",
    "fields-1.svg",
    "loss-1.csv",
    "loss-1.png",
    "loss-1.svg",
    "numbers-1.csv",
  ]);
  assert.equal(
    found["loss-1.csv"],
    "series,step,loss (nats)\ntrain,0,3\ntrain,10,1.23457\n" +
      '"a ""test"", too",0,3.5\n"a ""test"", too",10,2\n',
  );
  assert.equal(found["both-1.csv"], "label,accuracy,sd\nours,0.9,0.1\n");
  assert.equal(found["numbers-1.csv"], 'name,value\n"a, b",1.50\n');
  assert.match(words, /no rows to save/);
  // A file of its own: no variable, no colour of the page, all its words.
  const svg = found["loss-1.svg"];
  assert.match(
    svg,
    /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+"/,
  );
  assert.doesNotMatch(svg, /var\(|currentColor|data-rows|<script/);
  assert.match(svg, />A loss &lt;b&gt;</);
  assert.match(svg, /loss \(nats\)/);
  // Two tiles and the bar of colours.
  assert.equal(found["fields-1.svg"].split("<image").length, 4);
  assert.match(found["fields-1.svg"], />h0<[^]*>h1</);
  for (const name of ["loss-1.png", "both-2.png", "fields-1.png"]) {
    const [width, dark] = found[name].split(" ").map(Number);
    assert.ok(width > 100 && dark > 100, `${name}: ${found[name]}`);
  }
}

Deno.test({
  name:
    "in Chromium every figure is saved as SVG and PNG, its rows as CSV, from a dark page too",
  ignore: chromium === null,
  fn: async () => {
    const file = await pageOf(FIGURES);
    const browser = await launch(chromium!);
    try {
      for (const dark of [false, true]) {
        const look = { width: 1280, dark };
        const { page, complaints } = await openPage(browser, file, look);
        checkSaved(await page.evaluate(SAVE_ALL));
        assert.deepEqual(complaints, []);
        await page.context().close();
      }
    } finally {
      await browser.close();
      await Deno.remove(file);
    }
  },
});

Deno.test({
  name: "in Firefox, too",
  ignore: firefox === null,
  fn: async () => {
    const file = await pageOf(FIGURES);
    try {
      checkSaved(await evaluateInFirefox(firefox!, file, SAVE_ALL));
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test({
  name: "the menu is opened, used and left by keyboard, and fits a phone",
  ignore: chromium === null,
  fn: async () => {
    const file = await pageOf(FIGURES);
    const browser = await launch(chromium!);
    try {
      const { page } = await openPage(browser, file, { width: 360 });
      const menu = page.locator("#cell-loss .save");
      await menu.locator("summary").focus();
      await page.keyboard.press("Enter");
      await page.keyboard.press("Escape");
      assert.equal(await menu.getAttribute("open"), null);
      await page.keyboard.press("Enter");
      const box = (await menu.boundingBox())!;
      assert.ok(box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box));
      const saving = page.waitForEvent("download");
      for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      const saved = await saving;
      assert.match(saved.suggestedFilename(), /^page.*-loss-1\.csv$/);
      assert.match(await Deno.readTextFile((await saved.path())!), /^series,/);
      assert.equal(
        await page.evaluate("document.activeElement.localName"),
        "summary",
      );
    } finally {
      await browser.close();
      await Deno.remove(file);
    }
  },
});
