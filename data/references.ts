/**
 * Numbers that others found, each with its source. "Paper" is what the authors
 * printed; "reference" is a public numpy program that reproduces the paper,
 * re-run by us; "limits" are derived, and recomputed in the notebooks.
 *
 * @module
 */

/** The Helmholtz machine on the shifter. */
export const HELMHOLTZ = Object.freeze({
  paper:
    "Dayan, P., Hinton, G. E., Neal, R. M., & Zemel, R. S. (1995). The Helmholtz machine. Neural Computation 7(5), 889–904.",
  algorithm:
    "Hinton, G. E., Dayan, P., Frey, B. J., & Neal, R. M. (1995). The wake-sleep algorithm for unsupervised neural networks. Science 268, 1158–1161.",
  /** The reference program, seed 1, 1.5 million images (its README; our re-run where marked). */
  reference: Object.freeze({
    /** Importance-sampled, 200 samples; bits per image. */
    nllBitsSampled: 9.36,
    /** Exact, from its saved weights; bits per image (re-run). */
    nllBits: 9.271,
    /** bits per image (re-run). */
    klBits: 1.282,
    /** Model probability of the 508 valid images (re-run). */
    validMass: 0.55,
    nllBitsAtStart: 28.7,
    /** Best of the sign vectors over the top units, on 256 images. */
    directionBySigns: 0.633,
    /** Σ_t q(t|v)(P(right|t) − P(left|t)) (re-run). */
    directionByMeaning: 0.864,
    /** The generative model's exact posterior (re-run). */
    directionByPosterior: 0.884,
    /** Mean of its metric under chance, on 256 images (re-run). */
    directionChance: 0.554,
    /** Seconds of training, numpy on one core (re-run). */
    seconds: 159,
  }),
});
