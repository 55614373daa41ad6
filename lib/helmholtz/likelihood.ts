/**
 * Exact quantities of a Helmholtz machine that is small enough to enumerate:
 * likelihood, posterior and the recognition model's law of the top layer.
 *
 * A state of a layer is a number whose bit j is unit j. The hidden units are
 * cut into a lower and a higher half, with states a and b, so that pixel i's
 * input is xₐᵢ + y_bᵢ and
 *
 *   ln p(v | a, b) = v·xₐ + v·y_b − Σᵢ softplus(xₐᵢ + y_bᵢ)
 *   p(v) = Σₐ Σ_b Eₐ(v) C_ab F_b(v),  E = exp(v·xₐ),  F = exp(v·y_b)
 *
 * A bilinear form: for all patterns at once, a product of matrices. The states
 * of 16 hidden units and 508 patterns take some 20 ms, those of 20 a third of
 * a second, those of 24 ten seconds.
 *
 * @module
 */
import { type HelmholtzParams, layerProbability } from "./machine.ts";
import { refusal } from "../run/config.ts";
import { exp, log, sigmoid, softplus } from "../numeric/elementary.ts";
import {
  exp as expOf,
  mul,
  scale as scaled,
  sigmoid as sigmoidOf,
} from "../numeric/matrix/elementwise.ts";
import { matmul, matmulNT, matmulTN } from "../numeric/matrix/products.ts";
import { columnSums } from "../numeric/matrix/reductions.ts";
import {
  type Matrix,
  type Workspace,
  workspace,
} from "../numeric/matrix/workspace.ts";
import { finish, type Training } from "../run/training.ts";

/** Beyond 2²⁴ hidden states memory exceeds two gigabytes. */
const MOST_HIDDEN = 24;

/** Patterns in a row each, count × visible, 0 or 1. */
export type Patterns = Uint8Array;

/** products[s] = probability of the state s of independent units, from their on-probabilities. */
export function stateProbabilities(
  on: ArrayLike<number>,
  first = 0,
  units: number = on.length,
  products: Float64Array = new Float64Array(2 ** units),
): Float64Array {
  products[0] = 1;
  for (let i = 0, size = 1; i < units; i++, size *= 2) {
    const p = on[first + i];
    for (let s = 0; s < size; s++) {
      products[size + s] = products[s] * p;
      products[s] *= 1 - p;
    }
  }
  return products;
}

/** bias + Σ over the on bits i of s of row first + i of the weights, states × n. */
function stateInputs(
  weights: Float64Array,
  bias: Float64Array,
  first: number,
  units: number,
): Float64Array {
  const n = bias.length;
  const sums = new Float64Array(2 ** units * n);
  sums.set(bias);
  for (let i = 0, size = n; i < units; i++, size *= 2) {
    const row = (first + i) * n;
    for (let at = 0; at < size; at += n) {
      for (let j = 0; j < n; j++) {
        sums[size + at + j] = sums[at + j] + weights[row + j];
      }
    }
  }
  return sums;
}

/** Where the tables of two halves of the hidden layer lie. */
interface Room {
  space: Workspace;
  /** The workspace's mark before them. */
  empty: number;
  /** Units of the lower and of the higher half. */
  low: number;
  high: number;
}

/**
 * Cuts the hidden layer in two.
 *
 * @throws {RangeError} if there are too many hidden units to enumerate
 */
function makeRoom(
  params: HelmholtzParams,
  count: number,
): Room {
  const visible = params.visibleBias.length;
  const hidden = params.hiddenBias.length;
  const top = params.topBias.length;
  if (hidden > MOST_HIDDEN) {
    const mustBe = `at most ${MOST_HIDDEN} units (use sampledNll)`;
    throw refusal("enumerate the hidden states", "hidden", mustBe, hidden);
  }
  const low = hidden >> 1;
  const high = hidden - low;
  const half = 2 ** low + 2 ** high;
  const numbers = half * (2 * visible + 6 * count + 4 * 2 ** top) +
    count * (visible + 2) + 2 ** hidden * (5 + top);
  const space = borrow(8 * numbers + (1 << 12));
  return { space, empty: space.mark(), low, high };
}

/**
 * A workspace that nobody uses now. It is kept, because pages that are touched
 * for the first time cost as much as the arithmetic.
 */
let idle: Workspace | undefined;

