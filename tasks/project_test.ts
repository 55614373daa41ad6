import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { findNotebooks } from "./notebook/notebook.ts";
import { filesBelow, ROOT } from "./project.ts";

/** What JupyterLab keeps of files that were opened in it, and of a cut save. */
const LEFT_BEHIND = [
  "notebooks/.ipynb_checkpoints/a-checkpoint.ipynb",
  "notebooks/.~a.ipynb",
  "lib/.ipynb_checkpoints/a-checkpoint.ts",
  "lib/.ipynb_checkpoints/a-checkpoint_test.ts",
];

/** A project in which JupyterLab was used: its own files, and copies of them. */
async function inProject(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const files = ["notebooks/a.ipynb", "lib/a.ts", "lib/b/c_test.ts"];
  try {
    for (const file of [...files, ...LEFT_BEHIND]) {
      const path = join(folder, file);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(
        path,
        files.includes(file)
          ? 'Deno.test("a", () => {});\n'
          : "export const wrong: number = 'text';\nthrow wrong;\n",
      );
    }
    const settings = await Deno.readTextFile(join(ROOT, "deno.json"));
    const { exclude } = JSON.parse(settings);
    await Deno.writeTextFile(
      join(folder, "deno.json"),
      JSON.stringify({ exclude }),
    );
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("files of a folder are told in order, without hidden ones", () =>
  inProject(async (folder) => {
    const found = (ending: string): string[] =>
      filesBelow(folder, ending).map((path) => relative(folder, path));
    assert.deepEqual(found(".ts"), ["lib/a.ts", "lib/b/c_test.ts"]);
    assert.deepEqual(found(".ipynb"), ["notebooks/a.ipynb"]);
    const notebooks = join(folder, "notebooks");
    assert.deepEqual(
      await findNotebooks([], notebooks),
      found(".ipynb").map(
        (path) => join(folder, path),
      ),
    );
  }));

Deno.test("what JupyterLab leaves behind is neither checked nor run", () =>
  inProject(async (folder) => {
    for (const args of [["check", "."], ["test", "--no-check"]]) {
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args,
        cwd: folder,
        env: { NO_COLOR: "1" },
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
    }
  }));
