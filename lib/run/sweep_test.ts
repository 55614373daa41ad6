import assert from "node:assert/strict";
import { sigmoid } from "../numeric/matrix/elementwise.ts";
import { matmul, matmulTN } from "../numeric/matrix/products.ts";
import { columnSums } from "../numeric/matrix/reductions.ts";
import { addRow } from "../numeric/matrix/rows.ts";
import { workspace } from "../numeric/matrix/workspace.ts";
import { adam, likeParams } from "../numeric/optimizers.ts";
import { fillNormal, stream } from "../numeric/random.ts";
import { type SeedTask, seedTask, sweep, WorkerPool } from "./sweep.ts";
import { closeSweep } from "./sweep.ts";

/** What a test asks of the task below. */
interface Wish {
  throwAt?: number;
  dieAt?: number;
  closeAt?: number;
  hangAt?: number;
  /** Goes on until it is told to end early. */
  onAndOnAt?: number[];
}

/** A little logistic regression, and every way to end. */
export const trainSeed: SeedTask<Wish, { weights: Float32Array }> = (
  seed,
  { throwAt, dieAt, closeAt, hangAt, onAndOnAt },
  report,
  stopped = (): boolean => true,
) => {
  if (seed === throwAt) throw new Error(`seed ${seed} would not`);
  if (seed === closeAt) self.close();
  if (seed === dieAt) {
    setTimeout(() => {
      throw new Error("out of the blue");
    });
  }
  if ([dieAt, closeAt, hangAt].includes(seed)) return new Promise(() => {});
  if (onAndOnAt?.includes(seed)) {
    report(0);
    while (!stopped());
  }
  const space = workspace("float32", { bytes: 1 << 20 });
  const params = space.matrices({ w: [7, 5], b: [1, 5] });
  const grads = likeParams(params);
  const { x, y } = space.matrices({ x: [33, 7], y: [33, 5] });
  fillNormal(stream(seed, "init"), params.w.data, 1);
  const data = stream(seed, "data");
  const optimizer = adam(params, { learningRate: 0.01 });
  for (let step = 0; step < 50; step++) {
    fillNormal(data, x.data, 1);
    sigmoid(addRow(matmul(x, params.w, y), params.b, y), y);
    matmulTN(x, y, grads.w);
    columnSums(y, grads.b);
    optimizer.update(grads);
    if (step % 25 === 24) report(step + 1);
  }
  return { weights: Float32Array.from(params.w.data) };
};

const TASK = seedTask(import.meta.url, "trainSeed");

async function withPool(
  size: number,
  body: (pool: WorkerPool) => Promise<void>,
): Promise<void> {
  const pool = new WorkerPool(size);
  try {
    await body(pool);
  } finally {
    pool.close();
  }
}

Deno.test("workers give the main thread's bits, in the order of the seeds", async () => {
  const seeds = [5, 1, 9, 2];
  const outcomes = await sweep<Wish, { weights: Float32Array }>(TASK, {
    seeds,
    options: {},
  });
  closeSweep();
  for (const [i, seed] of seeds.entries()) {
    const value = await trainSeed(seed, {}, () => {});
    assert.deepEqual(outcomes[i], { seed, status: "done", value });
  }
});

Deno.test("progress carries the task's own reports and the count of ended seeds", async () => {
  await withPool(1, async (pool) => {
    const log: unknown[] = [];
    await pool.sweep(TASK, {
      seeds: [1, 2],
      options: {},
      onProgress: (row) => log.push([row.seed, row.progress, row.ended]),
    });
    assert.deepEqual(log, [
      [1, 25, 0],
      [1, 50, 0],
      [1, undefined, 1],
      [2, 25, 1],
      [2, 50, 1],
      [2, undefined, 2],
    ]);
  });
});

Deno.test("a task that throws and a worker that dies fail their seeds alone", async () => {
  await withPool(2, async (pool) => {
    const outcomes = await pool.sweep<Wish, unknown>(TASK, {
      seeds: [0, 1, 2, 3, 4, 5],
      options: { throwAt: 1, dieAt: 2, closeAt: 4 },
    });
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["done", "failed", "failed", "done", "failed", "done"],
    );
    const errors = outcomes.map((o) => o.status === "failed" ? o.error : "");
    assert.match(errors[1], /seed 1 would not/);
    assert.match(errors[2], /the worker died: .*out of the blue/);
    assert.match(errors[4], /closed itself/);
  });
});

Deno.test("cancelling keeps what is done, and the pool goes on", async () => {
  await withPool(1, async (pool) => {
    const abort = new AbortController();
    const outcomes = await pool.sweep(TASK, {
      seeds: [0, 1, 2],
      options: { hangAt: 1 },
      signal: abort.signal,
      onProgress: ({ ended }) => ended === 1 && abort.abort(),
    });
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["done", "cancelled", "cancelled"],
    );
    const again = await pool.sweep(TASK, { seeds: [3], options: {} });
    assert.equal(again[0].status, "done");
    assert.deepEqual(await pool.sweep(TASK, { seeds: [], options: {} }), []);
  });
});

Deno.test("a pool grows at once, shrinks as seeds end, and its size is a number", async () => {
  const pool = new WorkerPool(1);
  try {
    let most = 0;
    let running = 0;
    const begun = new Set<number>();
    const seeds = [0, 1, 2, 3, 4, 5];
    const done = pool.sweep(TASK, {
      seeds,
      options: { onAndOnAt: seeds },
      onProgress: ({ seed, progress }) => {
        if (progress === undefined) running--;
        else if (!begun.has(seed)) {
          begun.add(seed);
          most = Math.max(most, ++running);
          if (running === 1) pool.size = 3;
        }
      },
      stop: AbortSignal.timeout(3000),
    });
    await done;
    assert.equal(most, 3);
    assert.throws(() => pool.size = 0, /size must be an integer > 0/);
  } finally {
    pool.close();
  }
});

Deno.test("stopping keeps the seeds that have ended, and at once", async () => {
  await withPool(1, async (pool) => {
    const stop = new AbortController();
    const outcomes = await pool.sweep(TASK, {
      seeds: [0, 1, 2],
      options: { hangAt: 1 },
      stop: stop.signal,
      onProgress: ({ ended }) => ended === 1 && stop.abort(),
    });
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["done", "cancelled", "cancelled"],
    );
  });
});

Deno.test("stopping before any seed has ended lets the first end early", async () => {
  await withPool(2, async (pool) => {
    const stop = new AbortController();
    const outcomes = await pool.sweep(TASK, {
      seeds: [0, 1, 2],
      options: { onAndOnAt: [0, 1, 2] },
      stop: stop.signal,
      onProgress: ({ seed }) => seed === 0 && stop.abort(),
    });
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["done", "cancelled", "cancelled"],
    );
    const again = await pool.sweep(TASK, { seeds: [3], options: {} });
    assert.equal(again[0].status, "done");
  });
});

Deno.test("a task that is not exported is named", async () => {
  await withPool(1, async (pool) => {
    const [outcome] = await pool.sweep(
      seedTask(import.meta.url, "nothing"),
      { seeds: [0], options: {} },
    );
    assert.match(JSON.stringify(outcome), /nothing must be an exported/);
  });
});
