/**
 * `deno task kernel`: installs the Jupyter kernel of the running Deno, which
 * takes no Python, and says what to click in VS Code and in JupyterLab.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { startKernel } from "./notebook/jupyter_client.ts";
import { NOTEBOOKS } from "./project.ts";
import { main } from "./terminal.ts";

/** What a command said, or null where there is no such command. */
async function ask(command: string, ...args: string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(command, {
      args,
      stderr: "null",
      env: { NO_COLOR: "1" },
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch {
    return null;
  }
}

/** The Deno that an installed kernel named "deno" starts; null without one. */
async function installedKernel(): Promise<string | null> {
  const list = await ask("jupyter", "kernelspec", "list", "--json") ?? "{}";
  const program = JSON.parse(list).kernelspecs?.deno?.spec?.argv?.[0];
  if (!program) return null;
  const version = await ask(program, "--version");
  return `${/^deno \S+/.exec(version ?? "")?.[0] ?? "nothing"} (${program})`;
}

/** Installs, and returns the kernelspec's file. */
async function installKernelspec(): Promise<string> {
  // An empty one makes Deno and Jupyter look in different places.
  for (const name of ["XDG_DATA_HOME", "JUPYTER_DATA_DIR"]) {
    if (Deno.env.get(name) === "") Deno.env.delete(name);
  }
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["jupyter", "--install", "--force"],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const words = (decoder.decode(stdout) + decoder.decode(stderr)).trim();
  const [, folder] = /installed successfully at (.+?)\.?$/m.exec(words) ?? [];
  if (!success || !folder) {
    throw new Error(`Cannot install the kernelspec: ${words}`);
  }
  const file = join(folder, "kernel.json");
  const { argv } = JSON.parse(await Deno.readTextFile(file));
  const version = await ask(argv[0], "--version");
  if (!version?.startsWith(`deno ${Deno.version.deno} `)) {
    throw new Error(
      `The kernelspec at ${file} starts ${
        argv[0]
      }, which is not Deno ${Deno.version.deno}`,
    );
  }
  return file;
}

/** Starts the kernel in the notebooks' folder and imports a module there. */
async function tryKernel(): Promise<number> {
  const start = performance.now();
  const kernel = await startKernel({ cwd: NOTEBOOKS });
  try {
    const { error } = await kernel.execute(
      `const { stream } = await import("../lib/numeric/random.ts");`,
    );
    if (error) throw new Error(`${error.name}: ${error.message}`);
    return (performance.now() - start) / 1000;
  } finally {
    await kernel.shutdown();
  }
}

async function vsCode(): Promise<string> {
  const list = await ask("code", "--list-extensions");
  if (list === null) return "· VS Code: no `code` command on the PATH";
  const missing = ["denoland.vscode-deno", "ms-toolsai.jupyter"]
    .filter((id) => !list.toLowerCase().includes(id));
  return missing.length === 0
    ? "✓ VS Code has the Deno and Jupyter extensions"
    : `✗ VS Code lacks extensions. Run:  ${
      missing.map((id) => `code --install-extension ${id}`).join("; ")
    }`;
}

async function jupyterLab(kernelspec: string): Promise<string> {
  const version = await ask("jupyter", "lab", "--version");
  if (version === null) {
    return "· JupyterLab: none on the PATH (pip install jupyterlab)";
  }
  const specs = JSON.parse(
    await ask("jupyter", "kernelspec", "list", "--json") ?? "{}",
  ).kernelspecs ?? {};
  return specs.deno
    ? `✓ JupyterLab ${version} sees the Deno kernel`
    : `✗ JupyterLab ${version} does not look in ${
      dirname(kernelspec)
    }. Start it with JUPYTER_PATH=${join(dirname(kernelspec), "..", "..")}`;
}

/** Install, check and explain. */
export async function kernel(): Promise<void> {
  const say = console.log;
  say(`✓ Deno ${Deno.version.deno}`);
  const before = await installedKernel();
  const kernelspec = await installKernelspec();
  say(`✓ kernelspec installed: ${kernelspec}`);
  if (before && !before.includes(Deno.execPath())) {
    say(`· it stands in place of one that started ${before}`);
  }
  if (Deno.execPath().includes("_npx")) {
    say(
      `· the kernel lives in npm's cache; after clearing that cache, run this again.
  VS Code's Deno extension does not look there. Put into its user settings:
  "deno.path": ${JSON.stringify(Deno.execPath())}`,
    );
  }
  say(
    `✓ the kernel starts and imports the library (${
      (await tryKernel()).toFixed(1)
    } s)`,
  );
  say(await vsCode());
  say(await jupyterLab(kernelspec));
  say(`
VS Code     open this folder and trust it (else every output is blank), accept
            the recommended extensions, open notebooks/<name>.ipynb. If the
            top right does not say "Deno", click "Select Kernel" there,
            "Jupyter Kernel…", "Deno". Then "Run All". Stop ends training
            early and keeps its state.
JupyterLab  jupyter lab notebooks
            double-click a notebook. If asked for a kernel, choose "Deno".
            Then Run > Run All Cells. The stop button ends training early and
            keeps its state; Kernel > Restart after changing a module in lib/.
Others      nteract, and Jupyter on Windows, stop by a message: that ends a
            training wherever it is, and its state is lost.`);
}

if (import.meta.main) await main({}, kernel);
