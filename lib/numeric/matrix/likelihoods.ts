/**
 * The Bernoulli likelihood of pixels, on the log scale.
 *
 * @module
 */
import { broadcast, type GroupMap } from "./groups.ts";
import { checkSame, groupSize } from "./shapes.ts";
import type { Matrix } from "./workspace.ts";

/**
 * out = x ln σ(a) + (1 − x) ln(1 − σ(a)) = x·a − ln(1 + eᵃ), in nats: the
 * Bernoulli log-likelihood of x under *logits* a, exact for any a. x is either
 * shaped like a or batch × pixels under batch·K × pixels.
 */
export const bernoulliLogLikelihood: GroupMap = broadcast(
  "bernoulli",
  "bernoulliLogLikelihood",
);

/** out = dy · (x − σ(a)): the gradient of the log-likelihood by the logits. */
export function bernoulliLogLikelihoodBackward(
  x: Matrix,
  logits: Matrix,
  dy: Matrix,
  out: Matrix,
): Matrix {
  const group = groupSize("bernoulliLogLikelihoodBackward", x, logits);
  checkSame("bernoulliLogLikelihoodBackward", logits, dy);
  checkSame("bernoulliLogLikelihoodBackward", logits, out);
  x.workspace.kernels.bernoulliBackward(
    x.pointer,
    logits.pointer,
    dy.pointer,
    out.pointer,
    x.rows,
    group,
    x.cols,
  );
  return out;
}
