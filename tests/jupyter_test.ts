/** papermill, nbclient and nbconvert on the notebooks. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import MarkdownIt from "markdown-it";
import type { Browser } from "playwright-core";
import { executeNotebook, resultsOf } from "../tasks/notebook/execute.ts";
import {
  findNotebooks,
  formatNotebook,
  hasTag,
  INJECTED,
  injectParameters,
  type Notebook,
  parametersOf,
  parseNotebook,
  readNotebook,
} from "../tasks/notebook/notebook.ts";
import { findChromium, launch } from "./browser.ts";
import { findProgram, pythonOf, type Workplace, workplace } from "./jupyter.ts";
import { NOTEBOOKS, ROOT } from "../tasks/project.ts";

const papermillProgram = findProgram("papermill");
const execute = findProgram("jupyter-execute");
const nbconvert = findProgram("jupyter-nbconvert");
const chromium = findChromium();
const committed = await findNotebooks([], NOTEBOOKS);
const EDITOR = join(ROOT, "tests", "fixtures", "editor.ipynb");

async function run(
  program: string,
  args: string[],
  place: Workplace,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: place.folder,
    env: place.env,
  }).output();
  const words = new TextDecoder().decode(stderr);
  assert.ok(success, words.slice(-2000));
  return new TextDecoder().decode(stdout) + words;
}

async function read(file: string): Promise<Notebook> {
  return parseNotebook(await Deno.readTextFile(file), file);
}

/** What each code cell shows, by its id; of what holds times, the types. */
function shown(notebook: Notebook): [string, unknown[]][] {
  return notebook.cells.filter((c) =>
    c.cell_type === "code" && !hasTag(c, INJECTED)
  ).map((c) => [
    c.id,
    c.outputs.map((o) =>
      !("data" in o)
        ? o
        : hasTag(c, "environment")
        ? Object.keys(o.data).sort()
        : o.data
    ),
  ]);
}

/** How many outputs each cell has: what is lost is named in a few lines. */
function counted(notebook: Notebook): [string, number][] {
  return shown(notebook).map(([id, outputs]) => [id, outputs.length]);
}

const PARAMETERS = { seed: 3, preset: "smoke" };

/** What the notebook shows when executed by this project's own client. */
async function expected(file: string): Promise<Notebook> {
  const notebook = injectParameters(await readNotebook(file), PARAMETERS);
  return (await executeNotebook(notebook, {
    name: "x",
    cwd: file.slice(0, file.lastIndexOf("/")),
  })).notebook;
}

Deno.test({
  name: "papermill knows the parameters that a notebook declares",
  ignore: papermillProgram === null,
  fn: async () => {
    const place = await workplace([EDITOR]);
    try {
      const script = join(ROOT, "tasks", "papermill_deno.py");
      const file = join(place.notebooks, "editor.ipynb");
      const help = await run(
        pythonOf(papermillProgram!),
        [script, "--help-notebook", file],
        place,
      );
      assert.match(help, /seed: .*default|seed/);
      for (const { name, value } of parametersOf(await read(file))) {
        assert.match(
          help,
          new RegExp(`\\b${name}: .*${JSON.stringify(value)}`),
        );
      }
      const out = join(place.folder, "out.ipynb");
      const args = [script, file, out, "-p", "seed", "3", "--prepare-only"];
      assert.doesNotMatch(
        await run(pythonOf(papermillProgram!), args, place),
        /unknown parameter/,
      );
    } finally {
      await place.remove();
    }
  },
});

Deno.test({
  name:
    "papermill names a claim that fails, and fails for it with the full preset, unless it is declared to, and where no results are shown",
  ignore: papermillProgram === null,
  fn: async () => {
    const small = join(ROOT, "tests", "fixtures", "small.ipynb");
    const place = await workplace([small]);
    try {
      const file = join(place.notebooks, "small.ipynb");
      const text = await Deno.readTextFile(file);
      const judge = async (
        claim: string,
        parameters: string[] = [],
        change = (source: string) => source,
      ): Promise<[boolean, string]> => {
        await Deno.writeTextFile(
          file,
          change(
            text.replace("{ claim, ", "{ claim, knownToFail, ")
              .replace(/claims: \[.*\]/, `claims: [${claim}]`),
          ),
        );
        const out = join(place.folder, "out.ipynb");
        const { success, stderr } = await new Deno.Command(
          pythonOf(papermillProgram!),
          {
            args: [
              join(ROOT, "tasks", "papermill_deno.py"),
              file,
              out,
              ...parameters,
            ],
            cwd: place.folder,
            env: place.env,
          },
        ).output();
        return [success, new TextDecoder().decode(stderr)];
      };
      const fails = "claim('It is high', mean, '>', 2)";
      const named = /the claim "It is high" fails: 0\.\d+, bound > 2/;
      const [full, words] = await judge(fails);
      assert.match(words, named);
      assert.equal(full, false);
      const [smoke, warned] = await judge(fails, ["-p", "preset", "smoke"]);
      assert.match(warned, named);
      assert.equal(smoke, true);
      const [declared, quiet] = await judge(`knownToFail(${fails})`);
      assert.doesNotMatch(quiet, /the claim/);
      assert.equal(declared, true);
      const [silent, asked] = await judge(
        fails,
        [],
        (source) => source.replace("[RESULTS_MIME]: results, ", ""),
      );
      assert.match(asked, /claims shows no results: end it with/);
      assert.equal(silent, false);
    } finally {
      await place.remove();
    }
  },
});

