import assert from "node:assert/strict";
import { task } from "../tests/processes.ts";
import { ROOT } from "./project.ts";
import {
  compareRows,
  groupsOf,
  inColumns,
  settingsChanged,
} from "./compare.ts";
import type { SweepRow } from "./sweep/rows.ts";

function rows(
  seeds: readonly number[],
  value: (seed: number) => number,
  settings: Record<string, unknown> = { rate: 0.1 },
): SweepRow[] {
  return seeds.map((seed) => ({
    experiment: "imax",
    settings,
    seed,
    metrics: { bits: value(seed), odd: NaN },
    paramsSha256: "0",
    seconds: 1,
    deno: "2.9.6",
  }));
}
const text = (all: SweepRow[]): string =>
  all.map((row) => JSON.stringify(row) + "\n").join("");

Deno.test("seeds that both sweeps hold are compared as pairs", () => {
  const [bits, ...rest] = compareRows(
    rows([0, 1, 2, 3, 4, 5], (seed) => seed),
    rows([5, 4, 3, 2, 1, 7], (seed) => seed + 1),
  );
  assert.equal(bits.pairs, 5);
  assert.equal(bits.difference, 1);
  assert.equal(bits.p, 2 / 32);
  assert.deepEqual(rest, [], "a metric without numbers is left out");
});

Deno.test("sweeps without common seeds are compared unpaired", () => {
  const [bits] = compareRows(
    rows([0, 1, 2], (s) => s),
    rows([10, 11, 12], (s) => s),
  );
  assert.equal(bits.pairs, 0);
  assert.equal(bits.p, null);
  assert.equal(bits.difference, 10);
});

Deno.test("changed settings are listed", () => {
  assert.deepEqual(
    settingsChanged({ a: 1, b: [2], c: "x" }, { a: 1, b: [3], d: 0 }),
    [
      "b: [2] → [3]",
      'c: "x" → –',
      "d: – → 0",
    ],
  );
});

Deno.test("a terminal's table has columns", () => {
  assert.equal(
    inColumns("name | n\na | 10\nlong | 2"),
    "name    n\na      10\nlong    2",
  );
});

Deno.test("the command prints a table and writes a page with strip plots", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${folder}/a.jsonl`,
    text(rows([0, 1, 2, 3], (s) => s / 10)),
  );
  await Deno.writeTextFile(
    `${folder}/b.jsonl`,
    text(rows([0, 1, 2, 3], (s) => s / 10 + 2, { rate: 0.2 })),
  );
  const { code, stdout, stderr } = await task("compare", [
    `${folder}/a.jsonl`,
    `${folder}/b.jsonl`,
    "--out",
    `${folder}/c.html`,
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /B b.jsonl · rate: 0.1 → 0.2/);
  assert.match(stdout, /bits +A a +0.1500 ± 0.13 +– +– +– +4\n/);
  assert.match(
    stdout,
    /bits +B b +2.150 ± 0.13 +2 +2 to 2 +0.125 +4 pairs/,
  );
  const page = await Deno.readTextFile(`${folder}/c.html`);
  assert.ok(page.includes("<svg") && page.includes("Content-Security-Policy"));
  assert.ok(!page.includes(ROOT));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("groups are files, and settings within a file, all of one experiment", () => {
  const grid = [0.1, 0.2].flatMap((rate) => rows([0, 1], (s) => s, { rate }));
  const labels = (...files: SweepRow[][]): string[] =>
    groupsOf(files.map((rows, i) => ({ file: `${i}.jsonl`, rows })))
      .map(({ label }) => label);
  assert.deepEqual(labels(grid), ["rate = 0.1", "rate = 0.2"]);
  assert.deepEqual(labels(rows([0], () => 1), grid), [
    "A 0",
    "B 1 · rate = 0.1",
    "B 1 · rate = 0.2",
  ]);
  const stranger = { ...grid[3], experiment: "other" };
  assert.throws(
    () => labels([grid[0], stranger]),
    /0.jsonl, line 2 is of other, 0.jsonl, line 1 of imax/,
  );
});

Deno.test("a grid is compared with its first settings, in a table and strips", async () => {
  const folder = await Deno.makeTempDir();
  const grid = [0.1, 0.2, 0.3].flatMap((rate) =>
    rows([0, 1, 2], (s) => s + 10 * rate, { rate })
  );
  await Deno.writeTextFile(`${folder}/grid.jsonl`, text(grid) + '{"exper');
  const { code, stdout, stderr } = await task("compare", [
    `${folder}/grid.jsonl`,
    "--out",
    `${folder}/grid.html`,
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /grid.jsonl ends in a torn line: left out/);
  assert.match(stdout, /bits +rate = 0.1 +2 ± 1 +– /);
  assert.match(stdout, /bits +rate = 0.3 +4 ± 1 +2 +2 to 2 .* 3 pairs/);
  const page = await Deno.readTextFile(`${folder}/grid.html`);
  assert.match(page, /aria-label="[^"]*rate = 0.2: mean 3 of 3/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("what cannot be compared is refused in one line", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/a.jsonl`, text(rows([0, 1], (s) => s)));
  await Deno.writeTextFile(`${folder}/bad.jsonl`, "{}\n");
  await Deno.writeTextFile(`${folder}/empty.jsonl`, "");
  await Deno.writeTextFile(
    `${folder}/other.jsonl`,
    text(rows([0], (s) => s).map((r) => ({ ...r, experiment: "other" }))),
  );
  await Deno.writeTextFile(
    `${folder}/results.jsonl`,
    '{\n "notebook": "x"\n}\n',
  );
  const cases: [string[], RegExp][] = [
    [[], /needs the files of sweeps/],
    [["a"], /needs two files, or one with several settings/],
    [["a", "bad"], /bad.jsonl as its line 1 is no row of a sweep/],
    [
      ["a", "results"],
      /results.jsonl as its line 1 is no row of a sweep: name another file/,
    ],
    [["a", "none"], /Cannot read .*none.jsonl/],
    [["a", "empty"], /empty.jsonl must hold a row/],
    [["a", "other"], /other.jsonl, line 1 is of other, .*line 1 of imax/],
  ];
  for (const [names, message] of cases) {
    const { code, stderr } = await task(
      "compare",
      names.map((n) => `${folder}/${n}.jsonl`),
    );
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.ok(!stderr.includes("    at "));
  }
  await Deno.remove(folder, { recursive: true });
});
