/**
 * Figures of population codes: the implicit space from its sides, activities
 * at the places of their units, and bar codes of loops.
 *
 * @module
 */
import { columnOf } from "../../lib/numeric/least_squares.ts";
import type { Barcodes } from "../../lib/population/persistent_homology.ts";
import { figure, grid, Plot } from "./figure.ts";
import type { FrameOptions, Html } from "../page/html.ts";
import { type PointColor, scatter } from "./scatter.ts";
import { COLORS } from "../page/colors.ts";

/** How a row of small figures is coloured. */
export interface Colouring extends PointColor {
  /** What the colour is: "x", "θ". */
  name: string;
}

/**
 * The implicit space from its sides: a row for each colouring, a column for
 * each pair of the first three dimensions.
 *
 * @param codes count × dims
 */
export function implicitSpace(
  codes: Float64Array,
  { dims, colourings, limit = 300, ...options }: FrameOptions & {
    dims: number;
    colourings: readonly Colouring[];
    /** Points drawn in each figure. */
    limit?: number;
  },
): Html {
  const pairs = dims === 2 ? [[0, 1]] : [[0, 1], [0, 2], [1, 2]];
  const figures = colourings.flatMap(({ name, ...color }) =>
    pairs.map(([i, j]) =>
      scatter(columnOf(codes, dims, i), columnOf(codes, dims, j), {
        ...color,
        limit,
        width: 230,
        height: 220,
        title: `by ${name}`,
        xLabel: `dimension ${i + 1}`,
        yLabel: `dimension ${j + 1}`,
      })
    )
  );
  const columns = dims === 2 ? colourings.length : pairs.length;
  return grid(figures, { columns, ...options });
}

/**
 * Activities drawn at the places of their units in a two-dimensional implicit
 * space, one small figure an image; a cross marks the centre of the activity.
 */
export function activityMaps(
  centres: ArrayLike<number>,
  maps: readonly {
    label: string;
    activities: ArrayLike<number>;
    centre: ArrayLike<number>;
  }[],
  options: FrameOptions & { columns?: number } = {},
): Html {
  const x = columnOf(centres, 2, 0);
  const y = columnOf(centres, 2, 1);
  const figures = maps.map(({ label, activities, centre }) =>
    figure({
      title: label,
      width: 210,
      height: 210,
      marginLeft: 24,
      x: { label: null, ticks: 3 },
      y: { label: null, ticks: 3 },
      r: { type: "identity" },
      marks: [
        Plot.dot(x, {
          x,
          y,
          r: Array.from(activities, (a) => 1 + 6 * Math.max(0, Math.min(1, a))),
          fill: COLORS.blue,
          fillOpacity: Array.from(activities, (a) =>
            0.15 + 0.85 * Math.max(0, Math.min(1, a))),
        }),
        Plot.dot([centre], {
          x: [centre[0]],
          y: [centre[1]],
          symbol: "times",
          r: 5,
          stroke: COLORS.vermilion,
          strokeWidth: 2,
        }),
      ],
    })
  );
  return grid(figures, { columns: maps.length, ...options });
}

/** Bar codes of several clouds, the longest loops of each. */
export function barcodes(
  clouds: readonly { label: string; bars: Barcodes }[],
  { most = 12, ...options }: FrameOptions & { most?: number } = {},
): Html {
  const figures = clouds.map(({ label, bars }) => {
    const loops = bars.h1.slice(0, most)
      .map((bar, at) => ({ ...bar, at, longest: at === 0 }));
    const far = Math.max(...loops.map((bar) => bar.death), 1e-9);
    return figure({
      title: label,
      width: 230,
      height: 180,
      marginLeft: 12,
      x: { label: "scale", domain: [0, far] },
      y: { axis: null, domain: Array.from({ length: most }, (_, i) => i) },
      marks: [
        Plot.barX(loops, {
          x1: "birth",
          x2: "death",
          y: "at",
          fill: (bar) => bar.longest ? COLORS.vermilion : COLORS.grey,
        }),
      ],
    });
  });
  return grid(figures, { columns: 3, ...options });
}
