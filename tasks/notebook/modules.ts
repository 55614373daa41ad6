/**
 * The modules of the project that a notebook runs, and their tests.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../project.ts";
import type { Notebook } from "./notebook.ts";

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

/** Calls `use` with a file beside the notebook's that holds its cells as one. */
export async function withModule<T>(
  { file, source }: { file: string; source: string },
  use: (module: string) => Promise<T>,
): Promise<T> {
  const name = `.${basename(file, ".ipynb")}.${Deno.pid}.cells.ts`;
  const module = join(dirname(file), name);
  try {
    await Deno.writeTextFile(module, source);
    return await use(module);
  } finally {
    await Deno.remove(module).catch(() => {});
  }
}

/**
 * Files of the modules that the notebook imports, directly or by way of
 * others, as `deno info` finds them; paths from the root, in order.
 */
export async function modulesOf(
  notebook: Notebook,
  file: string,
): Promise<string[]> {
  const { source } = asModule(notebook);
  return await withModule({ file, source }, async (module) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", module],
      cwd: ROOT,
      stderr: "null",
    }).output();
    const graph: { modules: { specifier: string }[] } = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    return graph.modules.map(({ specifier }) => specifier)
      .filter((specifier) => specifier.startsWith("file:"))
      .map((specifier) => fileURLToPath(specifier))
      .filter((path) => path.startsWith(`${ROOT}/`) && path !== module)
      .map((path) => path.slice(ROOT.length + 1)).sort();
  });
}

/** The test files that stand beside modules. */
export function testsOf(modules: readonly string[]): string[] {
  return modules.map((module) => module.replace(/\.ts$/, "_test.ts"))
    .filter((file) => existsSync(join(ROOT, file)));
}
