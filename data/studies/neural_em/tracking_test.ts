import assert from "node:assert/strict";
import { join } from "node:path";
import { restoreNeuralEm } from "../../../lib/neural_em/model.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { decodeSafetensors } from "../../../lib/run/safetensors.ts";
import { flyingShapes } from "../../worlds/shapes.ts";
import { scoresOverFrames } from "./tracking.ts";

Deno.test("all ways of tracking begin alike, and score every frame for themselves", () => {
  const file = join(
    import.meta.dirname!,
    "../../checkpoints/neural_em_image_seed0.safetensors",
  );
  const model = restoreNeuralEm(decodeSafetensors(Deno.readFileSync(file)));
  const frames = flyingShapes({ frames: 4 })(stream(2, "flying"), 20);
  const [afresh, carried, both] = (["afresh", "carried", "both"] as const)
    .map((way) => scoresOverFrames(5, model, frames, way));
  for (const track of [afresh, carried, both]) {
    assert.deepEqual(track.map(({ at }) => at), [0, 1, 2, 3]);
    assert.ok(track.every(({ amiMax }) => amiMax > 0.75 && amiMax <= 1));
    assert.deepEqual(track[0], afresh[0]);
  }
  assert.notDeepEqual(carried, afresh);
});
