/** The live cells of all notebooks: a page retrains and reaches their numbers. */
import assert from "node:assert/strict";
import { basename } from "node:path";
import { notebookPage } from "../tasks/notebook/export_html.ts";
import { findNotebooks, readNotebook } from "../tasks/notebook/notebook.ts";
import { NOTEBOOKS } from "../tasks/project.ts";
import { findChromium, launch } from "./browser.ts";

const chromium = findChromium();
/** Milliseconds that a training may take on a busy machine. */
const PATIENCE = 300_000;

for (const file of await findNotebooks([], NOTEBOOKS)) {
  const name = basename(file, ".ipynb");
  const page = notebookPage(await readNotebook(file), { name });
  // Simulations that are no experiments have tests of their own.
  if (!page.includes(`data-simulation="experiment-`)) continue;

  Deno.test({
    name: `the live cell of ${name} retrains offline to the notebook's numbers`,
    ignore: chromium === null,
    fn: async () => {
      const browser = await launch(chromium!);
      try {
        const context = await browser.newContext({ offline: true });
        const tab = await context.newPage();
        tab.setDefaultTimeout(PATIENCE);
        const complaints: string[] = [];
        tab.on("pageerror", (error) => complaints.push(error.message));
        await tab.setContent(page);
        const hosts = tab.locator('[data-simulation^="experiment-"]');
        for (const host of await hosts.all()) {
          await host.getByRole("button", { name: "Train" }).click();
          await tab.waitForFunction(
            (element) => (element as HTMLElement).dataset.state === "done",
            await host.elementHandle(),
          );
          // The first; the ten seeds have one of their own.
          const status = host.locator("p[role=status]").first();
          const says = await status.innerText();
          assert.match(says, /^All \d+ numbers are the notebook's/, says);
          assert.equal(await host.getAttribute("data-same"), "true");
          // Another seed is trained, too, and says that it is another.
          await host.locator("[name=seed]").fill("12345");
          await host.locator("[name=seed]").press("Enter");
          await host.getByRole("button", { name: "Train" }).click();
          await tab.waitForTimeout(500);
          assert.notEqual(await host.getAttribute("data-same"), "true");
          // A seed that is none is refused in words, and a reset takes it back.
          await host.locator("[name=seed]").fill("1.5");
          await host.locator("[name=seed]").press("Enter");
          const refused = await status.innerText();
          assert.match(refused, /^Cannot start as the seed must be a whole/);
          await host.getByRole("button", { name: "Reset" }).click();
          assert.equal(await host.getAttribute("data-state"), "ready");
        }
        assert.deepEqual(complaints, []);
      } finally {
        await browser.close();
      }
    },
  });
}
