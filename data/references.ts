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
  /** KL to the bars, bits an image, as a public account gives it for `algorithm`. */
  secondHand: Object.freeze({ barsKlBits: 0.1 }),
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

/** Neural EM on static shapes. */
export const NEURAL_EM = Object.freeze({
  paper:
    "Greff, K., van Steenkiste, S., & Schmidhuber, J. (2017). Neural Expectation Maximization. Advances in Neural Information Processing Systems 30. arXiv:1708.03498.",
  data:
    "Reichert, D. P., & Serre, T. (2014). Neuronal synchrony in complex-valued deep networks. ICLR. arXiv:1312.6115 (the static shapes).",
  /**
   * Adjusted mutual information on the static shapes, the paper's text; by the
   * scikit-learn of its year, which divided by the larger of the two entropies.
   */
  paperAmi: 0.96,
  /** The reference program, seed 0. */
  reference: Object.freeze({
    /** Normalised mutual information at its best epoch, picked on the test set. */
    bestNmi: 0.428,
    bestEpoch: 7,
    finalNmi: 0.307,
    /** Mixture NLL after the last step, nats a pixel, at the best epoch and the end. */
    bestNll: 0.31,
    finalNll: 0.2146,
    /** What its document calls chance. */
    claimedChanceNmi: 0.33,
    /** Seconds of training, numpy on one core (re-run). */
    seconds: 13.9,
    /** Milliseconds an update: numpy, and PyTorch 1.13 on one thread (re-run). */
    numpyStepMs: 14,
    torchStepMs: 3.7,
    /** Adjusted mutual information of the paper's model after 20 minutes of PyTorch on one core (re-run). */
    torchAmi: 0.81,
  }),
});

/** Population codes by minimising description length. */
export const POPULATION = Object.freeze({
  paper:
    "Zemel, R. S., & Hinton, G. E. (1995). Learning population codes by minimizing description length. Neural Computation 7(3), 549–564.",
  /**
   * Bits per image of the paper's first two tasks as a third party's
   * specification gives them; its accounting is not stated, so they are quoted
   * and not compared.
   */
  secondHand: Object.freeze({ positionBits: 0.52, orientationBits: 1.16 }),
  /** The reference program, seed 0, 200 epochs (re-run where marked). */
  reference: Object.freeze({
    /** Squared error per pixel on 500 held-out images (re-run). */
    testMse: 0.0113,
    /** On its 2,000 training images (re-run). */
    trainMse: 0.0102,
    /** What its README states instead. */
    statedTestMse: 0.0095,
    statedExplained: 0.66,
    /** The mean image. */
    meanImageMse: 0.0277,
    explained: 0.59,
    /** Singular values of the 500 codes, centred (re-run). */
    singularValues: Object.freeze([6.67, 4.61, 3.8]),
    /** Mean R² of x, y, cos 2θ, sin 2θ: linear; cubic, in-sample, held out. */
    linearR2: 0.202,
    cubicR2InSample: 0.563,
    cubicR2: 0.542,
    /** Its "description length": differential, hence below zero. */
    proxyBits: -59.71,
    proxyBitsAtZeroError: -82.9,
    /** Its noise of a residual, in the proxy. */
    proxySigma: 0.15,
    /** Oracle code, least-squares decoder (re-run). */
    oracleMse: 0.00043,
    /** Principal components → squared error (re-run). */
    principalComponents: Object.freeze({
      3: 0.0183,
      6: 0.0116,
      8: 0.009,
      10: 0.007,
      16: 0.0034,
    }),
    /** Seconds of training, numpy on one core (re-run). */
    seconds: 10.8,
  }),
});

/** Two views that learn to agree: the tutorial, and the losses it leads to. */
export const TWO_VIEW = Object.freeze({
  paper:
    "Becker, S., & Hinton, G. E. (1992). Self-organizing neural network that discovers surfaces in random-dot stereograms. Nature 355, 161–163.",
  /** One unit of signal and of noise in each view, nats (derived). */
  equalPower: Object.freeze({
    gaussian: 0.144,
    sumDifference: 0.549,
    difference: 0.347,
  }),
  /** Correlation 0.8, gain of one view 1, 2, 4: nats (derived). */
  gains: Object.freeze({
    gaussian: 0.511,
    sumDifference: Object.freeze([1.099, 0.758, 0.396]),
  }),
  /** What the tutorial says, and a notebook tests. */
  statements: Object.freeze({
    identical:
      "maximising var(a+b) while minimising var(a−b) is mathematically identical to maximising the mutual information I(a;b)",
    masked: "a constant predictor just predicts the mean",
    floor: "the cloud is forced to stay spread out and meaningful",
  }),
});

/** Imax on random-dot stereograms. */
export const IMAX = Object.freeze({
  paper:
    "Becker, S., & Hinton, G. E. (1992). Self-organizing neural network that discovers surfaces in random-dot stereograms. Nature 355, 161–163.",
  mixture:
    "Becker, S., & Hinton, G. E. (1993). Learning mixture models of spatial coherence. Neural Computation 5(2), 267–277.",
  /** The interpolator's weights in the paper, as recalled; not checked against its text. */
  recalledWeights: Object.freeze([-0.147, 0.675, 0.656, -0.131]),
  /** A cubic through four points, read in their middle: exact without noise. */
  cubicWeights: Object.freeze([-1 / 6, 2 / 3, 2 / 3, -1 / 6]),
  /** The reference program, 800 updates (its README; our re-run where marked). */
  reference: Object.freeze({
    /** ½ ln[(V(a) + V(b)) / V(a − b)] of seeds 0–4, nats. */
    nats: Object.freeze([1.18, 1.11, 1.22, 1.41, 1.1]),
    correlation: Object.freeze([0.91, 0.89, 0.91, 0.94, 0.89]),
    /** |corr(y, d)| of seed 0 (re-run), mean of both modules. */
    signed: 0.74,
    /** η²(y | d) of seed 0 (re-run). */
    etaSquared: 0.91,
    /** What its README says one more kind of readout is, by seed. */
    readouts: Object.freeze(["d", "d", "d", "|d|", "mix"]),
    /** Seconds of training, numpy on one core (re-run). */
    seconds: 6.9,
  }),
});
