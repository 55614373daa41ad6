/**
 * Moves that take EM out of a poor grouping, within one run of one model.
 *
 * A move deals the pixels of two or three components anew among these: one drawn
 * by what it costs, the one with the fewest pixels and, more often than not,
 * another. Each gets a seed of its own, as at a start, and a state of 0; the
 * others keep theirs. EM goes on, and each image keeps the grouping of less loss:
 * no label takes part. After the split and merge moves of Ueda et al. (2000).
 *
 * @module
 */
import { log1p } from "../numeric/elementary.ts";
import type { Rng } from "../numeric/random.ts";
import { finish, type Training } from "../run/training.ts";
import { type Inference, inferringGroups, keepBetter } from "./inference.ts";
import type { NeuralEm } from "./model.ts";

/** How EM runs, and how often it moves. */
export interface MoveOptions {
  /** E-steps before the first move. */
  steps: number;
  moves: number;
  /** E-steps after a move. */
  moveSteps: number;
  /** Noise on the input; default the training's. */
  noise?: number;
  /** Called with the best grouping so far, after `moves` moves; first after 0. */
  onMove?: (moves: number, best: Settled) => void;
}

/** A grouping, and what a move is chosen by. */
export interface Settled extends Omit<Inference, "losses"> {
  /** What each component costs in each image, count × K, nats. */
  costs: Float32Array;
}

/** How likely a move takes a third component. */
const THIRD = 0.6;

/** Runs EM with moves on images. */
export function inferWithMoves(
  rng: Rng,
  model: NeuralEm,
  images: Float32Array,
  options: MoveOptions,
): Settled {
  return finish(inferringWithMoves(rng, model, images, options));
}

/** `inferWithMoves` with pauses. Asked to stop, it begins no further move. */
export function* inferringWithMoves(
  rng: Rng,
  model: NeuralEm,
  images: Float32Array,
  { steps, moves, moveSteps, noise, onMove }: MoveOptions,
): Training<never, Settled> {
  let stop: boolean | void = false;
  function* settle(
    steps: number,
    from: { start?: Float32Array; states?: Float32Array } = {},
  ): Training<never, Settled> {
    const { canvas, components: K } = model.config;
    const costs = new Float32Array(images.length / (canvas * canvas) * K);
    const em = inferringGroups(rng, model, { images }, {
      ...{ steps, noise, ...from },
      onStep({ step, first, responsibilities, predictions }): void {
        if (step < steps) return;
        const { rows, cols } = predictions;
        for (let k = 0; k < rows; k++) {
          const image = first + Math.floor(k / K);
          costs[first * K + k] = costOf(
            images.subarray(image * cols, (image + 1) * cols),
            responsibilities.data.subarray(k * cols, (k + 1) * cols),
            predictions.data.subarray(k * cols, (k + 1) * cols),
          );
        }
      },
    });
    let next = em.next();
    for (; !next.done; next = em.next(stop)) stop ||= yield next.value;
    const { losses: _, ...ended } = next.value;
    return { ...ended, costs };
  }
  const best = yield* settle(steps);
  onMove?.(0, best);
  for (let move = 1; move <= moves && !stop; move++) {
    const dealt = dealAnew(rng, model, images, best);
    keepBetter(best, yield* settle(moveSteps, dealt));
    onMove?.(move, best);
  }
  return best;
}

/** γ BCE(x, ψ) + (1 − γ) KL(0 ‖ ψ) where x = 0, of one component in one image. */
function costOf(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  psi: ArrayLike<number>,
): number {
  let cost = 0;
  for (let i = 0; i < x.length; i++) {
    // Both logarithms are of a number in (0, 1], ψ being one of float32.
    if (x[i] > 0) cost -= gamma[i] * log1p(Math.max(psi[i], 1e-7) - 1);
    else cost -= log1p(-Math.min(psi[i], 1 - 1e-7));
  }
  return cost;
}

/** Responsibilities and states from which EM goes on after a move. */
function dealAnew(
  rng: Rng,
  { config: { components: K, hidden, canvas } }: NeuralEm,
  images: Float32Array,
  best: Settled,
): { start: Float32Array; states: Float32Array } {
  const pixels = canvas * canvas;
  const start = best.responsibilities.slice();
  const states = best.states.slice();
  for (let image = 0; image * pixels < images.length; image++) {
    const x = images.subarray(image * pixels, (image + 1) * pixels);
    const at = image * K;
    const gamma = start.subarray(at * pixels, (at + K) * pixels);
    const chosen = chooseComponents(
      rng,
      best.costs.subarray(at, at + K),
      pixelsOf(x, gamma, K),
    );
    const mass = x.map((_, i) =>
      chosen.reduce((sum, k) => sum + gamma[k * pixels + i], 0)
    );
    for (const k of chosen) {
      states.fill(0, (at + k) * hidden, (at + k + 1) * hidden);
      mass.forEach((m, i) => gamma[k * pixels + i] = m / chosen.length);
    }
    const free = x.map((lit, i) => lit * mass[i]);
    for (const k of chosen) {
      const seed = draw(rng, free);
      if (seed < 0) break; // nothing of these components is on
      for (const other of chosen) gamma[other * pixels + seed] = 0;
      gamma[k * pixels + seed] = mass[seed];
      free[seed] = 0;
    }
  }
  return { start, states };
}

/** Pixels that are on and each component is responsible for. */
function pixelsOf(
  x: Float32Array,
  gamma: Float32Array,
  K: number,
): Float64Array {
  const sums = new Float64Array(K);
  for (let k = 0; k < K; k++) {
    for (let i = 0; i < x.length; i++) {
      sums[k] += x[i] * gamma[k * x.length + i];
    }
  }
  return sums;
}

/** Two components, or three: one by its cost, the smallest, perhaps another. */
function chooseComponents(
  rng: Rng,
  costs: Float32Array,
  sizes: Float64Array,
): number[] {
  const K = costs.length;
  const smallest = sizes.indexOf(Math.min(...sizes));
  const chosen = new Set([
    draw(rng, costs.map((cost) => cost + 0.5)),
    smallest,
  ]);
  if (rng() < THIRD && chosen.size < K) {
    const others = costs.map((_, k) => chosen.has(k) ? 0 : 1);
    chosen.add(draw(rng, others));
  }
  return [...chosen];
}

/** An index drawn in proportion to weights ≥ 0; −1 if all are 0. */
function draw(rng: Rng, weights: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i];
  let left = rng() * total;
  let last = -1;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] <= 0) continue;
    last = i;
    left -= weights[i];
    if (left < 0) break;
  }
  return last;
}
