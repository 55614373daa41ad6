/**
 * One training on all cores: a team of threads that share the memory of a
 * workspace and compute its larger kernels together.
 *
 * The thread that trains cuts a call into shares, takes one after the other, and
 * so does every helper that has come; it waits for the last. No share needs
 * another's result, so the bits do not depend on how many help, or when they
 * come (see `lib/numeric/wasm/shares.ts`).
 *
 * Helpers are called when there is work for them and the seeds that are trained
 * at the time leave cores to spare; they sleep while there is none, and end after
 * a while. Where the machine's cores have other work to do, sharing may take
 * longer than not: both are tried now and then, and the faster is done.
 *
 * ```ts
 * const space = workspace("float32", { bytes, ...teamwork() });
 * ```
 *
 * @module
 */
import {
  AREAS,
  type Dtype,
  type Kernels,
  wasmKernels,
} from "../numeric/wasm/kernels.ts";
import {
  call,
  finishShares,
  MOST_SHARES,
  nanosecondsOf,
  SHARED_KERNELS,
  shareOf,
  sharesFor,
} from "../numeric/wasm/shares.ts";
import type { WorkspaceOptions } from "../numeric/matrix/workspace.ts";
import { FasterWay } from "./faster_way.ts";
import { seedTask, spareCores, WorkerPool } from "./sweep.ts";

/** A call takes at least as long, in nanoseconds, or is not shared. */
const WORTH = 10_000;
/** Looks, some 20 nanoseconds each, before a thread goes to sleep. */
const LOOKS = 8000;
/** Milliseconds after which training fails as a helper does not end its share. */
const LOST = 60_000;
/** Milliseconds without work after which a helper leaves, and its worker ends. */
const PATIENCE = 1000;

// The words that the threads of a team share.
/** Number of the call, and below it a bit for each share: whether it is taken. */
const TAKEN = 0;
/** Shares of the call. */
const COUNT = 1;
/** Threads that it was cut for. */
const THREADS = 2;
/** Shares that are done. */
const DONE = 3;
/** Which kernel, in SHARED_KERNELS. */
const KERNEL = 4;
/** How many arguments it has. */
const LENGTH = 5;
/** Helpers that have come. */
const PRESENT = 6;
/** Helpers that sleep. */
const ASLEEP = 7;
/** Helpers that may stay. */
const WANTED = 8;
/** Helpers that may be at work. */
const BUSY = 9;
/** Calls that could be shared, so far. */
const CALLS = 10;
/** The bits of all shares that there may be. */
const ALL = 2 ** MOST_SHARES - 1;
/** Bytes before the arguments, which are doubles. */
const WORDS = 64;
/** Arguments of a kernel at most. */
const ARGUMENTS = 20;

/** What a helper is told. */
interface Invitation {
  memory: WebAssembly.Memory;
  dtype: Dtype;
  control: SharedArrayBuffer;
}

/** What a thread computes with. */
interface Thread {
  /** 0 trains, the others help. */
  number: number;
  kernels: Kernels;
  dtype: Dtype;
}

/** A call as it stands in the shared words, before one of the threads. */
class Board {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly #args: Float64Array<SharedArrayBuffer>;
  readonly #thread: Thread;

  constructor(control: SharedArrayBuffer, thread: Thread) {
    this.words = new Int32Array(control, 0, WORDS / 4);
    this.#args = new Float64Array(control, WORDS, ARGUMENTS);
    this.#thread = thread;
  }

  /**
   * Tells all who look of a call, once no helper works on the one before, which
   * may have been cut off.
   */
  post(
    kernel: number,
    args: readonly number[],
    { count, threads }: { count: number; threads: number },
  ): void {
    const { words } = this;
    const number = (Atomics.load(words, TAKEN) >>> MOST_SHARES) + 1;
    Atomics.store(words, TAKEN, number << MOST_SHARES | ALL);
    this.#wait(BUSY, 0);
    words[KERNEL] = kernel;
    words[LENGTH] = args.length;
    words[COUNT] = count;
    words[THREADS] = threads;
    this.#args.set(args);
    Atomics.store(words, DONE, 0);
    const none = ALL << count & ALL; // of those that there are
    Atomics.store(words, TAKEN, (number + 1) << MOST_SHARES | none);
    if (Atomics.load(words, ASLEEP) > 0) Atomics.notify(words, TAKEN);
  }

  /**
   * Takes shares of the present call and computes them, until none is left:
   * those first that are the thread's own, as it has their rows of other calls
   * at hand. What it reads belongs to the call whose share it then takes: before
   * the words change, all shares are taken.
   */
  work(): void {
    const { words } = this;
    const { number, kernels, dtype } = this.#thread;
    for (;;) {
      const taken = Atomics.load(words, TAKEN);
      if ((taken & ALL) === ALL) return;
      const count = words[COUNT];
      let i = Math.floor(number * count / words[THREADS]) % count;
      while (taken & 1 << i) i = (i + 1) % count;
      const name = SHARED_KERNELS[words[KERNEL]];
      const args: number[] = [];
      for (let at = 0; at < words[LENGTH]; at++) args.push(this.#args[at]);
      const now = Atomics.compareExchange(words, TAKEN, taken, taken | 1 << i);
      if (now !== taken) continue;
      const share = shareOf(name, args, { i, count, dtype });
      if (share) call(kernels, name, share);
      Atomics.add(words, DONE, 1);
      Atomics.notify(words, DONE);
    }
  }

  /** The same for a helper, who is known to be at it. */
  help(): void {
    const { words } = this;
    Atomics.add(words, BUSY, 1);
    try {
      this.work();
    } finally {
      Atomics.sub(words, BUSY, 1);
      Atomics.notify(words, BUSY);
    }
  }

  /** Waits until the whole call is done, of which no share is left. */
  finish(): void {
    this.#wait(DONE, this.words[COUNT]);
  }

  #wait(word: number, wanted: number): void {
    const { words } = this;
    for (let looks = 0; looks < LOOKS + LOST; looks++) {
      const now = Atomics.load(words, word);
      if (now === wanted) return;
      if (looks < LOOKS) pause();
      else Atomics.wait(words, word, now, 1);
    }
    throw new Error("Cannot go on training as a helper must end its share");
  }

