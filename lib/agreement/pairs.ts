/**
 * Pairs of views of common hidden causes: what samplers fill and what models
 * that learn to agree are trained on.
 *
 * @module
 */
import type { Floats, Rng } from "../numeric/random.ts";

/** n pairs of views, row after row. */
export interface Pairs<Numbers extends Floats = Floats> {
  /** n × numbers of a view; row i of a and row i of b have one cause. */
  a: Numbers;
  b: Numbers;
  /** n hidden causes, or n × the causes of a view; never shown to a model. */
  cause: Float64Array;
}

/** Pairs without what caused them. */
export type Views<Numbers extends Floats = Floats> = Pick<
  Pairs<Numbers>,
  "a" | "b"
>;

/** Overwrites a batch, whose size is that of `cause`. */
export type PairSampler<Numbers extends Floats = Floats> = (
  rng: Rng,
  batch: Pairs<Numbers>,
) => void;

/** Room for n pairs of views of so many numbers each, and of so many causes. */
export function newPairs<Numbers extends Floats>(
  Numbers: new (length: number) => Numbers,
  n: number,
  numbers: number,
  causes = 1,
): Pairs<Numbers> {
  return {
    a: new Numbers(n * numbers),
    b: new Numbers(n * numbers),
    cause: new Float64Array(n * causes),
  };
}
