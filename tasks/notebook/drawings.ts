/**
 * The drawings that the cells of an executed notebook show.
 *
 * @module
 */
import { unescape } from "../../viz/page/html.ts";
import type { Notebook } from "./notebook.ts";

/** A drawing and where it stands. */
export interface Drawing {
  /** Id of the cell that drew it. */
  cell: string;
  /** Which of the cell's drawings it is, from 1. */
  number: number;
  /** The drawing as an image, with its words; see `viz/page/picture.ts`. */
  image: string;
}

/** All drawings of a notebook, in its order; colour scales are none. */
export function drawingsOf({ cells }: Notebook): Drawing[] {
  return cells.flatMap(({ id, outputs }) => {
    const markup = outputs.map((output) =>
      "data" in output ? String(output.data["text/html"] ?? "") : ""
    ).join("");
    return (markup.match(/<img class="hc-svg"[^<>]*>/g) ?? [])
      .filter((image) => !image.includes('alt="colour scale"'))
      .map((image, i) => ({ cell: id, number: i + 1, image }));
  });
}

/** What a reader who cannot see a drawing is told, as plain text. */
export function wordsOf({ image }: Drawing): string {
  return unescape(/ alt="([^"]*)"/.exec(image)?.[1] ?? "");
}
