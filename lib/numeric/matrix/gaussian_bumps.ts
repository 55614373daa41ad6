/**
 * Bumps of activity on units with places in a code space: population codes.
 *
 * @module
 */
import { check, checkHome, checkSame, checkShape } from "./shapes.ts";
import { type Matrix, SCRATCH_BYTES, shape } from "./workspace.ts";

/**
 * out[i, j] = exp(−‖cᵢ − μⱼ‖² / 2σ²): the bump that code cᵢ raises on unit j.
 * codes is batch × d, centres units × d, out batch × units.
 */
export function gaussianBumps(
  codes: Matrix,
  centres: Matrix,
  sigma: number,
  out: Matrix,
): Matrix {
  checkBumps("gaussianBumps", codes, centres, "out", out);
  codes.workspace.kernels.gaussianBumps(
    codes.pointer,
    centres.pointer,
    out.pointer,
    codes.rows,
    centres.rows,
    codes.cols,
    sigma,
  );
  return out;
}

function checkBumps(
  action: string,
  codes: Matrix,
  centres: Matrix,
  name: string,
  bumps: Matrix,
): void {
  const fits = codes.cols === centres.cols;
  check(fits, action, "codes and centres must be ? × d", codes, centres);
  checkShape(action, name, bumps, codes.rows, centres.rows);
  checkHome(action, codes, bumps);
  // The kernels keep centres, their gradients and one row of weights in scratch.
  const bytes = centres.data.BYTES_PER_ELEMENT * (2 * centres.cols + 1) *
    (centres.rows + 4);
  if (bytes > SCRATCH_BYTES) {
    throw new RangeError(
      `Cannot ${action} as centres must be fewer: ` +
        `current value is ${shape(centres)}`,
    );
  }
}

/** The matrices of a backward pass through `gaussianBumps`. */
export interface BumpsBackward {
  codes: Matrix;
  centres: Matrix;
  sigma: number;
  /** The output of `gaussianBumps`. */
  bumps: Matrix;
  /** The loss's gradient by the bumps. */
  dBumps: Matrix;
  /** Overwritten with the gradient by the codes. */
  dCodes: Matrix;
  /** Overwritten with the gradient by the centres. */
  dCentres: Matrix;
}

/** Fills `dCodes` and `dCentres` from `dBumps`. */
export function gaussianBumpsBackward(pass: BumpsBackward): void {
  const { codes, centres, bumps, dBumps, dCodes, dCentres } = pass;
  const action = "gaussianBumpsBackward";
  checkBumps(action, codes, centres, "bumps", bumps);
  checkSame(action, bumps, dBumps);
  checkSame(action, codes, dCodes);
  checkSame(action, centres, dCentres);
  codes.workspace.kernels.gaussianBumpsBackward(
    codes.pointer,
    centres.pointer,
    bumps.pointer,
    dBumps.pointer,
    dCodes.pointer,
    dCentres.pointer,
    codes.rows,
    centres.rows,
    codes.cols,
    pass.sigma,
  );
}
