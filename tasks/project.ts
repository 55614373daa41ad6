/**
 * Where the project lies.
 *
 * @module
 */
import { dirname, join } from "node:path";

/** Root of the project. */
export const ROOT: string = dirname(import.meta.dirname!);
/** Folder in which the command was typed: tasks themselves run in the root. */
export const CALLED_FROM: string = Deno.env.get("INIT_CWD") ?? Deno.cwd();
/** Folder of the notebooks. */
export const NOTEBOOKS: string = join(ROOT, "notebooks");

/**
 * Files of a folder, at any depth, whose names end so; in order. Hidden files
 * and folders are left out: editors keep copies in them.
 */
export function filesBelow(folder: string, ending: string): string[] {
  return Array.from(Deno.readDirSync(folder))
    .filter(({ name }) => !name.startsWith("."))
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap(({ name, isDirectory }) => {
      const path = join(folder, name);
      if (isDirectory) return filesBelow(path, ending);
      return name.endsWith(ending) ? [path] : [];
    });
}
