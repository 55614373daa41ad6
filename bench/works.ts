/**
 * What is timed on our side: one function a work, named as in
 * `numpy_steps.py` and `torch_steps.py`.
 *
 * @module
 */
import { dipoleWorld, drawSet } from "../data/worlds/dipoles.ts";
import * as stereograms from "../data/experiments/imax_stereograms.ts";
import { paperShapes, seedShapes } from "../data/worlds/shapes.ts";
import { sampleShifter, shifterConfig } from "../data/worlds/shifter.ts";
import { stereoSampler } from "../data/worlds/stereograms.ts";
import { helmholtzConfig, initHelmholtz } from "../lib/helmholtz/machine.ts";
import { imaxModel, imaxStep } from "../lib/imax/imax.ts";
import {
  exp,
  log,
  sigmoid,
  softplus,
  tanh,
} from "../lib/numeric/matrix/elementwise.ts";
import { matmul, matmulNT, matmulTN } from "../lib/numeric/matrix/products.ts";
import {
  type Matrix,
  type Workspace,
  workspace,
} from "../lib/numeric/matrix/workspace.ts";
import { neuralEmConfig, SEED_MODEL } from "../lib/neural_em/model.ts";
import { neuralEmTrainer } from "../lib/neural_em/training.ts";
import { likeParams } from "../lib/numeric/optimizers.ts";
import {
  initPopulation,
  populationConfig,
  populationPass,
} from "../lib/population/population_code.ts";
import { batches, makeOptimizer } from "../lib/population/training.ts";
import { fillNormal, stream } from "../lib/numeric/random.ts";
import { compileWakeSleep } from "../lib/helmholtz/compiled_wake_sleep.ts";

/** One line of a table. */
export interface Work {
  /** `kind` or `kind:details`, the name that the Python programs know. */
  name: string;
  title: string;
  /** Makes the function that does the work once. */
  make(): () => unknown;
  /** Floating-point operations, for products. */
  flop?: number;
  /** Elements, for element-wise work. */
  elements?: number;
  /** Least ratios asked for: their time over ours. */
  target?: { numpy?: number; torch?: number };
  /**
   * Seconds a step of the notebook's reference program (numpy 1.24, written
   * for clarity), recorded on another machine with two cores: whole runs
   * divided by their steps, evaluation included, but for Neural EM.
   */
  recorded?: number;
}

/** A training step, which the Python programs know by its kind and size. */
export interface TrainingWork extends Work {
  /** The same with more work: a larger batch, or more hidden units. */
  grown: Work;
  /** How many times the work that is, and in words. */
  growth: number;
  sizes: string;
}

function randomMatrix(space: Workspace, rows: number, cols: number): Matrix {
  const made = space.matrix(rows, cols);
  fillNormal(stream(rows * 1009 + cols, "data"), made.data, 1);
  return made;
}

function product(
  kind: "matmul" | "matmulTN" | "matmulNT",
  [m, k, n]: [number, number, number],
  where: string,
): Work {
  const sign = { matmul: "A·B", matmulTN: "Aᵀ·B", matmulNT: "A·Bᵀ" }[kind];
  return {
    name: `${kind}:${m}x${k}x${n}`,
    title: `${sign} ${m}×${k}×${n} (${where})`,
    flop: 2 * m * k * n,
    make(): () => unknown {
      const space = workspace("float32");
      const matrix = (r: number, c: number) => randomMatrix(space, r, c);
      const out = space.matrix(m, n);
      const a = kind === "matmulTN" ? matrix(k, m) : matrix(m, k);
      const b = kind === "matmulNT" ? matrix(n, k) : matrix(k, n);
      const multiply = { matmul, matmulTN, matmulNT }[kind];
      return () => multiply(a, b, out);
    },
  };
}

/** Makes Imax steps with their data. */
function imaxSteps(
  config: Parameters<typeof imaxModel>[1],
  world?: Parameters<typeof stereoSampler>[0],
): () => unknown {
  const model = imaxModel(stream(1, "init"), config);
  const step = imaxStep(model, stereoSampler(world));
  const rng = stream(1, "data");
  return () => step(rng);
}

const MAPS = { sigmoid, exp, log, tanh, softplus };

function map(name: keyof typeof MAPS): Work {
  return {
    name: `map:${name}`,
    title: `${name}, 96 × 576`,
    elements: 96 * 576,
    make(): () => unknown {
      const space = workspace("float32");
      const x = randomMatrix(space, 96, 576);
      for (let i = 0; i < x.data.length; i++) {
        x.data[i] = name === "log" ? 3 * Math.abs(x.data[i]) : 3 * x.data[i];
      }
      const out = space.matrix(96, 576);
      return () => MAPS[name](x, out);
    },
  };
}

