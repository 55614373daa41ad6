/** Every simulation in the output cells of real JupyterLab. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { findChromium } from "./browser.ts";
import { findProgram } from "./jupyter.ts";
import { withLab } from "./jupyterlab.ts";
import { ROOT } from "../tasks/project.ts";
import {
  type AnySimulation,
  driveAll,
  type Driven,
  SIMULATIONS,
} from "./simulations.ts";

const program = findProgram("jupyter-lab");
const chromium = findChromium();
const NAME = "two_view_agreement";

/** JupyterLab with the notebook open, for the time of a test. */
function withNotebook(test: (page: Page) => Promise<void>): Promise<void> {
  const file = join(ROOT, "notebooks", `${NAME}.ipynb`);
  return withLab([file], async ({ browser, url }) => {
    const viewport = { width: 1280, height: 900 };
    const page = await browser.newPage({ viewport });
    page.setDefaultTimeout(120_000);
    await page.goto(
      `${url}/lab/workspaces/${NAME}/tree/notebooks/${NAME}.ipynb?reset`,
    );
    await page.locator(".jp-Notebook .jp-Cell").first().waitFor();
    await test(page);
  });
}

async function menu(page: Page, name: string, item: string): Promise<void> {
  await page.locator(".lm-MenuBar-item", { hasText: name }).first().click();
  await page.locator(".lm-Menu-item", { hasText: item }).first().click();
}

/** The host of a simulation, and what the notebook handed to it. */
async function driven(page: Page, simulation: AnySimulation): Promise<Driven> {
  const host = page.locator(`[data-simulation^="${simulation.name}-"]`);
  await host.scrollIntoViewIfNeeded();
  const json = await host.locator("script").first().textContent();
  const { settings, data } = JSON.parse(json!);
  return { page, host, simulation, settings, data };
}

Deno.test({
  name:
    "in JupyterLab every control of every simulation works, offline of the kernel",
  ignore: program === null || chromium === null,
  fn: () =>
    withNotebook(async (page) => {
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.locator(".jp-Cell", { hasText: 'let preset = "full"' }).first()
        .locator(".cm-content").click();
      await page.keyboard.press("Control+a");
      await page.keyboard.insertText(
        'let seed = 3;\nlet preset = "smoke";\nlet seeds = 2;\nlet noise = 0.1;\nlet steps = 60;',
      );
      await menu(page, "Run", "Run All Cells");
      const last = page.locator(`[data-simulation^="encoders-"][data-state]`);
      await last.waitFor({ timeout: 300_000 });
      const cells = await page.locator(".jp-Notebook .jp-Cell").count();
      for (const simulation of SIMULATIONS) {
        const one = await driven(page, simulation);
        assert.equal(one.settings.seed, 3);
        await driveAll(one);
      }
      // Typing a seed is no shortcut of the notebook.
      assert.equal(await page.locator(".jp-Notebook .jp-Cell").count(), cells);
      assert.deepEqual(complaints, []);
    }),
});