function borrow(bytes: number): Workspace {
  const found = idle && idle.bytesFree >= bytes ? idle : undefined;
  idle = undefined;
  return found ?? workspace("float64", { bytes });
}

/** Ends the use of matrices in `space`, all made after `empty`. */
export function giveBack({ space, empty }: Room): void {
  space.release(empty);
  idle = space;
}

/** The hidden units in two halves, and what each half does to the pixels. */
export interface Halves extends Room {
  /** xₐ and y_b, 2^low × visible and 2^high × visible. */
  x: Matrix;
  y: Matrix;
  /** p(t) of every top state. */
  topPrior: Float64Array;
  /** p(a | t), top states × 2^low, and p(b | t), top states × 2^high. */
  lowGivenTop: Matrix;
  highGivenTop: Matrix;
}

function halve(params: HelmholtzParams, count: number): Halves {
  const { hiddenToVisible, visibleBias, topBias } = params;
  const room = makeRoom(params, count);
  const { low, high, space } = room;
  const [A, B] = [2 ** low, 2 ** high];
  const n = visibleBias.length;
  const x = stateInputs(hiddenToVisible, visibleBias, 0, low);
  const y = stateInputs(hiddenToVisible, new Float64Array(n), low, high);
  const topPrior = stateProbabilities(topBias.map(sigmoid));
  const lowGivenTop = space.matrix(topPrior.length, A);
  const highGivenTop = space.matrix(topPrior.length, B);
  const hidden = low + high;
  const on = hiddenGivenTop(params);
  for (let t = 0; t < topPrior.length; t++) {
    stateProbabilities(on, t * hidden, low, rowOf(lowGivenTop, t));
    stateProbabilities(on, t * hidden + low, high, rowOf(highGivenTop, t));
  }
  return {
    ...room,
    ...{ topPrior, lowGivenTop, highGivenTop },
    x: space.matrix(A, n, x),
    y: space.matrix(B, n, y),
  };
}

/** On-probabilities of the hidden units for every top state, top states × hidden. */
export function hiddenGivenTop(params: HelmholtzParams): Float64Array {
  const { topToHidden, hiddenBias, topBias } = params;
  return stateInputs(topToHidden, hiddenBias, 0, topBias.length).map(sigmoid);
}

/** A row of a matrix of float64. */
export function rowOf({ data, cols }: Matrix, row: number): Float64Array {
  return data.subarray(row * cols, (row + 1) * cols) as Float64Array;
}

/**
 * Pixels whose inputs are exponentiated safely, and the others: e^x · e^y must
 * be a normal number. Only weights in the hundreds make a pixel wild.
 */
export function exponentials(
  { x, y }: Halves,
): { X: Float64Array; Y: Float64Array; largest: Float64Array; wild: number[] } {
  const n = x.cols;
  const X = x.data.map(exp) as Float64Array;
  const Y = y.data.map(exp) as Float64Array;
  const largest = new Float64Array(n);
  const wild: number[] = [];
  for (let i = 0; i < n; i++) {
    const [leastX, mostX] = range(x, i);
    const [leastY, mostY] = range(y, i);
    largest[i] = Math.max(0, mostX + mostY) + 1; // ln(1 + eᶻ) is less
    if (Math.max(-leastX, mostX, -leastY, mostY) < 300) continue;
    wild.push(i);
    largest[i] = 0;
    for (let at = i; at < X.length; at += n) X[at] = 0; // a factor of 1
  }
  return { X, Y, largest, wild };
}

/** Least and most of a column. */
function range({ data, cols }: Matrix, column: number): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (let at = column; at < data.length; at += cols) {
    least = Math.min(least, data[at]);
    most = Math.max(most, data[at]);
  }
  return [least, most];
}

/**
 * Σᵢ softplus(xₐᵢ + y_bᵢ) of every pair of half states, 2^low × 2^high: the
 * logarithm of Π (1 + e^xₐᵢ e^y_bᵢ), over as many pixels as float64 can hold.
 */
