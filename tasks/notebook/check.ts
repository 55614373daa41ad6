/**
 * Checks notebooks as `deno check` and `deno lint` check modules, and that
 * each has the parts a reader relies on.
 *
 * @module
 */
import { hostname, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { RESULTS_MIME } from "../../lib/run/results.ts";
import { resultsOf } from "./execute.ts";
import {
  type Cell,
  findNotebooks,
  formatNotebook,
  hasTag,
  INJECTED,
  type Notebook,
  parametersOf,
  parseNotebook,
} from "./notebook.ts";
import { NOTEBOOKS, ROOT } from "../project.ts";
import { type Call, main } from "../terminal.ts";

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
  const opening = cells.slice(0, 3)
    .filter((c) => c.cell_type === "markdown").map((c) => c.source).join("\n");
  must(/^# \S/m.test(cells[0]?.source ?? ""), "the first cell has no title");
  must(/\(\d{4}\)/.test(opening), "no citation with its (year) at the top");
  must(tagged("parameters").length === 1, "not one cell tagged parameters");
  must(tagged("claims").length === 1, "not one cell tagged claims");
  must(tagged("environment").length === 1, "not one cell tagged environment");
  must(tagged(INJECTED).length === 0, "an injected cell was committed");
  const names = parametersOf(notebook).map((p) => p.name);
  for (const parameter of ["seed", "preset"]) {
    must(names.includes(parameter), `no parameter named ${parameter}`);
  }
  for (const cell of cells) {
    const say = (problem: string): void => {
      problems.push(`cell "${cell.id}": ${problem}`);
    };
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(cell.id)) {
      say("the id is no slug");
    }
    if (cell.cell_type === "code") codeProblems(cell).forEach(say);
    machineTraces(cell).forEach(say);
  }
  typedNumbers(cells).forEach((problem) => problems.push(problem));
  const results = resultsOf(notebook);
  must(results, `no output of type ${RESULTS_MIME}`);
  must(
    !results || results.notebook === name,
    `the results name another notebook: ${results?.notebook}`,
  );
  must(!results || results.claims.length > 0, "the results hold no claim");
  must(
    text.length <= MAX_BYTES,
    `larger than ${MAX_BYTES / 1e6} MB: ${(text.length / 1e6).toFixed(1)} MB`,
  );
  must(
    text === formatNotebook(notebook) && isExecuted(text),
    `not executed, or not in normal form: run  deno task run ${name}`,
  );
  return problems;
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
    problems.push(`${lines} lines, more than ${MAX_LINES}`);
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
      (m) => `cell "${cell.id}": a number typed in prose, ${m[0]}`,
    );
  });
}

/** A notebook's code cells as one module, and the cell of each of its lines. */
export function asModule(
  notebook: Notebook,
): { source: string; cellOf: string[] } {
  const source: string[] = ["// deno-lint-ignore-file prefer-const"];
  const cellOf: string[] = [""];
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    cell.source.split("\n").forEach((line, i) => {
      source.push(line);
      cellOf.push(`cell "${cell.id}" line ${i + 1}`);
    });
  }
  return { source: source.join("\n") + "\nexport {};\n", cellOf };
}

/** What `deno check` and `deno lint` find in the joined cells. */
async function codeFindings(
  notebook: Notebook,
  file: string,
): Promise<string[]> {
  const { source, cellOf } = asModule(notebook);
  const name = `.${basename(file, ".ipynb")}.${Deno.pid}.cells.ts`;
  const module = join(dirname(file), name);
  const findings: string[] = [];
  try {
    await Deno.writeTextFile(module, source);
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
      const place = new RegExp(
        `(?:file://)?[^\\s(]*${name.replaceAll(".", "\\.")}:(\\d+):(\\d+)`,
        "g",
      );
      findings.push(
        `deno ${tool}:\n` +
          words.replace(
            place,
            (_, line) => cellOf[Number(line) - 1] ?? "the end",
          )
            .replace(/\n+Stack backtrace:[^]*$/, "").trim(),
      );
    }
  } finally {
    await Deno.remove(module).catch(() => {});
  }
  return findings;
}

/** `deno fmt --check` calls every notebook unformatted: compare its output. */
async function isFormatted(file: string, text: string): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "ipynb", "-"],
    cwd: dirname(file),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout).trimEnd() === text.trimEnd();
}

/** All problems of a notebook file, one each. */
export async function notebookProblems(file: string): Promise<string[]> {
  const name = basename(file, ".ipynb");
  const text = await Deno.readTextFile(file);
  const notebook = parseNotebook(text, basename(file));
  const problems = structureProblems(text, name);
  if (!await isFormatted(file, text)) {
    problems.push(
      `cells are not formatted: run  deno fmt notebooks/${name}.ipynb`,
    );
  }
  return [...problems, ...await codeFindings(notebook, file)];
}

/** Check the named notebooks, or all; throws when there are problems. */
export async function checkNotebooks({ words }: Call): Promise<void> {
  const files = await findNotebooks(words, NOTEBOOKS);
  let count = 0;
  for (const file of files) {
    const problems = await notebookProblems(file);
    count += problems.length;
    console.log(`${problems.length ? "✗" : "✓"} ${basename(file)}`);
    for (const problem of problems) {
      console.log(`  ${problem.replaceAll("\n", "\n  ")}`);
    }
  }
  if (count > 0) throw new Error(`${count} problems in the notebooks`);
}

if (import.meta.main) await main({ words: Infinity }, checkNotebooks);
