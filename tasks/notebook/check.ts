/**
 * Checks notebooks as `deno check` and `deno lint` check modules, and that
 * each has the parts a reader relies on.
 *
 * @module
 */
import { hostname, userInfo } from "node:os";
import { basename, join } from "node:path";
import { Refusal } from "../../lib/run/config.ts";
import { failures, RESULTS_MIME } from "../../lib/run/results.ts";
import { resultsOf } from "./execute.ts";
import { editorFindings } from "./language_server.ts";
import {
  type Cell,
  findNotebooks,
  formatNotebook,
  hasTag,
  INJECTED,
  type Notebook,
  parametersOf,
  parseNotebook,
  readNotebook,
} from "./notebook.ts";
import { costCell, followedTrainings } from "./cost.ts";
import { unmarkedIdentifiers } from "./citation.ts";
import { judgementOf, WORDS } from "./judgement.ts";
import { sourcesOf } from "./model_source.ts";
import { asModule, modulesOf, withModule } from "./modules.ts";
import { beginsSlide, formatted, isReadableId } from "./tidy.ts";
import { NOTEBOOKS, ROOT } from "../project.ts";
import { readSmoke } from "../verify.ts";
import { type Call, main } from "../terminal.ts";

/** What a reader sees above the error where a notebook was copied elsewhere. */
const MOVED =
  '// "Module not found"? Keep this file in the folder notebooks/ of its project.';
/** Longest code cell, in lines. */
const MAX_LINES = 25;
/** Largest notebook, in bytes. */
const MAX_BYTES = 3_000_000;

