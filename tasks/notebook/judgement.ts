/**
 * The verdict of a notebook in a word, read from its first cell:
 * `**Our verdict: partly.** One sentence that says why. More.`
 *
 * @module
 */
import type { Notebook } from "./notebook.ts";

/** What became of a paper's claim. */
export const WORDS = ["reproduced", "partly", "not"] as const;

/** A verdict in a word, and why. */
export interface Judgement {
  word: typeof WORDS[number];
  /** The sentence after the word, as plain text. */
  reason: string;
}

const VERDICT = new RegExp(
  String.raw`\*\*Our verdict: (${
    WORDS.join("|")
  })\.\*\*\s+([^]*?)(?:\n\s*\n|$)`,
);

/** The verdict that the first cell states, or null. */
export function judgementOf({ cells }: Notebook): Judgement | null {
  const [, word, rest] = VERDICT.exec(cells[0]?.source ?? "") ?? [];
  if (word === undefined) return null;
  const text = rest.replaceAll(/[*_`$]/g, "").replaceAll(/\s+/g, " ").trim();
  const [reason] = text.split(/(?<=[.!?]) (?=\p{Lu})/u);
  return reason === "" ? null : { word: word as Judgement["word"], reason };
}
