/**
 * Points drawn from shapes of known topology: the controls of persistent
 * homology.
 *
 * @module
 */
import { cos, sin } from "../../lib/numeric/elementary.ts";
import { type Rng, uniform } from "../../lib/numeric/random.ts";

/** Shapes in three dimensions, and how many loops each has. */
export const SOLIDS = Object.freeze({
  box: { loops: 0, draw: drawBox },
  circle: { loops: 1, draw: drawCircle },
  "solid torus": { loops: 1, draw: drawSolidTorus },
});

/** Draws `count` points of a shape: count × 3. */
export function drawSolid(
  rng: Rng,
  name: keyof typeof SOLIDS,
  count: number,
): Float64Array<ArrayBuffer> {
  const points = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) points.set(SOLIDS[name].draw(rng), 3 * i);
  return points;
}

/** The unit cube. */
function drawBox(rng: Rng): number[] {
  return [rng(), rng(), rng()];
}

/** The unit circle in the plane z = 0. */
function drawCircle(rng: Rng): number[] {
  const angle = uniform(rng, 0, 2 * Math.PI);
  return [cos(angle), sin(angle), 0];
}

/** A ring of radius 1 and square cross-section of side 0.7. */
function drawSolidTorus(rng: Rng): number[] {
  const angle = uniform(rng, 0, 2 * Math.PI);
  const radius = 1 + uniform(rng, -0.35, 0.35);
  return [
    radius * cos(angle),
    radius * sin(angle),
    uniform(rng, -0.35, 0.35),
  ];
}
