/** Every kind of figure in headless Chromium: legible, whole, alive. */
import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { gallery } from "./gallery.ts";
import { curves } from "../viz/figures/curves.ts";
import { grid } from "../viz/figures/figure.ts";
import { bundle } from "../viz/notebook/show.ts";
import { findChromium, launch } from "./browser.ts";

const chromium = findChromium();

/** A page with all examples, each twice, as a notebook on paper would be. */
function pageOf(names = Object.keys(gallery())): string {
  const examples = gallery();
  const outputs = names.flatMap((name) => {
    const output = bundle([examples[name]])["text/html"];
    return [1, 2].map((copy) =>
      `<section id="${name}-${copy}">${output}</section>`
    );
  });
  return `<!doctype html><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<style>body{margin:12px;font-family:sans-serif}</style>${outputs.join("\n")}`;
}

async function withPage(
  options: BrowserContextOptions & { html?: string },
  test: (page: Page) => Promise<void>,
): Promise<void> {
  const browser: Browser = await launch(chromium!);
  try {
    const context = await browser.newContext({ offline: true, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on(
      "console",
      (m) => m.type() === "error" && complaints.push(m.text()),
    );
    page.on("pageerror", (e) => complaints.push(e.message));
    await page.setContent(options.html ?? pageOf());
    await test(page);
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
  }
}

/** Words that are cut off by their drawing, or that overlap other words. */
function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    for (const svg of document.querySelectorAll("svg[role=img]")) {
      const frame = svg.getBoundingClientRect();
      if (frame.width === 0) continue;
      const seen: { text: string; box: DOMRect }[] = [];
      for (const element of svg.querySelectorAll("text")) {
        const box = element.getBoundingClientRect();
        const text = element.textContent ?? "";
        if (text.trim() === "") continue;
        const outside = Math.max(
          frame.left - box.left,
          box.right - frame.right,
          frame.top - box.top,
          box.bottom - frame.bottom,
        );
        const where = `${svg.closest("section")?.id}: "${text}"`;
        if (outside > 2) found.push(`${where} is cut by ${outside.toFixed(1)}`);
        for (const other of seen) {
          const across = Math.min(box.right, other.box.right) -
            Math.max(box.left, other.box.left);
          const down = Math.min(box.bottom, other.box.bottom) -
            Math.max(box.top, other.box.top);
          if (across > 1 && down > 3) {
            found.push(`${where} meets "${other.text}"`);
          }
        }
        seen.push({ text, box });
      }
    }
    return found;
  });
}

for (const [width, colorScheme] of [[1280, "light"], [360, "dark"]] as const) {
  Deno.test({
    name:
      `at ${width} pixels no word of a figure is cut or meets another, and nothing overflows`,
    ignore: chromium === null,
    fn: () =>
      withPage(
        { viewport: { width, height: 800 }, colorScheme },
        async (page) => {
          assert.deepEqual(await faults(page), []);
          const [inner, scroll] = await page.evaluate(() => [
            innerWidth,
            document.documentElement.scrollWidth,
          ]);
          assert.ok(scroll <= inner, `${scroll} > ${inner}`);
          // The drawing of this width stands alone, inline.
          assert.equal(await page.locator("img.hc-svg").count(), 0);
          const shown = page.locator("#curves-1 svg[role=img]:visible");
          assert.equal(await shown.count(), 1);
          assert.equal(
            await shown.getAttribute("width"),
            width === 360 ? "330" : "600",
          );
        },
      ),
  });
}

Deno.test({
  name:
    "two panels of 420 pixels stand side by side in VS Code's output beside the side bar, and as wide as drawn where there is room",
  ignore: chromium === null,
  fn: async () => {
    const panel = curves([{ label: "a", points: [[0, 0], [1, 1]] }], {
      width: 420,
      title: "A panel",
    });
    const output = bundle([grid([panel, panel])])["text/html"];
    // 844 of 1280 is what VS Code gives an output beside its side bar.
    for (const [width, drawn] of [[844, 411], [940, 420]]) {
      const html = `<style>body{margin:0}</style>${output}`;
      await withPage(
        { html, viewport: { width, height: 600 } },
        async (page) => {
          const boxes = await page.locator("svg[role=img]:visible")
            .evaluateAll((all) =>
              all.map((svg) => {
                const { top, width } = svg.getBoundingClientRect();
                return { top, width };
              })
            );
          assert.equal(boxes.length, 2);
          assert.equal(boxes[0].top, boxes[1].top);
          for (const box of boxes) assert.equal(Math.round(box.width), drawn);
        },
      );
    }
  },
});

Deno.test({
  name:
    "a player plays, stops at the end and obeys the slider; its copy is untouched",
  ignore: chromium === null,
  fn: () =>
    withPage({ html: pageOf(["animation"]) }, async (page) => {
      const player = page.locator("#animation-1");
      const label = player.locator("output");
      assert.equal(await label.textContent(), "update 500");
      await player.locator("input").focus();
      await page.keyboard.press("Home");
      assert.equal(await label.textContent(), "update 0");
      assert.equal(await player.locator(".hc-frame:visible").count(), 1);
      assert.equal(
        await page.locator("#animation-2 output").textContent(),
        "update 500",
      );
      const size = await player.locator("button").boundingBox();
      assert.ok(size!.width >= 44 && size!.height >= 44);
      await player.locator("button").click();
      await page.waitForFunction(() =>
        document.querySelector("#animation-1 output")!.textContent ===
          "update 500"
      );
      await page.waitForFunction(() =>
        document.querySelector("#animation-1 button")!.textContent === "▶"
      );
    }),
});

Deno.test({
  name: "the cloud turns by mouse, keyboard and touch",
  ignore: chromium === null,
  fn: () =>
    withPage({ html: pageOf(["scatter_3d"]), hasTouch: true }, async (page) => {
      const cloud = page.locator("#scatter_3d-1");
      const sides = new Set<string>();
      const look = async (): Promise<void> => {
        await page.evaluate(() =>
          new Promise((resolve) =>
            requestAnimationFrame(() => requestAnimationFrame(resolve))
          )
        );
        sides.add((await cloud.locator(".hc-box").getAttribute("d"))!);
      };
      await look();
      await cloud.locator("input").first().focus();
      await page.keyboard.press("ArrowRight");
      await look();
      const box = (await cloud.locator("svg[role=img]").boundingBox())!;
      await page.mouse.move(box.x + 100, box.y + 100);
      await page.mouse.down();
      await page.mouse.move(box.x + 160, box.y + 130, { steps: 4 });
      await page.mouse.up();
      await look();
      await cloud.locator("input").last().tap();
      await page.keyboard.press("ArrowDown");
      await look();
      assert.equal(sides.size, 4);
      assert.deepEqual(await faults(page), []);
    }),
});

Deno.test({
  name: "without scripts every drawing is an image, and the last frame stands",
  ignore: chromium === null,
  fn: () =>
    withPage({ javaScriptEnabled: false }, async (page) => {
      const images = page.locator("img.hc-svg");
      assert.ok(await images.count() >= 18);
      for (const image of await images.all()) {
        await image.scrollIntoViewIfNeeded();
        const box = await image.boundingBox();
        assert.ok(box!.width >= 150 && box!.height >= 80, JSON.stringify(box));
      }
      assert.equal(
        await page.locator("#animation-1 .hc-frame:visible").count(),
        1,
      );
      assert.equal(await page.locator("#animation-1 button").count(), 0);
    }),
});
