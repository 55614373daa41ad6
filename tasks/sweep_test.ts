import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "./project.ts";
import {
  parsePairs,
  parseRows,
  parseSeeds,
  shardOf,
  type SweepRow,
} from "./sweep.ts";

const TINY = ["steps=20000", "hidden=4", "top=1", "width=4", "evalImages=8"]
  .flatMap((pair) => ["--set", pair]);

function start(args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(ROOT, "tasks", "sweep.ts"), ...args],
    stdout: "null",
    stderr: "piped",
    cwd: ROOT,
  }).spawn();
}

async function run(args: string[]): Promise<{ code: number; text: string }> {
  const { code, stderr } = await start(args).output();
  return { code, text: new TextDecoder().decode(stderr) };
}

const rowsOf = (file: string): SweepRow[] =>
  parseRows(Deno.readTextFileSync(file), file);

Deno.test("seeds, shards and pairs are read, and refused with what they must be", () => {
  assert.deepEqual(parseSeeds("3,0-2,2"), [0, 1, 2, 3]);
  assert.throws(() => parseSeeds("5-2"), /must be a list such as 0-9,12/);
  assert.throws(() => parseSeeds("a"), RangeError);
  assert.deepEqual(shardOf([4, 5, 6, 7, 8], "2/2"), [5, 7]);
  assert.throws(() => shardOf([1], "0/2"), /i\/n with i from 1 to n/);
  assert.deepEqual(parsePairs(["a=1", "b=x=y", "c=[1]"]), {
    a: 1,
    b: "x=y",
    c: [1],
  });
  assert.throws(() => parsePairs(["a"]), /must be key=value/);
});

Deno.test("a sweep that is killed at random goes on and loses or repeats no seed", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "rows.jsonl");
  const args = ["helmholtz_shifter", "--seeds", "0-11", ...TINY, "--out", file];
  try {
    for (let kill = 0; kill < 10; kill++) {
      const child = start(args);
      const pause = 150 + (kill * 7919) % 450; // spread over start and training
      await new Promise((resolve) => setTimeout(resolve, pause));
      try {
        child.kill("SIGKILL");
      } catch {
        // It had finished.
      }
      await child.output();
    }
    const last = await run(args);
    assert.equal(last.code, 0, last.text);
    const rows = rowsOf(file);
    const seeds = rows.map((row) => row.seed).sort((a, b) => a - b);
    assert.deepEqual(seeds, Array.from({ length: 12 }, (_, i) => i));
    assert.ok(rows.every((row) => /^[0-9a-f]{64}$/.test(row.paramsSha256)));
    assert.equal(new Set(rows.map((row) => row.paramsSha256)).size, 12);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("shards together are the whole, with the same bits", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const seeds = ["helmholtz_shifter", "--seeds", "0-3", ...TINY];
    const files = ["whole", "1", "2"].map((name) => join(folder, name));
    await run([...seeds, "--out", files[0]]);
    await run([...seeds, "--shard", "1/2", "--out", files[1]]);
    await run([...seeds, "--shard", "2/2", "--out", files[2]]);
    const hashes = (rows: SweepRow[]): string[] =>
      rows.sort((a, b) => a.seed - b.seed).map((row) => row.paramsSha256);
    assert.deepEqual(
      hashes([...rowsOf(files[1]), ...rowsOf(files[2])]),
      hashes(rowsOf(files[0])),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a half-written last line is trained again; other damage is refused", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "rows.jsonl");
  const args = ["helmholtz_shifter", "--seeds", "0-1", ...TINY, "--out", file];
  try {
    assert.equal((await run(args)).code, 0);
    const text = Deno.readTextFileSync(file);
    Deno.writeTextFileSync(file, text.slice(0, -40));
    assert.equal((await run(args)).code, 0);
    assert.equal(rowsOf(file).length, 2);

    Deno.writeTextFileSync(file, `not json\n${text}`);
    const corrupt = await run(args);
    assert.equal(corrupt.code, 1);
    assert.match(corrupt.text, /line 1 is no row of a sweep/);
    assert.equal(Deno.readTextFileSync(file), `not json\n${text}`);

    Deno.writeTextFileSync(file, text);
    const foreign = await run([...args, "--set", "pOn=0.2"]);
    assert.equal(foreign.code, 1);
    assert.match(foreign.text, /another sweep .*pOn = 0.3, not 0.2/);
    assert.equal(Deno.readTextFileSync(file), text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("bad arguments get one line each", async () => {
  const cases: [string[], RegExp][] = [
    [["helmholtz"], /name of one experiment.*they are/],
    [["helmholtz_shifter", "--out", "x"], /--seeds is missing/],
    [["helmholtz_shifter", "--seeds", "1"], /--out is missing/],
    [
      ["helmholtz_shifter", "--seeds", "1", "--out", "x", "--set", "stepz=1"],
      /did you mean "steps"/,
    ],
    [
      ["helmholtz_shifter", "--seeds", "1", "--out", "/proc/none/x.jsonl"],
      /Cannot write .*none/,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, text } = await run(args);
    assert.equal(code, 1);
    assert.match(text, message);
    assert.equal(text.trim().split("\n").length, 1, text);
  }
});
