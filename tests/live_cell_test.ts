/** Live cells in a report: what a reader may do with them, and to them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { reader } from "../lib/run/reader.ts";
import { parseResults } from "../lib/run/results.ts";
import { live } from "../viz/live/live.ts";
import { collapse } from "../viz/live/simulations/collapse.ts";
import { findChromium, launch } from "./browser.ts";
import { evaluateInFirefox, findFirefox } from "./firefox.ts";
import { reportOf, SHORT, shortCell } from "./live_cells.ts";

const chromium = findChromium();
const firefox = findFirefox();
const NAMES = Object.keys(SHORT);
/** Milliseconds that a training may take on a busy machine. */
const PATIENCE = 120_000;

const folder = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const built = new Map<string, string>();

/** The file of a report with these cells. */
async function report(...names: string[]): Promise<string> {
  const file = join(folder, `${names.join("+")}.html`);
  try {
    await Deno.stat(file);
  } catch {
    for (const name of names) {
      const recorded = name === "imax_stereograms" ? 4 : 0;
      if (!built.has(name)) built.set(name, await shortCell(name, recorded));
    }
    await Deno.writeTextFile(
      file,
      reportOf(names.map((name) => built.get(name)!)),
    );
  }
  return file;
}

interface Opened {
  page: Page;
  /** The live cells. */
  hosts: Locator[];
  complaints: string[];
}

/** Opens a file offline; `before` runs in the page before its scripts. */
async function open(
  browser: Browser,
  file: string,
  { hash = "", before, ...options }: {
    hash?: string;
    before?: string;
  } & Parameters<Browser["newContext"]>[0] = {},
): Promise<Opened> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    offline: true,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
  if (before) await page.addInitScript(before);
  await page.goto(`file://${file}${hash}`);
  const hosts = await page.locator("[data-simulation]").all();
  return { page, hosts, complaints };
}

/** A test with a browser of its own. */
function inChromium(
  name: string,
  test: (browser: Browser) => Promise<void>,
  args: string[] = [],
): void {
  Deno.test({
    name,
    ignore: chromium === null,
    fn: async () => {
      const browser = await launch(chromium!, args);
      try {
        await test(browser);
      } finally {
        await browser.close();
      }
    },
  });
}

function press(host: Locator, name: string): Promise<void> {
  return host.getByRole("button", { name, exact: true }).click();
}

/** Waits until the cell says of itself that it is so. */
async function until(
  host: Locator,
  key: "state" | "seeds",
  value: string,
): Promise<void> {
  await host.page().waitForFunction(
    ([element, key, value]) =>
      (element as HTMLElement).dataset[key as string] === value,
    [await host.elementHandle(), key, value] as const,
  );
}

function says(host: Locator): Promise<string> {
  return host.locator("section > p[role=status]").innerText();
}

async function set(host: Locator, name: string, value: string): Promise<void> {
  await host.locator(`[name=${name}]`).fill(value);
  await host.locator(`[name=${name}]`).press("Enter");
}