/** What is wrong with a notebook's structure, one sentence each. */
export function structureProblems(text: string, name: string): string[] {
  const problems: string[] = [];
  const notebook = parseNotebook(text, `${name}.ipynb`);
  const { cells } = notebook;
  const must = (holds: unknown, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  const tagged = (tag: string): Cell[] => cells.filter((c) => hasTag(c, tag));
  const outputs = cells.flatMap((c) => c.outputs);
  const opening = cells.slice(0, 3)
    .filter((c) => c.cell_type === "markdown").map((c) => c.source).join("\n");
  must(
    /^# \S/m.test(cells[0]?.source ?? ""),
    'no title: begin the first cell with a line "# Title"',
  );
  must(
    /\(\d{4}\)/.test(opening),
    "no citation with its (year): write it below the title",
  );
  must(
    judgementOf(notebook),
    "no verdict in a word: write  **Our verdict: partly.** One sentence.  " +
      `(or ${WORDS.join(", or ")}) in the first cell`,
  );
  problems.push(...tagProblems(notebook));
  must(
    cells.find((c) => c.cell_type === "code")?.source.startsWith(MOVED),
    `no word for who copies the notebook elsewhere: begin the first code cell with  ${MOVED}`,
  );
  must(tagged(INJECTED).length === 0, "an injected cell was committed");
  const parameters = parametersOf(notebook);
  for (const [parameter, value] of [["seed", 1], ["preset", "full"]] as const) {
    const declared = parameters.find(({ name }) => name === parameter)?.value;
    const line = `let ${parameter} = ${JSON.stringify(value)};`;
    must(
      parameter === "seed" ? Number.isInteger(declared) : declared === value,
      `no parameter ${parameter}: write  ${line}  in the cell tagged parameters`,
    );
  }
  for (const cell of cells) {
    const say = (problem: string): void => {
      problems.push(`cell "${cell.id}": ${problem}`);
    };
    if (!isReadableId(cell.id)) {
      say(`the id does not say what it is: run  deno task run ${name}`);
    }
    if (beginsSlide(cell) && !cell.metadata.slideshow) {
      say(`a section without a slide: run  deno task run ${name}`);
    }
    if (cell.cell_type === "code") codeProblems(cell).forEach(say);
    machineTraces(cell).forEach(say);
  }
  typedNumbers(cells).forEach((problem) => problems.push(problem));
  // What outputs would show is asked once there are any.
  if (!isExecuted(text)) {
    problems.push(`not executed: run  deno task run ${name}`);
    return problems;
  }
  const results = resultsOf(notebook);
  must(
    results,
    `no results (${RESULTS_MIME}): end the cell tagged claims with  ` +
      "await showResults(…)",
  );
  must(
    followedTrainings(notebook).length > 0,
    "no training is followed: run it with  await follow(training, …)  of " +
      "viz/notebook/progress.ts, which shows how far it is and can be stopped",
  );
  must(
    outputs.some((o) => "data" in o && isLive(o.data["text/html"])),
    "no live cell: end with  await show(await liveExperiment(…))  of " +
      "viz/live/live.ts, with which a reader trains in the page",
  );
  must(
    !results || results.notebook === name,
    `the results name another notebook: ${results?.notebook}`,
  );
  must(
    !results || results.claims.length > 0,
    "the results hold no claim: give showResults a list of claim(…)",
  );
  for (const words of failures(results?.claims ?? [])) {
    problems.push(
      `${words}. A negative result is declared: knownToFail(claim(…)) of ` +
        "lib/run/results.ts",
    );
  }
  must(
    text.length <= MAX_BYTES,
    `larger than ${MAX_BYTES / 1e6} MB: ${(text.length / 1e6).toFixed(1)} MB`,
  );
  must(
    text === formatNotebook(notebook),
    `not in normal form: run  deno task run ${name}`,
  );
  return problems;
}

/** What a cell with each of the tags that every notebook has is there for. */
const TAGS = {
  parameters: "what a reader may change: let seed = 1; and so on",
  claims: "await showResults(…), from which reports and tables are made",
  environment: "versions and times: what may differ from run to run",
};

/** Tags that not exactly one cell has, with what to do about it. */
export function tagProblems({ cells }: Notebook): string[] {
  return Object.entries(TAGS).flatMap(([tag, purpose]) => {
    const found = cells.filter((cell) => hasTag(cell, tag));
    if (found.length === 1) return [];
    if (found.length > 1) {
      const ids = found.map(({ id }) => `"${id}"`).join(" and ");
      return [
        `more than one cell is tagged ${tag}: keep the tag of one, ${ids}`,
      ];
    }
    return [
      `no cell is tagged ${tag} (${purpose}): in JupyterLab select the cell, ` +
      `open the property inspector (the gears at the right) and add the tag ` +
      `${tag}; in VS Code take "Add Cell Tag" from the cell's "…" menu`,
    ];
  });
}

function isLive(html: unknown): boolean {
  return typeof html === "string" && html.includes("data-simulation=");
}

function isExecuted(text: string): boolean {
  const { cells } = JSON.parse(text);
  return cells.every((
    c: { cell_type: string; execution_count?: number; source: string[] },
  ) =>
    c.cell_type !== "code" || c.source.join("").trim() === "" ||
    typeof c.execution_count === "number"
  );
}

function codeProblems(cell: Cell): string[] {
  const problems: string[] = [];
  const lines = cell.source.trimEnd().split("\n").length;
  if (lines > MAX_LINES) {
    problems.push(
      `${lines} lines, more than ${MAX_LINES}: split the cell, or move what is ` +
        "general to a module",
    );
  }
  for (const output of cell.outputs) {
    if (output.output_type === "error") {
      problems.push(`an error output, ${output.ename}`);
    }
    if (output.output_type === "stream" && output.name === "stderr") {
      problems.push("output on standard error");
    }
  }
  return problems;
}

/** Paths, the user's name and the host's name have no place in a notebook. */
export function machineTraces(cell: Cell): string[] {
  const text = cell.source + JSON.stringify(cell.outputs);
  const traces = [
    /\/(?:home|Users|root|tmp|work)\/[\w.-]+/,
    /file:\/\/\//,
    /[A-Z]:\\\\+Users\\/,
    /\/var\/folders\//,
  ];
  const names = [ROOT, hostname(), userInfo().username]
    .filter((name) =>
      name.length > 3 && name !== "root" && name !== "localhost"
    );
  const found = [
    ...traces.map((trace) => trace.exec(text)?.[0]),
    ...names.filter((name) => text.includes(name)),
  ].filter(Boolean);
  return found.map((trace) => `a trace of the machine: ${trace}`);
}

/**
 * Numbers in prose are computed, never typed: after the parameters cell,
 * markdown holds no decimals and no percentages, formulas, code, links and
 * references to sections aside.
 */
function typedNumbers(cells: readonly Cell[]): string[] {
  const from = cells.findIndex((c) => hasTag(c, "parameters"));
  return cells.slice(from + 1).flatMap((cell) => {
    if (cell.cell_type !== "markdown" || hasTag(cell, "references")) return [];
    const prose = cell.source
      .replace(/```[^]*?```|`[^`]*`|\$\$[^]*?\$\$|\$[^$\n]*\$/g, " ")
      .replace(/\]\([^)]*\)|https?:\S+|\b(?:arXiv|doi)[:\s]\S+/gi, " ")
      .replace(
        /\b(?:section|sec\.|figure|fig\.|table|equation|eq\.|version|chapter|Deno)\s*[\d.]+/gi,
        " ",
      );
    return Array.from(
      prose.matchAll(/(?<![\w.])\d*\.\d+|\d+(?:\.\d+)?\s?%/g),
      (m) =>
        `cell "${cell.id}": a number typed in prose, ${m[0]}: show it from a ` +
        "code cell, with  await show(markdown`…${fixed(x, 2)}…`)",
    );
  });
}

/** What `deno check` and `deno lint` find in the joined cells. */
async function codeFindings(
  notebook: Notebook,
  file: string,
): Promise<string[]> {
  const { source, cellOf } = asModule(notebook);
  return await withModule({ file, source }, async (module) => {
    const place = new RegExp(
      `(?:file://)?[^\\s(]*${
        basename(module).replaceAll(".", "\\.")
      }:(\\d+):(\\d+)`,
      "g",
    );
    const findings: string[] = [];
    for (const tool of ["check", "lint"]) {
      const { success, stderr, stdout } = await new Deno.Command(
        Deno.execPath(),
        {
          args: [tool, "--quiet", module],
          cwd: ROOT,
          env: { NO_COLOR: "1" },
        },
      ).output();
      if (success) continue;
      const decoder = new TextDecoder();
      const words = decoder.decode(stdout) + decoder.decode(stderr);
      const placed = words.replace(
        place,
        (_, line) => cellOf[Number(line) - 1] ?? "the end",
      );
      const [said] = placed.split(/\n+Stack backtrace:/);
      findings.push(`deno ${tool}:\n${said.trim()}`);
    }
    return findings;
  });
}

/** Marks what is the example's in a notebook and its modules, see tasks/new.ts. */
const LEFT = /\bREPLACE\b[^\n"]*/;

/** What `deno task new` marked and nobody has written yet, in cells and modules. */
async function placesLeft(
  notebook: Notebook,
  file: string,
): Promise<string[]> {
  const sources: [place: string, text: string][] = notebook.cells
    .map(({ id, source }) => [`cell "${id}"`, source]);
  for (const module of await modulesOf(notebook, file)) {
    // Every notebook imports the numbers of all papers; their test finds these.
    if (module === "data/references.ts") continue;
    sources.push([module, await Deno.readTextFile(join(ROOT, module))]);
  }
  return sources.flatMap(([place, text]) =>
    text.split("\n").flatMap((line, i) => {
      const [left] = LEFT.exec(line) ?? [];
      return left === undefined
        ? []
        : [`${place} line ${i + 1}: still the example's: ${left}`];
    })
  );
}

