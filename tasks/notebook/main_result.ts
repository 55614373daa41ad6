/**
 * The picture of a notebook's main result: a drawing of the cell tagged
 * `main-result`, the first or, by `main-result-2`, the second, and so on.
 *
 * @module
 */
import type { Cell, Notebook } from "./notebook.ts";

/** A drawing and where it stands. */
export interface MainResult {
  /** The cell that drew it. */
  cell: Cell;
  /** The drawing as an image, with its words; see `viz/page/picture.ts`. */
  image: string;
}

const TAG = /^main-result(?:-([1-9]\d*))?$/;

/**
 * The main result of a notebook, or null where no cell is tagged or the cell
 * has not run.
 *
 * @throws Error where the cell draws less than its tag says
 */
export function mainResult({ cells }: Notebook): MainResult | null {
  for (const cell of cells) {
    const tag = cell.metadata.tags?.find((tag) => TAG.test(tag));
    if (tag === undefined || cell.outputs.length === 0) continue;
    const markup = cell.outputs.map((output) =>
      "data" in output ? String(output.data["text/html"] ?? "") : ""
    ).join("");
    const images = markup.match(/<img class="hc-svg"[^<>]*>/g) ?? [];
    const image = images[Number(TAG.exec(tag)![1] ?? 1) - 1];
    if (image === undefined) {
      throw new Error(
        `Cannot show the main result as cell "${cell.id}", tagged ${tag}, ` +
          `must hold as many drawings: current value is ${images.length}`,
      );
    }
    return { cell, image };
  }
  return null;
}
