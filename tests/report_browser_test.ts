/** The exported page in headless Chromium, with the network off. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { notebookPage } from "../tasks/notebook/export_html.ts";
import { findChromium, launch, openPage } from "./browser.ts";
import { ROOT } from "../tasks/project.ts";
import { task } from "./processes.ts";

const chromium = findChromium();
const FILES = ["small.html", "index.html"];

async function withReport(
  test: (browser: Browser, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const browser = await launch(chromium!);
  try {
    const { code, stderr } = await task("report", [
      `${ROOT}/tests/fixtures/small.ipynb`,
      "--out",
      folder,
    ]);
    assert.equal(code, 0, stderr);
    await test(browser, folder);
  } finally {
    await browser.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name:
    "the exported pages work offline, on a phone and on a desk, in light, dark and print",
  ignore: chromium === null,
  fn: () =>
    withReport(async (browser, folder) => {
      for (const name of FILES) {
        for (const width of [360, 1280]) {
          for (const dark of [false, true]) {
            const { page, complaints } = await openPage(
              browser,
              `${folder}/${name}`,
              { width, dark },
            );
            const over = await page.evaluate(() =>
              document.documentElement.scrollWidth - innerWidth
            );
            assert.ok(
              over <= 0,
              `${name} at ${width}: scrolls sideways by ${over}`,
            );
            const [r, g, b] = await page.evaluate(() =>
              getComputedStyle(document.documentElement).backgroundColor.match(
                /\d+/g,
              )!.map(Number)
            );
            assert.equal(
              (r + g + b) / 3 < 128,
              dark,
              `${name}: the wrong theme`,
            );
            await page.emulateMedia({ media: "print" });
            assert.equal(await page.locator(".bar").isVisible(), false);
            const inPrint = await page.evaluate(() =>
              document.documentElement.scrollWidth - innerWidth
            );
            assert.ok(
              name !== "index.html" || inPrint <= 0,
              `${name}: print is ${inPrint} too wide`,
            );
            assert.deepEqual(complaints, []);
            await page.context().close();
          }
        }
      }
    }),
});

Deno.test({
  name: "contents, theme, code and interactive outputs answer to the reader",
  ignore: chromium === null,
  fn: () =>
    withReport(async (browser, folder) => {
      const { page, complaints } = await openPage(
        browser,
        `${folder}/small.html`,
        {
          width: 1280,
        },
      );
      assert.equal(await page.title(), "A small fixture");
      await page.locator(".contents a", { hasText: "Training" }).click();
      await page.waitForFunction(() =>
        document.querySelector(".contents a[aria-current]")?.textContent ===
          "Training"
      );
      const theme = page.locator("#toggle-theme");
      assert.equal(await theme.textContent(), "Dark");
      await theme.click();
      assert.equal(await theme.textContent(), "Light");
      assert.equal(
        await page.evaluate(() =>
          getComputedStyle(document.documentElement).colorScheme
        ),
        "dark",
      );
      const code = page.locator("#cell-train .code pre");
      const toggle = page.locator("#toggle-code");
      const imports = page.locator("#cell-imports .code pre");
      assert.equal(await imports.isVisible(), false);
      assert.ok(await code.isVisible());
      await toggle.click();
      assert.ok(await imports.isVisible());
      assert.equal(await toggle.textContent(), "Hide code");
      await toggle.click();
      assert.equal(await code.isVisible(), false);
      await page.locator("#cell-train .code summary").click();
      assert.ok(await code.isVisible());
      const button = page.locator("#cell-live button");
      await button.click();
      await button.click();
      assert.equal(await page.locator("#cell-live output").textContent(), "2");
      assert.equal(await page.evaluate(() => "hacked" in globalThis), false);
      assert.equal(await page.locator("math").count(), 3);
      const wide = page.locator("#cell-wide .output");
      assert.ok(
        await wide.evaluate((e) =>
          e.scrollWidth > e.clientWidth && e.tabIndex === 0
        ),
      );
      assert.deepEqual(complaints, []);
    }),
});

Deno.test({
  name: "BibTeX is copied whole, or selected where a page may not copy",
  ignore: chromium === null,
  fn: () =>
    withReport(async (browser, folder) => {
      for (const allowed of [true, false]) {
        const context = await browser.newContext({
          permissions: allowed ? ["clipboard-read", "clipboard-write"] : [],
        });
        const page = await context.newPage();
        await page.goto(`file://${folder}/small.html`);
        if (!allowed) {
          await page.evaluate(() =>
            Object.defineProperty(navigator, "clipboard", {
              value: { writeText: () => Promise.reject(new Error("no")) },
            })
          );
        }
        const entry = await page.locator("#bibtex").textContent();
        assert.match(entry!, /^@misc\{someone1999,\n {2}author = /);
        const button = page.locator("#copy-bibtex");
        assert.equal(await button.textContent(), "Copy BibTeX");
        await button.focus();
        await page.keyboard.press("Enter");
        await page.waitForFunction(() =>
          !document.querySelector("#copy-bibtex")!.textContent!
            .startsWith("Copy ")
        );
        assert.equal(
          await button.textContent(),
          allowed ? "Copied" : "Selected: copy it by keyboard",
        );
        const taken = await page.evaluate(
          (allowed) =>
            allowed
              ? navigator.clipboard.readText()
              : Promise.resolve(getSelection()!.toString()),
          allowed,
        );
        assert.equal(taken.trim(), entry!.trim());
        await context.close();
      }
    }),
});

Deno.test({
  name: "a page cannot reach the network even when a cell's script tries",
  ignore: chromium === null,
  fn: () =>
    withReport(async (browser, folder) => {
      const { page } = await openPage(browser, `${folder}/small.html`, {
        width: 1280,
      });
      const tried = await page.evaluate(async () => {
        const outcome: string[] = [];
        for (const url of ["http://127.0.0.1:9/x", "small.ipynb"]) {
          outcome.push(await fetch(url).then(() => "reached", () => "refused"));
        }
        const module = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
        outcome.push(
          await WebAssembly.instantiate(module).then(() => "ran", () =>
            "refused"),
        );
        const worker = new Worker(
          URL.createObjectURL(new Blob(["postMessage('ran')"])),
        );
        outcome.push(
          await new Promise((resolve) => {
            worker.onmessage = (e) =>
              resolve(e.data);
            worker.onerror = () => resolve("refused");
          }),
        );
        return outcome;
      });
      assert.deepEqual(tried, ["refused", "refused", "ran", "ran"]);
      // What a policy can close: navigating the page itself is not among it.
      const closed = await page.evaluate(async () => {
        const seen = new Set<string>();
        document.addEventListener(
          "securitypolicyviolation",
          ({ effectiveDirective }) => seen.add(effectiveDirective),
        );
        const away = "http://127.0.0.1:9/";
        document.body.insertAdjacentHTML(
          "beforeend",
          `<iframe src="${away}"></iframe><object data="${away}"></object>` +
            `<form action="${away}" id="away"></form>`,
        );
        document.querySelector<HTMLFormElement>("#away")!.submit();
        const base = document.createElement("base");
        base.href = away;
        document.head.append(base);
        for (let wait = 0; wait < 100 && seen.size < 4; wait++) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return [...seen].sort();
      });
      assert.deepEqual(closed, [
        "base-uri",
        "form-action",
        "frame-src",
        "object-src",
      ]);
    }),
});

/** A page of one code cell with these displays, as the export writes it. */
async function pageOf(displays: Record<string, string>[]): Promise<string> {
  const file = await Deno.makeTempFile({ suffix: ".html" });
  const outputs = displays.map((data) => ({
    output_type: "display_data" as const,
    data,
    metadata: {},
  }));
  const cell = {
    id: "a",
    cell_type: "code" as const,
    source: "1",
    metadata: {},
    outputs,
  };
  const page = notebookPage({ cells: [cell], metadata: {} }, { name: "a" });
  await Deno.writeTextFile(file, page);
  return file;
}

