/**
 * How many dimensions a cloud of points has, whatever space it lies in.
 *
 * @module
 */
import { log } from "../numeric/elementary.ts";
import { squaredDistance } from "../numeric/points.ts";

/**
 * The intrinsic dimension by two nearest neighbours: with r₁ and r₂ a point's
 * distances to its nearest and second-nearest neighbour, r₂/r₁ follows
 * 1 − F = (r₂/r₁)^(−d), and d is its maximum-likelihood estimate. Facco,
 * d'Errico, Rodriguez & Laio (2017), Estimating the intrinsic dimension of
 * datasets by a minimal neighborhood information. Scientific Reports 7, 12140.
 * Biased down by a few per cent at the borders.
 *
 * @param points count × dims; points that coincide with another are left out
 */
export function intrinsicDimension(
  points: ArrayLike<number>,
  dims: number,
): number {
  const count = points.length / dims;
  let sum = 0;
  let used = 0;
  for (let i = 0; i < count; i++) {
    let first = Infinity;
    let second = Infinity;
    for (let j = 0; j < count; j++) {
      if (j === i) continue;
      const distance = squaredDistance(points, dims, i, j);
      if (distance < first) [first, second] = [distance, first];
      else if (distance < second) second = distance;
    }
    if (first > 0) {
      sum += 0.5 * log(second / first);
      used++;
    }
  }
  return used / sum;
}

/**
 * The participation ratio (Σ v)² / Σ v² of the variances v along principal
 * axes: k for equal spread in k directions, 0 where nothing varies.
 *
 * @param sds √v, in any unit
 */
export function participationRatio(sds: ArrayLike<number>): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < sds.length; i++) {
    const v = sds[i] * sds[i];
    sum += v;
    squares += v * v;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

/**
 * How far two kinds of points stand apart: the least distance between points
 * of different kinds, over the median distance to the nearest neighbour.
 * Some tens or more is a gap that no gradual change bridges.
 *
 * @param points count × dims @param kinds one number a point
 */
export function gapBetweenKinds(
  points: ArrayLike<number>,
  dims: number,
  kinds: ArrayLike<number>,
): number {
  const count = kinds.length;
  const nearest = new Float64Array(count).fill(Infinity);
  let gap = Infinity;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      if (j === i) continue;
      const distance = squaredDistance(points, dims, i, j);
      if (distance < nearest[i]) nearest[i] = distance;
      if (kinds[i] !== kinds[j] && distance < gap) gap = distance;
    }
  }
  nearest.sort();
  return Math.sqrt(gap / nearest[count >> 1]);
}
