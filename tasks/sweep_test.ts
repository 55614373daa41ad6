import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "./project.ts";
import { openLines, parseLines } from "./sweep/json_lines.ts";
import { SWEEP_ROWS, type SweepRow } from "./sweep/rows.ts";

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
  parseLines(Deno.readTextFileSync(file), file, SWEEP_ROWS).rows;

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

Deno.test("a file of something else is not touched, whatever it lacks", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "p.txt");
  try {
    Deno.writeTextFileSync(file, "my notes");
    const args = ["helmholtz_shifter", "--seeds", "0", ...TINY, "--out", file];
    const { code, text } = await run(args);
    assert.equal(code, 1);
    assert.match(text, /p.txt as its line 1 is no row of a sweep/);
    assert.equal(Deno.readTextFileSync(file), "my notes");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file that another process writes is refused, until that ends", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "rows.jsonl");
  const args = ["helmholtz_shifter", "--seeds", "0-1", ...TINY, "--out", file];
  try {
    {
      using _other = await openLines(file, SWEEP_ROWS);
      const { code, text } = await run(args);
      assert.equal(code, 1);
      assert.match(text, /rows.jsonl as another process is writing it: wait/);
    }
    assert.equal((await run(args)).code, 0);
    assert.equal(rowsOf(file).length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a grid stands in one file, in shards, and goes on as seeds do", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "rows.jsonl");
  const grid = ["helmholtz_shifter", "--seeds", "0-1", ...TINY];
  const args = [...grid, "--grid", "pOn=0.2,0.3", "--out", file];
  try {
    assert.equal((await run([...args, "--shard", "1/2"])).code, 0);
    assert.deepEqual(rowsOf(file).map(({ plan }) => plan?.rows), [2, 2]);
    const rest = await run([...args, "--workers", "1"]);
    assert.match(rest.text, /: 2 of 4 rows to train/);
    const rows = rowsOf(file);
    assert.deepEqual(
      rows.map(({ seed, settings }) => `${seed} ${settings.pOn}`).sort(),
      ["0 0.2", "0 0.3", "1 0.2", "1 0.3"],
    );
    assert.deepEqual(rows[3].plan, { shard: "1/1", rows: 4, workers: 1 });
    const other = await run([...grid, "--grid", "pOn=0.3,0.4", "--out", file]);
    assert.match(other.text, /another sweep .*pOn = 0.2, not 0.3/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("where the disk is full nothing is half-written, and the sweep goes on later", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "rows.jsonl");
  const sweep = ["run", "-A", join(ROOT, "tasks", "sweep.ts")];
  const args = ["helmholtz_shifter", "--seeds", "0-3", ...TINY, "--out", file];
  try {
    // A limit of 2 KB on files stands for the disk: two rows fit, a third not.
    const limited = await new Deno.Command("bash", {
      args: ["-c", 'trap "" XFSZ; ulimit -f 2; exec "$@"', "_"].concat(
        Deno.execPath(),
        ...sweep,
        ...args,
      ),
      cwd: ROOT,
    }).output();
    const text = new TextDecoder().decode(limited.stderr);
    assert.equal(limited.code, 1, text);
    assert.match(text, /\nCannot write .*rows.jsonl: File too large.* is kept/);
    const kept = Deno.readTextFileSync(file);
    assert.ok(kept.endsWith("}\n") && rowsOf(file).length > 0, kept);
    assert.equal((await run(args)).code, 0);
    assert.ok(Deno.readTextFileSync(file).startsWith(kept));
    assert.equal(rowsOf(file).length, 4);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a watcher tells the standing from the files, whatever the clock says", async () => {
  const folder = await Deno.makeTempDir();
  const shard = (i: number): string[] => {
    const file = join(folder, `${i}.jsonl`);
    const seeds = ["helmholtz_shifter", "--seeds", "0-3", ...TINY];
    return [...seeds, "--shard", `${i}/2`, "--out", file];
  };
  try {
    await run(shard(1));
    Deno.utimeSync(join(folder, "1.jsonl"), 1, 1); // 1970
    const watching = run(["--watch", folder]);
    await run(shard(2));
    const { code, text } = await watching;
    assert.equal(code, 0, text);
    assert.match(text, / 4 of 4 rows · 2 of 2 shards\n$/);
    const none = await run(["--watch", join(folder, "none")]);
    assert.match(none.text, /Cannot watch .*none/);
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
    [["helmholtz_shifter", "--seeds", "1", "--out", "/tmp"], /Cannot write/],
    [
      ["helmholtz_shifter", "--seeds", "1", "--shard", "5/4", "--out", "x"],
      /--shard must be i\/n with i from 1 to n: current value is "5\/4"/,
    ],
    [
      ["helmholtz_shifter", "--seeds", "9007199254740992", "--out", "x"],
      /--seeds must be a list/,
    ],
    [
      ["helmholtz_shifter", "--seeds", "1", "--workers", "0", "--out", "x"],
      /--workers must be an integer/,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, text } = await run(args);
    assert.equal(code, 1);
    assert.match(text, message);
    assert.equal(text.trim().split("\n").length, 1, text);
  }
});
