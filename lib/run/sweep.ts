/**
 * A pool of workers that trains over seeds, one seed a worker at a time.
 *
 * Workers start once a process, when first needed (a second each in a notebook
 * kernel), and are kept. A task is an exported function of a module: functions
 * do not travel between threads, their names do. A worker runs the same
 * code as the main thread, hence gives the same bits.
 *
 * ```ts
 * // in a module: export const SEED_TASK = seedTask(import.meta.url, "trainSeed");
 * const outcomes = await sweep(SEED_TASK, { seeds: [0, 1, 2], options: {} });
 * ```
 *
 * @module
 */

/**
 * Trains from one seed. `options` and the result are plain data, typed arrays
 * included; `report` sends progress, of any plain form, to the main thread;
 * `stopped` tells whether to end early, with what has been learned.
 */
export type SeedTask<Options, Value> = (
  seed: number,
  options: Options,
  report: (progress: unknown) => void,
  stopped?: () => boolean,
) => Value | Promise<Value>;

/** Where a task is found: the URL of a module and the name of its export. */
export interface TaskName {
  module: string;
  name: string;
}

/** Names the task `name` of the module at `module` (its `import.meta.url`). */
export function seedTask(module: string, name: string): TaskName {
  return { module, name };
}

/** What became of a seed. */
export type SeedOutcome<Value> =
  | { seed: number; status: "done"; value: Value }
  | { seed: number; status: "failed"; error: string }
  | { seed: number; status: "cancelled" };

/** A report of `onProgress`. */
export interface SweepProgress {
  seed: number;
  /** What the task reported; undefined when the seed has just ended. */
  progress: unknown;
  /** Seeds that have ended, and all seeds. */
  ended: number;
  total: number;
}

/** What `sweep` runs. */
export interface SweepOptions<Options> {
  seeds: readonly number[];
  /** Handed to every call of the task. */
  options: Options;
  onProgress?: (progress: SweepProgress) => void;
  /** Aborting ends the running seeds at once; the outcomes so far are kept. */
  signal?: AbortSignal;
  /**
   * Aborting keeps the seeds that have ended and cancels the others; but where
   * none has ended, the first is asked to end early and is kept.
   */
  stop?: AbortSignal;
}

/** Message to a worker. */
export interface ToWorker {
  task: TaskName;
  seed: number;
  options: unknown;
  /** Shared between threads: 1 once the task is to end early. */
  stop: Int32Array;
}

/** Message from a worker. */
export type FromWorker =
  | { kind: "progress"; progress: unknown }
  | { kind: "value"; value: unknown }
  | { kind: "error"; error: string; closed?: true };

interface Job {
  message: ToWorker;
  onProgress(progress: unknown): void;
  onEnd(outcome: SeedOutcome<unknown>): void;
}

/** Workers that wait for seeds. */
export class WorkerPool {
  #size: number;
  readonly #makeWorker: () => Worker;
  readonly #idle: Worker[] = [];
  readonly #running = new Map<Job, Worker>();
  #queue: Job[] = [];

  /**
   * @param size workers at most; default: the processor's cores
   * @param makeWorker starts a worker on `sweep_worker.ts`; a browser bundle
   *   passes its own
   */
  constructor(
    size: number = navigator.hardwareConcurrency,
    makeWorker: () => Worker = startWorker,
  ) {
    this.#size = checkSize(size);
    this.#makeWorker = makeWorker;
  }

  /** Seeds that run or wait. */
  get busy(): number {
    return this.#running.size + this.#queue.length;
  }

  /** Workers at most. More start at once; fewer, as seeds end. */
  get size(): number {
    return this.#size;
  }

  set size(size: number) {
    this.#size = checkSize(size);
    this.#startNext();
  }