function softplusSums(halves: Halves, out: Float64Array): void {
  const { x, y } = halves;
  const n = x.cols;
  const { X, Y, largest, wild } = exponentials(halves);
  out.fill(0);
  for (let first = 0, end = 0; first < n; first = end) {
    for (let sum = 0; end < n && sum + largest[end] < 700; end++) {
      sum += largest[end];
    }
    for (let a = 0, at = 0; a < X.length; a += n) {
      for (let b = 0; b < Y.length; b += n, at++) {
        // Two products, which a processor takes side by side.
        let even = 1;
        let odd = 1;
        let i = first;
        for (; i + 1 < end; i += 2) {
          even *= 1 + X[a + i] * Y[b + i];
          odd *= 1 + X[a + i + 1] * Y[b + i + 1];
        }
        if (i < end) even *= 1 + X[a + i] * Y[b + i];
        out[at] += log(even * odd);
      }
    }
  }
  for (const i of wild) {
    for (let a = i, at = 0; a < X.length; a += n) {
      for (let b = i; b < Y.length; b += n, at++) {
        out[at] += softplus(x.data[a] + y.data[b]);
      }
    }
  }
}

/** p(v | a, b) = E[a, v] · C[a, b] · F[b, v] · exp(scale[v]). */
export interface Factors extends Halves {
  /** Pixels, count × visible. */
  pixels: Matrix;
  /** 2^low × count; the largest entry of a column is 1. */
  E: Matrix;
  /** 2^low × 2^high; the largest entry of a column is 1. */
  C: Matrix;
  /** 2^high × count; the largest entry of a column is 1. */
  F: Matrix;
  /** In nats, one a pattern. */
  scale: Float64Array;
  /** Logarithms of E, C and F, which do not underflow. */
  logs: { E: Matrix; C: Matrix; F: Matrix };
}

/**
 * The factors of every pattern's probability. What a costs with its best b,
 * and b then with its best a, moves from C to E and F.
 *
 * @throws {TypeError} if the patterns are not whole images
 */
export function factorize(
  params: HelmholtzParams,
  patterns: Patterns,
): Factors {
  const visible = params.visibleBias.length;
  const count = countOf(patterns, visible);
  const halves = halve(params, count);
  const { space, x, y } = halves;
  const pixels = space.matrix(count, visible, patterns);
  const shapes = {
    E: [x.rows, count],
    C: [x.rows, y.rows],
    F: [y.rows, count],
  } as const;
  const logs = space.matrices(shapes);
  softplusSums(halves, logs.C.data as Float64Array);
  scaled(-1, logs.C, logs.C);
  matmulNT(x, pixels, logs.E);
  matmulNT(y, pixels, logs.F);
  const alone = dropRowMost(logs.C);
  const others = dropColumnMost(logs.C);
  alone.forEach((most, a) => addTo(rowOf(logs.E, a), most));
  others.forEach((most, b) => addTo(rowOf(logs.F, b), most));
  const ofF = dropColumnMost(logs.F);
  const ofBoth = dropColumnMost(logs.E).map((most, k) => most + ofF[k]);
  const { E, C, F } = space.matrices(shapes);
  expOf(logs.E, E);
  expOf(logs.C, C);
  expOf(logs.F, F);
  return { ...halves, pixels, E, C, F, scale: ofBoth, logs };
}

/** How many patterns there are. */
function countOf(patterns: Patterns, visible: number): number {
  if (patterns.length % visible !== 0) {
    throw new TypeError(
      `Cannot score patterns as their length must be a multiple of ${visible} ` +
        `pixels: current length is ${patterns.length}`,
    );
  }
  return patterns.length / visible;
}

function addTo(row: Float64Array, amount: number): void {
  for (let i = 0; i < row.length; i++) row[i] += amount;
}

/** Subtracts from each row its largest entry, and returns these. */
function dropRowMost(matrix: Matrix): Float64Array {
  return Float64Array.from({ length: matrix.rows }, (_, a) => {
    const row = rowOf(matrix, a);
    let most = -Infinity;
    for (let i = 0; i < row.length; i++) most = Math.max(most, row[i]);
    addTo(row, -most);
    return most;
  });
}

/** Subtracts from each column its largest entry, and returns these. */
function dropColumnMost({ data, cols }: Matrix): Float64Array {
  const most = new Float64Array(cols).fill(-Infinity);
  for (let at = 0; at < data.length; at += cols) {
    for (let k = 0; k < cols; k++) most[k] = Math.max(most[k], data[at + k]);
  }
  for (let at = 0; at < data.length; at += cols) {
    for (let k = 0; k < cols; k++) data[at + k] -= most[k];
  }
  return most;
}

