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

Deno.test("what is not a notebook of the Deno kernel is refused by name", () => {
  const refuse = (text: string, message: RegExp): void =>
    assert.throws(
      () => parseNotebook(text, "x.ipynb"),
      (error) => error instanceof Refusal && message.test(error.message),
    );
  refuse("# not JSON", /Cannot read x.ipynb as its text must be JSON/);
  refuse("", /must be JSON/);
  refuse(`{"cells": 3}`, /must be a notebook with cells/);
  refuse("null", /must be a notebook with cells/);
  refuse(
    file([code("a")], "python3"),
    /its kernel must be deno: current value is python3/,
  );
  refuse(
    file([code("a")], "deno", 4),
    /must be 4.5 \(cells with ids\): current value is 4.4/,
  );
  refuse(
    file([code("a"), code("a")]),
    /the id of cell 1 must be a string of its own/,
  );
  refuse(file([{ cell_type: "code", source: "" }]), /the id of cell 0/);
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