  /**
   * Runs `task` for every seed. Never rejects: a task that throws, or a worker
   * that dies, fails its own seed, and the rest are finished. Outcomes are in
   * the order of the seeds.
   */
  sweep<Options, Value>(
    task: TaskName,
    { seeds, options, onProgress, signal, stop }: SweepOptions<Options>,
  ): Promise<SeedOutcome<Value>[]> {
    const { promise, resolve } = Promise.withResolvers<SeedOutcome<Value>[]>();
    const outcomes: SeedOutcome<Value>[] = new Array(seeds.length);
    let ended = 0;
    const total = seeds.length;
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const jobs = seeds.map((seed, i): Job => ({
      message: { task, seed, options, stop: flag },
      onProgress: (progress) => onProgress?.({ seed, progress, ended, total }),
      onEnd: (outcome) => {
        outcomes[i] = outcome as SeedOutcome<Value>;
        ended++;
        onProgress?.({ seed, progress: undefined, ended, total });
        if (ended === total) {
          signal?.removeEventListener("abort", cancel);
          stop?.removeEventListener("abort", endEarly);
          resolve(outcomes);
        }
      },
    }));
    const cancel = (): void => {
      for (const job of jobs) this.#cancel(job);
      this.#startNext();
    };
    const endEarly = (): void => {
      Atomics.store(flag, 0, 1);
      for (const job of jobs.slice(ended === 0 ? 1 : 0)) this.#cancel(job);
      this.#startNext();
    };
    if (total === 0) resolve([]);
    this.#queue.push(...jobs);
    signal?.addEventListener("abort", cancel);
    stop?.addEventListener("abort", endEarly);
    if (stop?.aborted) endEarly();
    if (signal?.aborted) cancel();
    else this.#startNext();
    return promise;
  }

  /** Ends all workers; seeds that wait or run come out as cancelled. */
  close(): void {
    for (const job of [...this.#queue, ...this.#running.keys()]) {
      this.#cancel(job);
    }
    for (const worker of this.#idle.splice(0)) worker.terminate();
  }

  #cancel(job: Job): void {
    const { seed } = job.message;
    const worker = this.#running.get(job);
    const waiting = this.#queue.includes(job);
    if (worker === undefined && !waiting) return;
    worker?.terminate();
    this.#running.delete(job);
    this.#queue = this.#queue.filter((other) => other !== job);
    job.onEnd({ seed, status: "cancelled" });
  }

  #startNext(): void {
    while (this.#queue.length > 0 && this.#running.size < this.#size) {
      const job = this.#queue.shift()!;
      this.#start(job, this.#idle.pop() ?? this.#makeWorker());
    }
  }

  #start(job: Job, worker: Worker): void {
    const { seed } = job.message;
    this.#running.set(job, worker);
    const end = (outcome: SeedOutcome<unknown>, keep: boolean): void => {
      if (this.#running.get(job) !== worker) return; // cancelled meanwhile
      this.#running.delete(job);
      if (keep) this.#idle.push(worker);
      else worker.terminate();
      job.onEnd(outcome);
      this.#startNext();
    };
    worker.onmessage = ({ data }: MessageEvent<FromWorker>): void => {
      if (this.#running.get(job) !== worker) return;
      if (data.kind === "progress") job.onProgress(data.progress);
      else if (data.kind === "value") {
        end({ seed, status: "done", value: data.value }, true);
      } else {
        end({ seed, status: "failed", error: data.error }, !data.closed);
      }
    };
    worker.onerror = (event): void => {
      event.preventDefault(); // else the process ends with the worker
      const error = `the worker died: ${event.message}`;
      end({ seed, status: "failed", error }, false);
    };
    worker.onmessageerror = (): void => {
      const error = "the worker's answer could not be read";
      end({ seed, status: "failed", error }, false);
    };
    worker.postMessage(job.message);
  }
}

function checkSize(size: number): number {
  if (Number.isInteger(size) && size > 0) return size;
  throw new RangeError(
    "Cannot make a worker pool as size must be an integer > 0: " +
      `current value is ${size}`,
  );
}

function startWorker(): Worker {
  const url = new URL("./sweep_worker.ts", import.meta.url);
  return new Worker(url, { type: "module" });
}

let shared: WorkerPool | undefined;

/** Runs `task` for every seed on the process's own pool. */
export function sweep<Options, Value>(
  task: TaskName,
  options: SweepOptions<Options>,
): Promise<SeedOutcome<Value>[]> {
  shared ??= new WorkerPool();
  return shared.sweep(task, options);
}

/** How many workers of the process's own pool are busy at most, from now on. */
export function limitSweep(size: number): void {
  shared ??= new WorkerPool();
  shared.size = size;
}

/** How many more workers of the process's own pool may be busy. */
export function spareCores(): number {
  shared ??= new WorkerPool();
  return shared.size - shared.busy;
}

/** Ends the process's own pool: a program that swept must, to exit. */
export function closeSweep(): void {
  shared?.close();
  shared = undefined;
}
