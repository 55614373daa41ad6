/**
 * A multi-layer perceptron on the kernels: hidden layers of one activation, a
 * linear output layer, and back-propagation through both.
 *
 * @module
 */
import {
  relu,
  reluBackward,
  sigmoid,
  sigmoidBackward,
  tanh,
  tanhBackward,
} from "./matrix/elementwise.ts";
import { addMatmulTN, matmul, matmulNT, matmulTN } from "./matrix/products.ts";
import { addColumnSums, columnSums } from "./matrix/reductions.ts";
import { addRow } from "./matrix/rows.ts";
import type { Matrix, Workspace } from "./matrix/workspace.ts";
import { likeParams, type Matrices } from "./optimizers.ts";
import { fillNormal, type Rng } from "./random.ts";

/** What a hidden unit does with its input. */
export type Activation = "sigmoid" | "tanh" | "relu";

/** Layer sizes from input to output, and the activation between them. */
export interface MlpShape {
  sizes: readonly number[];
  activation: Activation;
}

const FORWARD = { sigmoid, tanh, relu };
const BACKWARD = {
  sigmoid: sigmoidBackward,
  tanh: tanhBackward,
  relu: reluBackward,
};

/** Shapes of the parameters: w1 (inputs × units), b1 (1 × units), w2, b2, … */
export function mlpShapes(
  { sizes }: MlpShape,
): Record<string, [rows: number, cols: number]> {
  const shapes: Record<string, [number, number]> = {};
  for (let layer = 1; layer < sizes.length; layer++) {
    shapes[`w${layer}`] = [sizes[layer - 1], sizes[layer]];
    shapes[`b${layer}`] = [1, sizes[layer]];
  }
  return shapes;
}

/** Weights from N(0, scale² / inputs of the layer), biases 0, in place. */
export function initMlp(rng: Rng, params: Matrices, scale: number): void {
  for (let layer = 1; params[`w${layer}`]; layer++) {
    const w = params[`w${layer}`];
    fillNormal(rng, w.data, scale / Math.sqrt(w.rows));
    params[`b${layer}`].data.fill(0);
  }
}

/** A perceptron with room for `rows` examples. */
export interface Mlp {
  readonly params: Matrices;
  readonly grads: Matrices;
  /** rows × inputs: written by the caller. */
  readonly input: Matrix;
  /** rows × units of each hidden layer. */
  readonly hidden: readonly Matrix[];
  /** rows × outputs. */
  readonly output: Matrix;
  /** Fills `hidden` and `output`. */
  forward(): void;
  /**
   * From dLoss/dOutput to `grads`, overwritten or, with `add`, added to.
   * Needs the last `forward`.
   */
  backward(dOutput: Matrix, add?: boolean): void;
}

/**
 * Makes a perceptron. With `params` and `grads` of another one it is a second
 * view of the same weights, for another number of rows.
 */
export function mlp(
  space: Workspace,
  shape: MlpShape,
  options: { rows: number; params?: Matrices; grads?: Matrices },
): Mlp {
  const { sizes, activation } = shape;
  const { rows } = options;
  const params = options.params ?? space.matrices(mlpShapes(shape));
  const grads = options.grads ?? likeParams(params);
  const layers = sizes.map((size) => space.matrix(rows, size));
  const deltas = sizes.slice(1, -1).map((size) => space.matrix(rows, size));
  const last = layers.length - 1;
  const forward = (): void => {
    for (let k = 1; k <= last; k++) {
      matmul(layers[k - 1], params[`w${k}`], layers[k]);
      addRow(layers[k], params[`b${k}`], layers[k]);
      if (k < last) FORWARD[activation](layers[k], layers[k]);
    }
  };
  const backward = (dOutput: Matrix, add = false): void => {
    let delta = dOutput;
    for (let k = last; k >= 1; k--) {
      (add ? addMatmulTN : matmulTN)(layers[k - 1], delta, grads[`w${k}`]);
      (add ? addColumnSums : columnSums)(delta, grads[`b${k}`]);
      if (k === 1) return;
      const below = deltas[k - 2];
      matmulNT(delta, params[`w${k}`], below);
      BACKWARD[activation](layers[k - 1], below, below);
      delta = below;
    }
  };
  return {
    params,
    grads,
    input: layers[0],
    hidden: layers.slice(1, -1),
    output: layers[last],
    forward,
    backward,
  };
}
