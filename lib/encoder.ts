/**
 * A multilayer perceptron that looks at images: the recognition half of the
 * population coders.
 *
 * h₁ = f(x W₁ + b₁), h₂ = f(h₁ W₂ + b₂), …, with f tanh or max(0, ·).
 *
 * @module
 */
import {
  addRow,
  columnSums,
  matmul,
  matmulNT,
  matmulTN,
  type Matrix,
  relu,
  reluBackward,
  tanh,
  tanhBackward,
} from "./matrix.ts";
import { fillNormal, type Rng } from "./random.ts";

/** Size and non-linearity of an encoder. */
export interface EncoderShape {
  /** Pixels of an image. */
  pixels: number;
  /** Units in each hidden layer. */
  encoderUnits: number;
  /** Hidden layers. */
  encoderLayers: number;
  activation: "tanh" | "relu";
}

/** Matrices by name. */
export type Named = Record<string, Matrix>;

/** The shapes of an encoder's parameters: w1, b1, w2, b2, … */
export function encoderShapes(
  shape: EncoderShape,
): Record<string, readonly [number, number]> {
  const shapes: Record<string, readonly [number, number]> = {};
  for (let l = 1; l <= shape.encoderLayers; l++) {
    shapes[`w${l}`] = [
      l === 1 ? shape.pixels : shape.encoderUnits,
      shape.encoderUnits,
    ];
    shapes[`b${l}`] = [1, shape.encoderUnits];
  }
  return shapes;
}

/**
 * Overwrites a weight matrix with N(0, g² · 2 / (rows + cols)): Glorot and
 * Bengio's scale for gain g = 1.
 */
export function fillGlorot(rng: Rng, w: Matrix, gain = 1): void {
  fillNormal(rng, w.data, gain * Math.sqrt(2 / (w.rows + w.cols)));
}

/** Draws the encoder's weights; biases are 0. ReLU layers get gain √2. */
export function initEncoder(
  rng: Rng,
  params: Named,
  shape: EncoderShape,
): void {
  for (let l = 1; l <= shape.encoderLayers; l++) {
    fillGlorot(
      rng,
      params[`w${l}`],
      shape.activation === "relu" ? Math.SQRT2 : 1,
    );
    params[`b${l}`].data.fill(0);
  }
}

/** An encoder at one batch size, on parameters that it does not own. */
export interface EncoderPass {
  /** batch × pixels: write the images here. */
  images: Matrix;
  /** batch × units of the last hidden layer, after `forward`. */
  top: Matrix;
  /** Room for the loss's gradient by `top`: fill before `backward`. */
  dTop: Matrix;
  forward(): void;
  /** Fills grads.w1, grads.b1, …; overwrites `dTop`. */
  backward(grads: Named): void;
}

/** Makes the scratch of an encoder for `batch` images. */
export function encoderPass(
  params: Named,
  shape: EncoderShape,
  batch: number,
): EncoderPass {
  const space = params.w1.workspace;
  const { encoderLayers: layers, encoderUnits: units } = shape;
  const images = space.matrix(batch, shape.pixels);
  const hidden = Array.from(
    { length: layers },
    () => space.matrix(batch, units),
  );
  const dHidden = Array.from(
    { length: layers },
    () => space.matrix(batch, units),
  );
  const f = shape.activation === "relu" ? relu : tanh;
  const fBackward = shape.activation === "relu" ? reluBackward : tanhBackward;
  const below = (l: number): Matrix => l === 0 ? images : hidden[l - 1];
  return {
    images,
    top: hidden[layers - 1],
    dTop: dHidden[layers - 1],
    forward(): void {
      for (let l = 0; l < layers; l++) {
        matmul(below(l), params[`w${l + 1}`], hidden[l]);
        addRow(hidden[l], params[`b${l + 1}`], hidden[l]);
        f(hidden[l], hidden[l]);
      }
    },
    backward(grads): void {
      for (let l = layers - 1; l >= 0; l--) {
        fBackward(hidden[l], dHidden[l], dHidden[l]);
        matmulTN(below(l), dHidden[l], grads[`w${l + 1}`]);
        columnSums(dHidden[l], grads[`b${l + 1}`]);
        if (l > 0) matmulNT(dHidden[l], params[`w${l + 1}`], dHidden[l - 1]);
      }
    },
  };
}
