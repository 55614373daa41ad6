/**
 * `deno task test:vscode [notebook…] [--out DIR]`: opens notebooks, by default
 * all, in the real VS Code (code-server, in Chromium), light and dark, with and
 * without the white background that the Jupyter extension sets in every output.
 * It looks for outputs that are missing or empty, for errors, for text of less
 * contrast than 4.5, for two panels that do not stand side by side and for
 * characters that the editor marks, and saves screenshots in DIR
 * (reports/vscode). All notebooks take 15 to 30 minutes.
 *
 * The first run installs Node.js and code-server from npm below .cache/vscode,
 * in about five minutes; on Debian this takes `apt-get install build-essential
 * pkg-config libsecret-1-dev libkrb5-dev`. No part of `deno task test` or CI.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Browser, Frame, Page } from "playwright-core";
import { findNotebooks, readNotebook } from "../tasks/notebook/notebook.ts";
import { CALLED_FROM, NOTEBOOKS, ROOT } from "../tasks/project.ts";
import { type Call, main, statusLine } from "../tasks/terminal.ts";
import { findChromium, launch } from "./browser.ts";
import { until } from "./processes.ts";

const NODE = "node@24.9.0";
const CODE_SERVER = "code-server@4.139.1";
const HOME = join(ROOT, ".cache", "vscode");
const PROGRAM = join(HOME, "node_modules/code-server/out/node/entry.js");
const NODE_FOLDER = join(HOME, "node/node_modules/node/bin");
/** Tall, as VS Code draws only what stands in the window. */
const WINDOW = { width: 1280, height: 2000 };
/** What the Jupyter extension sets in every webview, whatever the theme. */
const WHITE = ":root{--jp-layout-color0:white}";
/** The least contrast of text that WCAG 2.2 asks for. */
const CONTRAST = 4.5;
/** The fault of an output without height. */
const EMPTY = "empty";

async function install(): Promise<void> {
  const npm = async (folder: string, name: string): Promise<void> => {
    await Deno.mkdir(folder, { recursive: true });
    const { success } = await new Deno.Command("npm", {
      args: ["install", "--no-fund", "--no-audit", "--prefix", folder, name],
      cwd: folder,
      env: {
        PATH: `${NODE_FOLDER}:${Deno.env.get("PATH")}`,
        // code-server reads Node's version here, where `deno task` has its own.
        npm_config_user_agent: `npm ${NODE.replace("@", "/v")}`,
      },
      stdout: "null",
    }).output();
    if (!success) throw new Error(`Cannot install ${name}: see --help`);
  };
  if (!existsSync(NODE_FOLDER)) await npm(join(HOME, "node"), NODE);
  if (!existsSync(PROGRAM)) await npm(HOME, CODE_SERVER);
}

