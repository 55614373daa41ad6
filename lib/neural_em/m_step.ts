/**
 * The M-steps of neural EM and their decoders, forwards and backwards, for
 * `batch` images of K components: RNN-EM's recurrence and N-EM's gradient step.
 *
 * @module
 */
import {
  add,
  axpy,
  copy,
  mul,
  scale,
  sigmoid,
  sigmoidBackward,
  tanh,
  tanhBackward,
} from "../numeric/matrix/elementwise.ts";
import {
  addMatmul,
  addMatmulNT,
  addMatmulTN,
  matmul,
  matmulNT,
} from "../numeric/matrix/products.ts";
import { addColumnSums, dot } from "../numeric/matrix/reductions.ts";
import { addRow } from "../numeric/matrix/rows.ts";
import type { Matrix } from "../numeric/matrix/workspace.ts";
import { type Matrices, zerosLike } from "../numeric/optimizers.ts";

/** One M-step and the decoder of one kind of model. */
export interface Cell {
  /** State s from state s − 1 and residual s − 1. */
  forward(s: number): void;
  /** logits from state s. */
  decode(s: number): void;
  /** From dLogits: adds to the gradients and to dState, of state s. */
  decodeBackward(s: number): void;
  /** From dState of s: gradients, dState of s − 1 and, if wanted, dResidual. */
  backward(s: number, wantsResidual: boolean): void;
}

/**
 * What a cell reads and writes: states (batch·K × H), residuals and logits
 * (batch·K × D) of each step, and the gradients by those of one step.
 */
export interface CellParts {
  params: Matrices;
  grads: Matrices;
  states: Matrix[];
  residuals: Matrix[];
  logits: Matrix[];
  dLogits: Matrix;
  dResidual: Matrix;
  dState: Matrix;
}

/** RNN-EM: h ← f(residual W + h V + b), logits = h U + c. */
export function recurrentCell(
  { params, grads, states, residuals, logits, dLogits, dResidual, dState }:
    CellParts,
  { mStep }: { mStep: string },
): Cell {
  const [activate, activateBackward] = mStep === "tanh"
    ? [tanh, tanhBackward]
    : [sigmoid, sigmoidBackward];
  const dInput = zerosLike(dState);
  return {
    forward(s): void {
      const h = states[s];
      matmul(residuals[s - 1], params.inputWeights, h);
      addMatmul(states[s - 1], params.stateWeights, h);
      addRow(h, params.stateBias, h);
      activate(h, h);
    },
    decode(s): void {
      matmul(states[s], params.outputWeights, logits[s]);
      addRow(logits[s], params.outputBias, logits[s]);
    },
    decodeBackward(s): void {
      addMatmulTN(states[s], dLogits, grads.outputWeights);
      addColumnSums(dLogits, grads.outputBias);
      addMatmulNT(dLogits, params.outputWeights, dState);
    },
    backward(s, wantsResidual): void {
      activateBackward(states[s], dState, dInput);
      addMatmulTN(residuals[s - 1], dInput, grads.inputWeights);
      addMatmulTN(states[s - 1], dInput, grads.stateWeights);
      addColumnSums(dInput, grads.stateBias);
      if (!wantsResidual) return;
      matmulNT(dInput, params.inputWeights, dResidual);
      matmulNT(dInput, params.stateWeights, dState);
    },
  };
}

/** N-EM: θ ← θ + η σ'(θ) ∘ (residual W), logits = σ(θ) Wᵀ. */
export function gradientCell(
  { params, grads, states, residuals, logits, dLogits, dResidual, dState }:
    CellParts,
): Cell {
  const hidden = states.map(zerosLike); // σ(θ)
  const drive = states.map(zerosLike); // residual W
  const change = states.map(zerosLike); // σ'(θ) ∘ drive
  const product = zerosLike(dState);
  const dHidden = zerosLike(dState);
  const dDrive = zerosLike(dState);
  return {
    forward(s): void {
      sigmoid(states[s - 1], hidden[s - 1]);
      matmul(residuals[s - 1], params.weights, drive[s]);
      sigmoidBackward(hidden[s - 1], drive[s], change[s]);
      copy(states[s - 1], states[s]);
      axpy(params.rate.data[0], change[s], states[s]);
    },
    decode(s): void {
      sigmoid(states[s], hidden[s]);
      matmulNT(hidden[s], params.weights, logits[s]);
    },
    decodeBackward(s): void {
      addMatmulTN(dLogits, hidden[s], grads.weights);
      matmul(dLogits, params.weights, dHidden);
      sigmoidBackward(hidden[s], dHidden, dHidden);
      add(dState, dHidden, dState);
    },
    backward(s, wantsResidual): void {
      const eta = params.rate.data[0];
      grads.rate.data[0] += dot(dState, change[s]);
      // dChange = η dState; through σ'(θ) = h (1 − h) and through the drive.
      const h = hidden[s - 1];
      sigmoidBackward(h, dState, dDrive);
      scale(eta, dDrive, dDrive);
      addMatmulTN(residuals[s - 1], dDrive, grads.weights);
      if (!wantsResidual) return;
      matmulNT(dDrive, params.weights, dResidual);
      // dθ += η dState ∘ drive ∘ (1 − 2h) ∘ h (1 − h)
      mul(dState, drive[s], dHidden);
      mul(dHidden, h, product);
      axpy(-2, product, dHidden);
      sigmoidBackward(h, dHidden, dHidden);
      axpy(eta, dHidden, dState);
    },
  };
}
