/**
 * Jupyter for tests: the environment that `.ci/run` makes, a kernelspec of the
 * running Deno, and a copy of the project in which notebooks may be changed.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ROOT } from "../tasks/project.ts";

/**
 * File of a Python program, in the environment that `.ci/run` makes or else on
 * the PATH, or null with the reason printed.
 */
export function findProgram(
  name: string,
  path: string = Deno.env.get("PATH") ?? "",
): string | null {
  const folders = [join(ROOT, ".venv", "bin"), ...path.split(delimiter)];
  const file = folders.map((folder) => join(folder, name)).find(existsSync);
  if (file === undefined) {
    console.log(
      `skipped: no ${name} in .venv (.ci/run makes it) or on the PATH`,
    );
  }
  return file ?? null;
}

/** The Python that a program was installed for: its first line names it. */
export function pythonOf(program: string): string {
  const [, python] = /^#!(.+)/.exec(Deno.readTextFileSync(program)) ?? [];
  if (!python) throw new Error(`Cannot tell the Python of ${program}`);
  return python;
}

/** A folder in which notebooks run as in the project, without changing it. */
export interface Workplace {
  /** Folder with `notebooks/` and links to the modules. */
  folder: string;
  notebooks: string;
  /** Environment variables with which Jupyter finds the kernel. */
  env: Record<string, string>;
  remove(): Promise<void>;
}

/** Copy the notebooks given; everything else is linked. */
export async function workplace(files: readonly string[]): Promise<Workplace> {
  const folder = await Deno.realPath(
    await Deno.makeTempDir({ prefix: "jupyter-" }),
  );
  const notebooks = join(folder, "notebooks");
  await Deno.mkdir(notebooks);
  for (
    const name of ["lib", "data", "viz", "tasks", "deno.json", "deno.lock"]
  ) {
    await Deno.symlink(join(ROOT, name), join(folder, name));
  }
  for (const file of files) {
    const text = (await Deno.readTextFile(file)).replaceAll("../../", "../");
    await Deno.writeTextFile(join(notebooks, file.split("/").at(-1)!), text);
  }
  const kernels = join(folder, "jupyter", "kernels", "deno");
  await Deno.mkdir(kernels, { recursive: true });
  await Deno.writeTextFile(
    join(kernels, "kernel.json"),
    JSON.stringify({
      argv: [
        Deno.execPath(),
        "jupyter",
        "--kernel",
        "--conn",
        "{connection_file}",
      ],
      display_name: "Deno",
      language: "typescript",
    }),
  );
  const env = {
    JUPYTER_PATH: join(folder, "jupyter"),
    JUPYTER_CONFIG_DIR: join(folder, "config"),
    JUPYTER_DATA_DIR: join(folder, "data-dir"),
    JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
    JUPYTERLAB_SETTINGS_DIR: join(folder, "settings"),
    JUPYTERLAB_WORKSPACES_DIR: join(folder, "workspaces"),
    IPYTHONDIR: join(folder, "ipython"),
    PYTHONDONTWRITEBYTECODE: "1",
    NO_COLOR: "1",
  };
  return {
    folder,
    notebooks,
    env,
    remove: () => Deno.remove(folder, { recursive: true }),
  };
}
