import assert from "node:assert/strict";
import { neuralEmConfig } from "../../../lib/neural_em/model.ts";
import { neuralEmTrainer } from "../../../lib/neural_em/training.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { flyingShapes, paperShapes } from "../../worlds/shapes.ts";
import { amiOverFrames } from "./tracking.ts";

Deno.test("all ways of tracking begin alike and score every frame", () => {
  const config = neuralEmConfig({
    ...{ hidden: 6, reads: "image", start: "seeds", proportions: 1 },
    ...{ chargedSteps: 4, batchSize: 4 },
  });
  const model = neuralEmTrainer(1, { config, sample: paperShapes() });
  const frames = flyingShapes({ frames: 4 })(stream(2, "flying"), 3);
  const [afresh, carried, both] = (["afresh", "carried", "both"] as const)
    .map((way) => amiOverFrames(5, model, frames, way));
  for (const track of [afresh, carried, both]) {
    assert.deepEqual(track.map(([frame]) => frame), [0, 1, 2, 3]);
    assert.ok(track.every(([, ami]) => Number.isFinite(ami)));
    assert.deepEqual(track[0], afresh[0]);
  }
  assert.notDeepEqual(carried, afresh);
});