/** sums[v] = Σₐ Σ_b E[a, v] M[a, b] F[b, v], in matrices that are made once. */
function contraction({ space, E, F }: {
  space: Workspace;
  E: Matrix;
  F: Matrix;
}): (M: Matrix) => Float64Array {
  const room = space.matrix(E.rows, E.cols);
  const sums = space.matrix(1, E.cols);
  return (M) => {
    matmul(M, F, room);
    mul(E, room, room);
    return columnSums(room, sums).data as Float64Array;
  };
}

/** p(a, b) of every hidden state, 2^low × 2^high. */
export function hiddenPrior(halves: Halves): Matrix {
  const { space, x, y, topPrior, lowGivenTop, highGivenTop } = halves;
  const { rows, cols } = lowGivenTop;
  const joint = lowGivenTop.data.map((p, at) =>
    topPrior[Math.floor(at / cols)] * p
  );
  const lowAndTop = space.matrix(rows, cols, joint);
  return matmulTN(lowAndTop, highGivenTop, space.matrix(x.rows, y.rows));
}

/**
 * A sum of so little may have lost terms to underflow: each half, on its own,
 * then favours states that exclude what the other favours.
 */
const LEAST = 1e-250;

/** p(v, t) of pattern k over exp(unit), one a top state, by way of logarithms. */
function topJointOf(
  { logs, C, topPrior, lowGivenTop, highGivenTop }: Factors,
  k: number,
): { joint: Float64Array; unit: number } {
  const { cols: count } = logs.E;
  const terms = logs.C.data.map((c, at) =>
    c + logs.E.data[Math.floor(at / C.cols) * count + k] +
    logs.F.data[(at % C.cols) * count + k]
  );
  let unit = -Infinity;
  for (const term of terms) unit = Math.max(unit, term);
  const joint = topPrior.map((prior, t) => {
    const [pa, pb] = [rowOf(lowGivenTop, t), rowOf(highGivenTop, t)];
    let sum = 0;
    for (let a = 0, at = 0; a < pa.length; a++) {
      for (let b = 0; b < pb.length; b++, at++) {
        sum += pa[a] * pb[b] * exp(terms[at] - unit);
      }
    }
    return prior * sum;
  });
  return { joint, unit };
}

/**
 * ln p(v) of each pattern in nats, exact.
 *
 * @throws {TypeError} if the patterns are not whole images
 * @throws {RangeError} if there are too many hidden units to enumerate
 */
export function exactLogLikelihood(
  params: HelmholtzParams,
  patterns: Patterns,
): Float64Array {
  const factors = factorize(params, patterns);
  const { C, scale } = factors;
  const prior = hiddenPrior(factors);
  mul(C, prior, prior);
  const logs = contraction(factors)(prior).map((sum, k) => {
    if (sum >= LEAST) return log(sum) + scale[k];
    const { joint, unit } = topJointOf(factors, k);
    return log(sumOf(joint)) + unit + scale[k];
  });
  giveBack(factors);
  return logs;
}

function sumOf(values: Float64Array): number {
  return values.reduce((a, b) => a + b);
}

/** p(v, t) of each pattern and top state, count × 2^top, exact. */
export function exactTopJoint(
  params: HelmholtzParams,
  patterns: Patterns,
): Float64Array {
  return finish(sumTopJoint(params, patterns));
}

/** `exactTopJoint` with pauses. */
export function* sumTopJoint(
  params: HelmholtzParams,
  patterns: Patterns,
): Training<never, Float64Array> {
  const factors = factorize(params, patterns);
  const { space, C, scale, lowGivenTop, highGivenTop, topPrior } = factors;
  const tops = topPrior.length;
  const sum = contraction(factors);
  const M = space.matrix(C.rows, C.cols);
  const joint = new Float64Array(scale.length * tops);
  for (let t = 0; t < tops; t++) {
    const [pa, pb] = [rowOf(lowGivenTop, t), rowOf(highGivenTop, t)];
    for (let a = 0, at = 0; a < C.rows; a++) {
      const p = topPrior[t] * pa[a];
      for (let b = 0; b < C.cols; b++, at++) {
        M.data[at] = p * pb[b] * C.data[at];
      }
    }
    sum(M).forEach((p, k) => joint[k * tops + t] = p);
    yield t;
  }
  for (let k = 0; k < scale.length; k++) {
    const row = joint.subarray(k * tops, (k + 1) * tops);
    let unit = scale[k];
    if (sumOf(row) < LEAST) {
      const direct = topJointOf(factors, k);
      row.set(direct.joint);
      unit += direct.unit;
    }
    for (let t = 0; t < tops; t++) row[t] *= exp(unit);
  }
  giveBack(factors);
  return joint;
}

