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