inChromium(
  "a seed falls where it should or not, and ten others are drawn over those recorded",
  async (browser) => {
    const { hosts: [host], complaints } = await open(
      browser,
      await report("imax_stereograms"),
    );
    // The range stands there before anything is trained.
    const before = await host.locator("dd small").allInnerTexts();
    assert.equal(before.length, 2);
    assert.match(before[0], /^95 %: [\d.−]+ to [\d.−]+$/);
    await press(host, "Train");
    await until(host, "state", "done");
    assert.match(await says(host), /the notebook's, to the last bit/);
    assert.match(
      await says(host),
      /[012] of 2 fell where 95 % of seeds should/,
    );
    await press(host, "Ten seeds");
    await until(host, "seeds", "done");
    const words = await host.locator(".seeds p").innerText();
    assert.match(
      words,
      /^10 of 10 seeds. Within the range of the 4 recorded.*Imax \(nats\) \d+, corr\(a, b\) \d+\.$/,
    );
    assert.match(await host.locator("h4").innerText(), /^Seeds 5 to 14$/);
    assert.ok(await host.locator(".seeds rect").count() >= 2, "no ranges");
    // Under other settings nothing of that is said.
    await set(host, "learningRate", "0.1");
    assert.equal(await host.locator("dd small").count(), 0);
    assert.ok(await host.locator(".seeds").isHidden());
    await press(host, "Ten seeds");
    await until(host, "seeds", "done");
    assert.match(
      await host.locator(".seeds p").innerText(),
      /^10 of 10 seeds; not the notebook's settings\.$/,
    );
    assert.equal(await host.locator(".seeds rect").count(), 0);
    assert.deepEqual(complaints, []);
  },
);

inChromium(
  "results are those of the command line: the preset, and all settings",
  async (browser) => {
    const { page, hosts: [host] } = await open(
      browser,
      await report("imax_stereograms"),
    );
    await set(host, "hidden", "12");
    await press(host, "Train");
    await until(host, "state", "done");
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      press(host, "Download results"),
    ]);
    const text = await Deno.readTextFile(await saved.path());
    const results = parseResults(JSON.parse(text), reader("read results"));
    assert.equal(results.notebook, "imax_stereograms");
    assert.equal(results.preset, "smoke");
    assert.deepEqual(results.config.hidden, [12]);
    assert.equal(results.config.steps, 120);
    assert.equal(results.config.objective, "difference");
    assert.match(results.paramsSha256, /^[0-9a-f]{64}$/);
  },
);

inChromium(
  "a link sets what it asks, and what cannot be is refused in words",
  async (browser) => {
    const file = await report("imax_stereograms");
    const { hosts: [host], page } = await open(browser, file);
    const key = await host.getAttribute("data-simulation");
    const at = async (query: string): Promise<string> => {
      // The page is open: its address alone changes.
      await page.evaluate((hash) => location.hash = hash, `${key}?${query}`);
      await page.waitForFunction(
        ([element, seed]) =>
          (element as HTMLElement).dataset.state === "refused" ||
          (element as HTMLElement).shadowRoot!
              .querySelector<HTMLInputElement>("[name=seed]")!.value === seed,
        [
          await host.elementHandle(),
          new URLSearchParams(query).get("seed"),
        ] as const,
      );
      return says(host);
    };
    assert.equal(await at("seed=7&hidden=20"), "");
    assert.equal(await host.getAttribute("data-state"), "ready");
    assert.equal(await host.locator("[name=hidden]").inputValue(), "20");
    assert.match(
      await at("seed=1&hidden=100000"),
      /^Cannot start as Hidden units must be from 2 to 128: current value is 100000/,
    );
    assert.match(
      await at("seed=1&renderer=%3Cimg%3E"),
      /^Cannot start as Renderer must be one of linear, blurred/,
    );
    for (const seed of ["1.5", "1e300", "many"]) {
      assert.match(
        await at(`seed=${seed}`),
        /^Cannot start as the seed must be a whole number/,
        seed,
      );
    }
    assert.ok(
      await host.getByRole("button", { name: "Train" }).isDisabled(),
    );
    await press(host, "Reset");
    assert.equal(await host.getAttribute("data-state"), "ready");
    // An address that is no link of ours, and cannot be decoded.
    for (const hash of ["#100%", `#${key}?seed=%E0%A4`]) {
      const { hosts: [host], complaints } = await open(browser, file, { hash });
      assert.ok(await host.getByRole("button", { name: "Train" }).isVisible());
      assert.deepEqual(complaints, []);
    }
  },
);