  /** Waits for a call; false once none could be shared for a while. */
  await(): boolean {
    const { words } = this;
    const idle = Atomics.load(words, TAKEN);
    for (let looks = 0; looks < LOOKS; looks++) {
      if (Atomics.load(words, TAKEN) !== idle) return true;
      pause();
    }
    Atomics.add(words, ASLEEP, 1);
    let calls: number;
    let woken: boolean;
    do {
      calls = Atomics.load(words, CALLS);
      woken = Atomics.wait(words, TAKEN, idle, PATIENCE) !== "timed-out";
    } while (!woken && Atomics.load(words, CALLS) !== calls);
    Atomics.sub(words, ASLEEP, 1);
    return woken;
  }
}

/** Tells the processor that this thread only looks. */
const pause: () => void = Atomics.pause?.bind(Atomics) ?? (() => {});

/** Helps until there is nothing to do, in a worker of the pool. */
export function help(
  place: number,
  { memory, dtype, control }: Invitation,
): void {
  const number = 1 + place;
  const kernels = wasmKernels(memory, dtype, number);
  const board = new Board(control, { number, kernels, dtype });
  const { words } = board;
  Atomics.add(words, PRESENT, 1);
  try {
    do {
      board.help();
    } while (Atomics.load(words, WANTED) > place && board.await());
  } catch (error) {
    // A call that is cut off ends where it was made, too.
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  } finally {
    Atomics.sub(words, PRESENT, 1);
  }
}

const HELP = seedTask(import.meta.url, "help");

/** All helpers of the process. */
const pool = new WorkerPool(AREAS - 1);

/** How many may help at the moment, besides the thread that trains. */
function helpers(): number {
  return Math.min(AREAS - 1, Math.max(0, spareCores() - 1));
}

/** Says of each call whether it is shared: a {@link FasterWay}. */
type Chooser = Pick<FasterWay, "way">;

/** Kernels that share their larger calls with whoever may help. */
function teamKernels(
  memory: WebAssembly.Memory,
  dtype: Dtype,
  faster: Chooser,
): Kernels {
  const kernels = wasmKernels(memory, dtype);
  const control = new SharedArrayBuffer(WORDS + 8 * ARGUMENTS);
  const board = new Board(control, { number: 0, kernels, dtype });
  const { words } = board;
  words[TAKEN] = ALL;
  const called = new Set<number>();

  /**
   * Calls as many as may help; they come while this thread works on. Returns how
   * many have come.
   */
  function invite(): number {
    const wanted = helpers();
    Atomics.store(words, WANTED, wanted);
    for (let place = 0; place < wanted; place++) {
      if (called.has(place)) continue;
      called.add(place);
      pool.sweep<Invitation, void>(HELP, {
        seeds: [place],
        options: { memory, dtype, control },
      }).then(([{ status }]) => {
        // Who cannot come is not called again.
        if (status === "done") called.delete(place);
        if (pool.busy === 0) pool.close(); // a worker keeps its process alive
      });
    }
    return Math.min(wanted, Atomics.load(words, PRESENT));
  }

  const shared = SHARED_KERNELS.map((name, kernel) => {
    const alone = kernels[name] as (...args: number[]) => void;
    return [name, (...args: number[]): void => {
      const time = nanosecondsOf(name, args);
      if (time < WORTH) return alone(...args);
      const threads = 1 + invite();
      if (threads === 1) return alone(...args);
      Atomics.add(words, CALLS, 1);
      const what = SHARED_KERNELS.length * (args[0] + args[1] + args[2]);
      if (faster.way(what + kernel, time) === 0) return alone(...args);
      const count = sharesFor(threads, name, args);
      board.post(kernel, args, { count, threads });
      board.work();
      board.finish();
      finishShares(kernels, name, args, { count, dtype });
    }];
  });
  return { ...kernels, ...Object.fromEntries(shared) };
}

/**
 * Options of a workspace whose larger kernels are computed on all cores that are
 * free. Empty where threads cannot share memory, and in workers, whose pool has
 * a training for every core.
 *
 * @param faster which calls are shared
 */
export function teamwork(
  faster: Chooser = new FasterWay(),
): WorkspaceOptions {
  const able = typeof SharedArrayBuffer !== "undefined" &&
    typeof Worker !== "undefined" &&
    !("WorkerGlobalScope" in globalThis) && !("document" in globalThis);
  if (!able) return {};
  return {
    shared: true,
    kernels: (memory, dtype) => teamKernels(memory, dtype, faster),
  };
}
