/**
 * Opens a file in the reader's browser.
 *
 * @module
 */

/** The program that opens a file, by operating system, with its first words. */
const OPENERS: Partial<Record<typeof Deno.build.os, string[]>> = {
  darwin: ["open"],
  windows: ["cmd", "/c", "start", ""],
};

/**
 * Opens `file`; where nothing opens it, says so and goes on: the file is there.
 */
export async function open(file: string): Promise<void> {
  const [program, ...words] = OPENERS[Deno.build.os] ?? ["xdg-open"];
  try {
    const child = new Deno.Command(program, {
      args: [...words, file],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    child.unref(); // a browser may stay as long as its window
    const opened = await Promise.race([
      child.status.then(({ success }) => success),
      new Promise((resolve) => setTimeout(() => resolve(true), 2000)),
    ]);
    if (opened) return;
  } catch {
    // said below
  }
  console.error(`Cannot open ${file} as ${program} must be there and know it`);
}
