/**
 * The longer studies of the neural EM notebook: which settings are compared.
 * `deno task study:neural_em` runs them and records their results in
 * `data/results/neural_em_studies.jsonl`.
 *
 * @module
 */
import { PAPER_SETTINGS, type Settings } from "../../experiments/neural_em.ts";
import type { Restarts } from "./assessment.ts";

/** One configuration of a study. */
export interface Variant {
  study: string;
  label: string;
  overrides: Readonly<Partial<Settings>>;
  /** Random starts of EM to choose among after training; none by default. */
  starts?: number;
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

const together: Partial<Settings> = Object.assign(
  {},
  ...Object.values(DIFFERENCES),
);

/** "all but" drops one difference from the paper's model, in turn. */
function allBut(label: string): Partial<Settings> {
  const rest = Object.entries(DIFFERENCES).filter(([name]) => name !== label);
  return Object.assign({}, ...rest.map(([, overrides]) => overrides));
}

const onSeed: Variant[] = [
  { study: "one change", label: "the seed's model", overrides: {} },
  ...Object.entries(DIFFERENCES).map(([label, overrides]) => ({
    study: "one change",
    label,
    overrides,
  })),
  { study: "one change", label: "all changes together", overrides: together },
  ...Object.keys(DIFFERENCES).map((label) => ({
    study: "all but one",
    label,
    overrides: allBut(label),
  })),
];

const sizes: Variant[] = [8, 16, 24, 64].flatMap((hidden) =>
  [2, 4, 8].map((steps) => ({
    study: "size",
    label: `H ${hidden}, T ${steps}`,
    overrides: { hidden, steps, unroll: steps },
  }))
);

const weighting: Variant[] = ["all", "half", "last"].map((lossSteps) => ({
  study: "loss weighting",
  label: lossSteps,
  overrides: { lossSteps },
}));

/** What the seed has in place of each part of the model trained here. */
const seedParts: Record<string, Partial<Settings>> = {
  "loss within and between components": { intra: 0, inter: 0, mixture: 1 },
  "loss between components": { inter: 0 },
  "one component more than objects": { components: 3 },
  "clean target, noise on the input": { noiseOn: "image" },
  "sigmoid recurrence": { mStep: "tanh" },
  "gradient through the responsibilities": { throughGamma: false },
};

const onPaper: Variant[] = [
  { label: "the whole", overrides: {} },
  ...Object.entries(seedParts).map(([label, overrides]) => ({
    label,
    overrides,
  })),
].map(({ label, overrides }) => ({
  study: "all but one, paper's images",
  label,
  overrides: {
    ...PAPER_SETTINGS,
    updates: 300,
    evalEvery: 100,
    evalImages: 100,
    ...overrides,
  },
}));

/** The same number of EM steps backpropagated, hence about the same time. */
const BUDGET = 3200;

const schemes: Variant[] = [
  {
    label: "16 steps unrolled, loss of the last (paper)",
    unroll: 16,
    lossSteps: "last",
  },
  {
    label: "16 steps unrolled, loss of the later half",
    unroll: 16,
    lossSteps: "half",
  },
  { label: "8 steps unrolled, states carried", unroll: 8, lossSteps: "all" },
  { label: "4 steps unrolled, states carried", unroll: 4, lossSteps: "all" },
  { label: "2 steps unrolled, states carried", unroll: 2, lossSteps: "all" },
].map(({ label, unroll, lossSteps }) => ({
  study: "training scheme",
  label,
  overrides: {
    ...PAPER_SETTINGS,
    unroll,
    lossSteps,
    updates: BUDGET / unroll,
    evalEvery: BUDGET / unroll / 4,
  },
}));

/** How much a component pays for pixels that another is responsible for. */
const interWeights: Variant[] = [1, 0.5, 0.3, 0.1].map((inter) => ({
  study: "weight between components",
  label: `${inter}`,
  overrides: { ...PAPER_SETTINGS, inter, updates: 700, evalImages: 100 },
  starts: 10,
}));

/**
 * N-EM proper, whose M-step is a step along the gradient: at chance with
 * carried states, above it where all steps are unrolled.
 */
const gradient: Variant[] = [
  { label: "4 steps unrolled, states carried", overrides: {} },
  {
    label: "16 steps unrolled, loss of the last (paper)",
    overrides: { unroll: 16, lossSteps: "last" },
  },
  {
    label: "16 steps unrolled, loss of every step",
    overrides: { unroll: 16 },
  },
  {
    label: "loss of the last, 1,500 updates",
    overrides: { unroll: 16, lossSteps: "last", updates: 1500 },
  },
].map(({ label, overrides }) => ({
  study: "N-EM",
  label,
  overrides: {
    ...PAPER_SETTINGS,
    mStep: "gradient",
    learningRate: 6e-3,
    updates: 500,
    evalEvery: 100,
    evalImages: 100,
    ...overrides,
  },
}));

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
  ...onSeed,
  ...weighting,
  ...sizes,
  ...schemes,
  ...onPaper,
  ...interWeights,
  ...gradient,
  ...secondStages,
]);

/** A configuration's results over seeds. */
export interface StudySummary {
  label: string;
  /** AMI at the end, a value a seed. */
  values: number[];
}

/** The recorded results of one study, in the order of its variants. */
export function studyOf(
  rows: readonly StudyRow[],
  study: string,
): StudySummary[] {
  return VARIANTS.filter((variant) => variant.study === study)
    .map(({ label }) => ({
      label,
      values: rows.filter((row) => row.study === study && row.label === label)
        .map((row) => row.metrics.finalAmi),
    })).filter(({ values }) => values.length > 0);
}
