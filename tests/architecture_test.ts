/** The arrows between folders, and what lib and data may not touch. */
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { parseNotebook } from "../tasks/notebook.ts";
import { ROOT } from "./processes.ts";

/** Folder → what it may import from. */
const ARROWS: Record<string, string[]> = {
  lib: ["lib"],
  data: ["data", "lib"],
  viz: ["viz", "lib"],
  // Whole programs that run in a page, as notebooks run in the kernel.
  "viz/simulations": ["viz", "data", "lib"],
  notebooks: ["viz", "data", "lib"],
  tasks: ["tasks", "viz", "data", "lib"],
};

/** Functions of Math whose last bits differ between engines. */
const INEXACT = [
  "acos",
  "acosh",
  "asin",
  "asinh",
  "atan",
  "atan2",
  "atanh",
  "cbrt",
  "cos",
  "cosh",
  "exp",
  "expm1",
  "hypot",
  "log",
  "log10",
  "log1p",
  "log2",
  "pow",
  "random",
  "sin",
  "sinh",
  "tan",
  "tanh",
];

/** What exists in one place only: in a browser, in Deno, in a console. */
const GLOBALS = [
  "Deno",
  "document",
  "window",
  "console",
  "process",
  "localStorage",
  "fetch",
  "alert",
];

interface Source {
  /** Path from the root. */
  path: string;
  folder: string;
  /** Code without comments and without the text of strings. */
  code: string;
  imports: string[];
}

function* walk(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* walk(path);
    else yield path;
  }
}

/** Replaces comments by nothing and strings by empty ones; keeps code in `${}`. */
export function bare(source: string): string {
  const token =
    /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|\$\{(?:[^{}]|\{[^{}]*\})*\}|[^`\\])*`/g;
  return source.replace(token, (text) => {
    if (text.startsWith("/")) return " ";
    if (!text.startsWith("`")) return '""';
    return Array.from(
      text.matchAll(/\$\{((?:[^{}]|\{[^{}]*\})*)\}/g),
      (m) => `(${m[1]})`,
    ).join(" ") || '""';
  });
}

function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  return Array.from(
    code.matchAll(/(?:\bfrom|^\s*import|\bimport\()\s*"([^"]+)"/gm),
    (m) => m[1],
  );
}

function source(path: string, text: string): Source {
  const from = relative(ROOT, path);
  return {
    path: from,
    folder: from.split("/")[0],
    code: bare(text),
    imports: importsOf(text),
  };
}

const modules: Source[] = ["lib", "data", "viz", "tasks"].flatMap((folder) =>
  Array.from(walk(join(ROOT, folder)))
    .filter((path) => path.endsWith(".ts") && !path.endsWith("_test.ts"))
    // AssemblyScript is another language with its own Math.
    .filter((path) => !path.includes("/assembly/"))
    .map((path) => source(path, Deno.readTextFileSync(path)))
);
const notebooks: Source[] = Array.from(walk(join(ROOT, "notebooks")))
  .filter((path) => path.endsWith(".ipynb")).map((path) => {
    const { cells } = parseNotebook(Deno.readTextFileSync(path), path);
    const code = cells.filter((c) => c.cell_type === "code").map((c) =>
      c.source
    );
    return source(path, code.join("\n"));
  });

/** Folder of the project that a relative import leads to. */
function target(from: Source, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  return relative(ROOT, join(ROOT, dirname(from.path), specifier)).split(
    "/",
  )[0];
}

/** What a module may import from: the rule of the innermost folder. */
function allowed(from: Source): string[] {
  return ARROWS[dirname(from.path)] ?? ARROWS[from.folder];
}

Deno.test("imports follow the arrows between the folders", () => {
  const wrong = [...modules, ...notebooks].flatMap((from) =>
    from.imports.filter((specifier) => {
      const to = target(from, specifier);
      return to !== null && !allowed(from).includes(to);
    }).map((specifier) => `${from.path} → ${specifier}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("lib and data know no Deno, no document and no console", () => {
  const wrong = modules.filter((m) => m.folder === "lib" || m.folder === "data")
    .flatMap((m) =>
      GLOBALS.filter((name) =>
        new RegExp(`(?<![.\\w$"])${name}\\s*[.(\\[?]`).test(m.code)
      )
        .map((name) => `${m.path}: ${name}`)
    );
  assert.deepEqual(wrong, []);
});

Deno.test("lib and data take no function from Math that engines disagree on", () => {
  // Powers of two are exact everywhere.
  const pattern = new RegExp(
    `\\bMath\\.(?:${INEXACT.join("|")})\\b|\\bMath\\s*\\[|(?<!\\b2 )\\*\\*`,
  );
  const wrong = modules.filter((m) => m.folder === "lib" || m.folder === "data")
    .filter((m) => pattern.test(m.code))
    .map((m) => `${m.path}: ${pattern.exec(m.code)?.[0]}`);
  assert.deepEqual(wrong, []);
});

Deno.test("seedrandom is imported by lib/random.ts alone", () => {
  const users = [...modules, ...notebooks].filter((m) =>
    m.imports.some((i) => /seedrandom/.test(i))
  );
  assert.deepEqual(users.map((m) => m.path), ["lib/random.ts"]);
});

Deno.test("one module owns the document that figures are drawn in", () => {
  const users = modules.filter((m) =>
    m.imports.some((i) => /^(npm:)?(linkedom|jsdom)/.test(i))
  );
  assert.deepEqual(users.map((m) => m.path), ["viz/figure.ts"]);
});

Deno.test("no module names a package by version: deno.json does", () => {
  const wrong = [...modules, ...notebooks].flatMap((m) =>
    m.imports.filter((i) => /^(npm|jsr|https?):/.test(i)).map((i) =>
      `${m.path}: ${i}`
    )
  );
  assert.deepEqual(wrong, []);
});

Deno.test("every package in deno.json has an exact version", () => {
  const text = Deno.readTextFileSync(join(ROOT, "deno.json"));
  const imports: Record<string, string> = JSON.parse(text).imports;
  for (const [name, specifier] of Object.entries(imports)) {
    assert.match(specifier, /^npm:.+@\d+\.\d+\.\d+$/, name);
  }
});

Deno.test("code inside templates counts, text and comments do not", () => {
  assert.match(bare("a(`x ${Math.exp(1)} y`)"), /Math\.exp/);
  assert.doesNotMatch(
    bare("// Math.exp(1)\n/* Deno.x */ 'console.log' \"a ** b\" `document.x`"),
    /exp|Deno|console|\*|document/,
  );
  assert.deepEqual(
    importsOf(
      '/** import "x" */\nimport a from "./a.ts";\nexport * from "./b.ts";\nimport "c";',
    ),
    ["./a.ts", "./b.ts", "c"],
  );
});
