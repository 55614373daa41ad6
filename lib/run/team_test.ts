import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Matrix,
  type Workspace,
  workspace,
} from "../numeric/matrix/workspace.ts";
import { sigmoid } from "../numeric/matrix/elementwise.ts";
import { addMatmulTN, matmul } from "../numeric/matrix/products.ts";
import { fillNormal, stream } from "../numeric/random.ts";
import { AREA_BYTES } from "../numeric/wasm/kernels.ts";
import { closeSweep, limitSweep, seedTask, sweep } from "./sweep.ts";
import { teamwork } from "./team.ts";

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** Steps of some work in `space`, each of which depends on the one before. */
function* steps(space: Workspace): Generator<Matrix, never> {
  const rng = stream(1, "data");
  const make = (rows: number, cols: number): Matrix => {
    const made = space.matrix(rows, cols);
    fillNormal(rng, made.data, 0.1);
    return made;
  };
  // Sums over the rows are taken in four parts.
  const [x, w, y] = [make(1603, 61), make(61, 57), make(1603, 57)];
  for (;;) {
    matmul(x, w, y);
    sigmoid(y, y);
    addMatmulTN(x, y, w);
    yield w;
  }
}

const turn = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(met: () => boolean): Promise<void> {
  const start = performance.now();
  while (!met()) {
    assert.ok(performance.now() - start < 60_000, "waited in vain");
    await turn(5);
  }
}

/** Another task of the pool: asks for time. */
export function rest(milliseconds: number): Promise<void> {
  return turn(milliseconds);
}

/** Whether the first helper has computed: its scratch is no longer empty. */
function helped({ memory }: Workspace): boolean {
  const scratch = 2 * AREA_BYTES + (1 << 16);
  return new Uint8Array(memory.buffer, scratch, 4096).some((byte) => byte > 0);
}

Deno.test("helpers come, leave and come again, and every step has the bits of one thread", async () => {
  limitSweep(3);
  try {
    const space = workspace("float32", teamwork());
    const [team, alone] = [steps(space), steps(workspace("float32"))];
    for (let round = 0; round < 2; round++) {
      await until(() => {
        for (let i = 0; i < 10; i++) {
          assert.deepEqual(team.next().value.data, alone.next().value.data);
        }
        return helped(space);
      });
      await turn(1500);
    }
  } finally {
    closeSweep();
  }
});

Deno.test("a call that is cut off leaves the next ones as they were", async () => {
  limitSweep(2);
  try {
    const space = workspace("float32", teamwork());
    const [team, alone] = [steps(space), steps(workspace("float32"))];
    const same = (): void =>
      assert.deepEqual(team.next().value.data, alone.next().value.data);
    await until(() => {
      same();
      return helped(space);
    });
    const beyond = space.memory.buffer.byteLength;
    for (let i = 0; i < 5; i++) {
      assert.throws(
        () =>
          space.kernels.matmul(
            beyond,
            beyond,
            beyond,
            256,
            256,
            256,
            0,
            256,
            256,
          ),
        WebAssembly.RuntimeError,
      );
      const start = performance.now();
      same();
      assert.ok(performance.now() - start < 10_000);
      await turn(20);
    }
  } finally {
    closeSweep();
  }
});

Deno.test("nobody helps where seeds keep the cores busy, or cores are one", async () => {
  const space = workspace("float32", teamwork());
  const work = steps(space);
  const go = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) {
      work.next();
      await turn(10);
    }
  };
  try {
    limitSweep(2);
    const task = seedTask(import.meta.url, "rest");
    const rested = sweep(task, { seeds: [2000, 2000], options: null });
    await go();
    await rested;
    limitSweep(1);
    await go();
    assert.equal(helped(space), false);
    limitSweep(2);
    await until(() => {
      work.next();
      return helped(space);
    });
  } finally {
    closeSweep();
  }
});

Deno.test("helpers keep no program from its end", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "program.ts");
    const url = (name: string): string =>
      JSON.stringify(new URL(name, import.meta.url).href);
    await Deno.writeTextFile(
      file,
      `import { neuralEmConfig } from ${url("../neural_em/model.ts")};
      import { neuralEmTrainer } from ${url("../neural_em/training.ts")};
      const config = neuralEmConfig({ steps: 2, unroll: 2 });
      const sample = (_: unknown, count: number) => [
        { images: new Float32Array(count * 784) },
      ];
      const trainer = neuralEmTrainer(1, { config, sample } as never);
      for (let i = 0; i < 20; i++) {
        trainer.update();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      console.log("ended");`,
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--config", CONFIG, file],
      signal: AbortSignal.timeout(60_000),
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.equal(new TextDecoder().decode(stdout), "ended\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a worker, whose pool has a seed a core, has no team", async () => {
  try {
    const task = seedTask(import.meta.url, "options");
    const [outcome] = await sweep(task, { seeds: [0], options: null });
    assert.deepEqual(outcome, { seed: 0, status: "done", value: [] });
    assert.deepEqual(Object.keys(teamwork()), ["shared", "kernels"]);
  } finally {
    closeSweep();
  }
});

/** What a team's workspace would be made with, in a worker. */
export function options(): string[] {
  return Object.keys(teamwork());
}
