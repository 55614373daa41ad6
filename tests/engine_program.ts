/**
 * What every JavaScript engine must compute alike: a short training of each
 * experiment. `tests/engines_test.ts` runs it here and in browsers.
 *
 * @module
 */
import * as helmholtz from "../data/experiments/helmholtz_shifter.ts";
import * as imax from "../data/experiments/imax_stereograms.ts";
import * as population from "../data/experiments/population_codes.ts";
import * as twoView from "../data/experiments/two_view_agreement.ts";
import * as neuralEm from "../data/experiments/neural_em.ts";
import * as numeric from "../lib/numeric.ts";
import { normal, stream } from "../lib/random.ts";

interface Outcome {
  metrics: object;
  params: Record<string, Float32Array | Float64Array>;
}

/** Trains to the end. */
function finish(training: Iterator<unknown, Outcome, void>): Outcome {
  for (;;) {
    const next = training.next();
    if (next.done) return next.value;
  }
}

/** FNV-1a over the bytes of arrays: changes when any bit does. */
function hashOf(arrays: readonly ArrayBufferView[]): string {
  let hash = 0x811c9dc5;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) {
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
  }
  return (hash >>> 0).toString(16);
}

function summary({ metrics, params }: Outcome): unknown {
  const names = Object.keys(params).sort();
  return { metrics, params: hashOf(names.map((name) => params[name])) };
}

/** Values of each function of `lib/numeric.ts` at seeded points. */
function functions(): Record<string, string> {
  const rng = stream(1, "eval");
  const points = Float64Array.from({ length: 2000 }, () => 10 * normal(rng));
  const of = (f: (x: number) => number): string => hashOf([points.map(f)]);
  return {
    exp: of(numeric.exp),
    log: of((x) => numeric.log(Math.abs(x))),
    sin: of(numeric.sin),
    cos: of(numeric.cos),
    tanh: of(numeric.tanh),
    sigmoid: of(numeric.sigmoid),
    softplus: of(numeric.softplus),
  };
}

/** Everything, as one text. */
export function program(): string {
  return JSON.stringify({
    functions: functions(),
    helmholtz: summary(finish(helmholtz.trainSeed(
      1,
      helmholtz.settings({ steps: 2000, hidden: 8, width: 4, evalImages: 16 }),
    ))),
    imax: summary(finish(imax.trainSeed(1, imax.settings({ steps: 20 })))),
    neuralEm: summary(finish(neuralEm.trainSeed(
      1,
      neuralEm.settings({
        updates: 4,
        evalEvery: 4,
        trainImages: 32,
        evalImages: 8,
        batchSize: 8,
      }),
    ))),
    population: summary(finish(population.trainSeed(
      1,
      population.settings({ trainImages: 100, topologyPoints: 20 }),
    ))),
    twoView: summary(finish(
      twoView.trainSeed(1, twoView.settings({ steps: 20 })),
    )),
  });
}

Object.assign(globalThis, { program });
