/**
 * The longer studies of the neural EM notebook: which settings are compared.
 * `deno task study:neural_em` runs them and records their results in
 * `data/results/neural_em_studies.jsonl`.
 *
 * @module
 */
import {
  IMAGE_SETTINGS,
  PAPER_SETTINGS,
  type Settings,
} from "../../experiments/neural_em.ts";
import type { Restarts } from "./assessment.ts";

/** One configuration of a study. */
export interface Variant {
  study: string;
  label: string;
  overrides: Readonly<Partial<Settings>>;
  /** Random starts of EM to choose among after training; none by default. */
  starts?: number;
  /** Moves after training, by the loss (`lib/neural_em/moves.ts`). */
  moves?: number;
  /**
   * Trains a second stage on what the recorded first of the seed makes of
   * images, the best of so many starts; by default a first stage.
   */
  second?: { trainingStarts: number };
}

/** One line of the recorded results. */
export interface StudyRow {
  study: string;
  label: string;
  seed: number;
  /** Updates, training loss, test NMI and test AMI along the way. */
  curve: { step: number; loss: number; nmi: number; ami: number }[];
  metrics: Record<string, number>;
  /** What choosing among random starts gives, where the study asks for it. */
  starts?: Restarts;
  /** AMI (mean) and loss of what moves make of one start. */
  moved?: { ami: number; loss: number };
  /** Seconds of processor time, scoring included. */
  cpuSeconds: number;
}

/** Each way in which the paper's model differs from the seed's. */
export const DIFFERENCES: Readonly<
  Record<string, Readonly<Partial<Settings>>>
> = Object.freeze({
  "loss within and between components": { intra: 1, inter: 1, mixture: 0 },
  "one component more than objects": { components: 4 },
  "random responsibilities at the start": { start: "responsibilities" },
  "loss of the last step only": { lossSteps: "last" },
  "clean target, noise on the input": { noiseOn: "input" },
  "sigmoid recurrence": { mStep: "sigmoid" },
});

/** The variants of one study, each laid over `base`. */
function variantsOf(
  study: string,
  base: Partial<Settings>,
  byLabel: Readonly<Record<string, Partial<Settings>>>,
): Variant[] {
  return Object.entries(byLabel).map(([label, overrides]) => ({
    study,
    label,
    overrides: { ...base, ...overrides },
  }));
}

/** All differences together, but for one. */
function allBut(label?: string): Partial<Settings> {
  const rest = Object.entries(DIFFERENCES).filter(([name]) => name !== label);
  return Object.assign({}, ...rest.map(([, overrides]) => overrides));
}

const oneChange = variantsOf("one change", {}, {
  "the seed's model": {},
  ...DIFFERENCES,
  "all changes together": allBut(),
});

const allButOne = variantsOf(
  "all but one",
  {},
  Object.fromEntries(
    Object.keys(DIFFERENCES).map((label) => [label, allBut(label)]),
  ),
);

const sizes: Variant[] = [8, 16, 24, 64].flatMap((hidden) =>
  [2, 4, 8].map((steps) => ({
    study: "size",
    label: `H ${hidden}, T ${steps}`,
    overrides: { hidden, steps, unroll: steps },
  }))
);

const weighting = variantsOf("loss weighting", {}, {
  all: { lossSteps: "all" },
  half: { lossSteps: "half" },
  last: { lossSteps: "last" },
});

/** What the seed has in place of each part of the model trained here. */
const onPaper = variantsOf("all but one, paper's images", {
  ...PAPER_SETTINGS,
  updates: 300,
  evalEvery: 100,
  evalImages: 100,
}, {
  "the whole": {},
  "loss within and between components": { intra: 0, inter: 0, mixture: 1 },
  "loss between components": { inter: 0 },
  "one component more than objects": { components: 3 },
  "clean target, noise on the input": { noiseOn: "image" },
  "sigmoid recurrence": { mStep: "tanh" },
  "gradient through the responsibilities": { throughGamma: false },
});

/** So many steps backpropagated, each time as many in all: about as long. */
function unrolled(unroll: number, lossSteps: string): Partial<Settings> {
  const updates = 3200 / unroll;
  return { unroll, lossSteps, updates, evalEvery: updates / 4 };
}

