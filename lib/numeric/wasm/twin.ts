/**
 * Plain TypeScript twins of the WebAssembly kernels: the oracle of their tests.
 *
 * Each twin computes in float64 and rounds only where it stores, in the most
 * obvious loop. Nothing trains on them; `twin_test.ts` holds every kernel
 * against its twin.
 *
 * @module
 */
import * as numeric from "../elementary.ts";
import type { Dtype, Kernels } from "./kernels.ts";

/** p + ε of Neural EM, with p = x ψ + (1 − x)(1 − ψ). */
function emLikelihood(x: number, psi: number): number {
  return x * psi + (1 - x) * (1 - psi) + 1e-6;
}

/** The twin of every kernel, on the numbers in `memory`. */
export function twinKernels(memory: WebAssembly.Memory, dtype: Dtype): Kernels {
  const all: Float32Array | Float64Array = dtype === "float32"
    ? new Float32Array(memory.buffer)
    : new Float64Array(memory.buffer);
  const size = all.BYTES_PER_ELEMENT;
  const at = (pointer: number): number => pointer / size;

  const map =
    (f: (x: number) => number) => (a: number, out: number, n: number): void => {
      for (let i = 0; i < n; i++) all[at(out) + i] = f(all[at(a) + i]);
    };
  const map2 =
    (f: (x: number, y: number) => number) =>
    (a: number, b: number, out: number, n: number): void => {
      for (let i = 0; i < n; i++) {
        all[at(out) + i] = f(all[at(a) + i], all[at(b) + i]);
      }
    };
  // out[i, j] = Σ_k left(i, k) · right(k, j)
  const product = (
    left: (i: number, k: number) => number,
    right: (k: number, j: number) => number,
    out: number,
    m: number,
    k: number,
    n: number,
    accumulate: number,
  ): void => {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = accumulate ? all[at(out) + i * n + j] : 0;
        for (let l = 0; l < k; l++) sum += left(i, l) * right(l, j);
        all[at(out) + i * n + j] = sum;
      }
    }
  };
  // Calls f(index into batch × pixels, index into batch × group × pixels).
  const broadcast = (
    batch: number,
    group: number,
    pixels: number,
    f: (narrow: number, wide: number) => void,
  ): void => {
    for (let b = 0; b < batch; b++) {
      for (let k = 0; k < group; k++) {
        for (let p = 0; p < pixels; p++) {
          f(b * pixels + p, (b * group + k) * pixels + p);
        }
      }
    }
  };
  // Calls f(element(k), b · pixels + p) for each softmax, i.e. each (b, p).
  const perPixel = (
    batch: number,
    group: number,
    pixels: number,
    f: (element: (k: number) => number, narrow: number) => void,
  ): void => {
    for (let b = 0; b < batch; b++) {
      for (let p = 0; p < pixels; p++) {
        f((k) => (b * group + k) * pixels + p, b * pixels + p);
      }
    }
  };
  const groupLogSumExp = (
    a: number,
    element: (k: number) => number,
    group: number,
  ): number => {
    let max = -Infinity;
    for (let k = 0; k < group; k++) {
      max = Math.max(max, all[at(a) + element(k)]);
    }
    let sum = 0;
    for (let k = 0; k < group; k++) {
      sum += numeric.exp(all[at(a) + element(k)] - max);
    }
    return max + numeric.log(sum);
  };
  const mean = (a: number, stride: number, n: number): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += all[at(a) + i * stride];
    return sum / n;
  };
  const covariance = (
    a: number,
    strideA: number,
    b: number,
    strideB: number,
    n: number,
  ): number => {
    const meanA = mean(a, strideA, n), meanB = mean(b, strideB, n);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += (all[at(a) + i * strideA] - meanA) *
        (all[at(b) + i * strideB] - meanB);
    }
    return sum / n;
  };

  return {
    matmul: (a, b, out, m, k, n, accumulate) =>
      product(
        (i, l) => all[at(a) + i * k + l],
        (l, j) => all[at(b) + l * n + j],
        out,
        m,
        k,
        n,
        accumulate,
      ),
    matmulTN: (a, b, out, m, k, n, accumulate) =>
      product(
        (i, l) => all[at(a) + l * m + i],
        (l, j) => all[at(b) + l * n + j],
        out,
        m,
        k,
        n,
        accumulate,
      ),
    matmulNT: (a, b, out, m, k, n, accumulate) =>
      product(
        (i, l) => all[at(a) + i * k + l],
        (l, j) => all[at(b) + j * k + l],
        out,
        m,
        k,
        n,
        accumulate,
      ),
    addRow: (a, row, out, m, n) => {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          all[at(out) + i * n + j] = all[at(a) + i * n + j] + all[at(row) + j];
        }
      }
    },
    columnSums: (a, out, m, n, accumulate) => {
      for (let j = 0; j < n; j++) {
        let sum = accumulate ? all[at(out) + j] : 0;
        for (let i = 0; i < m; i++) sum += all[at(a) + i * n + j];
        all[at(out) + j] = sum;
      }
    },
    rowSums: (a, out, m, n) => {
      for (let i = 0; i < m; i++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += all[at(a) + i * n + j];
        all[at(out) + i] = sum;
      }
    },
    exp: map(numeric.exp),
    log: map(numeric.log),
    sigmoid: map(numeric.sigmoid),
    tanh: map(numeric.tanh),
    relu: map((x) => x > 0 ? x : x !== x ? x : 0),
    softplus: map(numeric.softplus),
    sigmoidBackward: map2((y, dy) => dy * y * (1 - y)),
    tanhBackward: map2((y, dy) => dy * (1 - y * y)),
    reluBackward: map2((y, dy) => y > 0 ? dy : 0),
    softplusBackward: map2((y, dy) => dy * -numeric.expm1(-y)),
    add: map2((x, y) => x + y),
    sub: map2((x, y) => x - y),
    mul: map2((x, y) => x * y),
    axpy: (alpha, x, out, n) => {
      for (let i = 0; i < n; i++) all[at(out) + i] += alpha * all[at(x) + i];
    },
    scale: (alpha, a, out, n) => map((x) => alpha * x)(a, out, n),
    sum: (a, n) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += all[at(a) + i];
      return sum;
    },
    dot: (a, b, n) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += all[at(a) + i] * all[at(b) + i];
      return sum;
    },
    mean,
    covariance,
    softmaxGroups: (a, out, batch, group, pixels) =>
      perPixel(batch, group, pixels, (element) => {
        const total = groupLogSumExp(a, element, group);
        for (let k = 0; k < group; k++) {
          all[at(out) + element(k)] = numeric.exp(
            all[at(a) + element(k)] - total,
          );
        }
      }),
    softmaxGroupsBackward: (y, dy, out, batch, group, pixels) =>
      perPixel(batch, group, pixels, (element) => {
        let inner = 0;
        for (let k = 0; k < group; k++) {
          inner += all[at(y) + element(k)] * all[at(dy) + element(k)];
        }
        for (let k = 0; k < group; k++) {
          all[at(out) + element(k)] = all[at(y) + element(k)] *
            (all[at(dy) + element(k)] - inner);
        }
      }),
    logSumExpGroups: (a, out, batch, group, pixels) =>
      perPixel(batch, group, pixels, (element, narrow) => {
        all[at(out) + narrow] = groupLogSumExp(a, element, group);
      }),
    sumGroups: (a, out, batch, group, pixels) =>
      perPixel(batch, group, pixels, (element, narrow) => {
        let sum = 0;
        for (let k = 0; k < group; k++) sum += all[at(a) + element(k)];
        all[at(out) + narrow] = sum;
      }),
    subGroups: (x, a, out, batch, group, pixels) =>
      broadcast(batch, group, pixels, (narrow, wide) => {
        all[at(out) + wide] = all[at(x) + narrow] - all[at(a) + wide];
      }),
    mulGroups: (x, a, out, batch, group, pixels) =>
      broadcast(batch, group, pixels, (narrow, wide) => {
        all[at(out) + wide] = all[at(x) + narrow] * all[at(a) + wide];
      }),
    bernoulli: (x, logits, out, batch, group, pixels) =>
      broadcast(batch, group, pixels, (narrow, wide) => {
        const a = all[at(logits) + wide];
        all[at(out) + wide] = all[at(x) + narrow] * a - numeric.softplus(a);
      }),
    bernoulliBackward: (x, logits, dy, out, batch, group, pixels) =>
      broadcast(batch, group, pixels, (narrow, wide) => {
        all[at(out) + wide] = all[at(dy) + wide] *
          (all[at(x) + narrow] - numeric.sigmoid(all[at(logits) + wide]));
      }),
    gaussianBumps: (codes, centres, out, m, bumps, d, sigma) => {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < bumps; j++) {
          let distance = 0;
          for (let l = 0; l < d; l++) {
            const difference = all[at(codes) + i * d + l] -
              all[at(centres) + j * d + l];
            distance += difference * difference;
          }
          all[at(out) + i * bumps + j] = numeric.exp(
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
      m,
      bumps,
      d,
      sigma,
    ) => {
      const codeSums = new Float64Array(m * d);
      const centreSums = new Float64Array(bumps * d);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < bumps; j++) {
          const weight = all[at(dy) + i * bumps + j] *
            all[at(y) + i * bumps + j] / (sigma * sigma);
          for (let l = 0; l < d; l++) {
            const pull = weight *
              (all[at(centres) + j * d + l] - all[at(codes) + i * d + l]);
            codeSums[i * d + l] += pull;
            centreSums[j * d + l] -= pull;
          }
        }
      }
      all.set(codeSums, at(dCodes));
      all.set(centreSums, at(dCentres));
    },
    emStep: (
      x,
      input,
      logits,
      psi,
      gamma,
      residual,
      losses,
      batch,
      group,
      pixels,
      intra,
      inter,
      interOn,
      mixture,
    ) => {
      const byImage = new Float64Array(batch);
      perPixel(batch, group, pixels, (element, narrow) => {
        const target = all[at(x) + narrow];
        let loss = 0;
        let total = 0;
        for (let k = 0; k < group; k++) {
          const y = numeric.sigmoid(all[at(logits) + element(k)]);
          all[at(psi) + element(k)] = y;
          total += emLikelihood(target, y);
        }
        for (let k = 0; k < group; k++) {
          const a = all[at(logits) + element(k)];
          const y = numeric.sigmoid(a);
          const share = emLikelihood(target, y) / total;
          all[at(gamma) + element(k)] = share;
          all[at(residual) + element(k)] = share *
            (all[at(input) + narrow] - y);
          const plus = numeric.softplus(a);
          const apart = (1 - target) * inter + target * interOn;
          loss += intra * share * (plus - target * a) +
            apart * (1 - share) * plus;
        }
        loss -= mixture * numeric.log(total / group);
        byImage[Math.floor(narrow / pixels)] += loss;
      });
      all.set(byImage, at(losses));
      return byImage.reduce((sum, loss) => sum + loss, 0);
    },
    emStepBackward: (
      x,
      input,
      logits,
      psi,
      gamma,
      dResidual,
      dLogits,
      batch,
      group,
      pixels,
      intra,
      inter,
      interOn,
      mixture,
      throughGamma,
    ) =>
      perPixel(batch, group, pixels, (element, narrow) => {
        const target = all[at(x) + narrow];
        const apart = (1 - target) * inter + target * interOn;
        const byShare = (k: number): number => {
          const a = all[at(logits) + element(k)];
          const y = all[at(psi) + element(k)];
          const plus = numeric.softplus(a);
          return throughGamma
            ? all[at(dResidual) + element(k)] * (all[at(input) + narrow] - y) +
              intra * (plus - target * a) - apart * plus
            : 0;
        };
        let total = 0, inner = 0;
        for (let k = 0; k < group; k++) {
          total += emLikelihood(target, all[at(psi) + element(k)]);
          inner += all[at(gamma) + element(k)] * byShare(k);
        }
        for (let k = 0; k < group; k++) {
          const y = all[at(psi) + element(k)];
          const share = all[at(gamma) + element(k)];
          const byLikelihood = (byShare(k) - inner - mixture) / total;
          all[at(dLogits) + element(k)] = intra * share * (y - target) +
            apart * (1 - share) * y +
            y * (1 - y) *
              ((2 * target - 1) * byLikelihood -
                share * all[at(dResidual) + element(k)]);
        }
      }),
    shiftProducts: (pixels, out, rows, width, shifts, swap) => {
      const seen = new Float64Array(memory.buffer, pixels, rows * 2 * width);
      for (let row = 0; row < rows; row++) {
        const first = row * 2 * width;
        const left = swap ? first + width : first;
        const right = swap ? first : first + width;
        const to = at(out) + row * (2 + shifts) * width;
        for (let i = 0; i < width; i++) {
          all[to + i] = seen[left + i];
          all[to + width + i] = seen[right + i];
          for (let j = 0; j < shifts; j++) {
            const partner = i + j - (shifts - 1) / 2;
            if (partner < 0 || partner >= width) continue;
            all[to + (2 + j) * width + i] = seen[left + i] *
              seen[right + partner];
          }
        }
      }
    },
    wakeSleep: () => {
      throw new Error("The twin is wakeSleep of lib/helmholtz/machine.ts");
    },
    sgd: (p, g, v, n, learningRate, momentum, weightDecay) => {
      for (let i = 0; i < n; i++) {
        const gradient = all[at(g) + i] + weightDecay * all[at(p) + i];
        const velocity = momentum * all[at(v) + i] - learningRate * gradient;
        all[at(v) + i] = velocity;
        all[at(p) + i] += velocity;
      }
    },
    adam: (p, g, m, v, n, rate, beta1, beta2, epsilon, weightDecay) => {
      for (let i = 0; i < n; i++) {
        const gradient = all[at(g) + i] + weightDecay * all[at(p) + i];
        const first = beta1 * all[at(m) + i] + (1 - beta1) * gradient;
        const second = beta2 * all[at(v) + i] +
          (1 - beta2) * gradient * gradient;
        all[at(m) + i] = first;
        all[at(v) + i] = second;
        all[at(p) + i] -= rate * first / (Math.sqrt(second) + epsilon);
      }
    },
  };
}