inChromium(
  "a seed that is none is refused, and one as large as can be is trained",
  async (browser) => {
    const { hosts: [host], complaints } = await open(
      browser,
      await report("population_codes"),
    );
    for (const seed of ["0.5", "9007199254740992", "1e300"]) {
      await set(host, "seed", seed);
      assert.match(
        await says(host),
        /^Cannot start as the seed must be a whole number: current value is/,
      );
      assert.ok(
        await host.getByRole("button", { name: "Ten seeds" }).isDisabled(),
      );
    }
    await set(host, "seed", "-9007199254740991");
    await press(host, "Train");
    await until(host, "state", "done");
    assert.equal(await says(host), "Not the notebook's seed.");
    assert.deepEqual(complaints, []);
  },
);

inChromium(
  "until the first step the still of the recorded run stands where the picture will",
  async (browser) => {
    const { page, hosts: [host] } = await open(
      browser,
      await report("neural_em"),
    );
    const still = host.locator("figure");
    const picture = host.locator("section > .picture");
    const height = async (): Promise<number> =>
      (await host.boundingBox())!.height;
    assert.ok(await still.isVisible());
    assert.equal((await picture.boundingBox())!.height, 0);
    assert.match(
      await still.innerText(),
      /The notebook's own run of its model. At the end/,
    );
    assert.doesNotMatch(await still.innerText(), /runs no scripts/);
    const before = await height();
    await press(host, "One step");
    await page.waitForFunction(
      (element) => !(element as HTMLElement).hasAttribute("data-still"),
      await host.elementHandle(),
    );
    assert.ok(await still.isHidden());
    assert.ok((await picture.boundingBox())!.height > 200);
    // What follows in the page hardly moves.
    const grown = Math.abs(await height() - before);
    assert.ok(grown < 120, `the cell grew or shrank by ${grown} px`);
    await press(host, "Reset");
    assert.ok(await still.isVisible());
  },
);

inChromium(
  "what was not trained is printed as the still of the recorded run",
  async (browser) => {
    const { page, hosts } = await open(browser, await report(...NAMES));
    await page.emulateMedia({ media: "print" });
    for (const host of hosts) {
      const still = host.locator("figure");
      assert.ok(await still.isVisible());
      assert.ok(await host.locator("button.main").isHidden());
    }
    await page.emulateMedia({ media: "screen" });
    assert.ok(await hosts[1].locator("button.main").isVisible());
    await press(hosts[1], "Train");
    await until(hosts[1], "state", "done");
    await page.emulateMedia({ media: "print" });
    assert.equal(await hosts[1].locator("figure").isVisible(), false);
    assert.ok(await hosts[1].locator(".picture").first().isVisible());
    await page.close();
  },
);

/** Ways in which a page is kept from starting a worker. */
const REFUSALS: Record<string, string> = {
  "by an error": "globalThis.Worker = class { constructor() { throw 1; } };",
  "later": `globalThis.Worker = class extends EventTarget {
    postMessage() {}
    terminate() {}
    constructor() {
      super();
      setTimeout(() => this.onerror(new ErrorEvent("error")), 50);
    }
  };`,
};

for (const [how, before] of Object.entries(REFUSALS)) {
  inChromium(
    `where a worker is refused, ${how}, the page trains by itself to the same bits`,
    async (browser) => {
      const file = await report(...NAMES);
      const { page, hosts, complaints } = await open(browser, file, { before });
      for (const host of hosts) {
        await press(host, "Train");

        await until(host, "state", "done");
        assert.equal(await host.getAttribute("data-same"), "true");
      }
      await press(hosts[1], "Ten seeds");
      await until(hosts[1], "seeds", "done");
      assert.deepEqual(complaints, []);
      await page.close();
    },
  );
}

inChromium(
  "where WebAssembly is off, words say so and nothing else breaks",
  async (browser) => {
    const { hosts, complaints } = await open(browser, await report(...NAMES));
    for (const host of hosts) {
      await press(host, "Train");
      await until(host, "state", "refused");
      assert.match(
        await says(host),
        /^Cannot train here as WebAssembly must be switched on/,
      );
      await press(host, "Reset");
      assert.equal(await host.getAttribute("data-state"), "ready");
    }
    assert.deepEqual(complaints, []);
  },
  ["--js-flags=--jitless"],
);