Deno.test({
  name: "scripts of html and svg outputs run, and no other does",
  ignore: chromium === null,
  fn: async () => {
    const say = (name: string): string =>
      `(globalThis.ran ??= []).push("${name}")`;
    const image = (attributes: string): Record<string, string> => ({
      "image/png": `x" ${attributes} alt="`,
    });
    const file = await pageOf([
      { "text/html": `<script>${say("html")}</script>` },
      {
        "text/html": `<p>1</p><script data-a="b">1 && ${say("data")};</script>`,
      },
      {
        "text/html": `<svg><script>1 &lt; 2 && ${
          say("inner svg")
        }</script></svg>`,
      },
      {
        "image/svg+xml": `<svg><script><![CDATA[1 && ${
          say("svg")
        }]]></script></svg>`,
      },
      { "text/html": `<img src="x:" onerror='${say("event")}'>` },
      { "text/html": `<a href='javascript:${say("link")}' id="link">a</a>` },
      {
        "text/html": `<iframe srcdoc='<script>parent.${
          say("frame")
        }</script>'>`,
      },
      { "text/html": `<script src='data:,${say("source")}'></script>` },
      image(`onerror='${say("png")}'`),
      { "text/plain": `<script>${say("text")}</script>` },
      { "text/markdown": `<img src=x onerror='${say("markdown")}'>` },
      { "text/html": "<script>/*" },
      { "text/plain": `*/${say("swallowed")}/*` },
    ]);
    const browser = await launch(chromium!);
    try {
      const { page } = await openPage(browser, file, { width: 1280 });
      await page.locator("#link").click();
      await page.waitForTimeout(200);
      const ran = await page.evaluate(() =>
        (globalThis as unknown as { ran: string[] }).ran
      );
      assert.deepEqual(ran, ["html", "data", "inner svg", "svg"]);
    } finally {
      await browser.close();
      await Deno.remove(file);
    }
  },
});
