/**
 * `deno task ok [notebook…]`: everything that must hold before a commit, with a
 * summary; or, of the notebooks named, what they and their modules ask for:
 * format, lint, types and parts of each, and the tests beside the modules that
 * it imports, directly or by way of others.
 *
 * @module
 */
import { join } from "node:path";
import { modulesOf, testsOf } from "./notebook/modules.ts";
import { findNotebooks, readNotebook } from "./notebook/notebook.ts";
import { NOTEBOOKS, ROOT } from "./project.ts";
import { type Call, duration, main } from "./terminal.ts";

/** Arguments of deno for each step, by its name. */
type Steps = Record<string, string[]>;

/** Steps over the whole project. */
function allSteps(): Steps {
  const text = Deno.readTextFileSync(join(ROOT, "deno.json"));
  const { exclude, fmt } = JSON.parse(text);
  // `deno fmt --check` calls every notebook unformatted, so notebooks are
  // checked in their own step; and `--ignore` on the command line takes the
  // place of what deno.json excludes.
  const ignored = ["**/*.ipynb", ...exclude, ...fmt.exclude];
  return {
    fmt: ["fmt", "--check", `--ignore=${ignored.join()}`],
    lint: ["lint"],
    check: ["check", "."],
    notebooks: ["run", "-A", "tasks/notebook/check.ts"],
    tests: ["run", "-A", "tasks/test.ts"],
  };
}

/** Steps over notebooks, the modules that they import and their tests. */
async function stepsOf(names: readonly string[]): Promise<Steps> {
  const files = await findNotebooks(names, NOTEBOOKS);
  const modules = new Set<string>();
  for (const file of files) {
    for (const module of await modulesOf(await readNotebook(file), file)) {
      modules.add(module);
    }
  }
  const tests = testsOf([...modules]);
  const sources = [...modules, ...tests];
  return {
    fmt: ["fmt", "--check", ...sources],
    lint: ["lint", ...sources],
    notebooks: ["run", "-A", "tasks/notebook/check.ts", ...files],
    tests: ["run", "-A", "tasks/test.ts", ...tests],
  };
}

/** Run all steps; throws when one failed. */
export async function ok({ words }: Call): Promise<void> {
  const steps = words.length > 0 ? await stepsOf(words) : allSteps();
  const summary: string[] = [];
  let failed = 0;
  for (const [name, args] of Object.entries(steps)) {
    console.log(`— ${name}`);
    const start = performance.now();
    const { success } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: ROOT,
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    const seconds = (performance.now() - start) / 1000;
    summary.push(`${success ? "✓" : "✗"} ${name} (${duration(seconds)})`);
    if (!success) failed++;
  }
  console.log(`\n${summary.join("\n")}`);
  if (failed > 0) {
    throw new Error(`${failed} of ${summary.length} steps failed`);
  }
}

if (import.meta.main) await main({ words: Infinity }, ok);
