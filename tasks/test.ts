/**
 * `deno task test [file…] [--filter TEXT]`: runs every test in one go, or those
 * of the files, or those with the text in their names. The last line is the
 * count.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Refusal } from "../lib/run/config.ts";
import { CALLED_FROM, ROOT } from "./project.ts";
import { type Call, main } from "./terminal.ts";

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

const OPTIONS = { filter: { type: "string" } } as const;

/** Run all tests, or those that are asked for; the last line is the count. */
export async function test(
  { values: { filter }, words }: Call<typeof OPTIONS>,
): Promise<void> {
  const files = words.map(testFile);
  const alone = files.filter((file) => `${file}/`.startsWith(ALONE));
  const others = files.filter((file) => !alone.includes(file));
  const runs = words.length === 0
    ? [["--parallel", `--ignore=${ALONE}`], [ALONE]]
    : [
      ...others.length > 0 ? [["--parallel", ...others]] : [],
      ...alone.length > 0 ? [alone] : [],
    ];
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const run of runs) {
    const filters = filter === undefined ? [] : [`--filter=${filter}`];
    const count = await denoTest([...filters, ...run]);
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
  }
  console.log(countLine(total));
  if (total.failed > 0) Deno.exit(1);
}

/** A file or a folder that a word names. */
function testFile(word: string): string {
  const path = [resolve(CALLED_FROM, word), join(ROOT, word)].find(existsSync);
  if (path === undefined) {
    throw new Refusal(
      `Cannot test "${word}" as it must be a file or a folder of tests`,
    );
  }
  return relative(ROOT, path) || ".";
}

if (import.meta.main) {
  await main({ options: OPTIONS, words: Infinity }, test);
}
