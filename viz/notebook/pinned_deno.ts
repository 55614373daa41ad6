/**
 * The Deno that the project runs on. Another one may give other bits, or, as
 * 2.8.2 and 2.8.3 do, swallow every error of a cell.
 *
 * @module
 */

/** The Deno that the recorded numbers were made with. */
export const PINNED_DENO = "2.9.6";

/** What is wrong with running on this version of Deno; null if nothing. */
export function wrongDeno(version: string): string | null {
  const minor = (v: string): string => v.split(".").slice(0, 2).join(".");
  if (minor(version) === minor(PINNED_DENO)) return null;
  return `Deno must be ${PINNED_DENO}, or another ${minor(PINNED_DENO)}: ` +
    `current value is ${version}, which may hide errors and change numbers`;
}
