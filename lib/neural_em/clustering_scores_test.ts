import assert from "node:assert/strict";
import fixtures from "../../tests/fixtures/clustering_scores.json" with {
  type: "json",
};
import {
  adjustedMutualInformation,
  adjustedRandIndex,
  contingency,
  expectedMutualInformation,
  mutualInformation,
  normalizedMutualInformation,
} from "./clustering_scores.ts";
import { mean } from "../numeric/statistics.ts";
import { integer, shuffle, stream } from "../numeric/random.ts";

Deno.test("NMI, AMI and ARI equal scikit-learn's to 1e-12", () => {
  for (
    const { truth, found, nmi, nmiMax, ami, amiMax, ari } of fixtures.cases
  ) {
    const close = (a: number, b: number): void =>
      assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b} for ${truth}`);
    close(normalizedMutualInformation(truth, found), nmi);
    close(normalizedMutualInformation(truth, found, "max"), nmiMax);
    close(adjustedMutualInformation(truth, found), ami);
    close(adjustedMutualInformation(truth, found, "max"), amiMax);
    close(adjustedRandIndex(truth, found), ari);
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
  assert.equal(
    adjustedMutualInformation(truth, found),
    adjustedMutualInformation(truth, renamed),
  );
  assert.equal(
    adjustedRandIndex(truth, found),
    adjustedRandIndex(found, truth),
  );
});

Deno.test("partitions of different sets are refused", () => {
  assert.throws(
    () => adjustedRandIndex([1, 2], [1]),
    /Cannot compare partitions as both must label the same items: current lengths are 2 and 1/,
  );
});
