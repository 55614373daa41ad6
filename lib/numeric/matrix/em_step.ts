/**
 * One iteration of Neural EM (Greff, van Steenkiste & Schmidhuber 2017) and its
 * backward pass.
 *
 * @module
 */
import { sum } from "./reductions.ts";
import { check, checkSame } from "./shapes.ts";
import type { Matrix } from "./workspace.ts";

/** The matrices of one EM iteration; all but x and input are batch·K × pixels. */
export interface EmStep {
  /** The image that is explained, batch × pixels, in [0, 1]. */
  x: Matrix;
  /** The image that the network sees, batch × pixels: x or a noisy copy. */
  input: Matrix;
  /** What each component predicts, before the sigmoid. */
  logits: Matrix;
  /** Components, K. */
  K: number;
  /** Weight of the loss within a component, Σ γ · BCE. */
  intra: number;
  /** Weight of the loss between components, Σ (1 − γ) · KL(0 ‖ ψ), where x = 0. */
  inter: number;
  /** The same where x = 1; in between, a mean of the two. */
  interOn: number;
  /** Weight of Σ (1 − γ) ψ where x = 1: a charge that is never more than 1. */
  interPsi: number;
  /** Weight of the mixture's negative log-likelihood. */
  mixture: number;
  /** K π_k, the components' proportions in each image, batch·K × 1; 1 if equal. */
  proportions: Matrix;
  /** Share of ψ that is taken from the input in the residual, 1 or 0. */
  explained: number;
  /** Predictions σ(logits); written by `emStep`. */
  psi: Matrix;
  /** Responsibilities; written by `emStep`. */
  gamma: Matrix;
}

/** What `emStep` writes besides. */
export interface EmResults {
  /** γ (input − explained ψ), what the next M-step reads. */
  residual: Matrix;
  /** Loss of each image in nats, batch × 1. */
  losses: Matrix;
}

/**
 * One iteration of Neural EM, in one pass over the pixels. With ε = 10⁻⁶:
 *
 *   ψ = σ(a),  p_k = x ψ_k + (1 − x)(1 − ψ_k),  S = Σ_j K π_j (p_j + ε)
 *   γ_k = K π_k (p_k + ε) / S,  residual_k = γ_k (input − explained ψ_k)
 *   apart = (1 − x) inter + x interOn
 *   loss = Σ [ intra γ_k (ln(1 + eᵃ) − x a)
 *            + (1 − γ_k) (apart ln(1 + eᵃ) + x interPsi ψ_k) ]
 *          − mixture ln(S / K)
 *
 * Writes psi, gamma, residual and the losses of the images; returns their sum
 * in nats. psi may be the matrix of the logits where intra, inter, interOn and
 * interPsi are 0.
 */
export function emStep(step: EmStep & EmResults): number {
  const { x, losses } = step;
  const fits = losses.rows * losses.cols === x.rows;
  check(fits, "emStep", "losses must be one for each row of x", x, losses);
  run("emStep", step, step.residual, losses, 0);
  return sum(losses);
}

/** What `emStepBackward` takes besides the matrices of `emStep`. */
export interface EmStepBackward extends EmStep {
  /** Whether the gradient flows through the responsibilities. */
  throughGamma: boolean;
  /** The later loss's gradient by the residual; zeros at the last step. */
  dResidual: Matrix;
  /** Overwritten with the gradient by the logits. */
  dLogits: Matrix;
}

/** Fills `dLogits`, from the psi and gamma that `emStep` wrote. */
export function emStepBackward(step: EmStepBackward): void {
  const { logits, dResidual, dLogits, throughGamma } = step;
  checkSame("emStepBackward", logits, dLogits);
  run("emStepBackward", step, dResidual, dLogits, throughGamma ? 1 : 0);
}

function run(
  name: "emStep" | "emStepBackward",
  step: EmStep,
  residual: Matrix,
  last: Matrix,
  throughGamma: 0 | 1,
): void {
  const { x, input, logits, psi, gamma, proportions, K } = step;
  checkSame(name, x, input);
  const fits = logits.rows === K * x.rows && logits.cols === x.cols;
  // The rule is written where it is broken alone: a step allocates nothing.
  const rule = fits ? "" : `logits must be ${K} times as high as x`;
  check(fits, name, rule, x, logits);
  checkSame(name, logits, psi);
  checkSame(name, logits, gamma);
  checkSame(name, logits, residual);
  const one = proportions.rows * proportions.cols === K * x.rows;
  check(
    one,
    name,
    "proportions must be one for each image and component",
    x,
    proportions,
  );
  x.workspace.kernels[name](
    x.pointer,
    input.pointer,
    logits.pointer,
    psi.pointer,
    gamma.pointer,
    residual.pointer,
    last.pointer,
    proportions.pointer,
    x.rows,
    K,
    x.cols,
    step.intra,
    step.inter,
    step.interOn,
    step.interPsi,
    step.mixture,
    step.explained,
    throughGamma,
  );
}
