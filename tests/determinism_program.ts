/**
 * What every JavaScript engine must compute alike: 200 training steps of each
 * model from seed 1, and the elementary functions. `determinism_test.ts` runs
 * it under Deno, in a worker, under Node, in Chromium and in Firefox; on its
 * own, `deno run tests/determinism_program.ts` prints the hashes.
 *
 * @module
 */
import * as helmholtz from "../data/experiments/helmholtz_shifter.ts";
import * as imax from "../data/experiments/imax_stereograms.ts";
import * as twoView from "../data/experiments/two_view_agreement.ts";
import { dipoleWorld, imageSampler } from "../data/worlds/dipoles.ts";
import { seedShapes } from "../data/worlds/shapes.ts";
import { sampleShifter, shifterConfig } from "../data/worlds/shifter.ts";
import { stereoSampler } from "../data/worlds/stereograms.ts";
import { paramsSha256 } from "../lib/run/results.ts";
import { helmholtzConfig, initHelmholtz } from "../lib/helmholtz/machine.ts";
import { imaxModel, imaxStep } from "../lib/imax/imax.ts";
import { neuralEmConfig, SEED_MODEL } from "../lib/neural_em/model.ts";
import { neuralEmTrainer } from "../lib/neural_em/training.ts";
import * as numeric from "../lib/numeric/elementary.ts";
import { workspace } from "../lib/numeric/matrix/workspace.ts";
import { arraysOf, likeParams } from "../lib/numeric/optimizers.ts";
import {
  initPopulation,
  populationConfig,
  populationPass,
} from "../lib/population/population_code.ts";
import { makeOptimizer } from "../lib/population/training.ts";
import { normal, stream } from "../lib/numeric/random.ts";
import { kernelsInShares } from "../lib/numeric/wasm/shares.ts";
import type { SeedTask } from "../lib/run/sweep.ts";
import { finish } from "../lib/run/training.ts";
import { compileWakeSleep } from "../lib/helmholtz/compiled_wake_sleep.ts";

const STEPS = 200;
/** As many shares as the kernels of one model are computed in. */
const SHARES = [1, 2, 4];

type Arrays = Record<string, Float32Array | Float64Array>;

const MODELS: Record<string, (seed: number) => Arrays> = {
  imax(seed): Arrays {
    const model = imaxModel(stream(seed, "init"));
    const step = imaxStep(model, stereoSampler());
    const rng = stream(seed, "data");
    for (let i = 0; i < STEPS; i++) step(rng);
    return arraysOf(model.params);
  },

  ...Object.fromEntries(
    SHARES.map((count) => [`imaxInShares${count}`, (seed: number): Arrays => {
      const kernels = kernelsInShares(count);
      const space = workspace("float32", { kernels });
      const config = imax.modelOf(imax.settings({ variant: "pixels" }));
      const model = imaxModel(stream(seed, "init"), config, { space });
      const step = imaxStep(model, stereoSampler());
      const rng = stream(seed, "data");
      for (let i = 0; i < STEPS / 10; i++) step(rng);
      return arraysOf(model.params);
    }]),
  ),

  populationCode(seed): Arrays {
    const config = populationConfig();
    const model = initPopulation(stream(seed, "init"), config);
    const grads = likeParams(model.params);
    const pass = populationPass(model, config.batchSize, grads);
    const optimizer = makeOptimizer(model.params, config);
    const sample = imageSampler(dipoleWorld());
    const rng = stream(seed, "data");
    for (let i = 0; i < STEPS; i++) {
      sample(rng, pass.images.data);
      pass.lossAndGrads();
      optimizer.update(grads);
    }
    return arraysOf(model.params);
  },

  helmholtzMachine(seed): Arrays {
    const params = initHelmholtz(stream(seed, "init"), helmholtzConfig());
    const world = shifterConfig();
    const machine = compileWakeSleep(
      stream(seed, "train"),
      params,
      (rng, out) => sampleShifter(rng, out, world),
    );
    for (let i = 0; i < STEPS; i++) machine.update(0.1);
    machine.store();
    return { ...params };
  },

  /** Both stages, with Gibbs sampling and a check for useless units. */
  stagedHelmholtz(seed): Arrays {
    const settings = helmholtz.settings({
      ...{ way: "staged", steps: STEPS, constrainedSteps: STEPS / 2 },
      ...{ splitEvery: 60, splitImages: 10, evalImages: 1 },
    });
    const { params, metrics } = finish(helmholtz.trainSeed(seed, settings));
    const { nllBits, accuracyByMeaning } = metrics;
    const exact = Float64Array.of(nllBits, accuracyByMeaning);
    return { ...params, exact };
  },

  neuralEm(seed): Arrays {
    const config = neuralEmConfig({ ...SEED_MODEL, clipNorm: 5 });
    const trainer = neuralEmTrainer(seed, { config, sample: seedShapes() });
    for (let i = 0; i < STEPS; i++) trainer.update();
    return arraysOf(trainer.params);
  },

  twoView(seed): Arrays {
    const settings = twoView.settings({ steps: STEPS, evalEvery: STEPS });
    return finish(twoView.trainSeed(seed, settings)).params;
  },

  /** `lib/numeric/elementary.ts` at seeded points. */
  functions(seed): Arrays {
    const rng = stream(seed, "eval");
    const points = Float64Array.from({ length: 2000 }, () => 10 * normal(rng));
    const { exp, log, sin, cos, tanh, sigmoid, softplus } = numeric;
    return {
      exp: points.map(exp),
      log: points.map((x) => log(Math.abs(x))),
      sin: points.map(sin),
      cos: points.map(cos),
      tanh: points.map(tanh),
      sigmoid: points.map(sigmoid),
      softplus: points.map(softplus),
    };
  },
};

/** SHA-256 of each model's parameters after training. */
export async function program(seed = 1): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const [name, train] of Object.entries(MODELS)) {
    hashes[name] = await paramsSha256(train(seed));
  }
  return hashes;
}

/** `program`, as a worker of the pool runs it. */
export const programOfSeed: SeedTask<null, Record<string, string>> = (seed) =>
  program(seed);

// For a page, which calls it by name.
Object.assign(globalThis, { program });

if (import.meta.main) console.log(JSON.stringify(await program(), null, 2));
