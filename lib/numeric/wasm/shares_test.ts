import assert from "node:assert/strict";
import { AREAS } from "./kernels.ts";
import { MOST_SHARES, shareOf, sharesFor } from "./shares.ts";

/** The arguments of Aᵀ·B for A of k × m and B of k × n numbers. */
const call = ([m, k, n]: [number, number, number]): number[] => [
  ...[0, 1 << 26, 1 << 27],
  ...[m, k, n, 0, m, n],
];
const dtype = "float32";

Deno.test("there are as many shares as bits at most, however long a sum", () => {
  for (let threads = 1; threads <= AREAS; threads++) {
    for (let k = 1; k < 1e6; k = Math.ceil(1.3 * k)) {
      const count = sharesFor(threads, "matmulTN", call([4, k, 4]));
      assert.ok(count >= threads && count <= MOST_SHARES, `${k}: ${count}`);
    }
  }
});

Deno.test("a long sum is cut where it is summed in parts, where each thread has as many", () => {
  const long = call([128, 2048, 64]);
  assert.equal(sharesFor(2, "matmulTN", long), 4);
  assert.equal(sharesFor(3, "matmulTN", long), 3);
  const [first, second] = [0, 1].map((i) =>
    shareOf("matmulTN", long, { i, count: 4, dtype })!
  );
  assert.deepEqual(first.slice(3, 6), [128, 512, 64]);
  assert.equal(second[0], 512 * 128 * 4);
  assert.notEqual(second[2], first[2]);
});

Deno.test("a product of few rows is cut by columns, one of few columns by rows", () => {
  const sizes = (args: number[]) =>
    [0, 1].map((i) =>
      shareOf("matmulTN", args, { i, count: 2, dtype })!.slice(3, 6)
    );
  assert.deepEqual(sizes(call([20, 300, 128])), [[20, 300, 64], [20, 300, 64]]);
  assert.deepEqual(sizes(call([576, 96, 24])), [[288, 96, 24], [288, 96, 24]]);
});

Deno.test("columns of a wider result are cut by its width, and never into sums", () => {
  const wider = (args: number[]): number[] => [...args.slice(0, 8), 80];
  const long = wider(call([128, 2048, 64]));
  assert.equal(sharesFor(2, "matmulTN", long), 2);
  const half = shareOf("matmulTN", long, { i: 1, count: 2, dtype })!;
  assert.deepEqual(half.slice(3, 6), [128, 2048, 32]);
  const tall = wider(call([576, 96, 24]));
  const below = shareOf("matmulTN", tall, { i: 1, count: 2, dtype })!;
  assert.equal(below[2] - tall[2], 288 * 80 * 4);
});

Deno.test("where there are more shares than rows, the last have nothing", () => {
  const args = [...[0, 0, 0], ...[5, 3, 2, 0, 5, 2]];
  const shares = [0, 1, 2, 3].map((i) =>
    shareOf("matmul", args, { i, count: 4, dtype })?.[3] ?? 0
  );
  assert.deepEqual(shares, [4, 1, 0, 0]);
});
