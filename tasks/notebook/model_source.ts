/**
 * The functions that a notebook points to, taken from their module by name.
 *
 * A list of a markdown cell names them, one an item, as links that lead to the
 * module in every editor: `[lossAndGrads](../lib/imax/imax.ts#imaxModel)`. A
 * function inside another is named after it, with a dot: `imaxModel.encode`.
 *
 * @module
 */
import { join } from "node:path";
import { didYouMean, Refusal } from "../../lib/run/config.ts";
import { ROOT } from "../project.ts";
import type { Notebook } from "./notebook.ts";

/** Where a function stands and what it says. */
export interface Declaration {
  /** With the comment above it, without the indent of what it stands in. */
  code: string;
  /** Its lines in the module, from 1, both included. */
  from: number;
  to: number;
}

/** A link to a declaration, as Markdown has it; the path is from the root. */
const POINTER = /\]\((?:\.\.\/)+(lib\/[\w/]+\.ts)#([\w.]+)\)/g;

/**
 * The declaration of that name in a module: the first line that begins with it
 * to where its brackets close. Null where there is none.
 */
export function declarationIn(text: string, path: string): Declaration | null {
  const lines = text.split("\n");
  let [from, to] = [0, lines.length];
  for (const [depth, name] of path.split(".").entries()) {
    const at = lines.findIndex((line, i) =>
      i >= from && i < to && beginning(name, depth).test(line)
    );
    if (at < 0) return null;
    to = endOf(lines, at);
    from = commentAbove(lines, at);
    if (depth < path.split(".").length - 1) from = at + 1;
  }
  const indent = /^ */.exec(lines[from])![0].length;
  const code = lines.slice(from, to).map((line) => line.slice(indent));
  return { code: code.join("\n"), from: from + 1, to };
}

/** How a declaration begins: at the margin, or as a part of the one before. */
function beginning(name: string, depth: number): RegExp {
  const statement = String
    .raw`(?:export )?(?:(?:async )?function\*? ${name}\b|(?:const|class|type|interface) ${name}\b)`;
  return depth === 0
    ? new RegExp(`^${statement}`)
    : new RegExp(String.raw`^ +(?:${statement}|\*?${name}(?:<[^>]*>)?\()`);
}

/** One past the last line of what begins at `at`. */
function endOf(lines: readonly string[], at: number): number {
  const last = /^\s*(?:export )?(?:const|type) /.test(lines[at])
    ? /;$/
    : /},?$/;
  let depth = 0;
  for (let i = at; i < lines.length; i++) {
    const bare = lines[i].replace(LITERAL, "").trimEnd();
    depth += (bare.match(/[{(\[]/g)?.length ?? 0) -
      (bare.match(/[})\]]/g)?.length ?? 0);
    if (depth === 0 && last.test(bare)) return i + 1;
  }
  return lines.length;
}

/** A comment or a string, whose brackets do not count. */
const LITERAL = /\/\/.*$|\/\*.*?\*\/|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g;

/** The first line of the comment that stands right above `at`, or `at`. */
function commentAbove(lines: readonly string[], at: number): number {
  let from = at;
  while (/^\s*(?:\/\*\*|\*|\/\/)/.test(lines[from - 1] ?? "")) from--;
  return from;
}

/** Declarations by what points to them, as in `lib/imax/imax.ts#evaluate`. */
export type Sources = ReadonlyMap<string, Declaration>;

/**
 * All declarations that the text of a notebook points to.
 *
 * @throws Refusal for a name or a module that is no longer there
 */
export function sourcesOf({ cells }: Notebook, title: string): Sources {
  const sources = new Map<string, Declaration>();
  for (const { cell_type, source, id } of cells) {
    if (cell_type !== "markdown") continue;
    for (const [, module, path] of source.matchAll(POINTER)) {
      const refuse = (mustBe: string, current: string): never => {
        throw new Refusal(
          `Cannot show the source that cell "${id}" of ${title} points to as ` +
            `${module} must ${mustBe}: current value is ${current}`,
        );
      };
      const text = textOf(module) ?? refuse("be a module", "no file");
      const found = declarationIn(text, path);
      sources.set(
        `${module}#${path}`,
        found ?? refuse(
          `declare ${path}`,
          `no such name${didYouMean(path, namesIn(text))}`,
        ),
      );
    }
  }
  return sources;
}

function namesIn(text: string): string[] {
  return Array.from(
    text.matchAll(/^(?:export )?(?:function\*?|const|class) (\w+)/gm),
    ([, name]) => name,
  );
}

function textOf(module: string): string | null {
  try {
    return Deno.readTextFileSync(join(ROOT, module));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
