/**
 * Where the panels of a simulation stand, beside one another or, where the
 * picture is narrow, below; and the curves in them. All numbers are pixels.
 *
 * @module
 */
import { axes, type Frame, path, trace } from "./draw.ts";

/** A panel before it has ranges. */
export type Panel = Omit<Frame, "x" | "y">;

// Around panels, for the numbers and names of their axes.
const [LEFT, RIGHT, TOP, BOTTOM] = [48, 22, 26, 26];
// Between two panels.
const [ACROSS, DOWN] = [LEFT + 20, 52];

/** Whether a picture is too narrow for panels beside one another. */
export function isNarrow(picture: number): boolean {
  return picture < 560;
}

/** The panel at the top left; default: as wide as the picture. */
export function first(
  picture: number,
  { width = picture - LEFT - RIGHT, height = width, top = TOP }: {
    width?: number;
    height?: number;
    top?: number;
  } = {},
): Panel {
  return { left: LEFT, top, width, height };
}

/** The panel on the right of another, up to the edge of the picture. */
export function beside(panel: Panel, picture: number): Panel {
  const left = panel.left + panel.width + ACROSS;
  return { ...panel, left, width: picture - left - RIGHT };
}

/** The panel below another, with `room` for a key between them. */
export function below(
  panel: Panel,
  { height = panel.height, room = 0 }: { height?: number; room?: number } = {},
): Panel {
  return { ...panel, top: panel.top + panel.height + DOWN + room, height };
}

/** The height of a picture whose lowest panel this is. */
export function heightTo({ top, height }: Panel): number {
  return top + height + BOTTOM;
}

/** A square panel with two beside it, or below it: one above the other. */
export function squareAndTwo(
  picture: number,
  { most, top, room = 0, upper, lower = 90 }: {
    /** The largest side of the square. */
    most: number;
    top?: number;
    /** For a key below the square. */
    room?: number;
    /** Height of the upper panel; default: that of the lower. */
    upper?: number;
    /** Height of the lower panel where it stands below the square. */
    lower?: number;
  },
): { square: Panel; upper: Panel; lower: Panel; height: number } {
  if (isNarrow(picture)) {
    const square = first(picture, { top });
    const above = below(square, { room, height: upper ?? lower });
    const last = below(above, { height: lower });
    return { square, upper: above, lower: last, height: heightTo(last) };
  }
  const width = Math.min(most, (picture - 130) / 2);
  const square = first(picture, { width, top });
  const height = upper ?? (width - DOWN) / 2;
  const above = { ...beside(square, picture), height };
  const last = below(above, { height: width - DOWN - height });
  return { square, upper: above, lower: last, height: heightTo(square) + room };
}

/** The curve of one entry of `rows` over the steps, with its axes. */
export function curve<Key extends string>(
  frame: Frame,
  title: string,
  rows: readonly ({ step: number } & Record<Key, number>)[],
  { of, color, width = 2 }: { of: Key; color: string; width?: number },
): string {
  return axes(frame, title, { xLabel: "step" }) +
    path(trace(frame, rows, (row) => row[of]), color, { width });
}
