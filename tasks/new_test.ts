import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { type Ended, start } from "../tests/processes.ts";
import { EXAMPLE, refuseTaken } from "./new.ts";
import { filesBelow, ROOT } from "./project.ts";

/** A copy of the project without its notebooks and records. */
async function inCopy(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    for (
      const name of ["lib", "data", "viz", "tasks", "deno.json", "deno.lock"]
    ) {
      cpSync(join(ROOT, name), join(folder, name), {
        recursive: true,
        filter: (path) => !path.endsWith("/checkpoints"),
      });
    }
    await Deno.mkdir(join(folder, "notebooks"));
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Each file's text, by its path in the folder. */
function textsOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    ["ts", "ipynb"].flatMap((ending) => filesBelow(folder, `.${ending}`))
      .map((
        path,
      ) => [path.slice(folder.length + 1), Deno.readTextFileSync(path)]),
  );
}

Deno.test("a reproduction that was begun runs as it is, and says what to write", () =>
  inCopy(async (folder) => {
    const deno = (...args: string[]): Promise<Ended> =>
      start(args, { cwd: folder }).ended;
    const task = (name: string, ...args: string[]): Promise<Ended> =>
      deno("run", "-A", `tasks/${name}.ts`, ...args);
    const before = textsOf(folder);
    const title = 'A "sixth": $& of it`s */ kind';
    const made = await task("new", "a_sixth", title);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /1\. deno task ok a_sixth\n/);

    const after = textsOf(folder);
    const added = Object.keys(after).filter((file) => !(file in before));
    assert.deepEqual(added.sort(), [
      "data/experiments/a_sixth.ts",
      "data/experiments/a_sixth_test.ts",
      "data/worlds/a_sixth.ts",
      "data/worlds/a_sixth_test.ts",
      "lib/a_sixth/model.ts",
      "lib/a_sixth/model_test.ts",
      "notebooks/a_sixth.ipynb",
    ]);
    const references = "data/references.ts";
    assert.ok(after[references].startsWith(before[references]));
    assert.deepEqual(
      Object.keys(before).filter((file) => after[file] !== before[file]),
      [references],
    );
    for (const file of added) assert.doesNotMatch(after[file], /template/i);
    assert.match(
      after["notebooks/a_sixth.ipynb"],
      /# A \\"sixth\\": \$& of it`s/,
    );

    const modules = [...added.filter((f) => f.endsWith(".ts")), references];
    for (
      const args of [["fmt", "--check"], ["lint", "--quiet"], ["check", "-q"]]
    ) {
      const { code, stderr } = await deno(...args, ...modules);
      assert.equal(code, 0, stderr);
    }

    const tests = modules.filter((file) => file.endsWith("_test.ts"));
    const tested = await deno(
      ...["test", "-A", "--no-check", ...tests, "data/references_test.ts"],
    );
    assert.equal(tested.code, 1);
    const sentences = tested.stdout.match(/^error: Assert.*: write .*$/gm) ??
      [];
    assert.deepEqual(
      sentences.map((sentence) => /[\w/]+\.ts/.exec(sentence)![0]).sort(),
      [
        "data/experiments/a_sixth.ts",
        "data/references.ts",
        "data/worlds/a_sixth.ts",
        "lib/a_sixth/model.ts",
      ],
    );
    assert.match(tested.stdout, /passed \| 4 failed/);

    const run = await task("run", "a_sixth");
    assert.equal(run.code, 0, run.stderr);
    const smoke = await task("verify", "a_sixth", "--preset=smoke", "--record");
    assert.equal(smoke.code, 0, smoke.stderr);
    const checked = await task("notebook/check", "a_sixth");
    const problems = checked.stdout.split("\n").slice(1).filter(Boolean);
    assert.ok(problems.length >= 10);
    for (const problem of problems) {
      assert.match(problem, /line \d+: still the example's: REPLACE/);
    }
  }));

Deno.test("what README.md begins is free to be begun", () => {
  const readme = Deno.readTextFileSync(join(ROOT, "README.md"));
  const [line, name] = /^deno task new (\w+) ".+"$/m.exec(readme)!;
  assert.equal(line, EXAMPLE);
  refuseTaken(name);
});

Deno.test("a name that is taken or cannot be is refused, and nothing is written", () =>
  inCopy(async (folder) => {
    const before = textsOf(folder);
    const cases: [string[], RegExp][] = [
      [["Bars", "The bars"], /its name must be lower-case .* is "Bars"/],
      [["../bars", "The bars"], /its name must be lower-case/],
      [["bars_", "The bars"], /its name must be lower-case/],
      [["bars"], /needs a name and a title: deno task new sparse_coding "/],
      [
        ["fresh", " "],
        /its title must be a line of text: current value is " "/,
      ],
      [["fresh", "two\nlines"], /its title must be a line of text/],
      [
        ["imax", "Imax"],
        /Cannot begin "imax" as lib\/imax is there: import it, and choose another name/,
      ],
      [["shifter", "S"], /as data\/worlds\/shifter\.ts is there/],
      [["two_view", "V"], /is there: import it/],
      [["fresh", "A", "title"], /at most 2 words/],
    ];
    for (const [words, message] of cases) {
      const { code, stderr } = await start(
        ["run", "-A", "tasks/new.ts", ...words],
        { cwd: folder },
      ).ended;
      assert.equal(code, 1, words.join(" "));
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n +at /);
    }
    assert.deepEqual(textsOf(folder), before);
  }));
