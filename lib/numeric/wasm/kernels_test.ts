import assert from "node:assert/strict";
import {
  add,
  axpy,
  copy,
  exp,
  fill,
  log,
  mul,
  relu,
  reluBackward,
  scale,
  sigmoid,
  sigmoidBackward,
  softplus,
  sub,
  tanh,
  tanhBackward,
} from "../matrix/elementwise.ts";
import { emStep, emStepBackward } from "../matrix/em_step.ts";
import {
  gaussianBumps,
  gaussianBumpsBackward,
} from "../matrix/gaussian_bumps.ts";
import {
  addMatmul,
  addMatmulNT,
  addMatmulTN,
  matmul,
  matmulNT,
  matmulTN,
} from "../matrix/products.ts";
import {
  addColumnSums,
  columnSums,
  dot,
  sum,
  sumOfSquares,
} from "../matrix/reductions.ts";
import { addRow } from "../matrix/rows.ts";
import { type Matrix, type Workspace, workspace } from "../matrix/workspace.ts";
import { adam, likeParams, sgd } from "../optimizers.ts";
import { fillNormal, stream } from "../random.ts";
import type { Dtype } from "./kernels.ts";
import { kernelsInShares } from "./shares.ts";
import { twinKernels } from "../../../tests/twin_kernels.ts";

const dtypes: Dtype[] = ["float32", "float64"];
const tolerance = { float32: 1e-5, float64: 1e-12 };

/** A source of random matrices that is the same in both workspaces. */
type Make = (rows: number, cols: number) => Matrix;

/**
 * Runs `compute` with the kernels and with their twins and compares; and with
 * the kernels in shares, whose bits must be the same.
 */
function matchesTwin(
  name: string,
  compute: (
    make: Make,
    space: Workspace,
    dtype: Dtype,
  ) => (Matrix | number)[],
): void {
  for (const dtype of dtypes) {
    const [ours, twins, ...inShares] = [
      undefined,
      twinKernels,
      ...[1, 2, 3, 4, 5].map(kernelsInShares),
    ].map((kernels) => {
      const space = workspace(dtype, { kernels, bytes: 8 << 20 });
      const rng = stream(name, "test");
      const make: Make = (rows, cols) => {
        const made = space.matrix(rows, cols);
        fillNormal(rng, made.data, 1);
        return made;
      };
      return compute(make, space, dtype);
    });
    const numbers = (result: Matrix | number) =>
      typeof result === "number" ? [result] : result.data;
    ours.forEach((result, r) => {
      const what = `${name} ${dtype} result ${r}`;
      const got = numbers(result);
      close(got, numbers(twins[r]), tolerance[dtype], what);
      for (const results of inShares) {
        assert.deepEqual(numbers(results[r]), got, `${what}, in shares`);
      }
    });
  }
}

/** |got − want| ≤ tolerance · the largest magnitude in `want` (at least |want|). */
function close(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  limit: number,
  what: string,
): void {
  assert.equal(got.length, want.length);
  let largest = 0;
  for (let i = 0; i < want.length; i++) {
    largest = Math.max(largest, Math.abs(want[i]));
  }
  for (let i = 0; i < want.length; i++) {
    if (!(Math.abs(got[i] - want[i]) <= limit * largest)) {
      assert.fail(`${what}[${i}]: ${got[i]}, twin ${want[i]}`);
    }
  }
}

const shapes: [m: number, k: number, n: number][] = [
  [1, 1, 1],
  [1, 5, 9],
  [1, 90, 1],
  [2, 3, 8],
  [3, 7, 5],
  [4, 4, 16],
  [5, 600, 3],
  [6, 1, 17],
  [7, 33, 24],
  [17, 5, 8],
  [33, 48, 1],
  [8, 49, 16],
  [32, 577, 23],
  [20, 1030, 9],
  [9, 2000, 20],
  [20, 33, 70],
  [0, 3, 4],
  [3, 0, 4],
  [3, 4, 0],
];

Deno.test("the three products match their twins on any shape", () => {
  matchesTwin("products", (make) =>
    shapes.flatMap(([m, k, n]) => [
      matmul(make(m, k), make(k, n), make(m, n)),
      matmulTN(make(k, m), make(k, n), make(m, n)),
      matmulNT(make(m, k), make(n, k), make(m, n)),
      addMatmul(make(m, k), make(k, n), make(m, n)),
      addMatmulTN(make(k, m), make(k, n), make(m, n)),
      addMatmulNT(make(m, k), make(n, k), make(m, n)),
    ]));
});

