import assert from "node:assert/strict";
import { join } from "node:path";
import { type Ended, task } from "../tests/processes.ts";
import { mergeRows } from "./merge.ts";
import { jobsOf } from "./sweep/jobs.ts";
import { parseLines } from "./sweep/json_lines.ts";
import { SWEEP_ROWS, type SweepRow } from "./sweep/rows.ts";

function row(seed: number, change: Partial<SweepRow> = {}): SweepRow {
  return {
    experiment: "imax",
    settings: { rate: 0.1 },
    seed,
    metrics: { bits: seed, odd: NaN },
    paramsSha256: `${seed}`,
    seconds: 1,
    deno: "2.9.6",
    plan: { shard: "1/2", rows: 2, workers: 1 },
    ...change,
  };
}

const settings = [{ rate: 0.1 }, { rate: 0.2 }];
const expected = { experiment: "imax", settings, deno: "2.9.6" };

Deno.test("rows are joined in order, each once, and what is missing is known", () => {
  const jobs = jobsOf([0, 1, 2], settings);
  const files = new Map([
    ["a", [row(2), row(0)]],
    ["b", [row(1, { settings: { rate: 0.2 } }), row(2, { seconds: 9 })]],
  ]);
  const { rows, missing, repeated } = mergeRows(files, jobs, expected);
  assert.deepEqual(
    rows.map(({ seed, settings }) => [seed, settings.rate]),
    [[0, 0.1], [2, 0.1], [1, 0.2]],
  );
  assert.ok(rows.every((row) => !("plan" in row)));
  assert.equal(repeated, 1);
  assert.deepEqual(
    missing.map(({ seed, settings }) => [seed, settings.rate]),
    [[1, 0.1], [0, 0.2], [2, 0.2]],
  );
});

Deno.test("rows that contradict each other or do not belong are named, all of them", () => {
  const jobs = jobsOf([0, 1], settings.slice(0, 1));
  const expected = { experiment: "imax", settings: [{ rate: 0.1 }], deno: "2" };
  const two = (seed: number, change: Partial<SweepRow> = {}): SweepRow =>
    row(seed, { deno: "2", ...change });
  const files = new Map([
    ["a", [two(0), two(1)]],
    ["b", [
      two(0, { paramsSha256: "other" }),
      two(1, { metrics: { bits: 7 } }),
      two(0, { experiment: "helmholtz" }),
      two(0, { settings: { rate: 0.3 } }),
      two(0, { deno: "1" }),
      two(5),
    ]],
  ]);
  assert.throws(() => mergeRows(files, jobs, expected), {
    message: [
      "Cannot merge as 6 rows do not belong together:",
      "b, line 1: seed 0 came to something else in a, line 1",
      "b, line 2: seed 1 came to something else in a, line 2",
      "b, line 3: the experiment helmholtz, not imax",
      "b, line 4: rate = 0.3, not 0.1",
      "b, line 5: Deno 1, not 2",
      "b, line 6: seed 5, which --seeds lacks",
    ].join("\n"),
  });
});

