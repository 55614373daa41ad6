/** papermill, nbclient and nbconvert on the notebooks. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { executeNotebook, resultsOf } from "../tasks/execute.ts";
import type { Output } from "../tasks/jupyter_client.ts";
import {
  formatNotebook,
  INJECTED,
  injectParameters,
  type Notebook,
  parseNotebook,
  readNotebook,
} from "../tasks/notebook.ts";
import {
  committedNotebooks,
  findJupyter,
  type Workplace,
  workplace,
} from "./jupyter.ts";
import { ROOT } from "./processes.ts";

const bin = findJupyter();
const EDITOR = join(ROOT, "tests", "fixtures", "editor.ipynb");

async function run(
  program: string,
  args: string[],
  place: Workplace,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(join(bin!, program), {
    args,
    cwd: place.folder,
    env: place.env,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr).slice(-2000));
}

async function read(file: string): Promise<Notebook> {
  return parseNotebook(await Deno.readTextFile(file), file);
}

/** For each code cell with output: its id and the types it shows. */
function shown(notebook: Notebook): [string, string[]][] {
  const kind = (o: Output): string =>
    "data" in o ? Object.keys(o.data).sort().join() : o.output_type;
  return notebook.cells.filter((c) =>
    c.cell_type === "code" && c.outputs.length > 0
  )
    .map((c) => [c.id, c.outputs.map(kind)]);
}

/** What the notebook shows when executed by this project's own client. */
async function expected(file: string): Promise<Notebook> {
  const notebook = injectParameters(await readNotebook(file), {
    seed: 3,
    preset: "smoke",
  });
  return (await executeNotebook(notebook, {
    name: "x",
    cwd: file.slice(0, file.lastIndexOf("/")),
  })).notebook;
}

function papermill(place: Workplace, name: string, out: string): Promise<void> {
  const script = join(ROOT, "tasks", "papermill_deno.py");
  const parameters = ["-p", "seed", "3", "-p", "preset", "smoke"];
  return run("python", [
    script,
    join(place.notebooks, name),
    out,
    ...parameters,
  ], place);
}

Deno.test({
  name:
    "papermill runs a notebook with parameters ten times, complete each time, with both cores busy",
  ignore: bin === null,
  fn: async () => {
    const place = await workplace([EDITOR]);
    const busy = new Deno.Command(Deno.execPath(), {
      args: ["eval", "while (true);"],
    }).spawn();
    try {
      const want = await expected(EDITOR);
      const once = async (out: string): Promise<void> => {
        await papermill(place, "editor.ipynb", out);
        const notebook = await read(out);
        assert.deepEqual(shown(notebook), shown(want), out);
        assert.deepEqual(resultsOf(notebook), resultsOf(want));
      };
      for (let i = 0; i < 10; i += 2) {
        const outs = [i, i + 1].map((n) =>
          join(place.folder, `out-${n}.ipynb`)
        );
        await Promise.all(outs.map(once));
      }
      assert.equal(resultsOf(want)?.seed, 3);
    } finally {
      busy.kill("SIGKILL");
      await busy.status;
      await place.remove();
    }
  },
});

Deno.test({
  name: "nbclient shows of a notebook what this project's executor shows",
  ignore: bin === null,
  fn: async () => {
    const place = await workplace([EDITOR]);
    try {
      const want = await expected(EDITOR);
      const file = join(place.notebooks, "parameters.ipynb");
      const notebook = await readNotebook(
        join(place.notebooks, "editor.ipynb"),
      );
      const values = { seed: 3, preset: "smoke" };
      await Deno.writeTextFile(
        file,
        formatNotebook(injectParameters(notebook, values)),
      );
      await run("jupyter-execute", ["--inplace", file], place);
      const made = await read(file);
      const outputs = shown(made).filter(([id]) => id !== INJECTED);
      assert.deepEqual(outputs, shown(want));
      assert.deepEqual(resultsOf(made), resultsOf(want));
    } finally {
      await place.remove();
    }
  },
});

for (const file of committedNotebooks()) {
  const name = basename(file, ".ipynb");
  Deno.test({
    name: `papermill runs ${name} with a parameter, every output complete`,
    ignore: bin === null,
    fn: async () => {
      const place = await workplace([file]);
      try {
        const out = join(place.folder, "papermill.ipynb");
        await papermill(place, `${name}.ipynb`, out);
        const made = await read(out);
        assert.deepEqual(shown(made), shown(await readNotebook(file)));
        assert.equal(resultsOf(made)?.seed, 3);
        assert.equal(resultsOf(made)?.preset, "smoke");
      } finally {
        await place.remove();
      }
    },
  });
}

for (const file of [EDITOR, ...committedNotebooks()]) {
  const name = basename(file, ".ipynb");
  Deno.test({
    name: `nbconvert's HTML and Markdown keep the figures of ${name}`,
    ignore: bin === null,
    fn: async () => {
      const place = await workplace([file]);
      try {
        const notebook = file === EDITOR
          ? await expected(file)
          : await readNotebook(file);
        const source = join(place.notebooks, `${name}.ipynb`);
        await Deno.writeTextFile(source, formatNotebook(notebook));
        const html = notebook.cells.flatMap((c) => c.outputs)
          .map((o) => "data" in o ? String(o.data["text/html"] ?? "") : "")
          .join("");
        for (
          const [format, extension] of [["html", "html"], ["markdown", "md"]]
        ) {
          await run("jupyter-nbconvert", [
            "--to",
            format,
            source,
            "--output-dir",
            place.folder,
          ], place);
          const page = await Deno.readTextFile(
            join(place.folder, `${name}.${extension}`),
          );
          for (
            const tag of [
              "<svg",
              "<path",
              "<rect",
              "<polyline",
              "<table",
              "<img",
              "<script>{",
            ]
          ) {
            const count = (text: string): number => text.split(tag).length - 1;
            assert.ok(
              count(page) >= count(html),
              `${format} lost ${tag}: ${count(page)} of ${count(html)}`,
            );
          }
        }
      } finally {
        await place.remove();
      }
    },
  });
}
