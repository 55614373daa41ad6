/**
 * `deno task new NAME "Title"`: begins a reproduction. Writes a notebook with
 * every cell that a notebook has, a world, a model, an experiment and the place
 * for the paper's numbers, each with its tests.
 *
 * All of it runs as it is, on a small example. What is the example's is marked
 * REPLACE, and for each file a test fails with a sentence that says what to
 * write. NAME is the name of the files, such as imax_stereograms.
 *
 * @module
 */
import { dirname, extname, join, relative } from "node:path";
import { existsSync } from "node:fs";
import { Refusal, refusal } from "../lib/run/config.ts";
import {
  formatNotebook,
  parseNotebook,
  writeWhole,
} from "./notebook/notebook.ts";
import { denoFmt, formatted } from "./notebook/tidy.ts";
import { ROOT } from "./project.ts";
import { type Call, main } from "./terminal.ts";

/** What README.md and errors show; its name is free. */
export const EXAMPLE =
  'deno task new sparse_coding "Sparse coding finds the edges of images"';

const TEMPLATE = join(import.meta.dirname!, "template");

/** Where a file of the template goes, by the name of the reproduction. */
const FILES: Record<string, (name: string) => string> = {
  "notebook.ipynb": (name) => `notebooks/${name}.ipynb`,
  "world.ts": (name) => `data/worlds/${name}.ts`,
  "world_tests.ts": (name) => `data/worlds/${name}_test.ts`,
  "model.ts": (name) => `lib/${name}/model.ts`,
  "model_tests.ts": (name) => `lib/${name}/model_test.ts`,
  "experiment.ts": (name) => `data/experiments/${name}.ts`,
  "experiment_tests.ts": (name) => `data/experiments/${name}_test.ts`,
  "references.ts": () => "data/references.ts",
};

/** Write the files; refuses names that are taken or cannot be. */
export async function begin({ words: [name, title] }: Call): Promise<void> {
  if (title === undefined) {
    throw new Refusal(
      `Cannot begin a reproduction as it needs a name and a title: ${EXAMPLE}`,
    );
  }
  refuseWords(name, title);
  refuseTaken(name);
  const texts: [file: string, text: string][] = [];
  for (const [part, place] of Object.entries(FILES)) {
    const text = await Deno.readTextFile(join(TEMPLATE, part));
    const to = place(name);
    const fill = (text: string): string => filled(text, { name, title, to });
    texts.push([to, await madeOf(text, to, fill)]);
  }
  for (const [file, text] of texts) {
    await Deno.mkdir(dirname(join(ROOT, file)), { recursive: true });
    await writeWhole(join(ROOT, file), text);
  }
  console.log(nextSteps(name));
}

function refuseWords(name: string, title: string): void {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) {
    const mustBe = "lower-case words of letters and digits with _ between them";
    throw refusal("begin a reproduction", "its name", mustBe, name);
  }
  if (!/^[^\p{Cc}]*\S[^\p{Cc}]*$/u.test(title)) {
    throw refusal("begin a reproduction", "its title", "a line of text", title);
  }
}

/** @throws {Refusal} if a file or a constant has the name */
export function refuseTaken(name: string): void {
  const taken = Object.values(FILES).map((place) => place(name))
    .concat(`lib/${name}`, `lib/${name}.ts`)
    .find((file) =>
      file !== "data/references.ts" && existsSync(join(ROOT, file))
    );
  const references = Deno.readTextFileSync(join(ROOT, "data/references.ts"));
  const constant = name.toUpperCase();
  const cited = references.includes(`export const ${constant} `);
  if (taken || cited) {
    throw new Refusal(
      `Cannot begin "${name}" as ${
        taken ?? `${constant} in data/references.ts`
      } is there: import it, and choose another name`,
    );
  }
}

/** The text of a new file, in its format; references are added to the others. */
async function madeOf(
  text: string,
  to: string,
  fill: (text: string) => string,
): Promise<string> {
  if (extname(to) !== ".ipynb") {
    const made = await denoFmt(fill(text), "ts");
    return to !== "data/references.ts"
      ? made
      : `${await Deno.readTextFile(join(ROOT, to))}\n${made}`;
  }
  const { cells, metadata } = parseNotebook(text, "the template");
  return formatNotebook(
    await formatted({
      metadata,
      cells: cells.map((cell) => ({ ...cell, source: fill(cell.source) })),
    }),
  );
}

/** The template's words and imports, as they are in the new file. */
function filled(
  text: string,
  { name, title, to }: { name: string; title: string; to: string },
): string {
  return text
    .replace(/"(\.\.?\/[^"]+\.ts)"/g, (_, specifier) => {
      const part = specifier.replace(/^\.\//, "");
      const file = part in FILES
        ? FILES[part](name)
        : relative(ROOT, join(TEMPLATE, specifier));
      const path = relative(dirname(to), file);
      return `"${path.startsWith(".") ? path : `./${path}`}"`;
    })
    .replaceAll('"The Template Title"', () => JSON.stringify(title))
    .replaceAll(
      "/** The Template Title. */",
      () => `/** ${title.replaceAll("*/", "* /")}. */`,
    )
    .replaceAll("The Template Title", () => title)
    .replace(/\bTEMPLATE\b/g, name.toUpperCase())
    .replace(/\btemplate\b/g, name);
}

function nextSteps(name: string): string {
  return `Written, to be run as it is and then made the paper's:

  notebooks/${name}.ipynb          open it in JupyterLab or VS Code, Run All
  data/worlds/${name}.ts           how the paper makes its data
  lib/${name}/model.ts             its model, loss, gradient and training
  data/experiments/${name}.ts      one seed, from settings to metrics
  data/references.ts               its citation and its numbers

Next, in this order. What is the example's is marked REPLACE.

1. deno task ok ${name}
   says what is left to write: places and failing tests, one sentence each.
2. World, model, experiment, references, with their tests; then the notebook.
   A model that lib/ has can be imported; then delete lib/${name}/.
   README.md tells where a line of code belongs; deno doc FILE shows an API.
3. deno task run ${name}
   deno task verify ${name} --preset smoke --record
   executes the notebook; records the bits that every machine must reach.
4. deno task ok ${name} && deno task readme && deno task ok
5. deno task report ${name}
   writes the page.`;
}

if (import.meta.main) await main({ words: 2 }, begin);