/** Runs `test` with VS Code over this project; ends it afterwards. */
async function withCode(
  dark: boolean,
  test: (url: string) => Promise<void>,
): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "vscode-" });
  await Deno.mkdir(join(data, "User"));
  const settings = {
    "workbench.colorTheme": `Default ${dark ? "Dark" : "Light"} Modern`,
    "workbench.startupEditor": "none",
    "workbench.list.mouseWheelScrollSensitivity": 12,
    "workbench.editorAssociations": { "*.ipynb": "jupyter-notebook" },
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "chat.disableAIFeatures": true,
    "extensions.ignoreRecommendations": true,
    "telemetry.telemetryLevel": "off",
  };
  const file = join(data, "User", "settings.json");
  await Deno.writeTextFile(file, JSON.stringify(settings));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  const server = new Deno.Command(join(NODE_FOLDER, "node"), {
    args: [
      ...[PROGRAM, "--auth", "none", "--bind-addr", url.slice(7)],
      ...["--disable-telemetry", "--disable-update-check"],
      ...["--disable-workspace-trust", "--ignore-last-opened"],
      ...["--user-data-dir", data, "--config", join(data, "config.yaml")],
      ...["--extensions-dir", join(data, "extensions")],
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await until(
      () =>
        fetch(`${url}/healthz`).then(
          (r) => r.body?.cancel().then(() => r.ok) ?? r.ok,
          () => false,
        ),
      60,
    );
    const died = server.status.then(({ code }) => {
      throw new Error(
        `Cannot go on as VS Code ended: its exit code is ${code}`,
      );
    });
    await Promise.race([test(url), died]);
  } finally {
    try {
      server.kill("SIGTERM");
    } catch {
      // it has ended
    }
    await server.status;
    await Deno.remove(data, { recursive: true });
  }
}

/** Opens the notebook as a reader does, by its name. */
async function open(page: Page, url: string, name: string): Promise<void> {
  await page.goto(`${url}/?folder=${encodeURIComponent(ROOT)}`);
  await page.getByText("Show All Commands").waitFor();
  await page.keyboard.press("Control+P");
  await page.keyboard.type(`notebooks/${name}.ipynb`);
  const found = page.locator(".quick-input-list .monaco-list-row")
    .filter({ hasText: `${name}.ipynb` }).first();
  await found.click();
  await page.locator(".notebookOverlay .cell-list-container").first()
    .waitFor();
}

/** The frame in which VS Code shows a notebook's outputs. */
async function outputFrame(page: Page): Promise<Frame> {
  for (let tries = 0; tries < 300; tries++) {
    for (const frame of page.frames()) {
      const count = await frame.locator(".output_container .output").count()
        .catch(() => 0);
      if (count > 0) return frame;
    }
    await page.waitForTimeout(200);
  }
  throw new Error("Cannot find any output in VS Code");
}

/** What is seen of the outputs that stand in the window now. */
interface Seen {
  /** By the id that VS Code gives an output, and what is wrong with it. */
  outputs: Record<string, string[]>;
  /** Of each grid of two wide panels, how many stand in its first line. */
  pairs: number[];
}

/** Runs in the page. */
function look({ least, empty }: { least: number; empty: string }): Seen {
  type Colour = [number, number, number, number];
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const known = new Map<string, Colour>();
  const colour = (css: string): Colour => {
    if (!known.has(css)) known.set(css, painted(css));
    return [...known.get(css)!];
  };
  const painted = (css: string): Colour => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = css;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top: Colour, under: Colour): Colour => {
    const mix = (i: number): number =>
      top[i] * top[3] + under[i] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const light = (c: Colour): number => {
    const [r, g, b] = c.slice(0, 3).map((x) => x / 255)
      .map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: Element): Colour => {
    const layers: Colour[] = [];
    for (let at: Element | null = element; at; at = at.parentElement) {
      layers.push(colour(getComputedStyle(at).backgroundColor));
    }
    const editor = getComputedStyle(document.documentElement)
      .getPropertyValue("--vscode-editor-background").trim();
    return layers.reduceRight((under, top) => over(top, under), colour(editor));
  };
  const opacity = (element: Element): number => {
    let all = 1;
    for (let at: Element | null = element; at; at = at.parentElement) {
      all *= Number(getComputedStyle(at).opacity);
    }
    return all;
  };
  const faults = (output: Element): string[] => {
    const found: string[] = [];
    if (output.getBoundingClientRect().height < 8) found.push(empty);
    if (output.querySelector(".error, .output-error, .traceback")) {
      found.push("an error");
    }
    for (const img of output.querySelectorAll("img")) {
      if (img.complete && img.naturalWidth === 0) found.push("a lost picture");
    }
    const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const words = node.textContent!.trim();
      const parent = node.parentElement!;
      const style = getComputedStyle(parent);
      if (
        !words || parent.closest("style,script,title,desc,button:disabled") ||
        parent.getClientRects().length === 0
      ) continue;
      const under = behind(parent);
      const ink = parent.closest("svg") ? style.fill : style.color;
      const top = colour(ink);
      top[3] *= opacity(parent);
      const [a, b] = [light(over(top, under)), light(under)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      // What is hidden from who listens is a mark beside words.
      const needed = parent.closest("[aria-hidden=true]") ? 3 : least;
      if (ratio < needed) {
        found.push(`contrast ${ratio.toFixed(2)} of "${words.slice(0, 40)}"`);
      }
    }
    return found;
  };
  const outputs = Array.from(
    document.querySelectorAll(".output_container .output"),
    (output) => [output.id, faults(output)] as const,
  );
  const pairs = Array.from(document.querySelectorAll(".hc-grid"), (grid) => {
    const tops = Array.from(
      grid.children,
      (panel) => panel.getBoundingClientRect(),
    );
    const wide = tops.length === 2 && tops.every(({ width }) => width > 300);
    return wide ? tops.filter(({ top }) => top < tops[0].bottom).length : 2;
  });
  return { outputs: Object.fromEntries(outputs), pairs };
}

/** How far the notebook is scrolled, in pixels. */
interface Scrolled {
  top: number;
  /** Height of what is seen, and of all. */
  seen: number;
  all: number;
}

/** Runs in the page. */
function scrolled(): Scrolled {
  const rows = document.querySelector(
    ".notebookOverlay .cell-list-container .monaco-list-rows",
  )!;
  const [inner, outer] = [rows, rows.parentElement!]
    .map((element) => element.getBoundingClientRect());
  return {
    top: outer.top - inner.top,
    seen: outer.height,
    all: inner.height,
  };
}

/** Waits until outputs have come and the notebook grows no more. */
async function settled(page: Page, frame: Frame): Promise<Scrolled> {
  const state = async (): Promise<string> =>
    JSON.stringify([
      await page.evaluate(scrolled),
      await frame.locator(".output_container .output").count(),
    ]);
  let last = await state();
  for (let same = 0, tries = 0; same < 3 && tries < 100; tries++) {
    await page.waitForTimeout(150);
    const now = await state();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return JSON.parse(last)[0];
}

/** Turns the wheel over the notebook until it is scrolled to `top`. */
async function scrollTo(page: Page, top: number): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const missing = top - (await page.evaluate(scrolled)).top;
    if (missing <= 0) return;
    await page.mouse.wheel(0, missing);
    await page.waitForTimeout(50);
  }
  throw new Error(`Cannot scroll to ${top}`);
}

