/**
 * A Helmholtz machine that learns online, compiled to WebAssembly.
 *
 * The same as `onlineMachine` of `online_machine.ts`, which states it in
 * TypeScript and is this kernel's oracle: float64, the same draws in the same
 * order, the same bits. The random stream lives in the kernel's memory, where
 * the sampler of the images and the kernel take turns on it.
 *
 * @module
 */
import {
  type HelmholtzParams,
  INFERENCES,
  type OnlineMachine,
  type SamplePattern,
} from "./machine.ts";
import { type Learning, particlesOf, WAKE_SLEEP } from "./online_machine.ts";
import { type FloatArray, workspace } from "../numeric/matrix/workspace.ts";
import type { AleaState, StatefulRng } from "../numeric/random.ts";

/** A Helmholtz machine whose weights live in the kernel's memory. */
export interface CompiledMachine extends OnlineMachine {
  /** Where the random stream stands. */
  state(): AleaState;
}

// In the order of the words of `net`.
const LAYOUT = [
  ["topBias", "top"],
  ["topToHidden", "hidden"],
  ["hiddenBias", "hidden"],
  ["hiddenToVisible", "visible"],
  ["visibleBias", "visible"],
  ["visibleToHidden", "hidden"],
  ["hiddenRecognitionBias", "hidden"],
  ["hiddenToTop", "top"],
  ["topRecognitionBias", "top"],
] as const;

/** Where the phase stands among the words, and its bits. */
const PHASE = 5;
const CONSTRAINED = 1;
const TOP_HELD = 2;

/**
 * Takes over the random stream `rng` and the weights `params`: call `update`
 * for each image, `store` before reading `params`, `load` after changing them.
 * `rng` itself stays where it was; `state()` says where the stream has got to.
 */
export function compileWakeSleep(
  rng: StatefulRng,
  params: HelmholtzParams,
  sample: SamplePattern,
  learning: Learning = WAKE_SLEEP,
): CompiledMachine {
  const sizes = {
    visible: params.visibleBias.length,
    hidden: params.hiddenBias.length,
    top: params.topBias.length,
  };
  const { visible, hidden, top } = sizes;
  const particles = particlesOf(learning);
  const padded = (n: number): number => n + (n & 1); // whole vectors of two
  // A list of n units has n + 1 words: `draw` writes one beyond the last.
  const list = (n: number): number => 2 * Math.ceil((n + 1) / 4);
  const ofParticle = 2 + padded(top) + padded(hidden) + list(top) +
    list(hidden);
  const numbers = 128 + 6 * visible + 8 * (hidden + top) + // bounds single rows
    (2 * visible + 2 * top + 8) * padded(hidden) +
    (2 * hidden + 8) * (padded(visible) + padded(top)) +
    particles * (ofParticle + 1);
  const space = workspace("float64", { bytes: 8 * numbers + 1024 });
  const row = (n: number): FloatArray => space.matrix(1, padded(n)).data;
  const at = (n: number): number => row(n).byteOffset;

  const words = new Uint32Array(space.memory.buffer, at(16), 32);
  const alea = row(4);
  const { s0, s1, s2, c } = rng.state();
  alea.set([s0, s1, s2, c]);
  const image = new Uint8Array(
    alea.buffer,
    at(Math.ceil(visible / 8)),
    visible,
  );
  const dropout = row(1);
  const weights = LAYOUT.map(([name, to]) => {
    const outside = params[name];
    const n = sizes[to];
    const rows = outside.length / n;
    const inside = space.matrix(rows, padded(n)).data;
    return { outside, inside, rows, n };
  });
  const layers = [visible, list(visible), list(hidden)].map(at);
  const probability = at(Math.max(top, hidden, visible));
  const exponentials = [hidden * padded(visible), top * padded(hidden)].map(at);
  const odds = [visible, hidden, top].map(at);
  const shares = at(particles);
  const places = row(particles * ofParticle);
  words.set([
    ...[visible, hidden, top],
    ...[INFERENCES.indexOf(learning.inference), learning.samples, 0],
    ...[alea.byteOffset, image.byteOffset, dropout.byteOffset],
    ...weights.map(({ inside }) => inside.byteOffset),
    ...[...layers, probability, ...exponentials, ...odds, shares],
    places.byteOffset,
  ]);

  const draw = (): number => {
    const t = 2091639 * alea[0] + alea[3] * 2.3283064365386963e-10;
    alea[0] = alea[1];
    alea[1] = alea[2];
    return alea[2] = t - (alea[3] = Math.floor(t));
  };
  const { kernels } = space;
  const net = words.byteOffset;
  const held = learning.holdTopBias ? TOP_HELD : 0;
  const machine: CompiledMachine = {
    rng: draw,
    pattern: image,
    explanation: places.subarray(2 + padded(top), 2 + padded(top) + hidden),
    enter({ constrained, dropout: share }): void {
      words[PHASE] = held | (constrained ? CONSTRAINED : 0);
      dropout[0] = share;
    },
    see: () => void sample(draw, image),
    update(epsilon): void {
      sample(draw, image);
      kernels.wakeSleep(net, epsilon);
    },
    explain: (off = -1) => kernels.explain(net, off),
    load(): void {
      for (const { outside, inside, rows, n } of weights) {
        for (let i = 0; i < rows; i++) {
          inside.set(outside.subarray(i * n, (i + 1) * n), i * padded(n));
        }
      }
      kernels.refresh(net);
    },
    store(): void {
      for (const { outside, inside, rows, n } of weights) {
        for (let i = 0; i < rows; i++) {
          const start = i * padded(n);
          outside.set(inside.subarray(start, start + n), i * n);
        }
      }
    },
    state: () => ({ s0: alea[0], s1: alea[1], s2: alea[2], c: alea[3] }),
  };
  machine.enter({ constrained: false, dropout: 0 });
  machine.load();
  return machine;
}