inChromium("where storage is refused, all works", async (browser) => {
  const before = ["localStorage", "sessionStorage", "indexedDB"].map((name) =>
    `Object.defineProperty(globalThis, "${name}",
      { get() { throw new DOMException("denied", "SecurityError"); } });`
  ).join("");
  const { page, hosts: [host], complaints } = await open(
    browser,
    await report("population_codes"),
    { before },
  );
  await press(host, "Train");
  await until(host, "state", "done");
  assert.equal(await host.getAttribute("data-same"), "true");
  await page.locator("#toggle-theme").click();
  assert.deepEqual(complaints, []);
});

inChromium(
  "two cells train at once and do not disturb each other",
  async (browser) => {
    const file = await report("imax_stereograms", "helmholtz_shifter");
    const { hosts, complaints } = await open(browser, file);
    for (const host of hosts) await press(host, "Train");
    await press(hosts[0], "Ten seeds");
    for (const host of hosts) await until(host, "state", "done");
    for (const host of hosts) {
      assert.equal(await host.getAttribute("data-same"), "true");
    }
    await until(hosts[0], "seeds", "done");
    assert.equal(await hosts[1].getAttribute("data-seeds"), null);
    assert.deepEqual(complaints, []);
  },
);

/** Counts what listens to the document, and lets a test hide the page. */
const WATCHED = `
  globalThis.listening = 0;
  const { addEventListener, removeEventListener } = Document.prototype;
  const heard = new Set();
  document.addEventListener = function (type, act, ...rest) {
    if (type === "visibilitychange") heard.add(act);
    return addEventListener.call(this, type, act, ...rest);
  };
  document.removeEventListener = function (type, act, ...rest) {
    if (type === "visibilitychange") heard.delete(act);
    return removeEventListener.call(this, type, act, ...rest);
  };
  globalThis.heard = heard;
  let away = false;
  Object.defineProperty(document, "hidden", { get: () => away });
  globalThis.hide = (value) => {
    away = value;
    document.dispatchEvent(new Event("visibilitychange"));
  };
`;

inChromium(
  "a hidden page waits and goes on, and a cell that is taken away leaves nothing behind",
  async (browser) => {
    const { page, hosts: [host], complaints } = await open(
      browser,
      await report("helmholtz_shifter"),
      { before: WATCHED },
    );
    const call = (expression: string): Promise<unknown> =>
      page.evaluate(expression);
    const listening = (count: number): Promise<unknown> =>
      page.waitForFunction((count) => {
        const { heard } = globalThis as unknown as { heard: Set<unknown> };
        return heard.size === count;
      }, count);
    // Hidden as soon as something has come.
    await host.evaluate((element) => {
      const { shadowRoot } = element;
      const { hide } = globalThis as unknown as { hide(is: boolean): void };
      shadowRoot!.querySelector<HTMLElement>("button.main")!.click();
      return new Promise<void>((resolve) => {
        const look = (): void => {
          const step = shadowRoot!.querySelector<HTMLElement>("dd")!;
          if (Number(step.dataset.value) === 0) return void setTimeout(look);
          hide(true);
          resolve();
        };
        look();
      });
    });
    assert.equal(await host.getAttribute("data-state"), "ready");
    const step = (): Promise<string | null> =>
      host.locator("dd[data-key=step]").getAttribute("data-value");
    // What was under way when the page was hidden still arrives.
    let [last, now] = ["", await step()];
    while (last !== now) {
      await page.waitForTimeout(300);
      [last, now] = [now!, await step()];
    }
    const { total } = SHORT.helmholtz_shifter;
    assert.ok(Number(now) < total, "the training was too short to be paused");
    await call("hide(false)");
    await until(host, "state", "done");
    assert.equal(await host.getAttribute("data-same"), "true");
    assert.equal(await call("heard.size"), 1);
    await press(host, "Again");
    await host.evaluate((element) => {
      (globalThis as unknown as { kept: Element }).kept = element;
      element.remove();
    });
    await listening(0);
    assert.equal(await call("kept.dataset.state"), "ready");
    // Back in the page, it goes on where it was.
    await call("document.querySelector('main').append(kept)");
    await listening(1);
    await until(host, "state", "done");
    assert.deepEqual(complaints, []);
  },
);