const schemes = variantsOf("training scheme", PAPER_SETTINGS, {
  "16 steps unrolled, loss of the last (paper)": unrolled(16, "last"),
  "16 steps unrolled, loss of the later half": unrolled(16, "half"),
  "8 steps unrolled, states carried": unrolled(8, "all"),
  "4 steps unrolled, states carried": unrolled(4, "all"),
  "2 steps unrolled, states carried": unrolled(2, "all"),
});

/** How much a component pays for pixels that another is responsible for. */
const interWeights: Variant[] = [1, 0.5, 0.3, 0.1].map((inter) => ({
  study: "weight between components",
  label: `${inter}`,
  overrides: { ...PAPER_SETTINGS, inter, updates: 700, evalImages: 100 },
  starts: 10,
}));

/** N-EM proper on the paper's images. */
const GRADIENT: Partial<Settings> = {
  ...PAPER_SETTINGS,
  mStep: "gradient",
  learningRate: 6e-3,
  updates: 500,
  evalEvery: 100,
  evalImages: 100,
};

/**
 * N-EM proper, whose M-step is a step along the gradient: at chance with
 * carried states, above it where all steps are unrolled.
 */
const gradient = variantsOf("N-EM", GRADIENT, {
  "4 steps unrolled, states carried": {},
  "16 steps unrolled, loss of the last (paper)": {
    unroll: 16,
    lossSteps: "last",
  },
  "16 steps unrolled, loss of every step": { unroll: 16 },
  "loss of the last, 1,500 updates": {
    unroll: 16,
    lossSteps: "last",
    updates: 1500,
  },
});

/** The same from seeds, the best that was found of it: what holds it back? */
const gradientStarts: Variant[] = [
  {
    study: "N-EM",
    label: "loss of every step, from seeds",
    overrides: { ...GRADIENT, unroll: 16, start: "seeds" },
    starts: 10,
    moves: 8,
  },
];

/** Each way in which the model that reads the image differs, taken back. */
const imageModel = variantsOf("image model", {
  ...IMAGE_SETTINGS,
  updates: 1500,
  evalEvery: 500,
}, {
  "the whole": {},
  "reads what is left of the image": { reads: "residual" },
  "the paper's charge": { interOn: 1, interPsi: 0, chargedSteps: 1e9 },
  "equal proportions": { proportions: 0 },
  "random responsibilities, no seeds": { start: "responsibilities" },
});

/** What the second stage owes its loss and its choice among starts to. */
const secondStages: Variant[] = [
  { label: "no loss between components where pixels are on", interOn: 0 },
  { label: "a third of it", interOn: 1 / 3 },
  { label: "all of it, as in the first stage", interOn: 1 },
  { label: "none of it, one start in training", interOn: 0, starts: 1 },
].map(({ label, interOn, starts = 4 }) => ({
  study: "second stage",
  label,
  overrides: { ...PAPER_SETTINGS, interOn, updates: 1000, evalImages: 100 },
  starts: 16,
  second: { trainingStarts: starts },
}));

/** Every configuration of every study. */
export const VARIANTS: readonly Variant[] = Object.freeze([
  ...oneChange,
  ...allButOne,
  ...weighting,
  ...sizes,
  ...schemes,
  ...onPaper,
  ...interWeights,
  ...gradient,
  ...gradientStarts,
  ...secondStages,
  ...imageModel,
]);

/** A configuration's results over seeds. */
export interface StudySummary {
  label: string;
  /** AMI at the end, a value a seed. */
  values: number[];
}

/**
 * The recorded results of one study, in the order of its variants.
 *
 * @param measure which AMI: `finalAmi` over the mean of the entropies
 */
export function studyOf(
  rows: readonly StudyRow[],
  study: string,
  measure: "finalAmi" | "finalAmiMax" = "finalAmiMax",
): StudySummary[] {
  return VARIANTS.filter((variant) => variant.study === study)
    .map(({ label }) => ({
      label,
      values: rows.filter((row) => row.study === study && row.label === label)
        .map(({ metrics }) => metrics[measure]),
    })).filter(({ values }) => values.length > 0);
}
