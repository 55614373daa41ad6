/**
 * Points as the rows of one array, count × dims.
 *
 * @module
 */

/** Arrays of numbers of one type. */
type NumberArray = Float32Array | Float64Array | Uint8Array;

/** ‖xᵢ − xⱼ‖² of points count × dims. */
export function squaredDistance(
  points: ArrayLike<number>,
  dims: number,
  i: number,
  j: number,
): number {
  let sum = 0;
  for (let k = 0; k < dims; k++) {
    const d = points[i * dims + k] - points[j * dims + k];
    sum += d * d;
  }
  return sum;
}

/** The rows `indices` of an array, count × width, in their order. */
export function pickRows<T extends NumberArray>(
  all: T,
  width: number,
  indices: ArrayLike<number>,
): T {
  const out = new (all.constructor as new (length: number) => T)(
    indices.length * width,
  );
  for (let n = 0; n < indices.length; n++) {
    const at = indices[n] * width;
    out.set(all.subarray(at, at + width), n * width);
  }
  return out;
}