Deno.test("sums over columns, rows added, match their twins", () => {
  const sizes = [[1, 1], [3, 4], [5, 19], [64, 24], [0, 5], [5, 0], [7, 16]];
  matchesTwin("rows", (make) =>
    sizes.flatMap(([m, n]) => [
      addRow(make(m, n), make(1, n), make(m, n)),
      columnSums(make(m, n), make(1, n)),
      addColumnSums(make(m, n), make(1, n)),
    ]));
});

Deno.test("element-wise kernels match their twins on any length", () => {
  matchesTwin("elements", (make) =>
    [0, 1, 2, 3, 4, 5, 31, 64].flatMap((n) => {
      const positive = make(1, n);
      for (let i = 0; i < n; i++) positive.data[i] = 5 * positive.data[i] ** 2;
      const out = () => make(1, n);
      return [
        exp(make(1, n), out()),
        log(positive, out()),
        sigmoid(make(1, n), out()),
        tanh(make(1, n), out()),
        relu(make(1, n), out()),
        softplus(make(1, n), out()),
        sigmoidBackward(make(1, n), make(1, n), out()),
        tanhBackward(make(1, n), make(1, n), out()),
        reluBackward(make(1, n), make(1, n), out()),
        add(make(1, n), make(1, n), out()),
        sub(make(1, n), make(1, n), out()),
        mul(make(1, n), make(1, n), out()),
        axpy(-0.75, make(1, n), make(1, n)),
        scale(2.5, make(1, n), out()),
        fill(3.25, out()),
        copy(make(1, n), out()),
        sum(make(1, n)),
        dot(make(1, n), make(1, n)),
        sumOfSquares(make(1, n)),
      ];
    }));
});

Deno.test("Gaussian bumps and their backward pass match their twins", () => {
  matchesTwin(
    "bumps",
    (make) =>
      [[1, 1, 1], [5, 7, 2], [6, 225, 3], [4, 16, 3]].flatMap(
        ([m, units, d]) => {
          const [codes, centres] = [make(m, d), make(units, d)];
          const bumps = gaussianBumps(codes, centres, 0.7, make(m, units));
          const [dCodes, dCentres] = [make(m, d), make(units, d)];
          const dBumps = make(m, units);
          gaussianBumpsBackward({
            codes,
            centres,
            sigma: 0.7,
            bumps,
            dBumps,
            dCodes,
            dCentres,
          });
          return [bumps, dCodes, dCentres];
        },
      ),
  );
});

Deno.test("an EM iteration and its backward pass match their twins", () => {
  const sizes = [[2, 3, 9], [1, 1, 1], [2, 4, 8], [3, 2, 24]];
  const weights = [[1, 1, 1, 0], [0, 0, 0, 1], [0.5, 0.25, 0.75, 2], [
    1,
    0.5,
    0,
    0,
  ]];
  matchesTwin(
    "em",
    (make) =>
      sizes.flatMap(([batch, K, pixels]) =>
        weights.flatMap(([intra, inter, interOn, mixture]) => {
          const wide = () => make(batch * K, pixels);
          const [x, input] = [make(batch, pixels), make(batch, pixels)];
          x.data.forEach((value, i) => x.data[i] = value > 0 ? 1 : 0);
          const proportions = make(batch * K, 1);
          proportions.data.forEach((value, i) =>
            proportions.data[i] = 0.2 + Math.abs(value)
          );
          const [logits, psi, gamma, residual] = [
            wide(),
            wide(),
            wide(),
            wide(),
          ];
          const step = {
            ...{ x, input, logits, K, psi, gamma },
            ...{ intra, inter, interOn, interPsi: interOn / 2, mixture },
            ...{ explained: mixture ? 1 : 0.3, proportions },
          };
          const losses = make(batch, 1);
          const loss = emStep({ ...step, residual, losses });
          const gradients = [true, false].map((throughGamma) => {
            const [dResidual, dLogits] = [wide(), wide()];
            emStepBackward({ ...step, throughGamma, dResidual, dLogits });
            return dLogits;
          });
          return [loss, losses, psi, gamma, residual, ...gradients];
        })
      ),
  );
});

Deno.test("the optimisers match their twins over many steps", () => {
  matchesTwin("optimisers", (make) => {
    const results: Matrix[] = [];
    for (const kind of ["sgd", "adam"]) {
      const params = { w: make(13, 5), b: make(1, 6) };
      const grads = likeParams(params);
      const options = { learningRate: 0.05, weightDecay: 1e-3 };
      const optimizer = kind === "adam"
        ? adam(params, options)
        : sgd(params, { ...options, momentum: 0.9 });
      for (let step = 0; step < 20; step++) {
        axpy(0.1, params.w, copy(make(13, 5), grads.w));
        axpy(0.1, params.b, copy(make(1, 6), grads.b));
        optimizer.update(grads);
      }
      results.push(params.w, params.b);
    }
    return results;
  });
});
