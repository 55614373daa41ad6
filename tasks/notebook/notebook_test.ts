import assert from "node:assert/strict";
import { Refusal } from "../../lib/run/config.ts";
import {
  findNotebooks,
  formatNotebook,
  hasTag,
  INJECTED,
  injectParameters,
  parametersOf,
  parseNotebook,
  parseSettings,
  readNotebook,
  writeWhole,
} from "./notebook.ts";

const FIXTURES = new URL("../../tests/fixtures/", import.meta.url).pathname;
const small = await readNotebook(`${FIXTURES}small.ipynb`);

const file = (cells: unknown[], kernel = "deno", minor = 5): string =>
  JSON.stringify({
    cells,
    metadata: { kernelspec: { name: kernel } },
    nbformat: 4,
    nbformat_minor: minor,
  });
const code = (id: string): unknown => ({
  cell_type: "code",
  id,
  source: ["let a = 1;\n", "a"],
  metadata: {},
  outputs: [],
});

function assertRefused(text: string, message: RegExp): void {
  assert.throws(
    () => parseNotebook(text, "x.ipynb"),
    (error) =>
      error instanceof Refusal && !error.message.includes("\n") &&
      message.test(error.message),
  );
}

Deno.test("what is not a notebook of the Deno kernel is refused by name", () => {
  const cases: [string, RegExp][] = [
    ["# not JSON", /^Cannot read x.ipynb as its text must be JSON/],
    ["", /must be JSON/],
    [`{"cells": 3}`, /must be a notebook with cells/],
    ["null", /its content must be an object: current value is null/],
    [file([code("a")], "python3"), /its kernel must be "deno": .* "python3"/],
    [file([code("a")], "deno", 4), /4.5 \(cells with ids\): .* "4.4"/],
    [file([code("a"), code("a")]), /the id of cell 1 must be its own: .* "a"/],
    [file([{ cell_type: "code", source: "" }]), /the id of cell 0/],
    ["[".repeat(1e5) + "]".repeat(1e5), /its content must be an object/],
  ];
  for (const [text, message] of cases) assertRefused(text, message);
});

Deno.test("the part of a notebook that has another shape is named", () => {
  const change = (fields: object): string =>
    file([{ ...code("a") as object, ...fields }]);
  const output = (fields: object): string =>
    change({ outputs: [{ output_type: "display_data", data: {}, ...fields }] });
  let deep: unknown = 1;
  for (let i = 0; i < 1e4; i++) deep = [deep];
  const cases: [string, RegExp][] = [
    [file([null]), /cell 0 must be an object: current value is null/],
    [change({ id: "a b\n" }), /the id of cell 0 .* letters.* "a b\\n"/],
    [change({ cell_type: "x" }), /type of cell 0 must be "code" or "markdown"/],
    [change({ source: [1] }), /source of cell 0 must be text or a list/],
    [change({ source: " ".repeat(2e6) }), /at most 1000000 characters/],
    [change({ metadata: [] }), /metadata of cell 0 must be an object/],
    [change({ metadata: { tags: "a" } }), /tags of cell 0 must be a list/],
    [change({ metadata: { tags: [1] } }), /tags of cell 0 must be text/],
    [change({ metadata: { jupyter: 1 } }), /jupyter of cell 0 must be an obj/],
    [change({ metadata: { jupyter: { deep } } }), /metadata .* 100 deep/],
    [change({ outputs: {} }), /outputs of cell 0 must be a list/],
    [change({ outputs: [null] }), /output 0 of cell 0 must be an object/],
    [output({ output_type: "x" }), /output_type of output 0 of cell 0 must be/],
    [output({ data: null }), /data of output 0 of cell 0 must be an object/],
    [
      output({ data: { "text/html": 1 } }),
      /text\/html of data .* must be text/,
    ],
    [output({ data: { "application/json": deep } }), /nested at most 100 deep/],
    [
      output({ metadata: 1 }),
      /metadata of output 0 of cell 0 must be an object/,
    ],
    [
      output({ output_type: "stream", name: '"', text: "" }),
      /name of output 0/,
    ],
    [output({ output_type: "error", ename: 1 }), /ename of output 0/],
    [
      change({ cell_type: "markdown", attachments: { a: 1 } }),
      /attachment a of cell 0 must be an object/,
    ],
  ];
  for (const [text, message] of cases) assertRefused(text, message);
});

Deno.test("no metadata is kept that names a machine", () => {
  const parsed = parseNotebook(
    JSON.stringify({
      ...JSON.parse(file([code("a")])),
      metadata: {
        kernelspec: { name: "deno" },
        title: "T",
        papermill: { input_path: "/home/someone/x.ipynb" },
        widgets: {},
      },
    }),
    "x",
  );
  assert.deepEqual(parsed.metadata, { title: "T" });
});

Deno.test("declarations are found in time that grows with the text alone", () => {
  const start = performance.now();
  for (const line of ["let a: number\n", "let a\n", "let a = 1\n"]) {
    const source = line.repeat(5e4) + "let b = 1;";
    const cell = {
      ...code("a") as object,
      source,
      metadata: { tags: ["parameters"] },
    };
    const found = parametersOf(parseNotebook(file([cell]), "x"));
    assert.deepEqual(found, [{ name: "b", value: 1 }]);
  }
  assert.ok(performance.now() - start < 5000);
});

