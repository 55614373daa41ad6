/**
 * The fields of hidden units while they form, each as a small image, with the
 * moments at which a unit was restarted as half of another marked.
 *
 * @module
 */
import { COLORS } from "../page/colors.ts";
import { box, svg, words } from "./draw.ts";
import { isNarrow } from "./panels.ts";

/** A row of a history that holds the fields. */
export interface FieldsRow {
  step: number;
  /** Change in each pixel's probability, units × pixels. */
  fields: ArrayLike<number>;
  /** The units restarted so far, with what they took half of, and when. */
  recycled: readonly { unit: number; from: number; step: number }[];
}

/** How fields are shown. Must survive JSON. */
export interface FieldsView {
  /** Pixels in a row and in a column of a field. */
  width: number;
  height: number;
  units: number;
  /** The first stage's last step. */
  firstStage: number;
}

/** Changes below this are not drawn. */
const FAINT = 0.02;
/** A restart is outlined for so many steps. */
const RECENT = 30_000;
/** Pixels on the screen: above the fields, between them, below each. */
const [TOP, GAP, LABEL] = [28, 12, 20];

/** The picture of the last row, or of empty fields. */
export function drawFields(
  rows: readonly FieldsRow[],
  { width, height, units, firstStage }: FieldsView,
  picture: number,
): string {
  const { step, fields, recycled } = rows.at(-1) ?? NONE;
  const columns = Math.min(units, isNarrow(picture) ? 4 : 8);
  const across = (picture - GAP * (columns - 1)) / columns;
  const side = Math.min(12, (across - 2) / width);
  const down = side * height + LABEL + GAP;
  const stage = step <= firstStage ? "Stage 1, parts" : "Stage 2, everything";
  const title = `${stage}: ${step.toLocaleString("en")} images`;
  const parts = [words(0, 14, title, { bold: true })];
  for (let j = 0; j < units; j++) {
    const left = (j % columns) * (across + GAP) + 1;
    const top = TOP + Math.floor(j / columns) * down;
    const last = recycled.findLast(({ unit }) => unit === j);
    const fresh = last !== undefined && step - last.step < RECENT;
    const size = [side * width, side * height] as const;
    parts.push(frame(left, top, size, fresh));
    for (let i = 0; i < width * height; i++) {
      const change = fields[j * width * height + i] ?? 0;
      if (Math.abs(change) < FAINT) continue;
      const x = left + side * (i % width);
      const y = top + side * Math.floor(i / width);
      const color = change < 0 ? COLORS.blue : COLORS.vermilion;
      const opacity = Math.min(1, Math.abs(change));
      parts.push(box(x, y, side, side, color, { opacity }));
    }
    const label = last ? `h${j} ← h${last.from}` : `h${j}`;
    const color = fresh ? COLORS.purple : undefined;
    parts.push(words(left, top + size[1] + 15, label, { color, bold: fresh }));
  }
  const lines = Math.ceil(units / columns);
  return svg(picture, TOP + lines * down, `The fields. ${title}`, ...parts);
}

const NONE: FieldsRow = { step: 0, fields: [], recycled: [] };

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
