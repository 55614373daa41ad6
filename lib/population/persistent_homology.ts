/**
 * Persistent homology of a point cloud: at which scales its Vietoris–Rips
 * complex has components (H₀) and loops (H₁), with coefficients in Z/2.
 *
 * Components come from a minimum spanning tree. Loops come from persistent
 * cohomology: edges are processed from the longest, tree edges are skipped
 * (they close no loop), and the coboundary of an edge is reduced until its
 * shortest triangle is its own. De Silva, Morozov & Vejdemo-Johansson (2011),
 * Dualities in persistent (co)homology, Inverse Problems 27, 124003; Bauer
 * (2021), Ripser, J. Appl. Comput. Topology 5, 391–423.
 *
 * @module
 */
import { pickRows, squaredDistance } from "../numeric/points.ts";

/** A class that appears at scale `birth` and disappears at `death`. */
export interface Bar {
  birth: number;
  death: number;
}

/** The bar codes of a point cloud. */
export interface Barcodes {
  /** Components; one lives forever. */
  h0: Bar[];
  /** Loops, longest first; bars of no length are left out. */
  h1: Bar[];
}

/** Edges in filtration order, for `points` of them. */
interface Filtration {
  count: number;
  /** Ends of the edge of each rank. */
  from: Int32Array;
  to: Int32Array;
  /** Length of the edge of each rank, ascending. */
  length: Float64Array;
  /** count × count: rank of the edge between two points. */
  rank: Int32Array;
}

/**
 * The bar codes of points × dims coordinates, under Euclidean distance. Time
 * and memory grow as points³; 200 points take about a second.
 *
 * @throws {RangeError} above 600 points
 */
export function vietorisRips(points: Float64Array, dims: number): Barcodes {
  const count = points.length / dims;
  if (!(Number.isInteger(count) && count >= 1 && count <= 600)) {
    throw new RangeError(
      "Cannot compute persistent homology as the number of points must be " +
        `an integer from 1 to 600: current value is ${count}`,
    );
  }
  const edges = filtration(points, dims);
  const { h0, inTree } = components(edges);
  return { h0, h1: loops(edges, inTree) };
}

function filtration(points: Float64Array, dims: number): Filtration {
  const count = points.length / dims;
  const pairs: [number, number, number][] = [];
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      pairs.push([Math.sqrt(squaredDistance(points, dims, i, j)), i, j]);
    }
  }
  pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  const rank = new Int32Array(count * count);
  pairs.forEach(([, i, j], r) => {
    rank[i * count + j] = rank[j * count + i] = r;
  });
  return {
    count,
    from: Int32Array.from(pairs, (p) => p[1]),
    to: Int32Array.from(pairs, (p) => p[2]),
    length: Float64Array.from(pairs, (p) => p[0]),
    rank,
  };
}

/** Kruskal's minimum spanning tree: each of its edges ends a component. */
function components(
  { count, from, to, length }: Filtration,
): { h0: Bar[]; inTree: Uint8Array } {
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  };
  const inTree = new Uint8Array(length.length);
  const h0: Bar[] = [];
  for (let r = 0; r < length.length; r++) {
    const a = root(from[r]);
    const b = root(to[r]);
    if (a === b) continue;
    parent[a] = b;
    inTree[r] = 1;
    h0.push({ birth: 0, death: length[r] });
  }
  h0.push({ birth: 0, death: Infinity });
  return { h0: h0.reverse(), inTree };
}

/**
 * A triangle is named by (rank of its longest edge) · count + (the corner
 * opposite to it): these numbers ascend with the filtration.
 */
function loops(edges: Filtration, inTree: Uint8Array): Bar[] {
  const { count, from, to, length, rank } = edges;
  const coboundary = (r: number): Float64Array => {
    const i = from[r];
    const j = to[r];
    const triangles = new Float64Array(count - 2);
    for (let v = 0, at = 0; v < count; v++) {
      if (v === i || v === j) continue;
      const iv = rank[i * count + v];
      const jv = rank[j * count + v];
      triangles[at++] = r > iv && r > jv
        ? r * count + v
        : iv > jv
        ? iv * count + j
        : jv * count + i;
    }
    return triangles.sort();
  };
  const ownerOf = new Map<number, number>();
  const reduced = new Map<number, Float64Array>();
  const bars: Bar[] = [];
  for (let r = length.length - 1; r >= 0; r--) {
    if (inTree[r]) continue;
    let column = coboundary(r);
    let owner = ownerOf.get(column[0]);
    if (owner !== undefined) {
      while (column.length > 0 && owner !== undefined) {
        column = symmetricDifference(
          column,
          reduced.get(owner) ?? coboundary(owner),
        );
        owner = ownerOf.get(column[0]);
      }
      if (column.length > 0) reduced.set(r, column);
    }
    const death = column.length > 0
      ? length[Math.floor(column[0] / count)]
      : Infinity;
    if (column.length > 0) ownerOf.set(column[0], r);
    if (death > length[r]) bars.push({ birth: length[r], death });
  }
  return bars.sort((a, b) => b.death - b.birth - (a.death - a.birth));
}

/** Sum in Z/2 of two ascending lists. */
function symmetricDifference(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length);
  let i = 0;
  let j = 0;
  let n = 0;
  while (i < a.length && j < b.length) {
    if (a[i] < b[j]) out[n++] = a[i++];
    else if (a[i] > b[j]) out[n++] = b[j++];
    else {
      i++;
      j++;
    }
  }
  while (i < a.length) out[n++] = a[i++];
  while (j < b.length) out[n++] = b[j++];
  return out.slice(0, n);
}

/**
 * Indices of `wanted` points that cover the cloud evenly: each is the one
 * farthest from those chosen before it (Gonzalez 1985). Starts at point 0.
 */
export function farthestPoints(
  points: Float64Array,
  dims: number,
  wanted: number,
): Int32Array {
  const count = points.length / dims;
  const chosen = new Int32Array(Math.min(wanted, count));
  const nearest = new Float64Array(count).fill(Infinity);
  for (let c = 0; c < chosen.length; c++) {
    if (c > 0) {
      let best = 0;
      for (let i = 1; i < count; i++) if (nearest[i] > nearest[best]) best = i;
      chosen[c] = best;
    }
    for (let i = 0; i < count; i++) {
      const d = Math.sqrt(squaredDistance(points, dims, i, chosen[c]));
      if (d < nearest[i]) nearest[i] = d;
    }
  }
  return chosen;
}

/** The bar codes of `wanted` points that cover the cloud evenly. */
export function landmarkBarcodes(
  points: Float64Array,
  dims: number,
  wanted: number,
): Barcodes {
  return vietorisRips(
    pickRows(points, dims, farthestPoints(points, dims, wanted)),
    dims,
  );
}

/**
 * How much the longest loop stands out: its length over the length of the
 * second longest (or over its own birth if there is no second). Near 1 where
 * there is no loop.
 */
export function loopProminence(h1: readonly Bar[]): number {
  const size = (bar?: Bar): number => bar ? bar.death - bar.birth : 0;
  if (h1.length === 0) return 1;
  return size(h1[0]) / (size(h1[1]) || h1[0].birth);
}
