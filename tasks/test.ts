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

/** Run `deno test` with the arguments, showing what it says. */
export async function test(args: string[]): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--parallel", "--no-prompt", ...args],
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
  const count = countOf(output);
  if (!count) throw new Error("0 passed, 1 failed");
  if (!success && count.failed === 0) count.failed = 1; // an uncaught error
  console.log(countLine(count));
  if (count.failed > 0) Deno.exit(1);
}

if (import.meta.main) await main(() => test(Deno.args));
