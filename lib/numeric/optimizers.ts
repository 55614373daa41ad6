/**
 * Gradient descent with momentum, Adam, and clipping by the global norm.
 *
 * An optimiser is made once for a set of parameters and owns the matrices that
 * it remembers (velocities, moments). `update(grads)` changes the parameters
 * in place and allocates nothing.
 *
 * @module
 */
import { scale } from "./matrix/elementwise.ts";
import { sumOfSquares } from "./matrix/reductions.ts";
import { type Matrix, shape } from "./matrix/workspace.ts";

/** Parameters or gradients by name. */
export type Matrices = Readonly<Record<string, Matrix>>;

/** An optimiser of one set of parameters. */
export interface Optimizer {
  /** The step size of the next update; change it to follow a schedule. */
  learningRate: number;
  /** Updates made so far. */
  readonly steps: number;
  /** One descent step: changes the parameters in place. */
  update(grads: Matrices): void;
}

/** Adam can be stopped and continued. */
export interface Adam extends Optimizer {
  /** Running means of the gradients and of their squares, by parameter. */
  readonly moments: { readonly first: Matrices; readonly second: Matrices };
  /** Goes on as after `steps` updates; the moments are the caller's to restore. */
  resume(steps: number): void;
}

/** What `sgd` accepts. */
export interface SgdOptions {
  learningRate: number;
  /** Share of the last step that carries on, in [0, 1). Default 0. */
  momentum?: number;
  /** L2 penalty: adds weightDecay · p to each gradient. Default 0. */
  weightDecay?: number;
}

/**
 * Gradient descent: v ← momentum · v − learningRate · (g + weightDecay · p),
 * p ← p + v.
 */
export function sgd(params: Matrices, options: SgdOptions): Optimizer {
  const { learningRate, momentum = 0, weightDecay = 0 } = options;
  const names = Object.keys(params);
  const parameters = Object.values(params);
  const velocities = parameters.map(zerosLike);
  let steps = 0;
  return {
    learningRate,
    get steps(): number {
      return steps;
    },
    update(grads): void {
      steps++;
      for (let i = 0; i < names.length; i++) {
        const p = parameters[i];
        const g = gradientOf(grads, names[i], p);
        p.workspace.kernels.sgd(
          p.pointer,
          g.pointer,
          velocities[i].pointer,
          p.data.length,
          this.learningRate,
          momentum,
          weightDecay,
        );
      }
    },
  };
}

/** What `adam` accepts. */
export interface AdamOptions {
  learningRate: number;
  /** Decay of the mean of the gradients. Default 0.9. */
  beta1?: number;
  /** Decay of the mean of their squares. Default 0.999. */
  beta2?: number;
  /** Keeps the division finite. Default 1e-8. */
  epsilon?: number;
  /** L2 penalty: adds weightDecay · p to each gradient. Default 0. */
  weightDecay?: number;
}

/** Adam (Kingma & Ba 2015, algorithm 1), with bias correction. */
export function adam(params: Matrices, options: AdamOptions): Adam {
  const { learningRate, weightDecay = 0 } = options;
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const names = Object.keys(params);
  const parameters = Object.values(params);
  const moments = { first: likeParams(params), second: likeParams(params) };
  const first = Object.values(moments.first);
  const second = Object.values(moments.second);
  let steps = 0;
  let power1 = 1; // beta1 ** steps
  let power2 = 1;
  return {
    learningRate,
    moments,
    get steps(): number {
      return steps;
    },
    resume(done): void {
      power1 = power2 = 1;
      for (steps = 0; steps < done; steps++) {
        power1 *= beta1;
        power2 *= beta2;
      }
    },
    update(grads): void {
      steps++;
      power1 *= beta1;
      power2 *= beta2;
      // m̂ / (√v̂ + ε), with both corrections drawn into rate and ε.
      const correction = Math.sqrt(1 - power2);
      const rate = this.learningRate * correction / (1 - power1);
      for (let i = 0; i < names.length; i++) {
        const p = parameters[i];
        const g = gradientOf(grads, names[i], p);
        p.workspace.kernels.adam(
          p.pointer,
          g.pointer,
          first[i].pointer,
          second[i].pointer,
          p.data.length,
          rate,
          beta1,
          beta2,
          epsilon * correction,
          weightDecay,
        );
      }
    },
  };
}

/**
 * Scales all gradients in place so that their common Euclidean norm is at most
 * `limit`. Returns the norm before.
 */
export function clipGlobalNorm(grads: Matrices, limit: number): number {
  let squares = 0;
  for (const name in grads) squares += sumOfSquares(grads[name]);
  const norm = Math.sqrt(squares);
  if (norm > limit) {
    const factor = limit / norm;
    for (const name in grads) scale(factor, grads[name], grads[name]);
  }
  return norm;
}

/** A zero matrix of the shape of each of `matrices`, in the same workspace. */
export function likeParams<K extends string>(
  matrices: Readonly<Record<K, Matrix>>,
): Record<K, Matrix> {
  const made = {} as Record<K, Matrix>;
  for (const name in matrices) made[name] = zerosLike(matrices[name]);
  return made;
}

/**
 * Copies of the numbers of each of `matrices`, row after row, which outlive the
 * workspace.
 */
export function arraysOf(matrices: Matrices): Record<string, Matrix["data"]> {
  const copies: Record<string, Matrix["data"]> = {};
  for (const name in matrices) copies[name] = matrices[name].data.slice();
  return copies;
}

/** A zero matrix of the shape of `matrix`, in the same workspace. */
export function zerosLike(matrix: Matrix): Matrix {
  return matrix.workspace.matrix(matrix.rows, matrix.cols);
}

function gradientOf(grads: Matrices, name: string, p: Matrix): Matrix {
  const g = grads[name];
  if (g === undefined || g.rows !== p.rows || g.cols !== p.cols) {
    throw new TypeError(
      `Cannot update parameter ${name} of ${shape(p)} as its gradient must ` +
        `be ${shape(p)}: current value is ${g ? shape(g) : "undefined"}`,
    );
  }
  return g;
}
