/**
 * What runs in a worker of the pool in `lib/run/sweep.ts`: imports the task's
 * module, calls the task, posts its progress and its result.
 *
 * @module
 */
import type { FromWorker, SeedTask, ToWorker } from "./sweep.ts";

const post = (message: FromWorker): void => self.postMessage(message);

self.onmessage = async ({ data }: MessageEvent<ToWorker>): Promise<void> => {
  const { task, seed, options, stop } = data;
  try {
    const module = await import(task.module);
    const run: SeedTask<unknown, unknown> = module[task.name];
    if (typeof run !== "function") {
      throw new TypeError(
        `Cannot sweep as ${task.name} must be an exported function of ` +
          `${task.module}: current value is ${run}`,
      );
    }
    const report = (progress: unknown): void =>
      post({ kind: "progress", progress });
    const stopped = (): boolean => Atomics.load(stop, 0) === 1;
    const value = await run(seed, options, report, stopped);
    post({ kind: "value", value });
  } catch (error) {
    post({ kind: "error", error: String(error) });
  }
};

// A worker that closed itself would never answer: say so first.
self.close = (): void =>
  post({ kind: "error", error: "the worker closed itself", closed: true });