/** Files with the texts, then `deno task merge` on those that `words` names. */
async function merged(
  texts: Record<string, string>,
  ...words: string[]
): Promise<Ended & { files: Record<string, string> }> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(texts)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    const ended = await task("merge", words, { env: { INIT_CWD: folder } });
    const files: Record<string, string> = {};
    for (const { name } of Deno.readDirSync(folder)) {
      files[name] = Deno.readTextFileSync(join(folder, name));
    }
    return { ...ended, files };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const text = (...rows: SweepRow[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const seedsOf = (text: string): number[] =>
  parseLines(text, "all", SWEEP_ROWS).rows.map(({ seed }) => seed);

Deno.test("shards that are whole are merged with exit code 0", async () => {
  const { code, stdout, stderr, files } = await merged(
    { a: text(row(2), row(0)), b: text(row(1), row(0)) },
    ..."a b --seeds 0-2 --out all".split(" "),
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^all: 3 of 3 rows; 1 that stood twice are kept once\n/);
  assert.deepEqual(seedsOf(files.all), [0, 1, 2]);
  assert.deepEqual(Object.keys(files).sort(), ["a", "all", "b"]);
});

Deno.test("a row that is missing makes the exit code 1, and the sweep goes on from the rest", async () => {
  const { code, stderr, files } = await merged(
    {
      a: text(row(0), row(3)) + text(row(2)).slice(0, 40),
      b: "",
      all: text(row(1)),
    },
    ..."a b --seeds 0-5 --out all".split(" "),
  );
  assert.equal(code, 1);
  assert.match(stderr, /a ends in a torn line: left out/);
  assert.match(stderr, /b holds no row/);
  assert.match(stderr, /3 rows are missing:\nseeds 2,4-5\n$/);
  assert.deepEqual(seedsOf(files.all), [0, 1, 3]);
});

Deno.test("what cannot be merged is refused, and nothing is written", async () => {
  const a = text(row(0));
  const cases: [Record<string, string>, string, RegExp][] = [
    [{ a }, "a --out all", /--seeds is missing/],
    [{ a }, "a --seeds 0", /--out is missing/],
    [{ a }, "--seeds 0 --out all", /needs the files of a sweep/],
    [{ a }, "a none --seeds 0 --out all", /Cannot read .*none/],
    [{ a: "" }, "a --seeds 0 --out all", /no file holds a row yet/],
    [{ a, all: "notes" }, "a --seeds 0 --out all", /all as its line 1 is no/],
    [
      { a, b: `{}\n${text(row(1))}` },
      "a b --seeds 0-1 --out all",
      /b as its line 1 is no row of a sweep/,
    ],
    [
      { a, b: text(row(1, { settings: { rate: 0.2 } })) },
      "a b --seeds 0-1 --out all",
      /b, line 1: rate = 0.2, not 0.1/,
    ],
    [
      { a, b: text(row(1, { deno: "2.9.5" })) },
      "a b --seeds 0-1 --out all",
      /b, line 1: Deno 2.9.5, not 2.9.6/,
    ],
    [
      { a },
      "a --seeds 0 --grid rate=1 --out all",
      /the name of one experiment/,
    ],
    [{ a }, "a --seeds 0 --out none/all", /Cannot write .*none.all/],
  ];
  await Promise.all(cases.map(async ([texts, line, why]) => {
    const { code, stderr, files } = await merged(texts, ...line.split(" "));
    assert.equal(code, 1, line);
    assert.match(stderr, why);
    assert.ok(!stderr.includes("    at "), stderr);
    assert.deepEqual(files, texts, line);
  }));
});

Deno.test("shards of a grid are merged by what the sweep was given", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const grid = ["--set", "steps=2", "--grid", "hidden=3,4"];
    const run = (
      name: string,
      line: string,
      ...more: string[]
    ): Promise<Ended> =>
      task(name, [...line.split(" "), ...more], { env: { INIT_CWD: folder } });
    const sweep = "two_view_agreement --seeds 0-1";
    await run("sweep", `${sweep} --shard 1/2 --out a`, ...grid);
    const half = await run("merge", "a --seeds 0-1 --out all", ...grid);
    assert.match(half.stderr, /hidden = 3: seeds 1\nhidden = 4: seeds 1\n$/);
    await run("sweep", `${sweep} --shard 2/2 --out b`, ...grid);
    const whole = await run("merge", "a b --seeds 0-1 --out all", ...grid);
    assert.equal(whole.code, 0, whole.stderr);
    const other = ["--set", "steps=2", "--grid", "hidden=3,5"];
    const mixed = await run("merge", "a b --seeds 0-1 --out more", ...other);
    assert.match(mixed.stderr, /hidden = 4, not 3/);
    assert.equal(mixed.code, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
