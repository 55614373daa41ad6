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

/** Scratch of the first helper. */
function scratchOf({ memory }: Workspace): Uint8Array {
  return new Uint8Array(memory.buffer, 2 * AREA_BYTES + (1 << 16), 4096);
}

/** Whether the first helper has computed since its scratch was empty. */
function helped(space: Workspace): boolean {
  return scratchOf(space).some((byte) => byte > 0);
}

/** Shares every call that is large enough, whether that is faster or not. */
const always = { way: () => 1 as const };

Deno.test("helpers come, leave and come again, and every step has the bits of one thread", async () => {
  limitSweep(3);
  try {
    const space = workspace("float32", teamwork(always));
    const [team, alone] = [steps(space), steps(workspace("float32"))];
    for (let round = 0; round < 2; round++) {
      scratchOf(space).fill(0);
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
    const space = workspace("float32", teamwork(always));
    const [team, alone] = [steps(space), steps(workspace("float32"))];
    const same = (): void =>
      assert.deepEqual(team.next().value.data, alone.next().value.data);
    const beyond = space.memory.buffer.byteLength;
    for (let i = 0; i < 5; i++) {
      scratchOf(space).fill(0);
      await until(() => {
        same();
        return helped(space);
      });
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

const url = (name: string): string => new URL(name, import.meta.url).href;

/** Shares products until it is helped, or for so long; tells whether it was. */
const program = (milliseconds: number): string => `
import { fillNormal, stream } from "${url("../numeric/random.ts")}";
import { matmul } from "${url("../numeric/matrix/products.ts")}";
import { workspace } from "${url("../numeric/matrix/workspace.ts")}";
import { AREA_BYTES } from "${url("../numeric/wasm/kernels.ts")}";
import { limitSweep } from "${url("./sweep.ts")}";
import { teamwork } from "${url("./team.ts")}";
limitSweep(2);
const space = workspace("float32", teamwork({ way: () => 1 }));
const [x, y, z] = [0, 1, 2].map(() => space.matrix(256, 256));
for (const { data } of [x, y]) fillNormal(stream(1, "data"), data, 1);
const scratch = 2 * AREA_BYTES + (1 << 16);
const helped = () =>
  new Uint8Array(space.memory.buffer, scratch, 4096).some((byte) => byte > 0);
for (const start = performance.now(); performance.now() - start < ${milliseconds};) {
  matmul(x, y, z);
  if (helped()) break;
  await new Promise((resolve) => setTimeout(resolve, 10));
}
console.log(helped() ? "helped" : "alone");`;

async function runProgram(
  milliseconds: number,
  ...permissions: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "program.ts");
    await Deno.writeTextFile(file, program(milliseconds));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--config", CONFIG, ...permissions, file],
      signal: AbortSignal.timeout(60_000),
    }).output();
    const [out, err] = [stdout, stderr].map((b) => new TextDecoder().decode(b));
    return { code, stdout: out, stderr: err };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("helpers keep no program from its end", async () => {
  const { code, stdout, stderr } = await runProgram(50_000, "-A");
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "helped\n");
});

Deno.test("a helper that may not come is called once", async () => {
  const { code, stdout, stderr } = await runProgram(1000);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "alone\n");
  assert.equal(stderr.match(/Requires read access/g)?.length, 1, stderr);
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
