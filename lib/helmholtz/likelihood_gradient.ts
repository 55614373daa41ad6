/**
 * The exact gradient of a Helmholtz machine's likelihood: what the wake phase
 * would follow if it could infer without error.
 *
 *   ∂ ln p(v) / ∂w = E[∂ ln p(v, h, t) / ∂w | v],
 *
 * an expectation of the delta rule over the posterior of all hidden and top
 * states. With R_ab, the posterior of the hidden state (a, b) averaged over
 * the patterns, the pixels' part needs Σ R_ab σ(xₐᵢ + y_bᵢ): one pass over the
 * states for all patterns together.
 *
 * @module
 */
import type { HelmholtzParams } from "./machine.ts";
import {
  exponentials,
  factorize,
  type Factors,
  giveBack,
  halfPosteriors,
  hiddenGivenTop,
  hiddenPrior,
  rowOf,
} from "./likelihood.ts";
import { log, LOG2E, sigmoid } from "../numeric/elementary.ts";
import { mul } from "../numeric/matrix/elementwise.ts";
import { matmul, matmulNT } from "../numeric/matrix/products.ts";
import { type Matrix, workspace } from "../numeric/matrix/workspace.ts";
import { adam, likeParams } from "../numeric/optimizers.ts";
import type { Training } from "../run/training.ts";

/** Patterns with their probabilities under the data. */
export interface Weighted {
  /** Pixels, count × visible, 0 or 1. */
  pixels: Uint8Array;
  /** One a pattern; sums to 1. */
  probability: Float64Array;
}

/**
 * The mean of −ln p(v) in nats with its gradient. The gradient by the
 * recognition weights, which do not enter, is 0.
 *
 * @throws {TypeError} if the patterns are not whole images
 * @throws {RangeError} if there are too many hidden units to enumerate
 */
export function exactNllAndGrads(
  params: HelmholtzParams,
  { pixels, probability }: Weighted,
): { loss: number; grads: HelmholtzParams } {
  const factors = factorize(params, pixels);
  const { space, C, E, F, scale } = factors;
  const prior = hiddenPrior(factors);
  const M = mul(C, prior, space.matrix(C.rows, C.cols));
  const { low, high, sums } = halfPosteriors(factors, M);
  let loss = 0;
  probability.forEach((p, k) => loss -= p * (log(sums[k]) + scale[k]));
  // Q = R over the prior: the posterior of a state in units of its prior.
  const weighted = space.matrix(E.rows, E.cols, E.data);
  scaleColumns(weighted, probability.map((p, k) => p / sums[k]));
  const Q = matmulNT(weighted, F, M);
  mul(C, Q, Q);
  const grads = topGradients(params, factors, Q);
  const R = mul(Q, prior, prior);
  scaleColumns(low, probability);
  scaleColumns(high, probability);
  addPixelGradients(grads, factors, { R, low, high });
  giveBack(factors);
  return { loss, grads };
}

/**
 * Follows the exact gradient by Adam, all patterns at a time: learning without
 * sampling. Changes `params` in place; yields −log₂ p(v), bits a pattern,
 * before each step and at the end.
 */
export function* followGradient(
  params: HelmholtzParams,
  patterns: Weighted,
  { steps, learningRate }: { steps: number; learningRate: number },
): Training<{ step: number; nllBits: number }, HelmholtzParams> {
  const space = workspace("float64", { bytes: 1 << 20 });
  const names = Object.keys(params) as (keyof HelmholtzParams)[];
  const inside = Object.fromEntries(
    names.map((name) => [
      name,
      space.matrix(1, params[name].length, params[name]),
    ]),
  );
  const grads = likeParams(inside);
  const optimizer = adam(inside, { learningRate });
  for (let step = 0;; step++) {
    const now = exactNllAndGrads(params, patterns);
    const stop = yield { step, nllBits: now.loss * LOG2E };
    if (stop || step === steps) return params;
    for (const name of names) grads[name].data.set(now.grads[name]);
    optimizer.update(grads);
    for (const name of names) params[name].set(inside[name].data);
  }
}

function scaleColumns({ data, cols }: Matrix, by: Float64Array): void {
  for (let at = 0; at < data.length; at += cols) {
    for (let k = 0; k < cols; k++) data[at + k] *= by[k];
  }
}