/** What the text points to and is no longer there, and numbers given twice. */
export function pointerProblems(notebook: Notebook, name: string): string[] {
  const text = notebook.cells.filter((c) => c.cell_type === "markdown")
    .map(({ source }) => source).join("\n\n");
  const tags: string[] = text.match(/\\tag\{\d+\}/g) ?? [];
  const problems = tags.filter((tag, i) => tags.indexOf(tag) < i)
    .map((tag) => `two equations have the number of ${tag}: give each its own`);
  for (const identifier of unmarkedIdentifiers(text)) {
    problems.push(
      `${identifier} comes from memory: write (unchecked) after its link, or ` +
        "look it up and add it to SEEN_IDENTIFIERS of data/papers.ts",
    );
  }
  try {
    sourcesOf(notebook, name);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problems.push(error.message);
  }
  return problems;
}

/** All problems of a notebook file, one each. */
export async function notebookProblems(file: string): Promise<string[]> {
  const name = basename(file, ".ipynb");
  const text = await Deno.readTextFile(file);
  const notebook = parseNotebook(text, basename(file));
  const problems = structureProblems(text, name);
  // `deno fmt --check` calls every notebook unformatted.
  if (formatNotebook(await formatted(notebook)) !== formatNotebook(notebook)) {
    problems.push(`cells are not formatted: run  deno task run ${name}`);
  }
  if (costCell(notebook) === undefined) {
    problems.push(
      "no word of what was chosen on what: tag a cell cost, and list in it  " +
        "- the number of updates: on other seeds than those shown",
    );
  }
  if (!(name in await readSmoke())) {
    problems.push(
      "no numbers of the smoke preset are recorded, which every machine must " +
        `reach: run  deno task verify ${name} --preset smoke --record`,
    );
  }
  return [
    ...problems,
    ...pointerProblems(notebook, name),
    ...await placesLeft(notebook, file),
    ...await codeFindings(notebook, file),
  ];
}

/** Check the named notebooks, or all; throws when there are problems. */
export async function checkNotebooks({ words }: Call): Promise<void> {
  const files = await findNotebooks(words, NOTEBOOKS);
  const opened = await Promise.all(
    files.map(async (file) => ({ file, notebook: await readNotebook(file) })),
  );
  const said = await editorFindings(ROOT, opened);
  let count = 0;
  for (const [i, file] of files.entries()) {
    const problems = [...await notebookProblems(file), ...said[i]];
    count += problems.length;
    console.log(`${problems.length ? "✗" : "✓"} ${basename(file)}`);
    for (const problem of problems) {
      console.log(`  ${problem.replaceAll("\n", "\n  ")}`);
    }
  }
  if (count > 0) throw new Error(`${count} problems in the notebooks`);
}

if (import.meta.main) await main({ words: Infinity }, checkNotebooks);