inChromium(
  "a keyboard alone suffices, and every name can be read",
  async (browser) => {
    const { page, hosts: [host] } = await open(
      browser,
      await report("population_codes"),
    );
    const focused = (): Promise<string> =>
      host.evaluate((element) => {
        const at = element.shadowRoot!.activeElement as HTMLInputElement | null;
        return at?.name || at?.textContent || "";
      });
    await host.locator("[name=seed]").focus();
    const met: string[] = [];
    for (let at = await focused(); at !== ""; at = await focused()) {
      met.push(at);
      if (at === "dims") {
        await page.keyboard.press("ArrowLeft");
        await page.keyboard.press("ArrowRight");
      }
      if (at === "Ten seeds") await page.keyboard.press("Space");
      await page.keyboard.press("Tab");
    }
    assert.deepEqual(
      met,
      [
        ...["seed", "units", "sigma", "dims", "learningRate", "cause", "Train"],
        ...["One step", "Reset", "Ten seeds", "Copy link"],
      ],
    );
    // Last, as buttons come and go with it.
    await host.locator("button.main").focus();
    await page.keyboard.press("Enter");
    await until(host, "state", "done");
    await until(host, "seeds", "done");
    assert.equal(await host.getAttribute("data-same"), "true");
    await page.evaluate(`${axe.source};0`);
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: typeof import("axe-core");
      };
      const { violations } = await axe.run("[data-simulation]", {
        // This page has no chapters.
        rules: { "heading-order": { enabled: false } },
      });
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
    });
    assert.deepEqual(found, []);
  },
);

inChromium(
  "with little motion the model is seen when it rests",
  async (browser) => {
    for (const reducedMotion of ["reduce", "no-preference"] as const) {
      const { hosts: [host] } = await open(
        browser,
        await report("helmholtz_shifter"),
        { reducedMotion },
      );
      const drawn = await host.evaluateHandle((element) => {
        const picture = element.shadowRoot!.querySelector(".picture")!;
        const drawn = { moving: 0 };
        new MutationObserver(() => {
          if ((element as HTMLElement).dataset.state === "running") {
            drawn.moving++;
          }
        }).observe(picture, { childList: true });
        return drawn;
      });
      await press(host, "Train");
      await until(host, "state", "done");
      const { moving } = await drawn.jsonValue();
      if (reducedMotion === "reduce") assert.equal(moving, 0);
      else assert.ok(moving > 1, `${moving} pictures in motion`);
    }
  },
);

/** Words that are cut by their picture or meet others; a page too wide. */
const CUT = `(() => {
  const cut = [];
  for (const host of document.querySelectorAll("[data-simulation]")) {
    for (const picture of host.shadowRoot.querySelectorAll("svg")) {
      const whole = picture.getBoundingClientRect();
      const texts = Array.from(picture.querySelectorAll("text"), (text) =>
        [text.textContent, text.getBoundingClientRect()]);
      texts.forEach(([words, at], i) => {
        if (at.left < whole.left - 1 || at.right > whole.right + 1 ||
          at.bottom > whole.bottom + 1) cut.push(words);
        for (const [others, there] of texts.slice(0, i)) {
          const across = Math.min(at.right, there.right) -
            Math.max(at.left, there.left);
          const down = Math.min(at.bottom, there.bottom) -
            Math.max(at.top, there.top);
          if (across > 1 && down > 4) cut.push(words + " over " + others);
        }
      });
    }
  }
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) cut.push("the page, by " + wide + " px");
  return cut;
})()`;

