/**
 * Where words go in a figure: their size, line breaks, and how labels keep
 * apart from one another and from the data.
 *
 * @module
 */

/**
 * An upper estimate of the width in pixels of the longest line of `text`, in
 * the widest of the fonts that viewers use (DejaVu Sans).
 */
export function textWidth(text: string, size = 12, bold = false): number {
  let widest = 0;
  for (const line of text.split("\n")) {
    let units = 0;
    for (const c of line) {
      units += /[.,:;'|ijl I]/.test(c)
        ? 0.36
        : /[mwMW%@—→=±≤≥<>+−×]/.test(c)
        ? 0.92
        : /[A-Z]/.test(c)
        ? 0.74
        : 0.64;
    }
    widest = Math.max(widest, units);
  }
  return widest * size * (bold ? 1.1 : 1);
}

/** `text` broken at spaces into lines of at most `width` pixels. */
export function wrapText(text: string, width: number, size = 12): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`, size) <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines.join("\n");
}

/**
 * Moves `positions` apart, as little as it takes, until neighbours i and j are
 * half of `sizes[i] + sizes[j]` from one another and all lie within
 * [`low`, `high`], where they fit.
 */
export function spread(
  positions: readonly number[],
  sizes: readonly number[],
  low: number,
  high: number,
): number[] {
  const order = positions.map((_, i) => i)
    .sort((a, b) => positions[a] - positions[b] || a - b);
  const at = positions.slice();
  for (let pass = 0; pass < 60; pass++) {
    for (let k = 1; k < order.length; k++) {
      const [i, j] = [order[k - 1], order[k]];
      const overlap = (sizes[i] + sizes[j]) / 2 - (at[j] - at[i]);
      if (overlap <= 0) continue;
      at[i] -= overlap / 2;
      at[j] += overlap / 2;
    }
    for (const i of order) {
      const half = sizes[i] / 2;
      at[i] = Math.max(low + half, Math.min(high - half, at[i]));
    }
  }
  return at;
}

/** Pixels of a drawing, y downwards. */
export type Pixel = readonly [number, number];

/**
 * Where along a horizontal line at `y` a label of `width` pixels covers the
 * fewest of `points`: its left end, and whether it stands above or below the
 * line. Of equal places the first of left to right wins, above before below.
 */
export function clearest(
  points: readonly Pixel[],
  line: { y: number; width: number; left: number; right: number },
): { x: number; above: boolean } {
  const { y, width, left, right } = line;
  const room = Math.max(0, right - width - left);
  const pad = 4;
  let best = { x: left, above: true };
  let fewest = Infinity;
  for (const above of [true, false]) {
    const [top, bottom] = above ? [y - 16, y - 2] : [y + 2, y + 16];
    for (let k = 0; k <= 12; k++) {
      const x = left + room * k / 12;
      let covered = 0;
      for (const [px, py] of points) {
        const inside = px > x - pad && px < x + width + pad &&
          py > top - pad && py < bottom + pad;
        if (inside) covered++;
      }
      if (covered < fewest) {
        fewest = covered;
        best = { x, above };
      }
    }
  }
  return best;
}
