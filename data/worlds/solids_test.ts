import assert from "node:assert/strict";
import {
  landmarkBarcodes,
  loopProminence,
} from "../../lib/population/persistent_homology.ts";
import { stream } from "../../lib/numeric/random.ts";
import { drawSolid, SOLIDS } from "./solids.ts";

Deno.test("homology finds the loops that each shape has", () => {
  for (const [name, { loops }] of Object.entries(SOLIDS)) {
    const rng = stream(1, name);
    const points = drawSolid(rng, name as keyof typeof SOLIDS, 800);
    const { h1 } = landmarkBarcodes(points, 3, 100);
    assert.equal(loopProminence(h1) > 2, loops === 1, name);
  }
});
