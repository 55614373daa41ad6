/**
 * Several notebooks at a time.
 *
 * @module
 */
import { Refusal } from "../../lib/run/config.ts";
import { duration, reason, type StatusLine } from "../terminal.ts";
import type { Say } from "./watched.ts";

/** Something that takes a while, and says how far it is. */
export interface Work {
  name: string;
  /** Seconds of its parts the last time, as far as that is known. */
  known?: Record<string, number>;
  run(say: Say): Promise<void>;
}

/**
 * Does all work, `atATime` at once, the longest first. What fails disturbs no
 * other; an interrupt begins no other and waits for those that run.
 *
 * @throws what failed: the error where it is one, else their messages
 */
export async function sideBySide(
  work: readonly Work[],
  { atATime, progress, signal }: {
    atATime: number;
    progress: StatusLine;
    signal: AbortSignal;
  },
): Promise<void> {
  const waiting = work.map((one) => ({ ...one, seconds: secondsOf(one) }))
    .sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
  const running = new Map<string, { text: string; left?: number }>();
  const errors: unknown[] = [];
  let ended = 0;
  const show = (): void => {
    const states = [...running.values()];
    const lefts = [
      ...states.map(({ left }) => left),
      ...waiting.map(({ seconds }) => seconds),
    ];
    const known = lefts.filter((left) => left !== undefined);
    const all = work.length > 1 && known.length === lefts.length
      ? ` · all in about ${
        duration(
          Math.max(...known, known.reduce((a, b) => a + b, 0) / atATime),
        )
      }`
      : "";
    const count = work.length > 1 ? `[${ended}/${work.length}${all}] ` : "";
    const texts = [...running].map(([name, { text }]) => `${name}: ${text}`);
    progress.update(count + texts.join(" │ "));
  };
  const lane = async (): Promise<void> => {
    for (let next; !signal.aborted && (next = waiting.shift());) {
      const { name, run } = next;
      running.set(name, { text: "begins", left: next.seconds });
      try {
        await run((text, left) => {
          running.set(name, { text, left });
          show();
        });
      } catch (error) {
        if (signal.aborted) return;
        if (work.length > 1) progress.log(`${name}: ${reason(error)}`);
        errors.push(error);
      } finally {
        running.delete(name);
        ended++;
      }
    }
  };
  // All of them: what an interrupt ends is gone before its caller is.
  await Promise.all(Array.from({ length: atATime }, lane));
  signal.throwIfAborted();
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) {
    throw new Error(`${errors.length} of ${work.length} notebooks failed`);
  }
}

function secondsOf({ known = {} }: Work): number | undefined {
  return Object.values(known).reduce((a, b) => a + b, 0) || undefined;
}

/**
 * How many notebooks to execute at a time: as asked, or one a core.
 *
 * @throws {Refusal} if the text is no number from 1 to 64
 */
export function jobsOf(text: string | undefined, cores: number): number {
  if (text === undefined) return cores;
  if (/^[1-9]\d?$/.test(text) && Number(text) <= 64) return Number(text);
  throw new Refusal(
    "Cannot run as --jobs must be an integer from 1 to 64: " +
      `current value is "${text}"`,
  );
}