/** Executes a notebook of the workplace; returns the executed one's file. */
type Runner = (place: Workplace, name: string, run: number) => Promise<string>;

const papermill: Runner = async (place, name, i) => {
  const out = join(place.folder, `${name}-${i}.ipynb`);
  const parameters = Object.entries(PARAMETERS)
    .flatMap(([key, value]) => ["-p", key, String(value)]);
  await run(pythonOf(papermillProgram!), [
    join(ROOT, "tasks", "papermill_deno.py"),
    join(place.notebooks, `${name}.ipynb`),
    out,
    ...parameters,
  ], place);
  return out;
};

const nbclient: Runner = async (place, name, i) => {
  const file = join(place.notebooks, `${name}-${i}.ipynb`);
  const notebook = await readNotebook(join(place.notebooks, `${name}.ipynb`));
  const injected = injectParameters(notebook, PARAMETERS);
  await Deno.writeTextFile(file, formatNotebook(injected));
  await run(execute!, ["--inplace", file], place);
  return file;
};

/**
 * Runs of each notebook, half of them by papermill, half by nbclient: ten of
 * the short one, which holds every kind of output, and one of each of the long,
 * by either in turn.
 */
const RUNS = Number(Deno.env.get("HIDDEN_CAUSES_RUNS")) || undefined;

for (const [n, file] of [EDITOR, ...committed].entries()) {
  const name = basename(file, ".ipynb");
  const runs = RUNS ?? (file === EDITOR ? 10 : 1);
  Deno.test({
    name:
      `papermill and nbclient run ${name} with parameters, runs: ${runs}, every output complete`,
    ignore: papermillProgram === null || execute === null,
    fn: async () => {
      const place = await workplace([file]);
      try {
        const want = await expected(file);
        assert.equal(resultsOf(want)?.seed, PARAMETERS.seed);
        const compare = async (out: string): Promise<void> => {
          const made = await read(out);
          assert.deepEqual(counted(made), counted(want), out);
          assert.deepEqual(shown(made), shown(want), out);
          assert.deepEqual(resultsOf(made), resultsOf(want), out);
        };
        const [one, other] = n % 2 === 0
          ? [papermill, nbclient]
          : [nbclient, papermill];
        for (let i = 0; i < runs; i += 2) {
          const pair = [one(place, name, i)];
          if (runs > 1) pair.push(other(place, name, i));
          for (const out of await Promise.all(pair)) await compare(out);
        }
      } finally {
        await place.remove();
      }
    },
  });
}

Deno.test("a program is found on the PATH, too, with the Python it is for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const program = join(folder, "a-program");
    await Deno.writeTextFile(program, "#!/opt/bin/python3\nprint()\n");
    const path = `/no/such/folder:${folder}`;
    assert.equal(findProgram("a-program", path), program);
    assert.equal(findProgram("a-program", "/no/such/folder"), null);
    assert.equal(pythonOf(program), "/opt/bin/python3");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "a cell ends when its outputs have arrived, however many wait before",
  ignore: execute === null,
  fn: async () => {
    const place = await workplace([EDITOR]);
    try {
      const file = join(place.notebooks, "editor.ipynb");
      const notebook = await readNotebook(file);
      const [cell] = notebook.cells.filter((c) => c.cell_type === "code");
      const [many, next] = [
        `import { send, show } from "../viz/notebook/show.ts";
const large = { "text/plain": "x".repeat(900_000) };
for (let i = 0; i < 40; i++) await send(large, { passing: true });
await show("last");`,
        `await show("next");`,
      ].map((source, i) => ({ ...cell, id: `cell-${i}`, source, outputs: [] }));
      notebook.cells = [many, next];
      await Deno.writeTextFile(file, formatNotebook(notebook));
      await run(execute!, ["--inplace", file], place);
      const { cells } = await read(file);
      assert.deepEqual(
        cells.map((c) => c.cell_type === "code" && c.outputs.length),
        [41, 1],
      );
    } finally {
      await place.remove();
    }
  },
});

/** What can be seen of outputs: figures, shapes, images and table cells. */
interface Census {
  figures: number;
  shapes: number;
  images: number;
  cells: number;
  /** Figures without height and images that did not load. */
  lost: string[];
}

