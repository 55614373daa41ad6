/** The report command as a user meets it: good input, and all the bad. */
import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { ROOT } from "../tasks/project.ts";
import {
  type Ended,
  kernelsBelow,
  lives,
  start,
  type Started,
  task,
  until,
} from "./processes.ts";

const FIXTURES = `${ROOT}/tests/fixtures`;
const SMALL = `${FIXTURES}/small.ipynb`;

async function inFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const listing = (folder: string): string[] =>
  Array.from(Deno.readDirSync(folder), (e) => e.name).sort();

Deno.test("a report is a page, the executed notebook, its results and an index", () =>
  inFolder(async (folder) => {
    const before = await Deno.readTextFile(SMALL);
    const { code, stdout, stderr } = await task("report", [
      SMALL,
      "--seed",
      "3",
      "--preset",
      "smoke",
      "--out",
      folder,
    ]);
    assert.equal(code, 0, stderr);
    const name = "small.seed-3.preset-smoke";
    assert.match(stdout, /Open .*small\.seed-3\.preset-smoke\.html/);
    assert.match(stderr, /small\S*: done in .*, \d of 1 claims hold/);
    assert.deepEqual(listing(folder), [
      "index.html",
      `${name}.html`,
      `${name}.ipynb`,
      `${name}.results.json`,
    ]);
    const results = JSON.parse(
      await Deno.readTextFile(`${folder}/${name}.results.json`),
    );
    assert.equal(results.seed, 3);
    assert.equal(results.preset, "smoke");
    assert.equal(results.metrics[0].name, "mean");
    assert.equal(results.environment.deno, Deno.version.deno);
    assert.ok(results.wallSeconds > 0);
    const executed = JSON.parse(
      await Deno.readTextFile(`${folder}/${name}.ipynb`),
    );
    const injected = executed.cells.find((c: { id: string }) =>
      c.id === "injected-parameters"
    );
    assert.equal(injected.source.join(""), 'seed = 3;\npreset = "smoke";');
    assert.equal(
      await Deno.readTextFile(SMALL),
      before,
      "the notebook itself changed",
    );
  }));

Deno.test("a report of another seed takes the place of none, and stands beside the notebook's own", () =>
  inFolder(async (folder) => {
    const run = (...args: string[]): Promise<Ended> =>
      task("report", [SMALL, "--out", folder, ...args]);
    const read = (name: string): Promise<string> =>
      Deno.readTextFile(`${folder}/${name}`);
    assert.equal((await run()).code, 0);
    const own = await read("small.results.json");
    const page = await read("small.html");
    assert.equal((await run("--seed", "2")).code, 0);
    // The committed seed, said aloud, is the notebook's own run.
    assert.equal((await run("--seed", "1")).code, 0);
    assert.deepEqual(
      listing(folder).filter((name) => name.endsWith(".results.json")),
      ["small.results.json", "small.seed-2.results.json"],
    );
    const again = JSON.parse(await read("small.results.json"));
    assert.equal(again.paramsSha256, JSON.parse(own).paramsSha256);
    assert.equal(again.command, "deno task report tests/fixtures/small.ipynb");
    assert.doesNotMatch(page, /seed-2/);
    const index = await read("index.html");
    assert.equal(index.split('class="card').length, 2);
    assert.match(index, /href="small\.seed-2\.html">seed 2</);
    assert.match(index, /difference/);
    assert.match(index, /✓ reproduced<\/b>\s*It is\./);
    assert.match(
      await read("small.seed-2.html"),
      /With the notebook’s own settings: <a href="small\.html">/,
    );
    // Another notebook whose name is that of a run is refused, before a run.
    const twin = `${folder}/small.seed-2.ipynb`;
    const other = `${folder}/notebooks`;
    await Deno.mkdir(other);
    await Deno.copyFile(twin, `${other}/small.seed-2.ipynb`);
    const before = await read("small.seed-2.html");
    const refused = await task("report", [
      `${other}/small.seed-2.ipynb`,
      "--out",
      folder,
    ]);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^\nCannot report as small\.seed-2 must be the name of one run: current value is that of {2}deno task report small --seed 2 {2}and of {2}deno task report small\.seed-2; give another --out\n$/,
    );
    assert.equal(await read("small.seed-2.html"), before);
  }));

