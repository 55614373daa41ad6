/**
 * Damaged notebooks: each gives a page or one clear line, in time, and no page
 * runs a script that does not stand in an output of markup.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { cpuUsage } from "node:process";
import { Refusal } from "../lib/run/config.ts";
import { resultsOf } from "../tasks/notebook/execute.ts";
import { notebookPage, titleOf } from "../tasks/notebook/export_html.ts";
import { drawingsOf } from "../tasks/notebook/drawings.ts";
import { besidePage, indexPage } from "../tasks/notebook/index_page.ts";
import { judgementOf } from "../tasks/notebook/judgement.ts";
import {
  commandOf,
  differing,
  reportName,
} from "../tasks/notebook/report_name.ts";
import {
  formatNotebook,
  injectParameters,
  parametersOf,
  parseNotebook,
  parseSettings,
} from "../tasks/notebook/notebook.ts";
import { findChromium, launch } from "./browser.ts";
import { damaged, mayRun } from "./damaged_notebooks.ts";
import { task } from "./processes.ts";

/** How many are tried, and how many of them on the real kernel. */
const COUNT = Number(Deno.env.get("HIDDEN_CAUSES_DAMAGED") ?? 300);
const EXECUTED = Number(Deno.env.get("HIDDEN_CAUSES_EXECUTED") ?? 8);
/** Seconds that one may take. */
const PATIENCE = 15;
const chromium = findChromium();

/** What became of a damaged notebook. */
type Fate =
  | { kind: "page"; page: string }
  | { kind: "clear" | "unclear" | "stack trace"; why: string };

/** All that `report` does with a notebook but run its cells. */
function exported(text: string): string {
  const notebook = parseNotebook(text, "damaged.ipynb");
  const values = parseSettings(notebook, []);
  parametersOf(notebook);
  formatNotebook(injectParameters(notebook, values));
  const results = resultsOf(notebook);
  const { seed = null, preset = null } = results ?? {};
  const title = titleOf(notebook, "damaged");
  const run = { seed, preset, wallSeconds: 1 };
  const verdict = { metrics: [], claims: [], ...results };
  const other = differing(notebook, values);
  const drawings = drawingsOf(notebook);
  const entry = {
    ...{ ...verdict, title, ...run, differing: other },
    name: reportName("damaged", other),
    notebook: "damaged",
    command: commandOf("damaged", other),
    judgement: judgementOf(notebook),
    picture: drawings[0]?.image ?? null,
  };
  indexPage([entry]);
  besidePage({ entry, drawings }, { entry, drawings });
  const facts = { ...run, environment: { deno: "0" } };
  return notebookPage(notebook, { name: "damaged", facts });
}

function fateOf(text: string): Fate {
  try {
    return { kind: "page", page: exported(text) };
  } catch (error) {
    const { message, stack } = error as Error;
    if (!(error instanceof Refusal)) {
      return { kind: "stack trace", why: stack ?? message };
    }
    const isClear = /^Cannot [^\n]{10,400}$/.test(message);
    return { kind: isClear ? "clear" : "unclear", why: message };
  }
}

/** Seconds of the processor that `run` took: others may be at work beside it. */
function secondsOf(run: () => void): number {
  const before = cpuUsage();
  run();
  const { user, system } = cpuUsage(before);
  return (user + system) / 1e6;
}

/** What the scripts of pages said in Chromium, page by page. */
async function ranIn(pages: readonly string[]): Promise<string[][]> {
  const folder = await Deno.makeTempDir();
  const browser = await launch(chromium!);
  try {
    const said: string[][] = [];
    const tab = await browser.newPage();
    // A page in a frame is a page: many are looked at in one go.
    for (let from = 0; from < pages.length; from += 20) {
      const names = pages.slice(from, from + 20).map((_, i) =>
        `${from + i}.html`
      );
      for (const [i, name] of names.entries()) {
        await Deno.writeTextFile(join(folder, name), pages[from + i]);
      }
      const frames = names.map((name) => `<iframe src="${name}"></iframe>`);
      await Deno.writeTextFile(join(folder, "all.html"), frames.join(""));
      await tab.goto(`file://${folder}/all.html`);
      for (const name of names) {
        const frame = tab.frames().find((f) => f.url().endsWith(`/${name}`));
        assert.ok(frame, `${name} went elsewhere`);
        said.push(
          await frame.evaluate(() =>
            (globalThis as unknown as { ran?: string[] }).ran ?? []
          ),
        );
      }
    }
    return said;
  } finally {
    await browser.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name:
    `${COUNT} damaged notebooks give pages or clear lines, and run no script of theirs`,
  ignore: chromium === null,
  fn: async () => {
    const table: Record<string, number> = {
      page: 0,
      clear: 0,
      unclear: 0,
      "stack trace": 0,
      slow: 0,
      scripts: 0,
    };
    const wrong: string[] = [];
    const pages: { page: string; allowed: Set<string>; what: string }[] = [];
    for (let seed = 0; seed < COUNT; seed++) {
      const { text, damages } = damaged(seed);
      const what = `seed ${seed} (${damages.join(", ")})`;
      let fate: Fate;
      const seconds = secondsOf(() => fate = fateOf(text));
      table[fate!.kind]++;
      if (fate!.kind === "page") {
        if (!fate!.page.includes("globalThis.ran")) continue;
        pages.push({ page: fate!.page, allowed: mayRun(text), what });
      } else if (fate!.kind !== "clear") {
        wrong.push(`${what}: ${fate!.kind}: ${fate!.why}`);
      }
      if (seconds > PATIENCE) {
        table.slow++;
        wrong.push(`${what}: ${seconds} s`);
      }
    }
    const ran = await ranIn(pages.map(({ page }) => page));
    for (const [i, { allowed, what }] of pages.entries()) {
      const foreign = ran[i].filter((id) => !allowed.has(id));
      table.scripts += foreign.length;
      if (foreign.length > 0) wrong.push(`${what}: ran ${foreign.join(", ")}`);
    }
    console.log(table);
    assert.deepEqual(wrong, []);
    assert.ok(ran.flat().length > 0, "no script ran where it may");
    assert.ok(table.page > COUNT / 4 && table.clear > COUNT / 10);
  },
});

Deno.test(`${EXECUTED} of them, reported by the command, end in a page or one line`, async () => {
  const folder = await Deno.makeTempDir();
  const fates: Record<string, number> = { page: 0, clear: 0 };
  const one = async (seed: number): Promise<void> => {
    const { text, damages } = damaged(seed);
    const what = `seed ${seed} (${damages.join(", ")})`;
    const [file, out] = [
      join(folder, `${seed}.ipynb`),
      join(folder, `${seed}`),
    ];
    await Deno.writeTextFile(file, text);
    const { code, stderr } = await task("report", [
      file,
      "--out",
      out,
      "--timeout",
      `${PATIENCE}`,
    ]);
    const page = await Deno.stat(join(out, `${seed}.html`))
      .then(() => true, () => false);
    assert.equal(code, page ? 0 : 1, `${what}: ${stderr}`);
    if (!page) assert.match(stderr, /^\n[^\n]+\n$/, `${what}: ${stderr}`);
    fates[page ? "page" : "clear"]++;
  };
  try {
    for (let at = 0; at < EXECUTED; at += 2) {
      const seeds = [at, at + 1].map((i) => Math.floor(i * COUNT / EXECUTED));
      await Promise.all(seeds.map(one));
    }
    console.log(fates);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
