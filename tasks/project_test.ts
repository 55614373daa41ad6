import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { startKernel } from "./notebook/jupyter_client.ts";
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

Deno.test("no command and no cell changes deno.lock: a package that it does not hold is refused", async () => {
  const folder = await Deno.makeTempDir();
  const lock = join(folder, "deno.lock");
  try {
    const settings = JSON.parse(
      await Deno.readTextFile(join(ROOT, "deno.json")),
    );
    delete settings.imports.seedrandom;
    await Deno.writeTextFile(
      join(folder, "deno.json"),
      JSON.stringify(settings),
    );
    await Deno.copyFile(join(ROOT, "deno.lock"), lock);
    await Deno.writeTextFile(join(folder, "command.ts"), "export {};\n");

    const command = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "command.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(command.code, 1);
    const said = new TextDecoder().decode(command.stderr);
    assert.match(said, /The lockfile is out of date/);

    const kernel = await startKernel({ cwd: folder });
    const { error } = await kernel.execute('import "mathjs";')
      .finally(() => kernel.shutdown());
    assert.match(String(error?.message), /deno.lock does not hold/);

    const now = await Deno.readTextFile(lock);
    assert.equal(now, await Deno.readTextFile(join(ROOT, "deno.lock")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