/** Calls `visit(state, unit)` for each unit that is on in each state. */
function forEachOn(
  units: number,
  visit: (state: number, unit: number) => void,
): void {
  for (let state = 1; state < 2 ** units; state++) {
    for (let unit = 0; unit < units; unit++) {
      if (state >> unit & 1) visit(state, unit);
    }
  }
}

/** Gradients of −ln p by the top and hidden biases and the weights between. */
function topGradients(
  params: HelmholtzParams,
  { space, low, high, topPrior, lowGivenTop, highGivenTop }: Factors,
  Q: Matrix,
): HelmholtzParams {
  const grads = zerosLike(params);
  const hidden = params.hiddenBias.length;
  const tops = topPrior.length;
  const on = hiddenGivenTop(params);
  // p(a, t | v) over p(a, t), averaged over the patterns, and the same of b.
  const A = matmulNT(highGivenTop, Q, space.matrix(tops, Q.rows));
  const B = matmul(lowGivenTop, Q, space.matrix(tops, Q.cols));
  mul(A, lowGivenTop, A);
  mul(B, highGivenTop, B);
  const delta = new Float64Array(hidden);
  for (let t = 0; t < tops; t++) {
    const [a, b] = [rowOf(A, t), rowOf(B, t)];
    const posterior = topPrior[t] * a.reduce((sum, p) => sum + p, 0);
    delta.fill(0);
    forEachOn(low, (s, j) => delta[j] += topPrior[t] * a[s]);
    forEachOn(high, (s, j) => delta[low + j] += topPrior[t] * b[s]);
    for (let j = 0; j < hidden; j++) {
      delta[j] -= posterior * on[t * hidden + j];
      grads.hiddenBias[j] -= delta[j];
    }
    for (let k = 0; k < params.topBias.length; k++) {
      const pOn = sigmoid(params.topBias[k]);
      grads.topBias[k] -= posterior * ((t >> k & 1) - pOn);
      if ((t >> k & 1) === 0) continue;
      for (let j = 0; j < hidden; j++) {
        grads.topToHidden[k * hidden + j] -= delta[j];
      }
    }
  }
  return grads;
}

function zerosLike(params: HelmholtzParams): HelmholtzParams {
  return Object.fromEntries(
    Object.entries(params).map(([name, { length }]) => [
      name,
      new Float64Array(length),
    ]),
  ) as HelmholtzParams;
}

/**
 * Gradients by the pixels' biases and the weights from the hidden units.
 *
 * @param R averaged posterior of the hidden states, 2^low × 2^high
 * @param low, high p(a | v) and p(b | v) times v's weight, states × count
 */
function addPixelGradients(
  grads: HelmholtzParams,
  factors: Factors,
  { R, low, high }: { R: Matrix; low: Matrix; high: Matrix },
): void {
  const { space, pixels, x } = factors;
  const n = x.cols;
  // Mean of what the pixels are, less what they are expected to be, by state.
  const a = matmul(low, pixels, space.matrix(low.rows, n)).data;
  const b = matmul(high, pixels, space.matrix(high.rows, n)).data;
  subtractExpected(factors, R, { a, b });
  for (let at = 0; at < a.length; at++) grads.visibleBias[at % n] -= a[at];
  const { hiddenToVisible } = grads;
  const add =
    (data: ArrayLike<number>, first: number) =>
    (state: number, unit: number): void => {
      const row = (first + unit) * n;
      for (let i = 0; i < n; i++) {
        hiddenToVisible[row + i] -= data[state * n + i];
      }
    };
  forEachOn(factors.low, add(a, 0));
  forEachOn(factors.high, add(b, factors.low));
}

/** a −= Σ_b R_ab σ(xₐᵢ + y_bᵢ), b −= Σₐ of the same; both states × visible. */
function subtractExpected(
  halves: Factors,
  R: Matrix,
  { a, b }: { a: Matrix["data"]; b: Matrix["data"] },
): void {
  const { x, y } = halves;
  const n = x.cols;
  const { X, Y, wild } = exponentials(halves);
  for (let from = 0, at = 0; from < a.length; from += n) {
    for (let to = 0; to < b.length; to += n, at++) {
      const r = R.data[at];
      for (let i = 0; i < n; i++) {
        const odds = X[from + i] * Y[to + i];
        const share = r * odds / (1 + odds);
        a[from + i] -= share;
        b[to + i] -= share;
      }
      for (const i of wild) {
        const share = r * sigmoid(x.data[from + i] + y.data[to + i]);
        a[from + i] -= share;
        b[to + i] -= share;
      }
    }
  }
}
