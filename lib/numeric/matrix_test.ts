import assert from "node:assert/strict";
import {
  add,
  addColumnSums,
  addMatmul,
  addMatmulNT,
  addMatmulTN,
  addRow,
  axpy,
  bernoulliLogLikelihood,
  bernoulliLogLikelihoodBackward,
  columnCovariance,
  columnMean,
  columnMeans,
  columnSums,
  columnVariance,
  copy,
  copyRows,
  covarianceMatrix,
  dot,
  doubles,
  type Dtype,
  emStep,
  emStepBackward,
  exp,
  fill,
  type FloatArray,
  gatherRows,
  gaussianBumps,
  gaussianBumpsBackward,
  log,
  logSumExpGroups,
  matmul,
  matmulNT,
  matmulTN,
  type Matrix,
  mul,
  mulGroups,
  relu,
  reluBackward,
  rowSums,
  scale,
  sigmoid,
  sigmoidBackward,
  softmaxGroups,
  softmaxGroupsBackward,
  softplus,
  softplusBackward,
  sub,
  subGroups,
  sum,
  sumGroups,
  sumOfSquares,
  tanh,
  tanhBackward,
  type Workspace,
  workspace,
} from "./matrix.ts";
import { adam, clipGlobalNorm, likeParams, sgd } from "./optimizers.ts";
import { gradientCheck } from "./gradient_check.ts";
import { twinKernels } from "./wasm/twin.ts";
import * as numeric from "./elementary.ts";
import { fillNormal, fillUniform, integer, stream } from "./random.ts";

const dtypes: Dtype[] = ["float32", "float64"];
const tolerance = { float32: 1e-5, float64: 1e-12 };

/** A source of random matrices that is the same in both workspaces. */
type Make = (rows: number, cols: number) => Matrix;

