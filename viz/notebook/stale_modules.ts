/**
 * Modules that were edited after the kernel started. A kernel keeps what it has
 * loaded: running an import again runs the old code, without a word.
 *
 * @module
 */
import { join, relative } from "node:path";

/** Rooms whose modules cells import. */
const ROOMS = ["lib", "data", "viz"];

let told = false;

/**
 * Names of modules below `root` that have changed since `start` (milliseconds
 * since 1970), tests aside.
 */
export function changedModules(root: string, start: number): string[] {
  const changed: string[] = [];
  const walk = (folder: string): void => {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = join(folder, name);
      if (isDirectory) walk(path);
      else if (/(?<!_test)\.ts$/.test(name)) {
        const { mtime } = Deno.statSync(path);
        if (mtime && mtime.getTime() > start) changed.push(path);
      }
    }
  };
  for (const room of ROOMS) walk(join(root, room));
  return changed.map((path) => relative(root, path)).sort();
}

/** The first words about it that a kernel says; then null, as before. */
export function staleModules(): string | null {
  if (told) return null;
  const root = join(import.meta.dirname!, "..", "..");
  const changed = changedModules(root, performance.timeOrigin);
  told = changed.length > 0;
  return told
    ? `${
      changed.join(", ")
    } changed after this kernel started, which goes on with the old code: restart it to use the new.`
    : null;
}
