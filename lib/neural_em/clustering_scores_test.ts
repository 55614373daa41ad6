import assert from "node:assert/strict";
import fixtures from "../../tests/fixtures/clustering_scores.json" with {
  type: "json",
};
import {
  clusteringScores,
  contingency,
  expectedMutualInformation,
  mutualInformation,
} from "./clustering_scores.ts";
import { mean } from "../numeric/statistics.ts";
import { integer, shuffle, stream } from "../numeric/random.ts";

Deno.test("NMI, AMI and ARI equal scikit-learn's to 1e-12", () => {
  for (
    const { truth, found, nmi, ami, amiMax, ari } of fixtures.cases
  ) {
    const scores = clusteringScores(truth, found);
    const close = (a: number, b: number): void =>
      assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b} for ${truth}`);
    close(scores.nmi, nmi);
    close(scores.ami, ami);
    close(scores.amiMax, amiMax);
    close(scores.ari, ari);
  }
});

Deno.test("the expected mutual information is the mean over random assignments", () => {
  const rng = stream(0, "eval");
  const truth = Array.from({ length: 40 }, (_, i) => i % 3);
  const found = Array.from({ length: 40 }, () => integer(rng, 4));
  const expected = expectedMutualInformation(contingency(truth, found));
  const sampled = Array.from(
    { length: 4000 },
    () => mutualInformation(contingency(truth, shuffle(rng, found))),
  );
  assert.ok(Math.abs(mean(sampled) - expected) < 0.003, `${expected}`);
});

Deno.test("scores do not depend on the names of the labels", () => {
  const truth = [0, 0, 1, 1, 2, 2, 2];
  const found = [5, 5, 9, 9, 1, 1, 9];
  const renamed = found.map((label) => -3 * label);
  const scores = clusteringScores(truth, found);
  assert.deepEqual(clusteringScores(truth, renamed), scores);
  assert.equal(clusteringScores(found, truth).ari, scores.ari);
});

Deno.test("partitions of different sets are refused", () => {
  assert.throws(
    () => clusteringScores([1, 2], [1]),
    /Cannot compare partitions as both must label the same items: current lengths are 2 and 1/,
  );
});
