import assert from "node:assert/strict";
import { stream } from "../numeric/random.ts";
import {
  baselineScores,
  connectedComponents,
  fixedSectors,
  fixedStripes,
  groupBatch,
  kMeansPositions,
  type LabelledImages,
  meanScores,
  overlapPixels,
  permutedScores,
  randomGroups,
  scoreGroups,
  scoreImages,
} from "./grouping.ts";

/** Two 3 × 3 squares in opposite corners of an 8 × 8 canvas, one odd pixel. */
function twoSquares(): LabelledImages {
  const labels = new Uint8Array(64);
  for (let r = 0; r < 3; r++) {
    for (let c = 0; c < 3; c++) {
      labels[r * 8 + c] = 1;
      labels[(r + 5) * 8 + c + 5] = 2;
    }
  }
  labels[4 * 8] = 255;
  const images = Float32Array.from(labels, (label) => label > 0 ? 1 : 0);
  return { count: 1, canvas: 8, images, labels };
}

Deno.test("the true labels score 1 and pixels of no object do not count", () => {
  const batch = twoSquares();
  const groups = Uint8Array.from(
    batch.labels,
    (label) => label === 255 ? 7 : label,
  );
  for (const score of Object.values(scoreGroups(batch, groups))) {
    assert.ok(Math.abs(score - 1) < 1e-12);
  }
});

Deno.test("components and k-means find two squares that lie apart", () => {
  const batch = twoSquares();
  const rng = stream(0, "eval");
  for (const grouper of [connectedComponents(), kMeansPositions(rng, 2)]) {
    const { ami } = scoreGroups(batch, groupBatch(batch, grouper));
    assert.ok(Math.abs(ami - 1) < 1e-12, `${ami}`);
  }
});

Deno.test("components join at corners and do not wrap around the edge", () => {
  // deno-fmt-ignore
  const image = Float32Array.from([
    1, 0, 0, 1,
    0, 1, 0, 0,
    0, 0, 0, 1,
    1, 0, 0, 0,
  ]);
  // deno-fmt-ignore
  assert.deepEqual(Array.from(connectedComponents()(image, 4)), [
    1, 0, 0, 2,
    0, 1, 0, 0,
    0, 0, 0, 3,
    4, 0, 0, 0,
  ]);
});

Deno.test("fixed partitions ignore the image and use all their groups", () => {
  const blank = new Float32Array(64);
  for (const grouper of [fixedSectors(3), fixedStripes(3)]) {
    assert.deepEqual(grouper(blank, 8), grouper(blank.map(() => 1), 8));
    assert.deepEqual(
      [...new Set(grouper(blank, 8))].sort(),
      [0, 1, 2],
    );
  }
});

Deno.test("random groups score about 0", () => {
  const batch = twoSquares();
  const rng = stream(1, "eval");
  const scores = Array.from(
    { length: 400 },
    () => scoreImages(batch, randomGroups(rng, 3)(batch.images, 8))[0],
  );
  const { ami, ari, nmi } = meanScores(scores);
  assert.ok(Math.abs(ami) < 0.03 && Math.abs(ari) < 0.03, `${ami} ${ari}`);
  assert.ok(nmi > 0.05);
});

Deno.test("the truth dealt at random scores AMI about 0 and NMI above it", () => {
  const batch = twoSquares();
  const rng = stream(2, "eval");
  const scores = Array.from(
    { length: 400 },
    () => permutedScores(rng, batch, batch.labels),
  );
  const { ami, nmi } = meanScores(scores);
  assert.ok(Math.abs(ami) < 0.03 && nmi > 0.02, `${ami} ${nmi}`);
});

Deno.test("baselines run from chance to the truth", () => {
  const scores = baselineScores(stream(3, "eval"), twoSquares(), 2);
  assert.equal(scores.length, 7);
  assert.ok(Math.abs(scores.at(-1)!.ami - 1) < 1e-12);
});

Deno.test("overlap pixels are counted image by image", () => {
  assert.deepEqual(overlapPixels(twoSquares()), [1]);
});
