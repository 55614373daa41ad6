/**
 * A linear layer on plain arrays, for models of few weights that travel to a
 * page. Rows are examples; a weight matrix has a row for each output.
 *
 * @module
 */

/** x Wᵀ + bias, rows × outputs, of x (rows × inputs) and w (outputs × inputs). */
export function linear(
  x: Float64Array,
  w: Float64Array,
  inputs: number,
  bias?: Float64Array,
): Float64Array {
  const rows = x.length / inputs;
  const outputs = w.length / inputs;
  const out = new Float64Array(rows * outputs);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < outputs; j++) {
      let sum = bias ? bias[j] : 0;
      for (let p = 0; p < inputs; p++) {
        sum += w[j * inputs + p] * x[i * inputs + p];
      }
      out[i * outputs + j] = sum;
    }
  }
  return out;
}

/** Plain descent on the weights p, in place, with gradient g and L2 penalty. */
export function descend(
  p: Float64Array,
  g: Float64Array,
  { learningRate, weightDecay }: { learningRate: number; weightDecay: number },
): void {
  for (let i = 0; i < p.length; i++) {
    p[i] -= learningRate * (g[i] + weightDecay * p[i]);
  }
}
