/**
 * One budget of busy threads for all kernels of a command.
 *
 * @module
 */

/** Shares cores evenly among those who have joined, one each at least. */
export class CoreBudget {
  readonly #members: ((cores: number) => void)[] = [];

  /** @param cores threads that may be busy, all members' together */
  constructor(readonly cores: number) {}

  /**
   * Takes a share.
   *
   * @param tell hears its size, now and whenever it changes
   * @returns gives the share back
   */
  join(tell: (cores: number) => void): () => void {
    this.#members.push(tell);
    this.#tellAll();
    return () => {
      const at = this.#members.indexOf(tell);
      if (at < 0) return;
      this.#members.splice(at, 1);
      this.#tellAll();
    };
  }

  /** What does not divide goes to those who joined first. */
  #tellAll(): void {
    const { length } = this.#members;
    this.#members.forEach((tell, i) =>
      tell(Math.max(1, Math.floor((this.cores + length - 1 - i) / length)))
    );
  }
}