Deno.test("two notebooks side by side lead to each other", () =>
  inFolder(async (folder) => {
    const notebooks = ["editor", "small"].map((n) => `${FIXTURES}/${n}.ipynb`);
    const { code, stderr } = await task("report", [
      ...notebooks,
      ...["--out", folder],
    ]);
    assert.equal(code, 0, stderr);
    const read = (name: string): string =>
      Deno.readTextFileSync(`${folder}/${name}.html`);
    assert.match(
      read("editor"),
      /Next: <a href="small\.html">A small fixture</,
    );
    assert.match(read("small"), /Previous: <a href="editor\.html">/);
  }));

Deno.test("--open opens the index when all is done, and says where nothing opens it", () =>
  inFolder(async (folder) => {
    if (Deno.build.os !== "linux") return;
    const words = [SMALL, "--out", `${folder}/out`, "--open"];
    const opener = `${folder}/xdg-open`;
    const script = `#!/bin/sh\necho "$@" > ${folder}/opened\n`;
    await Deno.writeTextFile(opener, script, { mode: 0o755 });
    const env = { PATH: `${folder}:${Deno.env.get("PATH")}` };
    assert.equal((await task("report", words, { env })).code, 0);
    assert.equal(
      await Deno.readTextFile(`${folder}/opened`),
      `${folder}/out/index.html\n`,
    );
    await Deno.writeTextFile(opener, "#!/bin/sh\nexit 3\n");
    const { code, stderr } = await task("report", words, { env });
    assert.equal(code, 0);
    assert.match(stderr, /Cannot open .*out\/index\.html as xdg-open must be/);
  }));

Deno.test("three hundred printed lines are one output, and markup in them is text", () =>
  inFolder(async (folder) => {
    assert.equal((await task("report", [SMALL, "--out", folder])).code, 0);
    const { cells } = JSON.parse(
      await Deno.readTextFile(`${folder}/small.ipynb`),
    );
    const { outputs } = cells.find((c: { id: string }) => c.id === "printed");
    assert.equal(outputs.length, 2);
    assert.equal(outputs[0].text.length, 301);
    const html = await Deno.readTextFile(`${folder}/small.html`);
    assert.ok(
      html.includes("&lt;script&gt;globalThis.hacked = true&lt;/script&gt;"),
    );
    assert.ok(!html.includes("<script>globalThis.hacked"));
  }));

Deno.test("nothing that a report holds names the machine, its folders or its user", () =>
  inFolder(async (folder) => {
    const notebook = `${ROOT}/reports/traces.ipynb`;
    await Deno.mkdir(`${ROOT}/reports`, { recursive: true });
    const text = await Deno.readTextFile(`${FIXTURES}/throwing.ipynb`);
    const leak =
      "console.log(new URL('../lib/numeric/random.ts', `file://${Deno.cwd()}/`).href, Deno.cwd() + '/x');";
    const parsed = JSON.parse(text);
    parsed.cells = parsed.cells.slice(0, 3);
    parsed.cells[2].source = [leak];
    await Deno.writeTextFile(notebook, JSON.stringify(parsed));
    try {
      const { code, stderr } = await task("report", [
        notebook,
        "--out",
        folder,
      ]);
      assert.equal(code, 0, stderr);
      const files = listing(folder).map((name) =>
        Deno.readTextFileSync(`${folder}/${name}`)
      );
      assert.ok(
        files.some((file) => file.includes("lib/numeric/random.ts reports/x")),
      );
      const names = [ROOT, Deno.hostname(), userInfo().username];
      for (
        const name of names.filter((n) => n.length > 4 && n !== "localhost")
      ) {
        assert.ok(!files.some((file) => file.includes(name)), name);
      }
    } finally {
      await Deno.remove(notebook);
    }
  }));

