/**
 * What can be known of an integer disparity from a strip of binary dots, by
 * enumeration of every strip.
 *
 * A strip x is w left and w right pixels of ±1. At disparity d the right pixel
 * i repeats the left pixel i − d where that is inside the strip, and is a coin
 * elsewhere, so p(x | d) is 2^−(w + |d|) if all of the overlap matches, else 0.
 * Two strips of a pair are independent given d. For readouts f(xa), g(xb) this
 * makes the largest possible correlation (Hirschfeld 1935; Gebelein 1941;
 * Rényi 1959) an eigenvalue problem on functions of d:
 *
 *     K[d, e] = Σ_x p(x | d) p(e | x)
 *
 * has eigenvalue 1 for constants; its second eigenvalue is the largest
 * correlation, and its eigenvector g gives the readout E[g(d) | x].
 *
 * @module
 */
import {
  type Convention,
  information,
} from "../agreement/gaussian_information.ts";
import * as is from "../run/checks.ts";
import { refusal } from "../run/config.ts";
import { symmetricEigen } from "../numeric/eigen.ts";
import { log2 } from "../numeric/elementary.ts";

/** Every strip that some disparity can produce. */
export interface StripTable {
  width: number;
  /** −D … D, equally likely. */
  disparities: number[];
  /** Strips. */
  count: number;
  /** count × 2·width pixels of ±1: left, then right. */
  pixels: Float32Array;
  /** count × disparities: p(x | d). */
  likelihood: Float64Array;
  /** count × disparities: p(d | x). */
  posterior: Float64Array;
  /** p(x). */
  probability: Float64Array;
  /** Bit j is set where disparity j could have produced the strip. */
  mask: Uint16Array;
}

/**
 * Enumerates the strips of `width` pixels an eye and |d| ≤ maxDisparity.
 *
 * @throws {RangeError} above 11 pixels or disparity 7, or for a disparity as
 *   wide as the strip
 */
export function enumerateStrips(
  width: number,
  maxDisparity: number,
): StripTable {
  const action = "enumerate strips";
  const wrong = is.integerIn(2, 11)(width);
  if (wrong) throw refusal(action, "width", wrong, width);
  const range = is.integerIn(1, Math.min(7, width - 1))(maxDisparity);
  if (range) {
    throw refusal(action, "maxDisparity", range, maxDisparity);
  }
  const n = 2 * maxDisparity + 1;
  const disparities = Array.from({ length: n }, (_, j) => j - maxDisparity);
  const all = new Uint16Array(1 << (2 * width));
  const full = (1 << width) - 1;
  disparities.forEach((d, j) => {
    // Bit i of an eye is its pixel i: moving right by d is a shift to the left.
    const free = d >= 0 ? (1 << d) - 1 : full & ~(full >> -d);
    const lowest = free & -free || 1;
    for (let left = 0; left <= full; left++) {
      const moved = d >= 0 ? (left << d) & full : left >> -d;
      for (let filling = 0; filling <= free; filling += lowest) {
        all[left << width | moved | filling] |= 1 << j;
      }
    }
  });
  const keys: number[] = [];
  for (let key = 0; key < all.length; key++) if (all[key]) keys.push(key);
  const count = keys.length;
  const table: StripTable = {
    width,
    disparities,
    count,
    pixels: new Float32Array(count * 2 * width),
    likelihood: new Float64Array(count * n),
    posterior: new Float64Array(count * n),
    probability: new Float64Array(count),
    mask: Uint16Array.from(keys, (key) => all[key]),
  };
  keys.forEach((key, x) => {
    for (let i = 0; i < width; i++) {
      const left = key >> width >> i & 1;
      const right = key >> i & 1;
      table.pixels[x * 2 * width + i] = 2 * left - 1;
      table.pixels[x * 2 * width + width + i] = 2 * right - 1;
    }
    let sum = 0;
    for (let j = 0; j < n; j++) {
      if (!(table.mask[x] >> j & 1)) continue;
      const p = 1 / 2 ** (width + Math.abs(disparities[j]));
      table.likelihood[x * n + j] = p;
      sum += p;
    }
    table.probability[x] = sum / n;
    for (let j = 0; j < n; j++) {
      table.posterior[x * n + j] = table.likelihood[x * n + j] / sum;
    }
  });
  return table;
}

/** A function of the disparity and how well two strips can agree on it. */
export interface AgreedFunction {
  /** Its value at each disparity; mean 0 and variance 1. */
  values: Float64Array;
  /** corr(E[g | xa], E[g | xb]). */
  correlation: number;
}

