import assert from "node:assert/strict";
import { Refusal } from "../../lib/run/config.ts";
import { jobsOf, sideBySide, type Work } from "./side_by_side.ts";

const quiet = { update: (): void => {}, log: (): void => {} };
const { signal } = new AbortController();

Deno.test("the longest begins first, so many at a time, and all are done", async () => {
  const log: string[] = [];
  let running = 0;
  let most = 0;
  const work = [["a", 1], ["b", 3], ["c", 2]].map(([name, seconds]) => ({
    name: String(name),
    known: { cell: Number(seconds) - 0.5, other: 0.5 },
    run: async (): Promise<void> => {
      log.push(String(name));
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running--;
    },
  }));
  await sideBySide(work, { atATime: 2, progress: quiet, signal });
  assert.deepEqual(log, ["b", "c", "a"]);
  assert.equal(most, 2);
});

Deno.test("what fails disturbs no other, and is thrown at the end", async () => {
  const done: string[] = [];
  const make = (name: string, fails = false): Work => ({
    name,
    run: async (): Promise<void> => {
      await Promise.resolve();
      if (fails) throw new Refusal(`${name} would not`);
      done.push(name);
    },
  });
  const options = { atATime: 1, progress: quiet, signal };
  await assert.rejects(
    sideBySide([make("a", true), make("b")], options),
    /^Refusal.*a would not|a would not/,
  );
  assert.deepEqual(done, ["b"]);
  await assert.rejects(
    sideBySide([make("a", true), make("b"), make("c", true)], options),
    /2 of 3 notebooks failed/,
  );
});

Deno.test("progress tells of all, with the time that is left for all", async () => {
  const lines: string[] = [];
  const progress = {
    ...quiet,
    update: (text: string) => void lines.push(text),
  };
  const work = ["a", "b"].map((name): Work => ({
    name,
    known: { cell: 60 },
    run: async (say) => {
      say("cell 1/2", 30);
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  }));
  await sideBySide(work, { atATime: 2, progress, signal });
  assert.deepEqual(lines, [
    "[0/2 · all in about 1:00] a: cell 1/2",
    "[0/2 · all in about 30 s] a: cell 1/2 │ b: cell 1/2",
  ]);
});

Deno.test("an interrupt begins no other", async () => {
  const abort = new AbortController();
  const begun: string[] = [];
  const work = ["a", "b"].map((name): Work => ({
    name,
    run: () => {
      begun.push(name);
      abort.abort(new Error("stop"));
      return Promise.reject(new Error("killed"));
    },
  }));
  await assert.rejects(
    sideBySide(work, { atATime: 1, progress: quiet, signal: abort.signal }),
    /stop/,
  );
  assert.deepEqual(begun, ["a"]);
});

Deno.test("an interrupt is thrown when all that ran have come to their ends", async () => {
  const abort = new AbortController();
  const ended: string[] = [];
  const work = [["at once", 0], ["late", 50]].map(([name, ms]): Work => ({
    name: String(name),
    run: async () => {
      await new Promise((resolve) =>
        abort.signal.addEventListener(
          "abort",
          () => setTimeout(resolve, Number(ms)),
        )
      );
      ended.push(String(name));
      throw new Error("killed");
    },
  }));
  const { signal } = abort;
  const all = sideBySide(work, { atATime: 2, progress: quiet, signal });
  abort.abort(new Error("stop"));
  await assert.rejects(all, /stop/);
  assert.deepEqual(ended, ["at once", "late"]);
});

Deno.test("--jobs is a number from 1 to 64", () => {
  assert.equal(jobsOf(undefined, 8), 8);
  assert.equal(jobsOf("3", 8), 3);
  for (const text of ["0", "-1", "65", "1.5", "x", "1e1"]) {
    assert.throws(
      () => jobsOf(text, 8),
      /--jobs must be an integer from 1 to 64/,
    );
  }
});
