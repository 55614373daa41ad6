/**
 * The fields of hidden units while they form, each as a small image, with the
 * moments at which a unit was restarted as half of another marked.
 *
 * @module
 */
import { COLORS } from "../page/colors.ts";
import { box, words } from "./draw.ts";
import type { Drawn } from "./experiment.ts";
import { isNarrow } from "./panels.ts";

/** Fields as they are at a step. */
export interface Fields {
  step: number;
  /** Pixels in a row and in a column of a field. */
  width: number;
  height: number;
  /** Change in each pixel's probability, units × pixels. */
  fields: ArrayLike<number>;
  /** The units restarted so far, with what they took half of, and when. */
  recycled: readonly { unit: number; from: number; step: number }[];
  /** The first stage's last step; 0 where everything is learned at once. */
  firstStage: number;
}

/** Changes below this are not drawn. */
const FAINT = 0.02;
/** A restart is outlined for so many steps. */
const RECENT = 30_000;
/** Pixels on the screen: above the fields, between them, below each. */
const [ABOVE, GAP, LABEL] = [6, 12, 20];

/** The fields below a title at `top`, in a picture of that many pixels. */
export function drawFields(
  { step, width, height, fields, recycled, firstStage }: Fields,
  picture: number,
  top: number,
): Drawn {
  const units = fields.length / (width * height);
  const columns = Math.min(units, isNarrow(picture) ? 4 : 8);
  const across = (picture - GAP * (columns - 1)) / columns;
  const side = Math.min(12, (across - 2) / width);
  const down = side * height + LABEL + GAP;
  const stage = firstStage === 0
    ? "Fields"
    : step <= firstStage
    ? "Stage 1, parts"
    : "Stage 2, everything";
  const title = `${stage}: ${step.toLocaleString("en")} images`;
  const parts = [words(0, top - 8, title, { bold: true })];
  for (let j = 0; j < units; j++) {
    const left = (j % columns) * (across + GAP) + 1;
    const upper = top + ABOVE + Math.floor(j / columns) * down;
    const last = recycled.findLast(({ unit }) => unit === j);
    const fresh = last !== undefined && step - last.step < RECENT;
    const size = [side * width, side * height] as const;
    parts.push(frame(left, upper, size, fresh));
    for (let i = 0; i < width * height; i++) {
      const change = fields[j * width * height + i] ?? 0;
      if (Math.abs(change) < FAINT) continue;
      const x = left + side * (i % width);
      const y = upper + side * Math.floor(i / width);
      const color = change < 0 ? COLORS.blue : COLORS.vermilion;
      const opacity = Math.min(1, Math.abs(change));
      parts.push(box(x, y, side, side, color, { opacity }));
    }
    const label = last ? `h${j} ← h${last.from}` : `h${j}`;
    const color = fresh ? COLORS.purple : undefined;
    parts.push(
      words(left, upper + size[1] + 15, label, { color, bold: fresh }),
    );
  }
  const lines = Math.ceil(units / columns);
  return { markup: parts.join(""), height: top + ABOVE + lines * down };
}

/** The edge of a field; of one that has just been restarted, a strong one. */
function frame(
  left: number,
  top: number,
  [width, height]: readonly [number, number],
  fresh: boolean,
): string {
  return fresh
    ? box(left, top, width, height, COLORS.purple, { outline: true })
    : box(left, top, width, height, "currentColor", {
      ...{ outline: true, opacity: 0.25 },
    });
}
