/**
 * `deno task test`: runs every test in one go. The last line is the count.
 *
 * @module
 */
import { main } from "./terminal.ts";
import { ROOT } from "./report.ts";

/** How many tests passed, failed and were skipped. */
export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** The count that `deno test` prints at its end, or null without one. */
export function countOf(output: string): Count | null {
  const number = (word: string): number =>
    Number(new RegExp(`(\\d+) ${word}`).exec(last)?.[1] ?? 0);
  const [last] = output.match(/^(?:ok|FAILED) \| .*$/gm)?.slice(-1) ?? [""];
  if (!last) return null;
  return {
    passed: number("passed"),
    failed: number("failed"),
    skipped: number("ignored"),
  };
}

/** `N passed, N failed`, and what was skipped. */
export function countLine({ passed, failed, skipped }: Count): string {
  const skips = skipped > 0 ? `, ${skipped} skipped` : "";
  return `${passed} passed, ${failed} failed${skips}`;
}

/**
 * What crosses modules starts kernels, browsers and servers of its own and
 * watches their timing: one file at a time, after the others.
 */
const ALONE = "tests/";

/** Run `deno test` with the arguments, showing what it says. */
async function denoTest(args: string[]): Promise<Count> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-prompt", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    output = (output + decoder.decode(chunk, { stream: true })).slice(-100_000);
  }
  const { success } = await child.status;
  const count = countOf(output) ?? { passed: 0, failed: 1, skipped: 0 };
  if (!success && count.failed === 0) count.failed = 1; // an uncaught error
  return count;
}

/** Run all tests, or those of the files given; the last line is the count. */
export async function test(args: string[]): Promise<void> {
  const runs = args.length > 0
    ? [args]
    : [["--parallel", `--ignore=${ALONE}`], [ALONE]];
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const run of runs) {
    const count = await denoTest(run);
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
  }
  console.log(countLine(total));
  if (total.failed > 0) Deno.exit(1);
}

if (import.meta.main) await main(() => test(Deno.args));