Deno.test("a claim that fails is named; it fails the command with the full preset, unless it is declared to", async () => {
  await Deno.mkdir(`${ROOT}/reports`, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: `${ROOT}/reports` });
  try {
    const copy = `${folder}/small.ipynb`;
    const text = await Deno.readTextFile(SMALL);
    const write = (bounds: string, declared: boolean): Promise<void> =>
      Deno.writeTextFile(
        copy,
        text.replace("[0.4, 0.6]", bounds)
          .replace("{ claim, ", "{ claim, knownToFail, ")
          .replace(
            /claims: \[(claim\(.*\))\]/,
            (_, one) => `claims: [${declared ? `knownToFail(${one})` : one}]`,
          ),
      );
    const options = ["--out", `${folder}/out`];
    const named =
      /small\S*: the claim "The mean is near one half" fails: 0\.\d+, bound from 2 to 3/;
    await write("[2, 3]", false);
    const full = await task("report", [copy, ...options]);
    assert.match(full.stderr, named);
    assert.equal(full.code, 1);
    // The page is written all the same: a claim that fails is a result.
    assert.ok(listing(`${folder}/out`).includes("small.html"));
    const smoke = [copy, "--preset", "smoke", ...options];
    const brief = await task("report", smoke);
    assert.match(brief.stderr, named);
    assert.match(brief.stderr, /\(smoke preset: a warning\)/);
    assert.equal(brief.code, 0);
    const index = await Deno.readTextFile(`${folder}/out/index.html`);
    assert.match(index, /preset smoke<\/a>: 0 of 1 claims hold/);
    const run = await task("run", [copy]);
    assert.match(run.stderr, named);
    assert.equal(run.code, 1);
    const verify = await task("verify", [copy]);
    assert.match(verify.stderr, named);
    assert.equal(verify.code, 1);

    await write("[2, 3]", true);
    const declared = await task("report", [copy, ...options]);
    assert.doesNotMatch(declared.stderr, /the claim/);
    assert.equal(declared.code, 0, declared.stderr);
    await write("[0, 1]", true);
    const holding = await task("report", [copy, ...options]);
    assert.match(holding.stderr, /holds, though it is declared to fail: 0\./);
    assert.equal(holding.code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a notebook that was copied elsewhere says where it belongs", () =>
  inFolder(async (folder) => {
    const copy = `${folder}/small.ipynb`;
    await Deno.copyFile(SMALL, copy);
    const options = ["--out", `${folder}/out`];
    const { code, stderr } = await task("report", [copy, ...options]);
    assert.equal(code, 1);
    assert.match(stderr, /Module not found.* keep it in notebooks\//);
    // What an editor shows stands in the cell itself, above the error.
    assert.match(stderr, /cell 1 "imports" \(\/\/ "Module not found"\?/);
  }));

Deno.test("two runs give the same notebook, byte for byte", async () => {
  // Imports are relative: the copy stands as deep as the fixture.
  await Deno.mkdir(`${ROOT}/reports`, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: `${ROOT}/reports` });
  try {
    const copy = `${folder}/small.ipynb`;
    await Deno.copyFile(SMALL, copy);
    const run = await task("run", [copy]);
    assert.equal(run.code, 0, run.stderr);
    const first = await Deno.readTextFile(copy);
    assert.equal((await task("run", [copy])).code, 0);
    assert.equal(await Deno.readTextFile(copy), first);
    assert.notEqual(first, await Deno.readTextFile(SMALL));
    assert.deepEqual(listing(folder), ["small.ipynb"]);
    await Deno.copyFile(`${FIXTURES}/throwing.ipynb`, copy);
    const failed = await task("run", [copy]);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /small: cell 3 "throws"/);
    const fixture = await Deno.readTextFile(`${FIXTURES}/throwing.ipynb`);
    assert.equal(await Deno.readTextFile(copy), fixture);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an unknown notebook or option is refused with the nearest", async () => {
  const notebook = await task("report", ["smal"]);
  assert.equal(notebook.code, 1);
  assert.match(
    notebook.stderr,
    /Cannot find the notebook "smal".*: there are /,
  );
  const option = await task("report", ["--sed", "1"]);
  assert.equal(option.code, 1);
  assert.match(
    option.stderr,
    /--sed is not an option \(did you mean "seed"\?\)/,
  );
});

Deno.test("an unknown or impossible setting is refused before anything runs", () =>
  inFolder(async (folder) => {
    const cases: [string[], RegExp][] = [
      [["--set", "drawz=3"], /Cannot set "drawz".*did you mean "draws"/],
      [
        ["--set", "draws=many"],
        /draws must be a number: current value is "many"/,
      ],
      [
        ["--preset", "quick"],
        /preset must be one of "full", "smoke": current value is "quick"/,
      ],
      [["--seed", "one"], /seed must be a number: current value is "one"/],
    ];
    const all = await Promise.all(
      cases.map(([args]) => task("report", [SMALL, ...args, "--out", folder])),
    );
    for (const [i, { code, stderr }] of all.entries()) {
      assert.equal(code, 1);
      assert.match(stderr, cases[i][1]);
      assert.ok(!stderr.includes("    at "), "a stack trace");
    }
    assert.deepEqual(listing(folder), []);
  }));

Deno.test("numbers that no number can be are refused before anything runs", () =>
  inFolder(async (folder) => {
    const cases: [string[], RegExp][] = [
      ...["9999999", "abc", "0", "-1", "1e400"].map((text) =>
        [
          [`--timeout=${text}`],
          /--timeout must be a number of seconds > 0/,
        ] as [
          string[],
          RegExp,
        ]
      ),
      [["--timeout="], /--timeout must be given a value/],
      [["--out="], /--out must be given a value/],
      [["--set", "draws=1e400"], /draws must be made of finite numbers/],
      [["--set", "levels=[1,-1e400]"], /levels must be made of finite numbers/],
    ];
    const all = await Promise.all(
      cases.map(([args]) => task("report", ["--out", folder, SMALL, ...args])),
    );
    for (const [i, { code, stderr }] of all.entries()) {
      assert.equal(code, 1);
      assert.match(stderr, cases[i][1]);
      assert.match(stderr, /^\n[^\n]*\n$/);
    }
    assert.deepEqual(listing(folder), []);
  }));

Deno.test("a report that would take the place of another file is refused before anything runs", () =>
  inFolder(async (folder) => {
    const other = `${folder}/other`;
    const link = `${folder}/link`;
    for (const name of ["a", "b", "other"]) {
      await Deno.mkdir(`${folder}/${name}`);
    }
    await Deno.symlink(`${folder}/a`, link);
    const source = await Deno.readTextFile(SMALL);
    const files = ["a/same", "b/same", "a/index", "other/same"];
    for (const name of files) {
      await Deno.writeTextFile(`${folder}/${name}.ipynb`, source);
    }
    const [same, twin, index] = files.map((name) => `${folder}/${name}.ipynb`);
    const cases: [string[], RegExp][] = [
      [[same, "--out", `${folder}/a`], /without .*a\/same.ipynb/],
      [[same, "--out", link], /without .*link\/same.ipynb/],
      [[same, "--out", other], /without .*other\/same.ipynb, which no report/],
      [[same, twin], /same.ipynb and .*same.ipynb must have names that differ/],
      [[index], /index.ipynb and the index of all reports must have names/],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await task("report", [
        "--out",
        `${folder}/o`,
        ...args,
      ]);
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.match(stderr, /^\n[^\n]*\n$/);
    }
    for (const name of files) {
      const file = `${folder}/${name}.ipynb`;
      assert.equal(await Deno.readTextFile(file), source, file);
    }
    assert.deepEqual(listing(`${folder}/a`), ["index.ipynb", "same.ipynb"]);
  }));

Deno.test("damaged results of another report are named and left out of the index", () =>
  inFolder(async (folder) => {
    const damaged = ["null", "{", `{"metrics":[],"claims":[null]}`, "[]"];
    for (const [i, text] of damaged.entries()) {
      await Deno.writeTextFile(`${folder}/other${i}.results.json`, text);
    }
    const run = (): Promise<Ended> => task("report", [SMALL, "--out", folder]);
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    for (const i of damaged.keys()) {
      assert.match(
        stderr,
        new RegExp(`left out .*Cannot read other${i}.results`),
      );
    }
    assert.match(
      await Deno.readTextFile(`${folder}/index.html`),
      /href="small.html"/,
    );
    // The report's own, too: its estimate is lost, and no more.
    await Deno.writeTextFile(`${folder}/small.results.json`, "null");
    assert.equal((await run()).code, 0);
  }));

Deno.test("what is no terminal is told one line a notebook", () =>
  inFolder(async (folder) => {
    const { code, stderr } = await task("report", [SMALL, "--out", folder]);
    assert.equal(code, 0);
    assert.match(stderr, /^small: done in [^\n]*\n$/);
  }));

Deno.test("run keeps the link that leads to a notebook, and the notebook's mode", async () => {
  await Deno.mkdir(`${ROOT}/reports`, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: `${ROOT}/reports` });
  try {
    const [file, link] = [`${folder}/small.ipynb`, `${folder}/link.ipynb`];
    await Deno.copyFile(SMALL, file);
    await Deno.chmod(file, 0o600);
    await Deno.symlink(file, link);
    const { code, stderr } = await task("run", [link]);
    assert.equal(code, 0, stderr);
    assert.ok((await Deno.lstat(link)).isSymlink);
    assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    assert.notEqual(
      await Deno.readTextFile(file),
      await Deno.readTextFile(SMALL),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what is not a notebook is refused in one line", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/bad.ipynb`, "# not JSON");
    const { code, stderr } = await task("report", [
      `${folder}/bad.ipynb`,
      "--out",
      folder,
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /Cannot read bad.ipynb as its text must be JSON/);
  }));

Deno.test("a cell that throws stops the report and leaves the last good one", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/throwing.html`, "the last good report");
    const { code, stderr } = await task("report", [
      `${FIXTURES}/throwing.ipynb`,
      "--out",
      folder,
    ]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /throwing: cell 3 "throws" \(\/\/ the cell that throws\) failed: RangeError: Cannot train as seed/,
    );
    assert.ok(!stderr.includes("never"));
    assert.deepEqual(listing(folder), ["throwing.html"]);
    assert.equal(
      await Deno.readTextFile(`${folder}/throwing.html`),
      "the last good report",
    );
  }));

Deno.test("notebooks run side by side: one that throws leaves the others' reports whole", () =>
  inFolder(async (folder) => {
    const notebooks = ["editor", "throwing", "small"]
      .map((name) => `${FIXTURES}/${name}.ipynb`);
    const { code, stderr } = await task("report", [
      ...notebooks,
      ...["--jobs", "3", "--out", folder],
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /^throwing: throwing: cell 3 "throws"/m);
    assert.match(stderr, /^small: done in/m);
    assert.match(stderr, /^editor: done in/m);
    assert.deepEqual(
      listing(folder).filter((name) => name.endsWith(".html")),
      ["editor.html", "index.html", "small.html"],
    );
    const index = await Deno.readTextFile(`${folder}/index.html`);
    assert.match(index, /editor\.html/);
    assert.match(index, /small\.html/);
    const refused = await task("report", [SMALL, "--jobs", "0"]);
    assert.match(refused.stderr, /--jobs must be an integer from 1 to 64/);
  }));

Deno.test("a value that the notebook refuses names the cell that refused it", () =>
  inFolder(async (folder) => {
    const { code, stderr } = await task("report", [
      `${FIXTURES}/throwing.ipynb`,
      "--set",
      "seed=2",
      "--out",
      folder,
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /cell 4 "throws"/);
  }));

Deno.test("an output above the cap is refused and names its cell", () =>
  inFolder(async (folder) => {
    const { code, stderr } = await task("report", [
      `${FIXTURES}/loud.ipynb`,
      "--out",
      folder,
    ]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /loud: cell 2 "prints" .* must be at most 5.0 MB: current value is 6.0 MB/,
    );
    assert.deepEqual(listing(folder), []);
  }));

Deno.test("a cell that takes too long is ended", () =>
  inFolder(async (folder) => {
    const { code, stderr } = await task("report", [
      `${FIXTURES}/slow.ipynb`,
      "--timeout",
      "1",
      "--out",
      folder,
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /cell 2 "waits" .* longer than 1 s/);
  }));

/** A report that is at work in the cell that waits, and its kernel. */
async function atWork(
  words: string[],
): Promise<Started & { kernel: number }> {
  const started = await Deno.makeTempFile();
  const notebook = `${FIXTURES}/slow.ipynb`;
  const env = { STARTED: started };
  const run = start([...words, notebook], { env });
  const said = (): number => Number(Deno.readTextFileSync(started));
  await until(() => said() > 0, 60);
  const kernel = said();
  await Deno.remove(started);
  return { ...run, kernel };
}

Deno.test("a kernel killed in mid-cell is reported at once", () =>
  inFolder(async (folder) => {
    const run = await atWork(["run", "-A", "tasks/report.ts", "--out", folder]);
    Deno.kill(run.kernel, "SIGKILL");
    const start_ = performance.now();
    const { code, stderr } = await run.ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /slow: cell 2 "waits" .* failed: The kernel ended \(SIGKILL\)/,
    );
    assert.ok(performance.now() - start_ < 5000);
    assert.deepEqual(listing(folder), []);
  }));

for (const whole of [true, false]) {
  const to = whole ? "the process group, as a terminal does" : "the task alone";
  Deno.test(`Ctrl-C to ${to}: exit 130, nothing half-written, no kernel left of two`, () =>
    inFolder(async (folder) => {
      const out = `${folder}/out`;
      await Deno.copyFile(`${FIXTURES}/slow.ipynb`, `${folder}/other.ipynb`);
      const beside = ["--jobs", "2", `${folder}/other.ipynb`];
      const run = await atWork(["task", "report", "--out", out, ...beside]);
      let kernels: number[] = [];
      await until(
        async () => (kernels = await kernelsBelow(run.pid)).length === 2,
      );
      await new Deno.Command("kill", {
        args: ["-INT", "--", `${whole ? "-" : ""}${run.pid}`],
      }).output();
      const { code, stderr } = await run.ended;
      assert.equal(code, 130, stderr);
      assert.match(stderr, /Interrupted: nothing was written half/);
      assert.deepEqual(listing(out), []);
      for (const kernel of kernels) {
        assert.ok(!await lives(kernel), "a kernel is left over");
      }
    }));
}

Deno.test("thirty reports and runs that are killed leave no kernel and lose no file", () =>
  inFolder(async (folder) => {
    const copy = `${folder}/slow.ipynb`;
    const source = await Deno.readTextFile(`${FIXTURES}/slow.ipynb`);
    const [reports, temporary] = [`${folder}/reports`, `${folder}/tmp`];
    for (const made of [reports, temporary]) await Deno.mkdir(made);
    await Deno.writeTextFile(`${reports}/slow.html`, "the last good report");
    await Deno.writeTextFile(copy, source);
    const table = { kills: 0, orphans: 0 };
    const killed = async (i: number): Promise<number[]> => {
      const words = i % 2
        ? ["tasks/run.ts"]
        : ["tasks/report.ts", "--out", reports];
      const env = { TMPDIR: temporary };
      const run = start(["run", "-A", ...words, copy], { env });
      let kernels: number[] = [];
      await until(
        async () => (kernels = await kernelsBelow(run.pid)).length > 0,
        60,
      );
      // In the first moments of a kernel, and later.
      await new Promise((resolve) => setTimeout(resolve, 40 * i));
      Deno.kill(run.pid, i % 5 ? "SIGKILL" : "SIGQUIT");
      table.kills++;
      await run.ended;
      return kernels;
    };
    for (let i = 0; i < 30; i += 3) {
      const kernels = await Promise.all([
        killed(i),
        killed(i + 1),
        killed(i + 2),
      ]);
      for (const kernel of kernels.flat()) {
        await until(async () => !await lives(kernel), 5)
          .catch(() => table.orphans++);
      }
    }
    console.log(table);
    assert.deepEqual(table, { kills: 30, orphans: 0 });
    assert.equal(await Deno.readTextFile(copy), source);
    await until(() => listing(temporary).length === 0, 5);
    assert.deepEqual(listing(folder), ["reports", "slow.ipynb", "tmp"]);
    assert.deepEqual(listing(reports), ["slow.html"]);
  }));

Deno.test("an output folder that cannot be written is refused before anything runs", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const { code, stderr } = await task("report", [
      SMALL,
      "--out",
      `${folder}/file/reports`,
    ]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /the output folder must be writable: current value is .*file\/reports/,
    );
    assert.ok(!stderr.includes("cell 1"));
  }));

Deno.test("a full disk leaves the last good report in place", () =>
  inFolder(async (folder) => {
    const mount = await new Deno.Command("mount", {
      args: ["-t", "tmpfs", "-o", "size=16k", "tmpfs", folder],
    }).output().catch(() => ({ success: false }));
    if (!mount.success) {
      console.log("skipped: mounting a small disk takes root");
      return;
    }
    try {
      await Deno.writeTextFile(`${folder}/small.html`, "the last good report");
      const { code, stderr } = await task("report", [SMALL, "--out", folder]);
      assert.equal(code, 1);
      assert.match(stderr, /Cannot write the report to .*No space left/);
      assert.deepEqual(listing(folder), ["small.html"]);
      assert.equal(
        await Deno.readTextFile(`${folder}/small.html`),
        "the last good report",
      );
    } finally {
      await new Deno.Command("umount", { args: [folder] }).output();
    }
  }));

Deno.test("a machine without its loopback says so", async () => {
  const alone = ["unshare", "--map-root-user", "--net"];
  const run = (...words: string[]): Promise<Deno.CommandOutput> =>
    new Deno.Command(alone[0], { args: [...alone.slice(1), ...words] })
      .output();
  if (!await run("true").then((o) => o.success, () => false)) {
    console.log("skipped: taking the network away takes unshare");
    return;
  }
  const report = ["run", "-A", `${ROOT}/tasks/report.ts`, SMALL];
  const { code, stderr } = await run(Deno.execPath(), ...report);
  assert.equal(code, 1);
  assert.match(
    new TextDecoder().decode(stderr),
    /The kernel cannot be reached: Network is unreachable/,
  );
});

Deno.test("a second run needs no network", () =>
  inFolder(async (folder) => {
    const dead = "http://127.0.0.1:9";
    const env = {
      HTTP_PROXY: dead,
      HTTPS_PROXY: dead,
      ALL_PROXY: dead,
      NO_PROXY: "127.0.0.1",
    };
    const { code, stderr } = await task("report", [
      SMALL,
      "--preset",
      "smoke",
      "--out",
      folder,
    ], { env });
    assert.equal(code, 0, stderr);
  }));
