/**
 * Hand-derived gradients against central finite differences, in float64.
 *
 * @module
 */
import { integer, type Rng } from "./random.ts";

/** A loss with its gradient for each parameter array, at the present values. */
export type LossAndGrads = () => {
  loss: number;
  grads: Readonly<Record<string, ArrayLike<number>>>;
};

/** How a gradient is checked. */
export interface GradientCheckOptions {
  /** Half the distance of the two evaluations; default 1e-5. */
  epsilon?: number;
  /** Entries checked in each array, chosen at random; default all. */
  perTensor?: number;
  /** Chooses the entries; needed with `perTensor`. */
  rng?: Rng;
}

/** The worst entry of one parameter array. */
export interface GradientCheckRow {
  name: string;
  /** Entries checked. */
  checked: number;
  index: number;
  analytic: number;
  numeric: number;
  /** |analytic − numeric| / max(|analytic| + |numeric|, largest |gradient| of the array). */
  relativeError: number;
}

/** What `gradientCheck` returns. */
export interface GradientCheck {
  maxRelativeError: number;
  worst: GradientCheckRow;
  rows: GradientCheckRow[];
}

/**
 * Compares the gradient with (L(θ + ε) − L(θ − ε)) / 2ε, entry by entry.
 *
 * An entry's error is taken relative to the larger of its own size and the
 * largest gradient in its array: where an entry is zero by symmetry, rounding
 * of the loss alone would otherwise decide.
 *
 * @param params the parameter arrays, changed and restored in place
 * @throws {TypeError} if a gradient is missing or has another length
 */
export function gradientCheck(
  params: Readonly<Record<string, Float64Array>>,
  lossAndGrads: LossAndGrads,
  options: GradientCheckOptions = {},
): GradientCheck {
  const { epsilon = 1e-5, perTensor = Infinity, rng } = options;
  const { grads } = lossAndGrads();
  const analytic = Object.fromEntries(
    Object.entries(params).map(([name, values]) => {
      const grad = grads[name];
      if (grad?.length !== values.length) {
        throw new TypeError(
          `Cannot check the gradient of ${name} as it must have ` +
            `${values.length} entries: it has ${grad?.length ?? "none"}`,
        );
      }
      return [name, Float64Array.from(grad)];
    }),
  );
  const rows = Object.entries(params).map(([name, values]) => {
    const grad = analytic[name];
    const largest = grad.reduce((max, g) => Math.max(max, Math.abs(g)), 0);
    const all = values.length <= perTensor;
    const count = all ? values.length : perTensor;
    const worst: GradientCheckRow = {
      name,
      checked: count,
      index: 0,
      analytic: 0,
      numeric: 0,
      relativeError: 0,
    };
    for (let n = 0; n < count; n++) {
      const i = all ? n : integer(rng!, values.length);
      const kept = values[i];
      values[i] = kept + epsilon;
      const above = lossAndGrads().loss;
      values[i] = kept - epsilon;
      const below = lossAndGrads().loss;
      values[i] = kept;
      const numeric = (above - below) / (2 * epsilon);
      const scale = Math.max(Math.abs(grad[i]) + Math.abs(numeric), largest);
      const error = scale === 0 ? 0 : Math.abs(grad[i] - numeric) / scale;
      if (!(error <= worst.relativeError)) {
        worst.index = i;
        worst.analytic = grad[i];
        worst.numeric = numeric;
        worst.relativeError = error;
      }
    }
    return worst;
  });
  const worst = rows.reduce((a, b) =>
    b.relativeError <= a.relativeError ? a : b
  );
  return { maxRelativeError: worst.relativeError, worst, rows };
}