/** Runs `compute` with the kernels and with their twins and compares. */
function matchesTwin(
  name: string,
  compute: (
    make: Make,
    space: Workspace,
    dtype: Dtype,
  ) => (Matrix | number)[],
): void {
  for (const dtype of dtypes) {
    const [ours, twins] = [undefined, twinKernels].map((kernels) => {
      const space = workspace(dtype, { kernels, bytes: 4 << 20 });
      const rng = stream(name, "test");
      const make: Make = (rows, cols) => {
        const made = space.matrix(rows, cols);
        fillNormal(rng, made.data, 1);
        return made;
      };
      return compute(make, space, dtype);
    });
    ours.forEach((result, r) => {
      const twin = twins[r];
      const got = typeof result === "number" ? [result] : result.data;
      const want = typeof twin === "number" ? [twin] : twin.data;
      close(got, want, tolerance[dtype], `${name} ${dtype} result ${r}`);
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

Deno.test("a product sums l = 0, 1, …, in equal shares of at most 512", () => {
  const shapes = [[5, 97, 8], [1, 512, 3], [259, 50, 1], [257, 577, 9]];
  for (const [m, k, n] of shapes) {
    const space = workspace("float32", { bytes: 4 << 20 });
    const [a, b, out] = [[m, k], [k, n], [m, n]].map((s) =>
      space.matrix(s[0], s[1])
    );
    for (const { data } of [a, b, out]) fillNormal(stream(k, "data"), data);
    const share = Math.ceil(k / Math.ceil(k / 512));
    const want = out.data.map((total, at) => {
      const row = Math.floor(at / n) * k;
      for (let start = 0; start < k; start += share) {
        let sum = 0;
        for (let l = start; l < Math.min(k, start + share); l++) {
          const term = Math.fround(a.data[row + l] * b.data[l * n + at % n]);
          sum = Math.fround(sum + term);
        }
        total = Math.fround(total + sum);
      }
      return total;
    });
    assert.deepEqual(addMatmul(a, b, out).data, want);
  }
});

Deno.test("a row of a product does not depend on the rows beside it", () => {
  const space = workspace("float32", { bytes: 4 << 20 });
  const a = space.matrix(37, 90);
  const b = space.matrix(90, 21);
  fillNormal(stream(1, "a"), a.data, 1);
  fillNormal(stream(1, "b"), b.data, 1);
  const whole = matmul(a, b, space.matrix(37, 21));
  for (let i = 0; i < 37; i++) {
    const alone = matmul(space.rows(a, i, 1), b, space.matrix(1, 21));
    assert.deepEqual(alone.data, whole.data.slice(i * 21, (i + 1) * 21));
  }
});

Deno.test("a product with one column has the bits of that column in a wider one", () => {
  for (const dtype of dtypes) {
    const space = workspace(dtype, { bytes: 4 << 20 });
    for (const [m, k] of [[1, 1], [4, 9], [7, 48], [256, 48], [90, 256]]) {
      const random = (rows: number, cols: number): Matrix => {
        const made = space.matrix(rows, cols);
        fillNormal(stream(rows + cols, "data"), made.data, 1);
        return made;
      };
      const [a, at, wide, wideT] = [
        random(m, k),
        random(k, m),
        random(k, 2),
        random(2, k),
      ];
      const first = space.matrix(k, 1);
      for (const add of [false, true]) {
        const start = add ? 0.3 : 0;
        const product = (
          multiply: typeof matmul,
          left: Matrix,
          right: Matrix,
          cols: number,
        ): Matrix => multiply(left, right, fill(start, space.matrix(m, cols)));
        const column = (matrix: Matrix): FloatArray =>
          matrix.data.filter((_, i) => i % 2 === 0) as FloatArray;
        const compare = (narrow: Matrix, two: Matrix): void =>
          assert.deepEqual(narrow.data, column(two));
        first.data.set(column(wide));
        const [nn, tn, nt] = add
          ? [addMatmul, addMatmulTN, addMatmulNT]
          : [matmul, matmulTN, matmulNT];
        compare(product(nn, a, first, 1), product(nn, a, wide, 2));
        compare(product(tn, at, first, 1), product(tn, at, wide, 2));
        compare(
          product(nt, a, space.rows(wideT, 0, 1), 1),
          product(nt, a, wideT, 2),
        );
      }
    }
  }
});

Deno.test("sums over rows and columns, rows added, match their twins", () => {
  const sizes = [[1, 1], [3, 4], [5, 19], [64, 24], [0, 5], [5, 0], [7, 16]];
  matchesTwin("rows", (make) =>
    sizes.flatMap(([m, n]) => [
      addRow(make(m, n), make(1, n), make(m, n)),
      columnSums(make(m, n), make(1, n)),
      addColumnSums(make(m, n), make(1, n)),
      rowSums(make(m, n), make(m, 1)),
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
        softplusBackward(positive, make(1, n), out()),
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

Deno.test("groups, likelihoods and bumps match their twins", () => {
  const sizes = [[2, 3, 5], [1, 1, 1], [3, 4, 8], [2, 3, 24], [0, 2, 3]];
  matchesTwin("groups", (make) =>
    sizes.flatMap(([batch, group, pixels]) => {
      const wide = () => make(batch * group, pixels);
      const narrow = () => make(batch, pixels);
      const results = [
        softmaxGroups(wide(), group, wide()),
        softmaxGroupsBackward(wide(), wide(), group, wide()),
      ];
      if (batch === 0) return results;
      return [
        ...results,
        logSumExpGroups(wide(), narrow()),
        sumGroups(wide(), narrow()),
        subGroups(narrow(), wide(), wide()),
        mulGroups(narrow(), wide(), wide()),
        bernoulliLogLikelihood(narrow(), wide(), wide()),
        bernoulliLogLikelihoodBackward(narrow(), wide(), wide(), wide()),
      ];
    }));
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
          const [logits, psi, gamma, residual] = [
            wide(),
            wide(),
            wide(),
            wide(),
          ];
          const step = {
            ...{ x, input, logits, K, psi, gamma },
            ...{ intra, inter, interOn, mixture },
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

Deno.test("predictions may overwrite the logits where the loss is the mixture's", () => {
  const run = (over: boolean): unknown[] => {
    const space = workspace("float32", { bytes: 1 << 20 });
    const rng = stream(1, "data");
    const make = (rows: number): Matrix => {
      const made = space.matrix(rows, 9);
      fillUniform(rng, made.data, 0, 1);
      return made;
    };
    const sizes = [2, 6, 6, 6, 6, 6, 6];
    const [x, logits, gamma, residual, dResidual, dLogits, other] = sizes.map(
      make,
    );
    const psi = over ? logits : other;
    const step = {
      ...{ x, input: x, logits, psi, gamma, K: 3 },
      ...{ intra: 0, inter: 0, interOn: 0, mixture: 1 },
    };
    const losses = space.matrix(2, 1);
    const loss = emStep({ ...step, residual, losses });
    emStepBackward({ ...step, throughGamma: true, dResidual, dLogits });
    return [
      loss,
      losses.data,
      psi.data,
      gamma.data,
      residual.data,
      dLogits.data,
    ];
  };
  assert.deepEqual(run(true), run(false));
});

Deno.test("the gradient of an EM iteration passes a finite-difference check", () => {
  const space = workspace("float64");
  const make = (rows: number) => {
    const made = space.matrix(rows, 5);
    fillNormal(stream(rows, "data"), made.data, 1);
    return made;
  };
  const x = make(2);
  x.data.forEach((value, i) => x.data[i] = value > 0 ? 1 : 0);
  const [logits, dResidual] = [make(6), make(6)];
  const { psi, gamma, residual, dLogits, losses } = space.matrices({
    losses: [2, 1],
    psi: [6, 5],
    gamma: [6, 5],
    residual: [6, 5],
    dLogits: [6, 5],
  });
  const step = {
    ...{ x, input: make(2), logits, K: 3, psi, gamma },
    ...{ intra: 0.7, inter: 0.9, interOn: 0.2, mixture: 1.3 },
  };
  const { maxRelativeError } = gradientCheck(doubles({ logits }), () => {
    // The loss that follows is taken as linear in the residual.
    const loss = emStep({ ...step, residual, losses }) +
      dot(residual, dResidual);
    emStepBackward({ ...step, throughGamma: true, dResidual, dLogits });
    return { loss, grads: { logits: dLogits.data } };
  });
  assert.ok(maxRelativeError < 1e-8, `${maxRelativeError}`);
});

Deno.test("column statistics match their twins and their definitions", () => {
  matchesTwin("statistics", (make, space) => {
    const [a, b] = [make(50, 3), make(50, 2)];
    return [
      columnMean(a, 1),
      columnVariance(a, 2),
      columnCovariance(a, 0, b, 1),
      columnMeans(a, space.matrix(1, 3)),
      covarianceMatrix(a, b, space.matrix(3, 2)),
    ];
  });
  const space = workspace("float64");
  const a = space.matrix(4, 2, [1, 10, 2, 20, 3, 30, 4, 40]);
  assert.equal(columnMean(a, 0), 2.5);
  assert.equal(columnVariance(a, 0), 1.25);
  assert.equal(columnCovariance(a, 0, a, 1), 12.5);
});

Deno.test("the optimisers match their twins over many steps", () => {
  matchesTwin("optimisers", (make) => {
    const results: Matrix[] = [];
    for (const kind of ["sgd", "adam"]) {
      const params = { w: make(3, 5), b: make(1, 6) };
      const grads = likeParams(params);
      const options = { learningRate: 0.05, weightDecay: 1e-3 };
      const optimizer = kind === "adam"
        ? adam(params, options)
        : sgd(params, { ...options, momentum: 0.9 });
      for (let step = 0; step < 20; step++) {
        axpy(0.1, params.w, copy(make(3, 5), grads.w));
        axpy(0.1, params.b, copy(make(1, 6), grads.b));
        optimizer.update(grads);
      }
      results.push(params.w, params.b);
    }
    return results;
  });
});

Deno.test("clipping scales all gradients to the limit and reports the norm", () => {
  const space = workspace("float64");
  const grads = { a: space.matrix(1, 2, [3, 0]), b: space.matrix(1, 1, [4]) };
  assert.equal(clipGlobalNorm(grads, 10), 5);
  assert.deepEqual([...grads.a.data, ...grads.b.data], [3, 0, 4]);
  assert.equal(clipGlobalNorm(grads, 1), 5);
  close([...grads.a.data, ...grads.b.data], [0.6, 0, 0.8], 1e-15, "clipped");
});

// ----------------------------------------------------------------- accuracy

const functions = {
  exp: [exp, numeric.exp],
  log: [log, numeric.log],
  sigmoid: [sigmoid, numeric.sigmoid],
  tanh: [tanh, numeric.tanh],
  softplus: [softplus, numeric.softplus],
} as const;

/** Distance in units in the last place of a float32 around `want`. */
function ulps(got: number, want: number): number {
  if (Object.is(got, Math.fround(want))) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(want)) {
    return Math.abs(want) > 3.4028234e38 && got === Math.sign(want) * Infinity
      ? 0
      : Infinity;
  }
  const exponent = Math.floor(Math.log2(Math.abs(want)));
  return Math.abs(got - want) / 2 ** (Math.max(exponent, -126) - 23);
}

Deno.test("float32 functions are within 2 ulp over the whole range", () => {
  const space = workspace("float32");
  const x = space.matrix(1, 1 << 16);
  const y = space.matrix(1, 1 << 16);
  const bits = new Uint32Array(x.data.buffer, x.pointer, x.data.length);
  for (const [name, [kernel, exact]] of Object.entries(functions)) {
    // Every 65,537th bit pattern: all exponents, both signs, all mantissas.
    for (let i = 0; i < bits.length; i++) bits[i] = i * 65537;
    kernel(x, y);
    let worst = 0;
    for (let i = 0; i < bits.length; i++) {
      const want = exact(x.data[i]);
      if (Number.isNaN(want)) {
        assert.ok(Number.isNaN(y.data[i]), `${name}(${x.data[i]})`);
      } else worst = Math.max(worst, ulps(y.data[i], want));
    }
    const limit = name === "softplus" ? 3 : 2;
    assert.ok(worst <= limit, `${name}: ${worst} ulp`);
  }
});

Deno.test("special values come out as IEEE 754 asks", () => {
  const inputs = [NaN, Infinity, -Infinity, 0, -0, 88, -88, 89, -104, 1e-40];
  const wanted: Record<keyof typeof functions, (number | undefined)[]> = {
    exp: [NaN, Infinity, 0, 1, 1, , , undefined, 0, 1],
    log: [NaN, Infinity, NaN, -Infinity, -Infinity, , NaN, , NaN, undefined],
    sigmoid: [NaN, 1, 0, 0.5, 0.5, 1, undefined, 1, undefined, 0.5],
    tanh: [NaN, 1, -1, 0, -0, 1, -1, 1, -1, 1e-40],
    softplus: [NaN, Infinity, 0, , , 88, undefined, 89, undefined, undefined],
  };
  for (const dtype of dtypes) {
    const space = workspace(dtype);
    const x = space.matrix(1, inputs.length, inputs);
    const y = space.matrix(1, inputs.length);
    for (const [name, [kernel, exact]] of Object.entries(functions)) {
      kernel(x, y);
      inputs.forEach((_, i) => {
        const listed = wanted[name as keyof typeof functions][i];
        const want = listed === undefined || dtype === "float64"
          ? exact(x.data[i])
          : Math.fround(listed);
        if (Number.isNaN(want)) {
          assert.ok(Number.isNaN(y.data[i]), `${name}(${inputs[i]})`);
        } else if (!Number.isFinite(want) || want === 0) {
          assert.ok(y.data[i] === want, `${name}(${inputs[i]})`);
        } else if (dtype === "float32") {
          assert.ok(ulps(y.data[i], want) <= 2, `${name}(${inputs[i]})`);
        } else close([y.data[i]], [want], 1e-12, `${name}(${inputs[i]})`);
      });
    }
  }
});

Deno.test("float64 functions agree with lib/numeric to 1e-12", () => {
  const space = workspace("float64");
  const x = space.matrix(1, 4001);
  const y = space.matrix(1, 4001);
  fillUniform(stream(1, "data"), x.data, -1, 1);
  for (const [name, [kernel, exact]] of Object.entries(functions)) {
    const reach = {
      exp: 709,
      log: 1e300,
      sigmoid: 700,
      tanh: 5,
      softplus: 700,
    };
    for (const size of [1e-8, 1, reach[name as keyof typeof reach]]) {
      const input = space.matrix(1, 4001);
      for (let i = 0; i < 4001; i++) {
        input.data[i] = size * (name === "log" ? x.data[i] ** 2 : x.data[i]);
      }
      kernel(input, y);
      for (let i = 0; i < 4001; i++) {
        const want = exact(input.data[i]);
        const error = Math.abs(y.data[i] - want);
        assert.ok(
          error <= 1e-12 * Math.abs(want) + 1e-307,
          `${name}(${input.data[i]}) = ${y.data[i]}, exact ${want}`,
        );
      }
    }
  }
});

// ------------------------------------------------------------- the workspace

Deno.test("matrices lie at 16-byte boundaries and never overlap", () => {
  const space = workspace("float32");
  const rng = stream(1, "shapes");
  let end = 0;
  for (let i = 0; i < 50; i++) {
    const made = space.matrix(integer(rng, 9), integer(rng, 9));
    assert.equal(made.pointer % 16, 0);
    assert.ok(made.pointer >= end);
    end = made.pointer + made.data.byteLength;
  }
});

Deno.test("released memory is handed out again, zeroed", () => {
  const space = workspace("float64");
  const mark = space.mark();
  const first = space.matrix(2, 2, [1, 2, 3, 4]);
  space.release(mark);
  const second = space.matrix(2, 2);
  assert.equal(second.pointer, first.pointer);
  assert.deepEqual([...second.data], [0, 0, 0, 0]);
  assert.throws(() => space.release(mark + 999), RangeError);
});

Deno.test("row views and gathered rows hold the rows they name", () => {
  const space = workspace("float32");
  const a = space.matrix(3, 2, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...space.rows(a, 1, 2).data], [3, 4, 5, 6]);
  assert.deepEqual([...space.reshape(a, 2, 3).data], [...a.data]);
  const out = space.matrix(2, 2);
  gatherRows(a, Int32Array.of(0, 2, 1), 1, out);
  assert.deepEqual([...out.data], [5, 6, 3, 4]);
  copyRows(a, 0, out);
  assert.deepEqual([...out.data], [1, 2, 3, 4]);
});

Deno.test("shape errors are TypeErrors that name the operation and both shapes", () => {
  const space = workspace("float32");
  const [a, b] = [space.matrix(2, 3), space.matrix(2, 3)];
  assert.throws(() => matmul(a, b, a), {
    name: "TypeError",
    message: "Cannot matmul as the inner sizes must be equal: " +
      "current value is 2×3 and 2×3",
  });
  assert.throws(
    () => matmulTN(a, b, a),
    /TypeError: Cannot matmulTN 2×3 and 2×3 as out must be 3×3/,
  );
  assert.throws(() => add(a, space.matrix(3, 2), a), /add .* 2×3 and 3×2/);
  assert.throws(() => addRow(a, a, a), /addRow .* 2×3 and 2×3/);
  assert.throws(() => softmaxGroups(a, 3, b), /softmaxGroups of 2×3/);
  assert.throws(() => subGroups(space.matrix(2, 4), a, b), /2×4 and 2×3/);
  const foreign = workspace("float64").matrix(2, 3);
  assert.throws(() => add(a, foreign, a), /one workspace/);
  assert.throws(() => doubles({ a }), /a must live in a float64 workspace/);
  const square = space.matrix(2, 2);
  assert.throws(() => matmul(square, square, square), /another matrix/);
});

Deno.test("more bumps than the kernels have room for are refused", () => {
  const space = workspace("float32");
  const [codes, centres] = [space.matrix(1, 3), space.matrix(40_000, 3)];
  assert.throws(
    () => gaussianBumps(codes, centres, 1, space.matrix(1, 40_000)),
    /RangeError: .* centres must be fewer: current value is 40000×3/,
  );
});

Deno.test("a full workspace says how much is left", () => {
  const space = workspace("float64", { bytes: 65536 });
  assert.throws(() => space.matrix(100, 100), {
    name: "RangeError",
    message: /100×100 matrix as the workspace must have 80000 bytes left/,
  });
});

Deno.test("a training step makes no matrix, view or typed array", () => {
  const space = workspace("float32");
  const params = space.matrices({ w: [8, 4], b: [1, 4] });
  const s = space.matrices({ x: [16, 8], y: [16, 4], dy: [16, 4] });
  fillNormal(stream(1, "init"), params.w.data, 0.1);
  fillNormal(stream(1, "data"), s.x.data, 1);
  const grads = likeParams(params);
  const optimizer = adam(params, { learningRate: 0.01 });
  const order = Int32Array.from({ length: 16 }, (_, i) => 15 - i);
  const all = likeParams({ x: s.x });
  const step = (): void => {
    gatherRows(all.x, order, 0, s.x);
    sigmoid(addRow(matmul(s.x, params.w, s.y), params.b, s.y), s.y);
    sigmoidBackward(s.y, copy(s.y, s.dy), s.dy);
    matmulTN(s.x, s.dy, grads.w);
    columnSums(s.dy, grads.b);
    clipGlobalNorm(grads, 1);
    optimizer.update(grads);
  };
  step();
  const before = { views: space.views, bytes: space.bytesUsed };
  const made = countTypedArrays(() => {
    for (let i = 0; i < 100; i++) step();
  });
  assert.deepEqual({ views: space.views, bytes: space.bytesUsed }, before);
  assert.equal(made, 0);
  assert.equal(countTypedArrays(() => space.rows(s.x, 0, 1)), 1);
});

/** How many typed arrays `work` makes: by the constructors and by subarray. */
function countTypedArrays(work: () => void): number {
  let count = 0;
  const saved = { Float32Array, Float64Array };
  const subarray = Float32Array.prototype.subarray;
  const counting = <T extends typeof Float32Array | typeof Float64Array>(
    constructor: T,
  ): T =>
    new Proxy(constructor, {
      construct(target, args): FloatArray {
        count++;
        return Reflect.construct(target, args);
      },
    });
  globalThis.Float32Array = counting(Float32Array);
  globalThis.Float64Array = counting(Float64Array);
  saved.Float32Array.prototype.subarray = function (
    ...args
  ): Float32Array<ArrayBuffer> {
    count++;
    return subarray.apply(this, args) as Float32Array<ArrayBuffer>;
  };
  try {
    work();
  } finally {
    Object.assign(globalThis, saved);
    saved.Float32Array.prototype.subarray = subarray;
  }
  return count;
}