/** What a strip can tell. */
export interface StereoLimits {
  /** H(d). */
  entropyBits: number;
  /** I(x; d). */
  informationBits: number;
  /** I(xa; xb). */
  pairInformationBits: number;
  /** The eigenfunctions of K but the constant, best first. */
  functions: AgreedFunction[];
  /** The largest correlation of any two readouts. */
  correlation: number;
  /** What that correlation gives in each convention, in nats. */
  caps: Record<Convention, number>;
}

/** Computes the limits from all strips. */
export function stereoLimits(table: StripTable): StereoLimits {
  const { count, likelihood, posterior, probability, disparities } = table;
  const n = disparities.length;
  const k = new Float64Array(n * n);
  let conditionalBits = 0;
  for (let x = 0; x < count; x++) {
    for (let j = 0; j < n; j++) {
      const p = posterior[x * n + j];
      if (p === 0) continue;
      conditionalBits -= probability[x] * p * log2(p);
      for (let e = 0; e < n; e++) {
        k[j * n + e] += likelihood[x * n + j] * posterior[x * n + e];
      }
    }
  }
  const { values, vectors } = symmetricEigen(k, n);
  const functions = Array.from({ length: n - 1 }, (_, i) => ({
    values: vectors.slice((i + 1) * n, (i + 2) * n).map((v) =>
      v * Math.sqrt(n)
    ),
    correlation: values[i + 1],
  }));
  const entropyBits = log2(n);
  return {
    entropyBits,
    informationBits: entropyBits - conditionalBits,
    pairInformationBits: pairInformation(table),
    functions,
    correlation: values[1],
    caps: information(1, 1, values[1]),
  };
}

/** I(xa; xb) in bits. The set of possible disparities holds all there is. */
function pairInformation(table: StripTable): number {
  const { count, likelihood, mask, disparities } = table;
  const n = disparities.length;
  const classes = new Map<number, Float64Array>(); // mask → p(mask | d)
  for (let x = 0; x < count; x++) {
    let row = classes.get(mask[x]);
    if (!row) classes.set(mask[x], row = new Float64Array(n));
    for (let j = 0; j < n; j++) row[j] += likelihood[x * n + j];
  }
  const rows = [...classes.values()];
  const total = rows.map((row) => row.reduce((s, p) => s + p, 0) / n);
  let bits = 0;
  rows.forEach((p, i) => {
    rows.forEach((q, j) => {
      let joint = 0;
      for (let d = 0; d < n; d++) joint += p[d] * q[d] / n;
      if (joint > 0) bits += joint * log2(joint / (total[i] * total[j]));
    });
  });
  return bits;
}

/** E[g(d) | x] for every strip: the best readout of g. */
export function posteriorMean(
  { count, posterior, disparities }: StripTable,
  g: (d: number) => number,
): Float64Array {
  const n = disparities.length;
  const values = disparities.map(g);
  return Float64Array.from({ length: count }, (_, x) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += posterior[x * n + j] * values[j];
    return sum;
  });
}

/** The exact statistics of a pair of readouts, given for every strip. */
export interface ExactAgreement {
  /** corr(f(xa), g(xb)). */
  correlation: number;
  /** η²(f | d), of the first readout. */
  etaSquared: number;
  /** E[f(x) | d] for each disparity. */
  conditional: Float64Array;
}

/**
 * The exact correlation of f(xa) with g(xb), no sampling error left.
 *
 * @param f a value for each strip of the table
 * @param g the second module's; default the same readout
 */
export function exactAgreement(
  { count, likelihood, disparities }: StripTable,
  f: ArrayLike<number>,
  g: ArrayLike<number> = f,
): ExactAgreement {
  const n = disparities.length;
  const mf = new Float64Array(n);
  const mg = new Float64Array(n);
  for (let x = 0; x < count; x++) {
    for (let j = 0; j < n; j++) {
      mf[j] += likelihood[x * n + j] * f[x];
      mg[j] += likelihood[x * n + j] * g[x];
    }
  }
  const average = (m: Float64Array): number => m.reduce((s, v) => s + v) / n;
  const [meanF, meanG] = [average(mf), average(mg)];
  let vf = 0, vg = 0, covariance = 0, explained = 0;
  for (let x = 0; x < count; x++) {
    let p = 0;
    for (let j = 0; j < n; j++) p += likelihood[x * n + j] / n;
    vf += p * (f[x] - meanF) * (f[x] - meanF);
    vg += p * (g[x] - meanG) * (g[x] - meanG);
  }
  for (let j = 0; j < n; j++) {
    covariance += (mf[j] - meanF) * (mg[j] - meanG) / n;
    explained += (mf[j] - meanF) * (mf[j] - meanF) / n;
  }
  return {
    correlation: covariance / Math.sqrt(vf * vg),
    etaSquared: explained / vf,
    conditional: mf,
  };
}