Deno.test("the normal form is a fixed point, with counts in order and no traces of editors", () => {
  const cell = {
    ...code("a") as object,
    metadata: { tags: ["x"], execution: { t: 1 } },
    execution_count: 71,
  };
  const text = formatNotebook(parseNotebook(file([cell, code("b")]), "x"));
  assert.equal(formatNotebook(parseNotebook(text, "x")), text);
  const written = JSON.parse(text);
  assert.deepEqual(
    written.cells.map((c: { execution_count: number }) => c.execution_count),
    [1, 2],
  );
  assert.deepEqual(written.cells[0].metadata, { tags: ["x"] });
  assert.deepEqual(written.cells[0].source, ["let a = 1;\n", "a"]);
  assert.ok(text.endsWith("}\n") && text.startsWith('{\n "cells": ['));
});

Deno.test("text is cut into lines as Jupyter cuts it", () => {
  const cell = { ...code("a") as object, source: "a\r\nb\rc\u2028d\n\ne\n" };
  const written = JSON.parse(formatNotebook(parseNotebook(file([cell]), "x")));
  assert.deepEqual(written.cells[0].source, [
    "a\r\n",
    "b\r",
    "c\u2028",
    "d\n",
    "\n",
    "e\n",
  ]);
});

Deno.test("the parameters of a notebook are the lets of its tagged cell", () => {
  assert.deepEqual(parametersOf(small), [
    { name: "seed", value: 1 },
    { name: "preset", value: "full", choices: ["full", "smoke"] },
    { name: "draws", value: 1000 },
    { name: "levels", value: [0.5, 0.9] },
  ]);
});

Deno.test("settings take the type of the default", () => {
  assert.deepEqual(
    parseSettings(small, [
      "seed=7",
      "preset=smoke",
      "draws=2e3",
      "levels=[0.1]",
    ]),
    { seed: 7, preset: "smoke", draws: 2000, levels: [0.1] },
  );
});

Deno.test("a setting that cannot be is refused with the nearest that can", () => {
  const refuse = (setting: string, message: RegExp): void =>
    assert.throws(() => parseSettings(small, [setting]), message);
  refuse(
    "drawz=3",
    /RangeError: Cannot set "drawz" .*did you mean "draws".*seed, preset, draws, levels/,
  );
  refuse(
    "preset=quick",
    /RangeError: .*preset must be "full" or "smoke": current value is "quick"/,
  );
  refuse(
    "draws=many",
    /RangeError: .*draws must be a number: current value is "many"/,
  );
  refuse("levels=1", /RangeError: .*levels must be an array/);
  refuse(
    "seed=1.5",
    /RangeError: .*seed must be an integer ≥ 0: current value is 1.5/,
  );
  refuse("seed=-1", /RangeError: .*seed must be an integer ≥ 0/);
  refuse("seed", /must be key=value/);
});

Deno.test("values are injected after the parameters cell, and replaced the second time", () => {
  const once = injectParameters(small, { seed: 2, preset: "smoke" });
  const twice = injectParameters(once, { seed: 3 });
  const at = once.cells.findIndex((c) => hasTag(c, "parameters"));
  assert.equal(once.cells[at + 1].source, 'seed = 2;\npreset = "smoke";');
  assert.equal(twice.cells.length, small.cells.length + 1);
  assert.equal(
    twice.cells.find((c) => hasTag(c, INJECTED))?.source,
    "seed = 3;",
  );
  assert.deepEqual(injectParameters(once, {}), small);
});

Deno.test("a notebook is found by name or path, and an unknown one names the nearest", async () => {
  const all = await findNotebooks([], FIXTURES);
  assert.ok(all.length >= 4 && all.includes(`${FIXTURES}small.ipynb`));
  assert.deepEqual(await findNotebooks(["small.ipynb"], FIXTURES), [
    `${FIXTURES}small.ipynb`,
  ]);
  assert.deepEqual(
    await findNotebooks([`${FIXTURES}slow.ipynb`], "notebooks"),
    [`${FIXTURES}slow.ipynb`],
  );
  await assert.rejects(
    findNotebooks(["smal"], FIXTURES),
    (error) =>
      error instanceof RangeError &&
      /Cannot find the notebook "smal" \(did you mean "small"\?\): there are editor, loud, slow, small, throwing/
        .test(error.message),
  );
});

Deno.test("a file is replaced whole, or not at all", async () => {
  const folder = await Deno.makeTempDir();
  await writeWhole(`${folder}/a.txt`, "one");
  await writeWhole(`${folder}/a.txt`, "two");
  assert.equal(await Deno.readTextFile(`${folder}/a.txt`), "two");
  await assert.rejects(writeWhole(`${folder}/none/a.txt`, "three"));
  assert.deepEqual(Array.from(Deno.readDirSync(folder), (e) => e.name), [
    "a.txt",
  ]);
  await Deno.remove(folder, { recursive: true });
});
