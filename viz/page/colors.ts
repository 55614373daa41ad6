/**
 * The colours that every figure shares, apart from all else: a simulation
 * carries this module to the reader's page.
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
