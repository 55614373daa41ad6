import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { task } from "../tests/processes.ts";
import { ROOT } from "./project.ts";

Deno.test("the kernel task installs a kernelspec of this Deno and says what to click", async () => {
  const info = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
  const home = await Deno.makeTempDir();
  try {
    const env = {
      HOME: home,
      DENO_DIR: denoDir,
      PATH: `${home}:/usr/bin:/bin`,
    };
    // An editor that has one of the two extensions.
    await Deno.writeTextFile(
      `${home}/code`,
      "#!/bin/sh\necho ms-toolsai.jupyter\n",
      { mode: 0o755 },
    );
    const { code, stdout, stderr } = await task("kernel", [], { env });
    assert.equal(code, 0, stderr);
    const [, file] = /kernelspec installed: (\S+kernel\.json)/.exec(stdout)!;
    assert.ok(file.startsWith(home));
    const { argv, language } = JSON.parse(await Deno.readTextFile(file));
    assert.deepEqual(argv.slice(1), [
      "jupyter",
      "--kernel",
      "--conn",
      "{connection_file}",
    ]);
    assert.equal(language, "typescript");
    assert.match(stdout, new RegExp(`✓ Deno ${Deno.version.deno}`));
    assert.match(stdout, /✓ the kernel starts and imports the library/);
    assert.match(
      stdout,
      /✗ VS Code lacks extensions. Run: {2}code --install-extension denoland.vscode-deno\n/,
    );
    assert.match(stdout, /trust it[^]*Select Kernel[^]*Run All/);
    assert.match(stdout, /stop by a message[^]*its state is lost/);

    // Another Deno of that name, and a shell that sets variables to nothing.
    await Deno.writeTextFile(`${home}/other`, "#!/bin/sh\necho deno 2.7.1\n", {
      mode: 0o755,
    });
    const list = {
      kernelspecs: { deno: { spec: { argv: [`${home}/other`] } } },
    };
    await Deno.writeTextFile(
      `${home}/jupyter`,
      `#!/bin/sh\n[ "$1" = kernelspec ] && echo '${JSON.stringify(list)}'\n`,
      { mode: 0o755 },
    );
    const again = await task("kernel", [], {
      env: { ...env, XDG_DATA_HOME: "", JUPYTER_DATA_DIR: "" },
    });
    assert.equal(again.code, 0, again.stderr);
    assert.ok(again.stdout.includes(`kernelspec installed: ${file}`));
    assert.match(
      again.stdout,
      /in place of one that started deno 2\.7\.1 \(\S+other\)/,
    );

    // By npx alone: the program stands in npm's cache.
    const program = join(home, "_npx", "deno");
    await Deno.mkdir(dirname(program));
    await Deno.copyFile(Deno.execPath(), program);
    // And a Jupyter that looks for kernels elsewhere.
    await Deno.writeTextFile(
      `${home}/jupyter`,
      `#!/bin/sh\n[ "$1" = lab ] && echo 4.6.6 || echo '{"kernelspecs":{}}'\n`,
    );
    const { stdout: said } = await new Deno.Command(program, {
      args: ["run", "-A", join(ROOT, "tasks", "kernel.ts")],
      env,
    }).output();
    const words = new TextDecoder().decode(said);
    assert.match(words, /lives in npm's cache; after clearing that cache, run/);
    assert.ok(words.includes(`"deno.path": ${JSON.stringify(program)}`), words);
    assert.match(
      words,
      new RegExp(`✗ JupyterLab 4.6.6 does not look in .*JUPYTER_PATH=${home}/`),
    );
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