/** Opens a page as a viewer that runs no scripts and has no network. */
async function census(browser: Browser, html: string): Promise<Census> {
  const context = await browser.newContext({
    offline: true,
    javaScriptEnabled: false,
  });
  const page = await context.newPage();
  await page.setContent(html, { waitUntil: "load" });
  const counted = await page.evaluate(() => {
    const all = <E extends Element>(selector: string): E[] =>
      Array.from(document.querySelectorAll<E>(selector));
    const figures = all<HTMLElement>(".hc figure");
    const images = all<HTMLImageElement>(".hc img");
    const empty = figures.filter((f) => f.getBoundingClientRect().height < 20);
    const broken = images.filter((image) => image.naturalWidth === 0);
    return {
      figures: figures.length,
      shapes: all(".hc svg *").length,
      images: images.length,
      cells: all(".hc td, .hc th").length,
      lost: [...empty, ...broken].map((e) => e.outerHTML.slice(0, 200)),
    };
  });
  await context.close();
  return counted;
}

for (const file of [EDITOR, ...committed]) {
  const name = basename(file, ".ipynb");
  Deno.test({
    name: `nbconvert's HTML and Markdown show every figure of ${name}`,
    ignore: nbconvert === null || chromium === null,
    fn: async () => {
      const place = await workplace([file]);
      const browser = await launch(chromium!);
      try {
        const notebook = file === EDITOR
          ? await expected(file)
          : await readNotebook(file);
        const source = join(place.notebooks, `${name}.ipynb`);
        await Deno.writeTextFile(source, formatNotebook(notebook));
        const convert = async (to: string, ending: string): Promise<string> => {
          const options = ["--to", to, "--output-dir", place.folder];
          await run(nbconvert!, [...options, source], place);
          return await Deno.readTextFile(
            join(place.folder, `${name}.${ending}`),
          );
        };
        const outputs = notebook.cells.flatMap((c) => c.outputs)
          .map((o) => "data" in o ? String(o.data["text/html"] ?? "") : "");
        const own = await census(browser, outputs.join("\n"));
        assert.ok(own.figures + own.shapes + own.cells > 0);
        assert.deepEqual(own.lost, []);
        const [html, markdown] = await Promise.all([
          convert("html", "html"),
          convert("markdown", "md"),
        ]);
        assert.deepEqual(await census(browser, html), own);
        const page = new MarkdownIt({ html: true }).render(markdown);
        assert.deepEqual(await census(browser, page), own);
      } finally {
        await browser.close();
        await place.remove();
      }
    },
  });
}

Deno.test({
  name: "nbconvert makes a slide of each section",
  ignore: nbconvert === null,
  fn: async () => {
    const [file] = committed;
    const { cells } = await readNotebook(file);
    const place = await workplace([file]);
    try {
      const name = basename(file, ".ipynb");
      await run(nbconvert!, [
        ...["--to", "slides", "--no-input", "--output-dir", place.folder],
        join(place.notebooks, `${name}.ipynb`),
      ], place);
      const page = await Deno.readTextFile(
        join(place.folder, `${name}.slides.html`),
      );
      const sections = cells.filter((cell) =>
        cell.cell_type === "markdown" && /^##? /m.test(cell.source)
      );
      // reveal.js stacks slides below slides: a section in a section.
      const slides = page.match(/<section>\s*<section>/g) ?? [];
      assert.equal(slides.length, sections.length);
    } finally {
      await place.remove();
    }
  },
});

Deno.test({
  name:
    "HTML that nbconvert has sanitised tells in words what was a figure, and no other page shows these words",
  ignore: nbconvert === null || chromium === null,
  fn: async () => {
    const place = await workplace([EDITOR]);
    const browser = await launch(chromium!);
    try {
      const source = join(place.notebooks, "editor.ipynb");
      const notebook = await expected(EDITOR);
      await Deno.writeTextFile(source, formatNotebook(notebook));
      /** What a reader reads of each output. */
      const read = async (sanitize: boolean): Promise<string[]> => {
        await run(nbconvert!, [
          ...["--to", "html", "--output-dir", place.folder],
          ...[`--HTMLExporter.sanitize_html=${sanitize ? "True" : "False"}`],
          source,
        ], place);
        const context = await browser.newContext({ offline: true });
        const page = await context.newPage();
        await page.goto(`file://${join(place.folder, "editor.html")}`);
        const texts = await page.locator(".jp-OutputArea").allInnerTexts();
        await context.close();
        return texts;
      };
      const words = notebook.cells.flatMap((c) => c.outputs)
        .map((o) => "data" in o ? String(o.data["text/plain"] ?? "") : "");
      const curve = words.findIndex((text) => /^Figure: /.test(text));
      const [whole, sanitised] = [await read(false), await read(true)];
      assert.doesNotMatch(whole.join(), /Sanitize HTML output/);
      assert.match(
        sanitised[curve],
        /“Sanitize HTML output” has removed what stood here: untick it, or run “deno task report”/,
      );
      const last = words[curve].split(/\s+/).slice(-5).join(" ");
      assert.ok(sanitised[curve].includes(last), sanitised[curve]);
      // Nothing of the picture's own source.
      assert.doesNotMatch(sanitised.join(), /<img|<svg|<script|data:|\.hc\{/);
    } finally {
      await browser.close();
      await place.remove();
    }
  },
});