/**
 * What the posterior of the hidden states is made of: E[a, v] Σ_b M[a, b]
 * F[b, v] over its sum p(v | scale), which is p(a | v), and p(b | v) likewise.
 *
 * @param M C weighted by the prior, 2^low × 2^high
 * @throws {RangeError} where the sum of a pattern underflows
 */
export function halfPosteriors(
  { space, E, F }: Factors,
  M: Matrix,
): { low: Matrix; high: Matrix; sums: Float64Array } {
  const low = matmul(M, F, space.matrix(E.rows, E.cols));
  const high = matmulTN(M, E, space.matrix(F.rows, F.cols));
  mul(E, low, low);
  mul(F, high, high);
  const sums = columnSums(low, space.matrix(1, E.cols)).data as Float64Array;
  for (const sum of sums) {
    if (sum >= LEAST) continue;
    const name = "a pattern's likelihood over that of its best halves";
    throw refusal("find the posterior", name, `at least ${LEAST}`, sum);
  }
  for (const { data, cols } of [low, high]) {
    for (let at = 0; at < data.length; at++) data[at] /= sums[at % cols];
  }
  return { low, high, sums };
}

/**
 * q(t | v) = Σ_h q(h | v) q(t | h) of each pattern and top state,
 * count × 2^top, exact, with pauses.
 */
export function* sumRecognitionTop(
  params: HelmholtzParams,
  patterns: Patterns,
): Training<never, Float64Array> {
  const halves = recognitionHalves(params, patterns);
  const { E, F, space } = halves;
  const top = params.topBias.length;
  const tops = 2 ** top;
  const count = E.cols;
  const on = topGivenHidden(params, halves);
  const sum = contraction(halves);
  const M = space.matrix(E.rows, F.rows);
  const out = new Float64Array(count * tops);
  for (let t = 0; t < tops; t++) {
    M.data.fill(1);
    on.forEach(({ data }, k) => {
      const off = (t >> k & 1) === 0;
      for (let h = 0; h < data.length; h++) {
        M.data[h] *= off ? 1 - data[h] : data[h];
      }
    });
    sum(M).forEach((p, k) => out[k * tops + t] = p);
    yield t;
  }
  giveBack(halves);
  return out;
}

/** q(a | v) and q(b | v) of each pattern: E, 2^low × count, and F, 2^high × count. */
function recognitionHalves(
  params: HelmholtzParams,
  patterns: Patterns,
): Room & { E: Matrix; F: Matrix } {
  const { visibleToHidden, hiddenRecognitionBias } = params;
  const visible = params.visibleBias.length;
  const hidden = params.hiddenBias.length;
  const count = countOf(patterns, visible);
  const room = makeRoom(params, count);
  const { low, high, space } = room;
  const E = space.matrix(2 ** low, count);
  const F = space.matrix(2 ** high, count);
  const on = new Float64Array(hidden);
  for (let k = 0; k < count; k++) {
    const pattern = patterns.subarray(k * visible, (k + 1) * visible);
    layerProbability(pattern, visibleToHidden, hiddenRecognitionBias, on);
    stateProbabilities(on, 0, low)
      .forEach((p, a) => E.data[a * count + k] = p);
    stateProbabilities(on, low, high)
      .forEach((p, b) => F.data[b * count + k] = p);
  }
  return { ...room, E, F };
}

/** q(tₖ = 1 | a, b) of each top unit, 2^low × 2^high. */
function topGivenHidden(
  { hiddenToTop, topRecognitionBias }: HelmholtzParams,
  { low, high, space }: Room,
): Matrix[] {
  const n = topRecognitionBias.length;
  const none = new Float64Array(n);
  const a = stateInputs(hiddenToTop, topRecognitionBias, 0, low);
  const b = stateInputs(hiddenToTop, none, low, high);
  return Array.from(none, (_, k) => {
    const on = space.matrix(2 ** low, 2 ** high);
    for (let i = k, at = 0; i < a.length; i += n) {
      for (let j = k; j < b.length; j += n) on.data[at++] = a[i] + b[j];
    }
    return sigmoidOf(on, on);
  });
}
