/**
 * The colours that every figure shares: of categories, of meanings, of words
 * and paper. Numbers get theirs in `viz/figures/color_map.ts`. This module
 * stands apart from all else: a simulation carries it to the reader's page.
 *
 * The palette is that of Okabe and Ito (2008), the three lightest colours
 * darkened until each stands out by at least 3 : 1 both from white and from
 * #1e1e1e: one drawing serves light and dark themes.
 *
 * @module
 */

/** Categorical colours, in the order in which figures use them. */
export const PALETTE: readonly string[] = Object.freeze([
  "#0072b2", // blue
  "#d55e00", // vermilion
  "#009e73", // bluish green
  "#c8699c", // reddish purple
  "#b58100", // ochre
  "#2e9bd6", // sky blue
  "#7f7f7f", // grey
]);

/** Colours with a fixed meaning. */
export const COLORS = Object.freeze({
  blue: PALETTE[0],
  vermilion: PALETTE[1],
  green: PALETTE[2],
  purple: PALETTE[3],
  ochre: PALETTE[4],
  sky: PALETTE[5],
  grey: PALETTE[6],
  good: PALETTE[2],
  bad: PALETTE[1],
});

/** The `i`-th categorical colour; wraps around. */
export function colorAt(i: number): string {
  return PALETTE[i % PALETTE.length];
}

/**
 * `color` moved towards the colour of the text around it, so that words in it
 * are darker on light paper and lighter on dark: as far as VS Code's grey text
 * wants for a contrast of 4.5 : 1.
 */
export function inkOf(color: string): string {
  return `color-mix(in srgb,${color} 65%,currentColor)`;
}

/**
 * Background of the page around an output, in every viewer. VS Code's own comes
 * first: its Jupyter extension says white for JupyterLab's in every theme.
 */
export const PAPER =
  "var(--hc-paper,var(--vscode-editor-background,var(--jp-layout-color0,Canvas)))";
