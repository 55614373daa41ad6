/**
 * Reading what figures drew.
 *
 * @module
 */
import type { Html } from "../viz/page/html.ts";
import { inlined } from "../viz/page/picture.ts";

/** `draw`, but its figure is as a page of ours shows it: drawings inline. */
export function shown<A extends unknown[]>(
  draw: (...args: A) => Html,
): (...args: A) => Html {
  return (...args) => {
    const item = draw(...args);
    return { ...item, html: inlined(item.html) };
  };
}

/** How often `part` stands in `text`. */
export function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
