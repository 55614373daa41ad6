/**
 * Plain TypeScript twins of the WebAssembly kernels: the oracle of their tests.
 *
 * Each twin computes in float64 and rounds only where it stores, in the most
 * obvious way. Nothing trains on them; `twin_test.ts` holds every kernel
 * against its twin.
 *
 * @module
 */
import * as numeric from "../lib/numeric/elementary.ts";
import type { Dtype, Kernels } from "../lib/numeric/wasm/kernels.ts";

/** Reads and writes one pixel of batch × K × pixels, all K rows at a time. */
interface Pixel {
  /** Which of the batch. */
  image: number;
  /** The number of a batch × pixels matrix. */
  one(pointer: number): number;
  /** The K numbers of a batch·K × pixels matrix. */
  all(pointer: number): number[];
  /** Writes one number of each of K rows, or of a single row. */
  put(pointer: number, values: readonly number[]): void;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] * y[i];
  return total;
}

/** p + ε of Neural EM, with p = x ψ + (1 − x)(1 − ψ). */
function emLikelihood(x: number, psi: number): number {
  return x * psi + (1 - x) * (1 - psi) + 1e-6;
}

function elsewhere(): never {
  throw new Error("The twin is lib/helmholtz/online_machine.ts");
}

/** The twin of every kernel, on the numbers in `memory`. */
export function twinKernels(memory: WebAssembly.Memory, dtype: Dtype): Kernels {
  const numbers: Float32Array | Float64Array = dtype === "float32"
    ? new Float32Array(memory.buffer)
    : new Float64Array(memory.buffer);
  const size = numbers.BYTES_PER_ELEMENT;
  const at = (pointer: number): number => pointer / size;
  /** n numbers, `stride` apart: a copy. */
  const series = (pointer: number, n: number, stride = 1): Float64Array => {
    const out = new Float64Array(n);
    for (let i = 0; i < n; i++) out[i] = numbers[at(pointer) + i * stride];
    return out;
  };
  const store = (pointer: number, values: ArrayLike<number>): void =>
    numbers.set(values, at(pointer));

  const map = (f: (x: number) => number): Kernels["exp"] => (a, out, n) =>
    store(out, series(a, n).map(f));
  const mapPair =
    (f: (x: number, y: number) => number): Kernels["add"] => (a, b, out, n) => {
      const y = series(b, n);
      store(out, series(a, n).map((x, i) => f(x, y[i])));
    };
  // A's row i and B's column j are series: where one starts, and its stride.
  const product = (
    strides: (k: number, widthA: number, widthB: number) => number[],
  ): Kernels["matmulTN"] =>
  (a, b, out, m, k, n, accumulate, widthA, widthB) => {
    const [rowA, strideA, columnB, strideB] = strides(k, widthA, widthB);
    for (let i = 0; i < m; i++) {
      const row = series(a + i * rowA * size, k, strideA);
      for (let j = 0; j < n; j++) {
        const column = series(b + j * columnB * size, k, strideB);
        const to = at(out) + i * widthB + j;
        numbers[to] = (accumulate ? numbers[to] : 0) + dot(row, column);
      }
    }
  };
  const eachPixel = (
    [batch, group, pixels]: readonly [number, number, number],
    f: (pixel: Pixel) => void,
  ): void => {
    for (let image = 0; image < batch; image++) {
      for (let p = 0; p < pixels; p++) {
        const first = (rows: number): number => image * rows * pixels + p;
        f({
          image,
          one: (pointer) => numbers[at(pointer) + first(1)],
          all: (pointer) =>
            Array.from(series(pointer + first(group) * size, group, pixels)),
          put: (pointer, values) =>
            values.forEach((value, k) => {
              const to = at(pointer) + first(values.length) + k * pixels;
              numbers[to] = value;
            }),
        });
      }
    }
  };

  return {
    matmul: product((k, _, n) => [k, 1, 1, n]),
    matmulTN: product((_, widthA, widthB) => [1, widthA, 1, widthB]),
    matmulNT: product((k) => [k, 1, k, 1]),
    addRow: (a, row, out, m, n) => {
      const addTo = mapPair((x, y) => x + y);
      for (let at = 0; at < m * n * size; at += n * size) {
        addTo(a + at, row, out + at, n);
      }
    },
    columnSums: (a, out, m, n, accumulate, width) =>
      store(
        out,
        series(out, n).map((before, j) =>
          (accumulate ? before : 0) + sum(series(a + j * size, m, width))
        ),
      ),
    exp: map(numeric.exp),
    log: map(numeric.log),
    sigmoid: map(numeric.sigmoid),
    tanh: map(numeric.tanh),
    relu: map((x) => x > 0 ? x : x !== x ? x : 0),
    softplus: map(numeric.softplus),
    sigmoidBackward: mapPair((y, dy) => dy * y * (1 - y)),
    tanhBackward: mapPair((y, dy) => dy * (1 - y * y)),
    reluBackward: mapPair((y, dy) => y > 0 ? dy : 0),
    add: mapPair((x, y) => x + y),
    sub: mapPair((x, y) => x - y),
    mul: mapPair((x, y) => x * y),
    axpy: (alpha, x, out, n) =>
      mapPair((x, y) => y + alpha * x)(x, out, out, n),
    scale: (alpha, a, out, n) => map((x) => alpha * x)(a, out, n),
    sum: (a, n) => sum(series(a, n)),
    dot: (a, b, n) => dot(series(a, n), series(b, n)),
    gaussianBumps: (codes, centres, out, m, units, d, sigma) => {
      const [c, mu] = [series(codes, m * d), series(centres, units * d)];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < units; j++) {
          let distance = 0;
          for (let l = 0; l < d; l++) {
            const gap = c[i * d + l] - mu[j * d + l];
            distance += gap * gap;
          }
          numbers[at(out) + i * units + j] = numeric.exp(
            -distance / (2 * sigma * sigma),
          );
        }
      }
    },
    gaussianBumpsBackward: (
      codes,
      centres,
      y,
      dy,
      dCodes,
      dCentres,
      ...sizes
    ) => {
      const [m, units, d, sigma] = sizes;
      const [c, mu] = [series(codes, m * d), series(centres, units * d)];
      const [codeSums, centreSums] = [c.slice().fill(0), mu.slice().fill(0)];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < units; j++) {
          const unit = i * units + j;
          const weight = numbers[at(dy) + unit] * numbers[at(y) + unit] /
            (sigma * sigma);
          for (let l = 0; l < d; l++) {
            const pull = weight * (mu[j * d + l] - c[i * d + l]);
            codeSums[i * d + l] += pull;
            centreSums[j * d + l] -= pull;
          }
        }
      }
      store(dCodes, codeSums);
      store(dCentres, centreSums);
    },
    emStep: (
      x,
      input,
      logits,
      psi,
      gamma,
      residual,
      losses,
      proportions,
      ...settings
    ) => {
      const [batch, K, pixels, intra, inter, interOn, interPsi, ...rest] =
        settings;
      const [mixture, explained] = rest;
      const byImage = new Float64Array(batch);
      eachPixel([batch, K, pixels], ({ image, one, all, put }) => {
        const [target, seen, a] = [one(x), one(input), all(logits)];
        const y = a.map(numeric.sigmoid);
        const pi = series(proportions, batch * K).slice(image * K);
        const likelihoods = y.map((y, k) => pi[k] * emLikelihood(target, y));
        const total = sum(likelihoods);
        const shares = likelihoods.map((p) => p / total);
        put(psi, y);
        put(gamma, shares);
        const left = y.map((y) => seen - explained * y);
        put(residual, shares.map((share, k) => share * left[k]));
        const apart = (1 - target) * inter + target * interOn;
        const parts = shares.map((share, k) => {
          const plus = numeric.softplus(a[k]);
          return intra * share * (plus - target * a[k]) +
            (1 - share) * (apart * plus + target * interPsi * y[k]);
        });
        byImage[image] += sum(parts) - mixture * numeric.log(total / K);
      });
      store(losses, byImage);
    },
    emStepBackward: (
      x,
      input,
      logits,
      psi,
      gamma,
      dResidual,
      dLogits,
      proportions,
      ...settings
    ) => {
      const [batch, K, pixels, intra, inter, interOn, interPsi, ...rest] =
        settings;
      const [mixture, explained, throughGamma] = rest;
      eachPixel([batch, K, pixels], ({ image, one, all, put }) => {
        const pi = series(proportions, batch * K).slice(image * K);
        const [target, seen, a] = [one(x), one(input), all(logits)];
        const [y, shares, slopes] = [all(psi), all(gamma), all(dResidual)];
        const apart = (1 - target) * inter + target * interOn;
        const byShare = a.map((a, k) => {
          const plus = numeric.softplus(a);
          return throughGamma
            ? slopes[k] * (seen - explained * y[k]) +
              intra * (plus - target * a) - apart * plus -
              target * interPsi * y[k]
            : 0;
        });
        const total = sum(y.map((y, k) => pi[k] * emLikelihood(target, y)));
        const inner = dot(shares, byShare);
        const gradient = shares.map((share, k) => {
          const byLikelihood = pi[k] * (byShare[k] - inner - mixture) / total;
          const byPsi = (2 * target - 1) * byLikelihood -
            explained * share * slopes[k] + target * interPsi * (1 - share);
          return intra * share * (y[k] - target) + apart * (1 - share) * y[k] +
            y[k] * (1 - y[k]) * byPsi;
        });
        put(dLogits, gradient);
      });
    },
    shiftProducts: (pixels, out, rows, width, shifts, swap) => {
      const seen = new Float64Array(memory.buffer, pixels, rows * 2 * width);
      for (let row = 0; row < rows; row++) {
        const first = row * 2 * width;
        const left = swap ? first + width : first;
        const right = swap ? first : first + width;
        const to = at(out) + row * (2 + shifts) * width;
        for (let i = 0; i < width; i++) {
          numbers[to + i] = seen[left + i];
          numbers[to + width + i] = seen[right + i];
          for (let j = 0; j < shifts; j++) {
            const partner = i + j - (shifts - 1) / 2;
            if (partner < 0 || partner >= width) continue;
            numbers[to + (2 + j) * width + i] = seen[left + i] *
              seen[right + partner];
          }
        }
      }
    },
    wakeSleep: elsewhere,
    explain: elsewhere,
    refresh: elsewhere,
    sgd: (p, g, v, n, learningRate, momentum, weightDecay) => {
      for (let i = 0; i < n; i++) {
        const gradient = numbers[at(g) + i] + weightDecay * numbers[at(p) + i];
        const velocity = momentum * numbers[at(v) + i] -
          learningRate * gradient;
        numbers[at(v) + i] = velocity;
        numbers[at(p) + i] += velocity;
      }
    },
    adam: (p, g, m, v, n, rate, beta1, beta2, epsilon, weightDecay) => {
      for (let i = 0; i < n; i++) {
        const gradient = numbers[at(g) + i] + weightDecay * numbers[at(p) + i];
        const first = beta1 * numbers[at(m) + i] + (1 - beta1) * gradient;
        const second = beta2 * numbers[at(v) + i] +
          (1 - beta2) * gradient * gradient;
        numbers[at(m) + i] = first;
        numbers[at(v) + i] = second;
        numbers[at(p) + i] -= rate * first / (Math.sqrt(second) + epsilon);
      }
    },
  };
}