/** What is wrong with a notebook in one way. */
class Findings {
  readonly #shown = new Set<string>();
  readonly #empty = new Set<string>();
  readonly #faults = new Set<string>();

  addFault(fault: string): void {
    this.#faults.add(fault);
  }

  /** @param marked characters that VS Code takes for others in disguise */
  add({ outputs, pairs }: Seen, marked: number): void {
    for (const [id, faults] of Object.entries(outputs)) {
      // One that has left the window has no height there.
      const kept = faults.filter((fault) => fault !== EMPTY);
      (kept.length < faults.length ? this.#empty : this.#shown).add(id);
      for (const fault of kept) this.#faults.add(fault);
    }
    if (pairs.some((count) => count < 2)) {
      this.#faults.add("two panels one below the other");
    }
    if (marked > 0) this.#faults.add("characters marked as ambiguous");
  }

  /** @param expected number of outputs that the notebook holds */
  problems(expected: number): string[] {
    const never = this.#empty.difference(this.#shown).size;
    const missing = expected - never - this.#shown.size;
    return [
      ...this.#faults,
      ...(never > 0 ? [`${never} outputs empty`] : []),
      ...(missing > 0 ? [`${missing} of ${expected} outputs not shown`] : []),
    ];
  }
}

/**
 * Presses the button of every panel whose button stands in the window, and waits
 * for its end.
 */
async function trainPanels(
  page: Page,
  frame: Frame,
  { trained, picture }: {
    trained: Map<string, boolean>;
    picture: (key: string, when: string) => string;
  },
): Promise<void> {
  for (const host of await frame.locator("[data-simulation]").all()) {
    const key = (await host.getAttribute("data-simulation"))!;
    const button = host.locator("button.main");
    const box = await button.boundingBox().catch(() => null);
    // Not under the bars above and below the notebook.
    const inWindow = box && box.y > 100 &&
      box.y + box.height < WINDOW.height - 60;
    if (!inWindow || trained.has(key) || await button.isHidden()) continue;
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    const element = (await host.elementHandle())!;
    const until = (share: number): Promise<unknown> =>
      frame.waitForFunction(
        ([host, share]) => {
          const { dataset, shadowRoot } = host as HTMLElement;
          const bar = shadowRoot!.querySelector("progress")!;
          return dataset.state === "done" || dataset.state === "refused" ||
            share < 1 && bar.value >= share;
        },
        [element, share] as const,
        { timeout: 300_000 },
      );
    await until(0.4);
    await page.screenshot({ path: picture(key, "moving") });
    const hurry = host.getByRole("button", { name: "To the end" });
    if (await hurry.isVisible() && await hurry.isEnabled()) await hurry.click();
    await until(1);
    await page.screenshot({ path: picture(key, "done") });
    trained.set(key, await host.getAttribute("data-same") === "true");
  }
}

/**
 * Reads the notebook from its top to its end, each window first as it is, then
 * with the white background; returns what is found in both ways.
 */
async function read(
  page: Page,
  { picture, train }: {
    picture: (white: boolean, n: number | string) => string;
    train: boolean;
  },
): Promise<
  { plain: Findings; white: Findings; windows: number; trained: number }
> {
  const trained = new Map<string, boolean>();
  const frame = await outputFrame(page);
  const style = await frame.addStyleTag({ content: WHITE });
  const box = (await page.locator(".notebookOverlay .cell-list-container")
    .first().boundingBox())!;
  await page.mouse.move(box.x + 20, box.y + box.height / 2);
  const findings = [new Findings(), new Findings()];
  for (let n = 0;; n++) {
    const { top, seen, all } = await settled(page, frame);
    for (const [i, found] of findings.entries()) {
      await style.evaluate(
        (element, off) => (element as HTMLStyleElement).disabled = off,
        i === 0,
      );
      found.add(
        await frame.evaluate(look, { least: CONTRAST, empty: EMPTY }),
        await page.locator(".notebookOverlay .unicode-highlight").count(),
      );
      await page.screenshot({ path: picture(i === 1, n) });
    }
    if (train) {
      await trainPanels(page, frame, {
        trained,
        picture: (key, when) => picture(false, `${key}-${when}`),
      });
    }
    if (top + seen >= all - 1) {
      const [plain, white] = findings;
      for (const [key, same] of trained) {
        if (!same) {
          plain.addFault(`${key} does not reach the notebook's numbers`);
        }
      }
      return { plain, white, windows: n + 1, trained: trained.size };
    }
    await scrollTo(page, Math.min(top + 0.9 * seen, all - seen));
  }
}

const OPTIONS = { out: { type: "string" } } as const;

/** Opens every notebook in every way; throws when anything is wrong. */
async function test(
  { values, words, signal }: Call<typeof OPTIONS>,
): Promise<void> {
  const chromium = findChromium();
  if (chromium === null) throw new Error("Cannot test as Chromium is missing");
  const out = resolve(CALLED_FROM, values.out ?? join(ROOT, "reports/vscode"));
  await Deno.mkdir(out, { recursive: true });
  const files = await findNotebooks(words, NOTEBOOKS);
  const progress = statusLine();
  progress.update("installing VS Code", "installing VS Code, where it is not");
  await install();
  let wrong = 0;
  const browser: Browser = await launch(chromium);
  signal.addEventListener("abort", () => browser.close());
  try {
    for (const dark of [false, true]) {
      await withCode(dark, async (url) => {
        for (const file of files) {
          const name = basename(file, ".ipynb");
          const { cells } = await readNotebook(file);
          const expected = cells.flatMap((cell) => cell.outputs).length;
          signal.throwIfAborted();
          const way = `${name}-${dark ? "dark" : "light"}`;
          progress.update(way, way);
          const context = await browser.newContext({ viewport: WINDOW });
          const page = await context.newPage();
          page.setDefaultTimeout(120_000); // on a busy machine
          await open(page, url, name);
          const named = (white: boolean): string =>
            white ? `${way}-white` : way;
          const { plain, white, windows, trained } = await read(page, {
            picture: (white, n) =>
              join(out, `${named(white)}-${String(n).padStart(2, "0")}.png`),
            train: !dark,
          });
          await context.close();
          for (
            const [isWhite, found] of [[false, plain], [true, white]] as const
          ) {
            const problems = found.problems(expected);
            wrong += problems.length;
            progress.log(
              `${problems.length ? "✗" : "✓"} ${
                named(isWhite)
              }: ${expected} outputs, ${windows} windows` +
                (isWhite || dark ? "" : `, ${trained} panels trained`),
            );
            for (const problem of problems) progress.log(`  ${problem}`);
          }
        }
      });
    }
  } finally {
    await browser.close();
  }
  console.log(`Screenshots: ${out}`);
  if (wrong > 0) throw new Error(`${wrong} problems in VS Code`);
}

if (import.meta.main) await main({ options: OPTIONS, words: Infinity }, test);
