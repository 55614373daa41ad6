/**
 * The longer studies of population codes, whose rows are recorded in
 * `data/results/population_<study>.jsonl`: which settings, over which seeds.
 *
 * @module
 */
import type { Settings, WorldName } from "../experiments/population_codes.ts";

/** Settings that are compared, each over the same seeds. */
export interface Study {
  /** What is asked. */
  question: string;
  seeds: number;
  variants: readonly Partial<Settings>[];
}

const SHORT_BEST: Partial<Settings> = {
  recipe: "best",
  steps: 4000,
  batchSize: 128,
  starts: 1,
  evalEvery: 1000,
};

/** Ten dimensions or fewer, the bump built in. */
const BUILT_IN: Partial<Settings> = {
  recipe: "ten dimensions",
  activities: "built-in",
  evalEvery: 1000,
};

const CAUSES: readonly WorldName[] = ["blob", "dipole", "stretching dipole"];
/** Over the whole image, then with the midpoint in the central pixel. */
const LOOP_WORLDS: readonly WorldName[] = [
  "dipole",
  "turning dipole",
  "pair",
  "centred dipole",
  "centred turning dipole",
  "centred pair",
];
const PRESSURES = ["description-length", "none"] as const;

/** All studies by name. */
export const STUDIES: Readonly<Record<string, Study>> = Object.freeze({
  best: {
    question: "How low does the error get with three numbers and 225 bumps?",
    seeds: 10,
    variants: [{ recipe: "best", evalEvery: 500, testImages: 2000 }],
  },
  best_fixed: {
    question: "And on the reference's 2,000 images?",
    seeds: 5,
    variants: [{
      recipe: "best fixed",
      evalEvery: 500,
      steps: 6000,
      batchSize: 128,
      testImages: 2000,
    }],
  },
  ablation: {
    question: "What made the difference?",
    seeds: 3,
    variants: [
      {},
      { optimizer: "sgd", learningRate: 0.1, schedule: "constant" },
      { encoderLayers: 1 },
      { encoderLayers: 3 },
      { activation: "tanh" },
      { centres: "random" },
      { widening: 1 },
      { widening: 1, sigma: 0.18 },
      { decoder: "dense" },
      { trainImages: 2000 },
    ].map((change) => ({ ...SHORT_BEST, ...change } as Partial<Settings>)),
  },
  topology: {
    question: "In which worlds does the code close a loop?",
    seeds: 5,
    variants: LOOP_WORLDS.map((world) => ({
      ...SHORT_BEST,
      world,
      topologyPoints: 150,
    })),
  },
  position: {
    question: "The paper's first task",
    seeds: 10,
    variants: [{ recipe: "position", evalEvery: 1000 }],
  },
  orientation: {
    question: "The paper's second task",
    seeds: 5,
    variants: [{ recipe: "orientation", evalEvery: 1000 }],
  },
  what_where: {
    question: "The paper's third task",
    seeds: 10,
    variants: [{ recipe: "what and where", evalEvery: 1000 }],
  },
  idle: {
    question: "Three dimensions for two causes: does the third stay idle?",
    seeds: 10,
    variants: PRESSURES.map((pressure) => ({
      ...BUILT_IN,
      dims: 3,
      span: 3,
      steps: 2000,
      pressure,
    })),
  },
  dims: {
    question: "How short is the description with one to six dimensions?",
    seeds: 3,
    variants: CAUSES.flatMap((world) =>
      [8, 5, 3, 2, 1.6, 1.4].map((span, k) => ({
        ...BUILT_IN,
        dims: k + 1,
        span,
        steps: 3000,
        world,
      }))
    ),
  },
  ten: {
    question: "Ten dimensions offered: how many are taken?",
    seeds: 10,
    variants: CAUSES.map((world) => tenDimensions(world, PRESSURES[0])),
  },
  ten_without: {
    question: "And without pressure?",
    seeds: 3,
    variants: CAUSES.map((world) => tenDimensions(world, PRESSURES[1])),
  },
});

function tenDimensions(
  world: WorldName,
  pressure: Settings["pressure"],
): Partial<Settings> {
  return {
    recipe: "ten dimensions",
    steps: 6000,
    evalEvery: 500,
    world,
    pressure,
  };
}
