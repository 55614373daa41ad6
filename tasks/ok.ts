/**
 * `deno task ok`: everything that must hold before a commit, with a summary.
 *
 * @module
 */
import { ROOT } from "./report.ts";
import { duration, main } from "./terminal.ts";

/** `deno fmt --check` calls every notebook unformatted: those are checked below. */
const STEPS: Record<string, string[]> = {
  // Given an --ignore, deno no longer heeds "exclude": AssemblyScript is named.
  fmt: [
    "fmt",
    "--check",
    "--ignore=notebooks,tests/fixtures,lib/kernels/assembly,lib/kernels/wasm.ts,bench/assembly",
  ],
  lint: ["lint"],
  check: ["check", "."],
  notebooks: ["run", "-A", "tasks/check_notebooks.ts"],
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

if (import.meta.main) await main(() => ok());
