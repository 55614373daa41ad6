/**
 * Whole rows: added, copied, gathered in another order.
 *
 * @module
 */
import { check, checkSame } from "./shapes.ts";
import { isSize, type Matrix, shape } from "./workspace.ts";

/** out = A with the 1 × n `row` added to each row: a layer's biases. */
export function addRow(a: Matrix, row: Matrix, out: Matrix): Matrix {
  checkSame("addRow", a, out);
  const fits = row.rows === 1 && row.cols === a.cols;
  check(fits, "addRow", "row must be 1 × a.cols", a, row);
  const { kernels } = a.workspace;
  kernels.addRow(a.pointer, row.pointer, out.pointer, a.rows, a.cols);
  return out;
}

function checkColumns(action: string, source: Matrix, out: Matrix): void {
  const fits = source.cols === out.cols;
  check(fits, action, "both must have equally many columns", source, out);
}

/** out = `out.rows` rows of `source`, from row `start` on. */
export function copyRows(source: Matrix, start: number, out: Matrix): Matrix {
  checkColumns("copyRows", source, out);
  if (!isSize(start) || start + out.rows > source.rows) {
    throw new TypeError(
      `Cannot copyRows of ${shape(source)} to ${shape(out)} as start must be ` +
        `in 0..${source.rows - out.rows}: current value is ${start}`,
    );
  }
  const { all } = source.workspace;
  const from = source.pointer / all.BYTES_PER_ELEMENT + start * source.cols;
  const to = out.pointer / all.BYTES_PER_ELEMENT;
  all.copyWithin(to, from, from + out.rows * out.cols);
  return out;
}

/**
 * out row i = `source` row `order[start + i]`: a batch of a shuffled set.
 *
 * @throws {TypeError} if the columns differ or `order` is too short
 */
export function gatherRows(
  source: Matrix,
  order: Int32Array,
  start: number,
  out: Matrix,
): Matrix {
  checkColumns("gatherRows", source, out);
  if (!isSize(start) || start + out.rows > order.length) {
    throw new TypeError(
      `Cannot gatherRows to ${shape(out)} as start must be in ` +
        `0..${order.length - out.rows}: current value is ${start}`,
    );
  }
  const { all } = source.workspace;
  const { cols } = out;
  const from = source.pointer / all.BYTES_PER_ELEMENT;
  const to = out.pointer / all.BYTES_PER_ELEMENT;
  for (let i = 0; i < out.rows; i++) {
    const row = order[start + i];
    if (!(row >= 0 && row < source.rows)) {
      throw new TypeError(
        `Cannot gatherRows of ${shape(source)} as order[${start + i}] must ` +
          `be a row: current value is ${row}`,
      );
    }
    all.copyWithin(to + i * cols, from + row * cols, from + (row + 1) * cols);
  }
  return out;
}
