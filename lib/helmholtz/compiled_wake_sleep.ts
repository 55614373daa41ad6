/**
 * Online wake-sleep for the Helmholtz machine, compiled to WebAssembly.
 *
 * The same updates as `wakeSleep` of `lib/helmholtz/machine.ts`, which states
 * them in TypeScript and is this kernel's oracle: float64, the same draws in
 * the same order, the same bits. The random stream lives in the kernel's
 * memory, where the sampler of the images and the kernel take turns on it.
 *
 * @module
 */
import type { HelmholtzParams, SamplePattern } from "./machine.ts";
import { type FloatArray, workspace } from "../numeric/matrix/workspace.ts";
import type { AleaState, StatefulRng } from "../numeric/random.ts";

/** A Helmholtz machine whose weights live in the kernel's memory. */
export interface CompiledWakeSleep {
  /** Draws an image and does one wake and one sleep update on it. */
  update(epsilon: number): void;
  /** Copies the weights back into the params that the machine was made of. */
  store(): void;
  /** Where the random stream stands. */
  state(): AleaState;
}

// In the order of the words of `net`, after image and generator.
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

/**
 * Takes over the random stream `rng` and the weights `params`: call `update`
 * for each image, `store` before reading `params`. `rng` itself stays where it
 * was; `state()` says where the stream has got to.
 */
export function compileWakeSleep(
  rng: StatefulRng,
  params: HelmholtzParams,
  sample: SamplePattern,
): CompiledWakeSleep {
  const sizes = {
    visible: params.visibleBias.length,
    hidden: params.hiddenBias.length,
    top: params.topBias.length,
  };
  const { visible, hidden, top } = sizes;
  const padded = (n: number): number => n + (n & 1); // whole vectors of two
  const numbers = 64 + visible + // the rest bounds lists, states and biases
    (visible + top + 8) * padded(hidden) +
    (hidden + 8) * (padded(visible) + padded(top));
  const space = workspace("float64", { bytes: 8 * numbers + 1024 });
  const row = (n: number): FloatArray => space.matrix(1, padded(n)).data;

  const words = new Uint32Array(space.memory.buffer, row(12).byteOffset, 24);
  const alea = row(4);
  const { s0, s1, s2, c } = rng.state();
  alea.set([s0, s1, s2, c]);
  const image = new Uint8Array(
    alea.buffer,
    row(Math.ceil(visible / 8)).byteOffset,
    visible,
  );
  const weights = LAYOUT.map(([name, to]) => {
    const outside = params[name];
    const n = sizes[to];
    const rows = outside.length / n;
    const inside = space.matrix(rows, padded(n)).data;
    for (let i = 0; i < rows; i++) {
      inside.set(outside.subarray(i * n, (i + 1) * n), i * padded(n));
    }
    return { outside, inside, rows, n };
  });
  const states = [top, hidden, visible].map((n) => row(n).byteOffset);
  // `draw` writes one entry beyond the last unit that is on.
  const lists = [top, hidden, visible].map((n) => row((n >> 1) + 2).byteOffset);
  words.set([
    ...[visible, hidden, top, alea.byteOffset, image.byteOffset],
    ...weights.map(({ inside }) => inside.byteOffset),
    ...states,
    ...lists,
    row(Math.max(top, hidden, visible)).byteOffset,
  ]);

  const draw = (): number => {
    const t = 2091639 * alea[0] + alea[3] * 2.3283064365386963e-10;
    alea[0] = alea[1];
    alea[1] = alea[2];
    return alea[2] = t - (alea[3] = Math.floor(t));
  };
  const { kernels } = space;
  const net = words.byteOffset;
  return {
    update(epsilon): void {
      sample(draw, image);
      kernels.wakeSleep(net, epsilon);
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
}
