/** The arrows between folders, and what lib and data may not touch. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseNotebook } from "../tasks/notebook/notebook.ts";
import { filesBelow, ROOT } from "../tasks/project.ts";

const SHARED = ["lib/numeric", "lib/run"];

/**
 * Room → the rooms that it may import from, besides itself. A paper's folder in
 * lib that is not named may import what is shared.
 */
const ARROWS: Record<string, string[]> = {
  "lib/numeric": [],
  "lib/run": ["lib/numeric"],
  "lib/agreement": SHARED,
  "lib/imax": [...SHARED, "lib/agreement"],
  "lib/two_view": [...SHARED, "lib/agreement"],
  "data": [],
  "data/worlds": [...SHARED, "lib/agreement"],
  "data/experiments": ["data/worlds", "lib"],
  "data/studies": ["data/experiments", "data/worlds", "lib"],
  "viz/page": [],
  "viz/figures": ["viz/page", "lib"],
  "viz/notebook": ["viz/page", "viz/figures", "lib/run"],
  // Whole programs that run in a page, as notebooks run in the kernel.
  "viz/live": ["viz", "data", "lib"],
  "notebooks": ["viz", "data", "lib"],
  "tasks": ["viz", "data", "lib"],
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
  /** The first folder of the path. */
  folder: string;
  /** Code without comments and without the text of strings. */
  code: string;
  imports: string[];
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
  filesBelow(join(ROOT, folder), ".ts")
    .filter((path) => !path.endsWith("_test.ts"))
    // AssemblyScript is another language with its own Math.
    .filter((path) => !path.includes("/assembly/"))
    .map((path) => source(path, Deno.readTextFileSync(path)))
);
const notebooksOf = (folder: string): Source[] =>
  filesBelow(join(ROOT, folder), ".ipynb").map((path) => {
    const { cells } = parseNotebook(Deno.readTextFileSync(path), path);
    const code = cells.filter((c) => c.cell_type === "code").map((c) =>
      c.source
    );
    return source(path, code.join("\n"));
  });
const notebooks = notebooksOf("notebooks");
const fixtures = ["tests/fixtures", "tasks/template"].flatMap(notebooksOf);

/** Path of the project that a relative import leads to. */
function target(from: Source, specifier: string): string | null {
  // A "${" stands in text that writes an import.
  if (!specifier.startsWith(".") || specifier.includes("${")) return null;
  return relative(ROOT, join(ROOT, dirname(from.path), specifier));
}

/** The innermost folder with a rule that the file lies in. */
function roomOf(path: string): string {
  for (let room = dirname(path); room !== "."; room = dirname(room)) {
    if (room in ARROWS || dirname(room) === "lib") return room;
  }
  throw new RangeError(`Cannot place ${path} as ARROWS must name its room`);
}

/** Whether a file lies in the folder, at any depth. */
function within(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

Deno.test("imports follow the arrows between the rooms", () => {
  const wrong = [...modules, ...notebooks].flatMap((from) => {
    const room = roomOf(from.path);
    return from.imports.filter((specifier) => {
      const to = target(from, specifier);
      return to !== null && roomOf(to) !== room &&
        !(ARROWS[room] ?? SHARED).some((folder) => within(to, folder));
    }).map((specifier) => `${from.path} → ${specifier}`);
  });
  assert.deepEqual(wrong, []);
});

Deno.test("every import of a notebook leads to a file, in the fixtures too", () => {
  const lost = [...notebooks, ...fixtures].flatMap((from) =>
    from.imports.filter((specifier) => {
      const to = target(from, specifier);
      return to !== null && !existsSync(join(ROOT, to));
    }).map((specifier) => `${from.path} → ${specifier}`)
  );
  assert.deepEqual(lost, []);
});

Deno.test("no module imports itself by way of others", () => {
  const byPath = new Map(modules.map((m) => [m.path, m]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      circles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    }
    const module = byPath.get(path);
    if (!module || done.has(path) || trail.includes(path)) return;
    for (const specifier of module.imports) {
      const to = target(module, specifier);
      if (to !== null) visit(to, [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of modules) visit(path, []);
  assert.deepEqual(circles, []);
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

Deno.test("a command refuses by a class of its own, not by the language's errors", () => {
  const wrong = modules.filter((m) => m.folder === "tasks")
    .filter((m) => /\bnew (?:Range|Type)Error\b/.test(m.code));
  assert.deepEqual(wrong.map((m) => m.path), []);
});

Deno.test("seedrandom is imported by lib/numeric/random.ts alone", () => {
  const users = [...modules, ...notebooks].filter((m) =>
    m.imports.some((i) => /seedrandom/.test(i))
  );
  assert.deepEqual(users.map((m) => m.path), ["lib/numeric/random.ts"]);
});

Deno.test("one module owns the document that figures are drawn in", () => {
  const users = modules.filter((m) =>
    m.imports.some((i) => /^(npm:)?(linkedom|jsdom)/.test(i))
  );
  assert.deepEqual(users.map((m) => m.path), ["viz/figures/figure.ts"]);
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
