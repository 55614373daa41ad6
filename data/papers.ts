/**
 * Where the papers say what the results of the notebooks are compared with, and
 * which of their identifiers were looked up.
 *
 * @module
 */
import { POPULATION } from "./references.ts";

/** Where a row's measure stands in a paper. */
export interface InPaper {
  /** "text", or what stands there instead of a number: "weights in a figure". */
  readonly words: string;
  readonly url: string;
  /** From memory of the paper, not checked against its text. */
  readonly recalled?: boolean;
}

const [NATURE, HELMHOLTZ_PAPER, CODES, BINDING] = [
  "https://doi.org/10.1038/355161a0",
  "https://doi.org/10.1162/neco.1995.7.5.889",
  "https://doi.org/10.1162/neco.1995.7.3.549",
  "https://arxiv.org/abs/1708.03498",
];
const SHIFTER: InPaper = Object.freeze({
  words: "weights in figures, no number",
  url: HELMHOLTZ_PAPER,
  recalled: true,
});
const OURS = "not its measure";

/**
 * What stands in a paper for each result of a notebook, by the result's name or
 * its beginning; "" is for all others. Where a paper prints a number, the
 * notebook has it, and the place stands here.
 */
export const IN_PAPER: Readonly<
  Record<string, Readonly<Record<string, InPaper>>>
> = Object.freeze({
  helmholtz_shifter: { "": SHIFTER },
  imax_stereograms: {
    "Imax, sum/difference": {
      words: "its objective, no number",
      url: NATURE,
      recalled: true,
    },
    "|corr(y, d)|, surface": {
      words: "outputs against depth in a figure, no number",
      url: NATURE,
      recalled: true,
    },
    "": { words: OURS, url: NATURE },
  },
  neural_em: {
    "RNN-EM": { words: "static shapes", url: BINDING },
    "two stages": { words: "static shapes", url: BINDING },
    "one model": { words: "static shapes", url: BINDING },
    "": { words: "not its model", url: BINDING },
  },
  population_codes: {
    "description, position": {
      words: `${POPULATION.secondHand.positionBits} second-hand, ` +
        "its accounting not stated",
      url: CODES,
    },
    "description, orientation": {
      words: `${POPULATION.secondHand.orientationBits} second-hand, ` +
        "its accounting not stated",
      url: CODES,
    },
    "": { words: OURS, url: CODES },
  },
  two_view_agreement: { "": { words: OURS, url: NATURE } },
});

/**
 * DOIs and arXiv numbers that were seen beside their papers' titles: on a page
 * of the publisher, the authors or PubMed, or else in lists of references that
 * others published. Any other is recalled, and marked as unchecked wherever it
 * stands.
 */
export const SEEN_IDENTIFIERS: readonly string[] = Object.freeze([
  "10.1007/BF00337288",
  "10.1007/BF01908075",
  "10.1038/355161a0",
  "10.1093/biomet/28.3-4.321",
  "10.1126/science.7761831",
  "10.1162/neco.1995.7.3.549",
  "10.1162/neco.1995.7.5.889",
  "1312.6115",
  "1406.2751",
  "1708.03498",
  "1807.03748",
  "2006.07733",
  "2011.10566",
  "2102.06810",
  "2103.03230",
  "2105.04906",
  "2301.08243",
]);
