/**
 * Which of two ways of doing the same work is the faster one here and now.
 *
 * That is not known beforehand: a machine has other work to do, and what a
 * thread runs is compiled as it goes. So both ways are tried in turn, the faster
 * is kept for a while, and then both are tried again.
 *
 * @module
 */

/** A turn takes so much work at least. */
const TURN = 10e6;
/** A turn that does not come back to where it began ends after so much. */
const LOST = 2e9;
/** A trial: each way twice, as either may be disturbed once. */
const TURNS = [1, 0, 1, 0] as const;
/** The second way must be as much faster: it takes more of the machine. */
const GAIN = 0.97;
/** How long the faster way is kept, in trials: at first, and at most. */
const [SOON, LATE] = [2, 32];

/** 0 is the plain way, 1 the other. */
export type Way = 0 | 1;

/**
 * Is asked before every call which way it goes.
 *
 * ```ts
 * const faster = new FasterWay();
 * if (faster.way(call, work) === 1) together(); else alone();
 * ```
 */
export class FasterWay {
  readonly #clock: () => number;
  /** The last sixteen calls, as a hash: a place in a step. */
  #trail = 0;
  /** Of a trial; beyond the last one, none is on. */
  #turn: number = TURNS.length;
  /** The trail and the time at which it began. */
  #place = 0;
  #began = 0;
  /** Of the present turn, and of the trial's turns before it. */
  #work = 0;
  #tried = 0;
  /** Time per work at least, of each way. */
  #least = [Infinity, Infinity];
  #kept: Way = 0;
  /** For how many trials it is kept, and work until the next one. */
  #trials = SOON / 2;
  #left = 3 * TURN; // by then there is a trail

  /** @param clock any unit */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /**
   * The way of the call that now begins.
   *
   * @param call a whole number that tells calls apart, by what is done to what:
   * turns begin and end where the same calls went before, at the same place of a
   * step, hence both ways are tried on the same work
   * @param work about how long the call takes the plain way, in nanoseconds
   */
  way(call: number, work: number): Way {
    this.#trail = this.#trail << 2 ^ Math.imul(call, 0x9e3779b1);
    if (this.#turn < TURNS.length) {
      const enough = this.#trail === this.#place ? TURN : LOST;
      if (this.#work >= enough) this.#endTurn();
    } else if ((this.#left -= work) <= 0) {
      this.#turn = this.#tried = 0;
      this.#least = [Infinity, Infinity];
      this.#beginTurn();
    }
    if (this.#turn === TURNS.length) return this.#kept;
    this.#work += work;
    return TURNS[this.#turn];
  }

  #beginTurn(): void {
    this.#place = this.#trail;
    this.#work = 0;
    this.#began = this.#clock();
  }

  #endTurn(): void {
    const way = TURNS[this.#turn++];
    const rate = (this.#clock() - this.#began) / this.#work;
    this.#least[way] = Math.min(this.#least[way], rate);
    this.#tried += this.#work;
    if (this.#turn < TURNS.length) this.#beginTurn();
    else this.#decide();
  }

  #decide(): void {
    const [plain, other] = this.#least;
    const faster = other < GAIN * plain ? 1 : 0;
    const same = faster === this.#kept;
    this.#trials = same ? Math.min(LATE, 2 * this.#trials) : SOON;
    this.#kept = faster;
    this.#left = this.#trials * this.#tried;
  }
}
