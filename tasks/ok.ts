/**
 * `deno task ok`: everything that must hold before a commit, with a summary.
 *
 * @module
 */
import { join } from "node:path";
import { ROOT } from "./project.ts";
import { duration, main } from "./terminal.ts";

/**
 * What `deno fmt --check` leaves out. It calls every notebook unformatted, so
 * notebooks are checked in their own step; and `--ignore` on the command line
 * takes the place of what deno.json excludes.
 */
function unformatted(): string[] {
  const text = Deno.readTextFileSync(join(ROOT, "deno.json"));
  const { exclude, fmt } = JSON.parse(text);
  return ["notebooks/", "tests/fixtures/", ...exclude, ...fmt.exclude];
}

const STEPS: Record<string, string[]> = {
  fmt: ["fmt", "--check", `--ignore=${unformatted().join()}`],
  lint: ["lint"],
  check: ["check", "."],
  notebooks: ["run", "-A", "tasks/notebook/check.ts"],
  tests: ["run", "-A", "tasks/test.ts"],
};

/** Run all steps; throws when one failed. */
export async function ok(): Promise<void> {
  const summary: string[] = [];
  let failed = 0;
  for (const [name, args] of Object.entries(STEPS)) {
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

if (import.meta.main) await main({}, ok);
