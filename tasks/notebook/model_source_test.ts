import assert from "node:assert/strict";
import { findNotebooks, readNotebook } from "./notebook.ts";
import { declarationIn, sourcesOf } from "./model_source.ts";
import { notebookPage } from "./export_html.ts";
import { pointerProblems } from "./check.ts";
import type { Notebook } from "./notebook.ts";
import { NOTEBOOKS } from "../project.ts";

const MODULE = `/** Above. */
const before = "}";

/** A model. */
export function model(
  { a }: { a: number },
): { step(): number } {
  /** (1) */
  const forward = (): {
    loss: number;
  } => {
    return { loss: a }; // not }
  };
  return {
    step(): number {
      return forward().loss;
    },
  };
}

export function* train(): Generator<number> {
  yield 1;
}
`;

const textOf = (source: string): Notebook => ({
  cells: [{
    id: "text",
    cell_type: "markdown",
    source,
    metadata: {},
    outputs: [],
  }],
  metadata: {},
});

Deno.test("a declaration is taken whole, with the comment above it, and so is one inside it", () => {
  assert.deepEqual(declarationIn(MODULE, "before"), {
    code: '/** Above. */\nconst before = "}";',
    from: 1,
    to: 2,
  });
  const model = declarationIn(MODULE, "model")!;
  assert.deepEqual([model.from, model.to], [4, 19]);
  assert.equal(
    declarationIn(MODULE, "model.forward")!.code,
    "/** (1) */\nconst forward = (): {\n  loss: number;\n} => {\n" +
      "  return { loss: a }; // not }\n};",
  );
  assert.equal(
    declarationIn(MODULE, "model.step")!.code,
    "step(): number {\n  return forward().loss;\n},",
  );
  assert.match(declarationIn(MODULE, "train")!.code, /yield 1;\n}$/);
  for (const name of ["mode", "model.train", "train.step"]) {
    assert.equal(declarationIn(MODULE, name), null, name);
  }
});

Deno.test("a name or a module that is no longer there is told, and nothing is exported", () => {
  const gone = textOf(
    "- [`dreams`](../lib/helmholtz/machine.ts#dreams): forward",
  );
  const words =
    /cell "text" of x points to as lib\/helmholtz\/machine.ts must declare dreams: current value is no such name \(did you mean "dream"\?\)/;
  assert.throws(() => notebookPage(gone, { name: "x" }), words);
  assert.match(pointerProblems(gone, "x").join(), words);
  assert.throws(
    () => sourcesOf(textOf("[`a`](../lib/no/such.ts#a)"), "x"),
    /lib\/no\/such.ts must be a module: current value is no file/,
  );
});

Deno.test("a report shows a function below the item that points to it, with a link to its file", () => {
  const notebook = textOf(
    "$$a = b \\tag{1}$$\n\n" +
      "- [`dream`](../lib/helmholtz/machine.ts#dream): forward, (1), not (2)\n",
  );
  const html = notebookPage(notebook, { name: "x" });
  assert.match(html, /<a href="\.\.\/lib\/helmholtz\/machine\.ts"><code>dream/);
  assert.match(html, /forward, <a href="#equation-1">\(1\)<\/a>, not \(2\)/);
  assert.match(html, /id="equation-1"/);
  assert.match(html, /<summary>lib\/helmholtz\/machine.ts, lines \d+ to \d+/);
  assert.match(html, /title function_">dream<\/span>/);
  const away = notebookPage(notebook, { name: "x", root: null });
  assert.doesNotMatch(away, /<a href="[^"]*machine/);
  assert.match(away, /<code>dream<\/code>: forward/);
  assert.deepEqual(
    pointerProblems(textOf("$$a \\tag{1}$$\n\n$$b \\tag{1}$$"), "x"),
    ["two equations have the number of \\tag{1}: give each its own"],
  );
});

Deno.test("every notebook shows forward, gradient, update and inference, each whole", async () => {
  for (const file of await findNotebooks([], NOTEBOOKS)) {
    const sources = sourcesOf(await readNotebook(file), file);
    assert.ok(sources.size >= 5, `${file}: ${sources.size}`);
    for (const [name, { code }] of sources) {
      assert.match(code, /[;}],?$/, name);
      assert.ok(code.split("\n").length < 150, `${name} is long`);
    }
  }
});
