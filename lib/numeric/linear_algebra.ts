/**
 * Matrices as plain float64 arrays, row after row, for what is computed beside
 * training: products, means and covariances. Fixed order of operations, so the
 * same bits everywhere.
 *
 * @module
 */

/**
 * Adds Aᵀ·B of a (m × n) and b (m × p) to `out`, n × p, by default 0: summed
 * over the rows in order.
 */
export function productTN(
  a: Float64Array,
  b: Float64Array,
  m: number,
  out: Float64Array = new Float64Array(a.length / m * b.length / m),
): Float64Array {
  const n = a.length / m;
  const p = b.length / m;
  for (let k = 0; k < m; k++) {
    for (let i = 0; i < n; i++) {
      const left = a[k * n + i];
      for (let j = 0; j < p; j++) out[i * p + j] += left * b[k * p + j];
    }
  }
  return out;
}

/** A·B of a (n × m) and b (m × p), n × p. */
export function product(
  a: Float64Array,
  b: Float64Array,
  m: number,
): Float64Array {
  return productTN(transpose(a, a.length / m), b, m);
}

/** The transpose of a `rows` × k array, k × `rows`. */
export function transpose(x: Float64Array, rows: number): Float64Array {
  const k = x.length / rows;
  const out = new Float64Array(x.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < k; j++) out[j * rows + i] = x[i * k + j];
  }
  return out;
}

/** The mean of each column of a `rows` × k array. */
export function columnMeans(x: Float64Array, rows: number): Float64Array {
  const means = new Float64Array(x.length / rows);
  for (let j = 0; j < means.length; j++) {
    for (let i = j; i < x.length; i += means.length) means[j] += x[i];
    means[j] /= rows;
  }
  return means;
}

/** A `rows` × k array less the mean of each column. */
export function centred(x: Float64Array, rows: number): Float64Array {
  const means = columnMeans(x, rows);
  const k = means.length;
  const out = new Float64Array(x.length);
  for (let j = 0; j < k; j++) {
    for (let i = j; i < x.length; i += k) out[i] = x[i] - means[j];
  }
  return out;
}

/** XᵀX / n of an n × k array, k × k: the covariances of centred columns. */
export function meanProducts(x: Float64Array, rows: number): Float64Array {
  const k = x.length / rows;
  const out = new Float64Array(k * k);
  for (let at = 0; at < x.length; at += k) {
    for (let i = 0; i < k; i++) {
      const left = x[at + i];
      for (let j = i; j < k; j++) out[i * k + j] += left * x[at + j];
    }
  }
  for (let i = 0; i < k; i++) {
    for (let j = i; j < k; j++) {
      out[j * k + i] = out[i * k + j] /= rows;
    }
  }
  return out;
}

/** The covariances of the columns of x, divisor n. */
export function covarianceMatrix(x: Float64Array, rows: number): Float64Array {
  return meanProducts(centred(x, rows), rows);
}

/** The mean product of the columns of x and y about their means, divisor n. */
export function crossCovariance(
  x: Float64Array,
  y: Float64Array,
  rows: number,
): Float64Array {
  const out = productTN(centred(x, rows), centred(y, rows), rows);
  for (let i = 0; i < out.length; i++) out[i] /= rows;
  return out;
}
