/**
 * One seed of template, from initial parameters to every number of the result
 * table: what the notebook, `deno task sweep`, `verify` and the live cell run.
 *
 * @module
 */
import { stream } from "../../lib/numeric/random.ts";
import { correlation } from "../../lib/numeric/statistics.ts";
import * as is from "../../lib/run/checks.ts";
import { checkedConfig, type Configure, partOf } from "../../lib/run/config.ts";
import type { Outcome } from "../../lib/run/experiment.ts";
import { trainAndMeasure, type Training } from "../../lib/run/training.ts";
import {
  codesOf,
  initModel,
  lossAndGrads,
  type ModelConfig,
  modelConfig,
  type ModelParams,
  trainModel,
} from "./model.ts";
import { sampleWorld, type WorldConfig, worldConfig } from "./world.ts";

/** The model, the world and what is measured. */
export type Settings = Omit<ModelConfig, "inputs"> & WorldConfig & {
  /** Held-out examples that the metrics are taken on. */
  evalExamples: number;
};

const { inputs: _, ...modelFields } = modelConfig.fields;

/** Settings over the paper's; throws where one cannot work. */
export const settings: Configure<Settings> = checkedConfig(
  "run template",
  {
    ...modelFields,
    ...worldConfig.fields,
    evalExamples: [1000, is.positiveInteger],
  },
  (all) => {
    modelOf(all);
    worldOf(all);
  },
);

/** The model's part of the settings. */
export function modelOf(settings: Settings): Readonly<ModelConfig> {
  return partOf(modelConfig, { ...settings, inputs: settings.sensors });
}

/** The world's part of the settings. */
export function worldOf(settings: Settings): Readonly<WorldConfig> {
  return partOf(worldConfig, settings);
}

/** Numbers of the result table. REPLACE: what the paper reports. */
export type Metrics = {
  /** On held-out examples. */
  loss: number;
  /** |corr(code, cause)| on held-out examples. */
  correlation: number;
};

/** What the seed's held-out examples say of parameters. */
export function measure(
  seed: number,
  params: ModelParams,
  settings: Settings,
): Metrics {
  const rng = stream(seed, "eval");
  const held = sampleWorld(rng, settings.evalExamples, worldOf(settings));
  const codes = codesOf(params, held.inputs);
  return {
    loss: lossAndGrads(params, held.inputs).loss,
    correlation: Math.abs(correlation(codes, held.causes)),
  };
}

/** Trains one seed; rows hold its metrics. */
export function train(
  seed: number,
  settings: Settings,
): Training<{ step: number } & Metrics, ModelParams> {
  const config = modelOf(settings);
  const world = worldOf(settings);
  const rng = stream(seed, "train");
  return trainModel(initModel(stream(seed, "init"), config), {
    config,
    sample: (n) => sampleWorld(rng, n, world).inputs,
    evaluate: (params) => measure(seed, params, settings),
  });
}

/** Trains and measures one seed; one that was stopped is not measured: NaN. */
export function* trainSeed(
  seed: number,
  settings: Settings,
): Training<{ step: number } & Metrics, Outcome<Metrics, ModelParams>> {
  const { state, metrics } = yield* trainAndMeasure(train(seed, settings), {
    steps: settings.steps,
    measure: (params) => measure(seed, params, settings),
  });
  return { params: state, metrics: metrics ?? { loss: NaN, correlation: NaN } };
}