for (const width of [360, 1280]) {
  inChromium(
    `at ${width} px no word of a picture is cut, light and dark`,
    async (browser) => {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page, hosts, complaints } = await open(
          browser,
          await report(...NAMES),
          { viewport: { width, height: 900 }, colorScheme },
        );
        assert.deepEqual(await page.evaluate(CUT), [], "at the start");
        await press(hosts[1], "Ten seeds");
        for (const host of hosts) {
          await press(host, "Train");
          await until(host, "state", "done");
        }
        await until(hosts[1], "seeds", "done");
        assert.deepEqual(await page.evaluate(CUT), [], "at the end");
        assert.deepEqual(complaints, []);
      }
    },
  );
}

for (const [width, dark] of [[360, false], [1280, true]] as const) {
  Deno.test({
    name: `Firefox at ${width} px, ${
      dark ? "dark" : "light"
    }, reaches the same bits from a file, in workers`,
    ignore: firefox === null,
    fn: async () => {
      const file = await report(...NAMES);
      const said = await evaluateInFirefox(
        firefox!,
        file,
        `(async () => {
            const said = { dark: matchMedia("(prefers-color-scheme: dark)").matches,
              width: innerWidth };
            let workers = 0;
            const Real = Worker;
            globalThis.Worker = class extends Real {
              constructor(url) { super(url); workers++; }
            };
            for (const host of document.querySelectorAll("[data-simulation]")) {
              const buttons = Array.from(host.shadowRoot.querySelectorAll("button"));
              buttons.find((b) => b.textContent === "Train").click();
              while (!["done", "refused"].includes(host.dataset.state)) {
                await new Promise((resolve) => setTimeout(resolve, 20));
              }
              said[host.shadowRoot.querySelector("h3").textContent] =
                host.dataset.same;
            }
            return JSON.stringify({ ...said, workers, cut: ${CUT} });
          })()`,
        { width, dark },
      );
      assert.deepEqual(JSON.parse(said), {
        ...{ dark, width, workers: NAMES.length, cut: [] },
        ...Object.fromEntries(NAMES.map((name) => [name, "true"])),
      });
    },
  });
}

Deno.test("the script of a cell is at most 250 kB", async () => {
  const page = await Deno.readTextFile(await report(...NAMES));
  const scripts = Array.from(
    page.matchAll(/data-simulation="[^]*?<script>([^]*?)<\/script>/g),
    ([, script]) => new TextEncoder().encode(script).length,
  );
  assert.equal(scripts.length, NAMES.length);
  scripts.forEach((bytes, i) =>
    assert.ok(bytes <= 250_000, `${NAMES[i]}: ${bytes} bytes`)
  );
});

inChromium(
  "a challenge is marked once it is met, in the page alone",
  async (browser) => {
    const { html } = await live(collapse);
    const file = join(folder, "collapse.html");
    await Deno.writeTextFile(file, reportOf([html]));
    const { page, hosts: [host], complaints } = await open(browser, file);
    const marks = (): Promise<string[]> =>
      host.locator("li b").allTextContents();
    assert.match(await host.locator("li").nth(1).innerText(), /^Try: find the/);
    assert.equal(await host.locator("details[open]").count(), 0);
    await press(host, "To the end");
    await until(host, "state", "done");
    assert.deepEqual(await marks(), ["", ""]);
    await host.locator("[name=floor]").check();
    await press(host, "To the end");
    await until(host, "state", "done");
    assert.deepEqual(await marks(), ["✓ done", ""]);
    await host.locator("[name=covariance]").fill("2.75");
    assert.deepEqual(await marks(), ["✓ done", ""], "before the end");
    await press(host, "To the end");
    await until(host, "state", "done");
    assert.deepEqual(await marks(), ["✓ done", "✓ done"]);
    // A reset takes back no mark, a new page does.
    await press(host, "Reset");
    assert.deepEqual(await marks(), ["✓ done", "✓ done"]);
    await page.reload();
    assert.deepEqual(await marks(), ["", ""]);
    assert.deepEqual(complaints, []);
  },
);