/** What decides a training step; `step(size)` makes it of any size. */
interface Training extends Pick<Work, "title" | "recorded" | "target"> {
  kind: string;
  /** What is larger in the grown one, so many times, and what it counts. */
  size: number;
  growth: number;
  unit: string;
  step(size: number): () => unknown;
}

function training(
  { kind, size, growth, unit, step, ...rest }: Training,
): TrainingWork {
  const work = (size: number): Work => ({
    ...rest,
    name: `${kind}:${size}`,
    make: () => step(size),
  });
  return {
    ...work(size),
    grown: work(growth * size),
    growth,
    sizes: `${size} → ${growth * size} ${unit}`,
  };
}

/** The training steps, with the data of each. */
export const TRAININGS: readonly TrainingWork[] = [
  {
    kind: "imax",
    title: "Imax step with its data",
    size: 256,
    growth: 4,
    unit: "pairs",
    recorded: 6.9 / 800,
    target: { numpy: 15, torch: 2 },
    step(batchSize: number): () => unknown {
      return imaxSteps({ batchSize });
    },
  },
  {
    kind: "population",
    title: "population-code step",
    size: 64,
    growth: 4,
    unit: "images",
    recorded: 10.8 / 6400,
    target: { numpy: 6, torch: 1.2 },
    step(batchSize: number): () => unknown {
      const config = populationConfig({ batchSize });
      const model = initPopulation(stream(1, "init"), config);
      const grads = likeParams(model.params);
      const optimizer = makeOptimizer(model.params, config);
      const streams = {
        init: stream(1, "init"),
        train: stream(1, "train"),
        data: stream(1, "data"),
      };
      // Whole batches, so that all steps are alike.
      const { images } = drawSet(dipoleWorld(), streams.data, 2048);
      const next = batches(streams, { images, test: images }, {
        ...config,
        makePass: (batch) => populationPass(model, batch, grads),
      });
      return () => {
        next().lossAndGrads();
        optimizer.update(grads);
      };
    },
  },
  {
    kind: "neural_em",
    title: "Neural-EM step with its data",
    size: 32,
    growth: 4,
    unit: "images",
    recorded: 0.014,
    target: { numpy: 5, torch: 1.2 },
    step(batchSize: number): () => unknown {
      const config = neuralEmConfig({ ...SEED_MODEL, clipNorm: 5, batchSize });
      const trainer = neuralEmTrainer(1, { config, sample: seedShapes() });
      return () => trainer.update();
    },
  },
  {
    kind: "neural_em_paper",
    title: "Neural-EM step of the paper's size",
    size: 64,
    growth: 2,
    unit: "images",
    step(batchSize: number): () => unknown {
      const config = neuralEmConfig({ batchSize });
      const trainer = neuralEmTrainer(1, { config, sample: paperShapes() });
      return () => trainer.update();
    },
  },
  {
    kind: "imax_pixels",
    title: "Imax step from pixels",
    size: 1024,
    growth: 4,
    unit: "pairs",
    step(batchSize: number): () => unknown {
      const { modelOf, settings, worldOf } = stereograms;
      const pixels = settings({ variant: "pixels", batchSize });
      return imaxSteps(modelOf(pixels), worldOf(pixels));
    },
  },
  {
    kind: "wake_sleep",
    title: "online wake and sleep update with its image",
    size: 16,
    growth: 4,
    unit: "hidden units",
    recorded: 159 / 1.5e6,
    target: { numpy: 50, torch: 100 },
    step(hidden: number): () => unknown {
      const config = helmholtzConfig({ hidden });
      const shifter = shifterConfig();
      const machine = compileWakeSleep(
        stream(1, "train"),
        initHelmholtz(stream(1, "init"), config),
        (rng, out) => sampleShifter(rng, out, shifter),
      );
      return () => machine.update(0.1);
    },
  },
].map(training);

/** Everything that is timed on one thread, in the order of the table. */
export const WORKS: readonly Work[] = [
  product("matmul", [128, 784, 250], "paper's Neural EM"),
  product("matmul", [96, 576, 24], "Neural EM"),
  product("matmul", [96, 24, 576], "Neural EM"),
  product("matmulTN", [576, 96, 24], "Neural EM"),
  product("matmulNT", [96, 576, 24], "Neural EM"),
  product("matmul", [256, 90, 48], "Imax"),
  product("matmulTN", [90, 256, 48], "Imax"),
  product("matmul", [64, 225, 64], "population code"),
  map("sigmoid"),
  map("tanh"),
  map("exp"),
  map("log"),
  map("softplus"),
  ...TRAININGS,
];
