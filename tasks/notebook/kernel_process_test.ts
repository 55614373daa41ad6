import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { lives, start, until } from "../../tests/processes.ts";

const CLIENT = new URL("./jupyter_client.ts", import.meta.url).href;

/** A program that starts a kernel and a cell in it, and says the kernel's pid. */
const program = (cell: string): string => `
import { startKernel } from "${CLIENT}";
const kernel = await startKernel({ cwd: Deno.cwd() });
console.error(kernel.pid);
await kernel.execute(${JSON.stringify(cell)});
`;

const folders = (inside: string): string[] =>
  readdirSync(inside).filter((name) => name.includes("kernel"));

/** Runs a test with a folder for temporary files, which are gone soon after it. */
async function withTemporaryFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
    await until(() => folders(folder).length === 0, 10);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const [kind, cell] of Object.entries({
    "waits": "await new Promise((resolve) => setTimeout(resolve, 1e6))",
    "is busy": "while (true);",
  })
) {
  Deno.test(`a kernel whose parent is killed while a cell ${kind} ends, with its files`, () =>
    withTemporaryFolder(async (folder) => {
      for (const signal of ["SIGKILL", "SIGQUIT"] as const) {
        const file = join(folder, "parent.ts");
        await Deno.writeTextFile(file, program(cell));
        const parent = start(["run", "-A", file], { env: { TMPDIR: folder } });
        await until(() => /\d+\n/.test(parent.said()), 60);
        const kernel = Number(/(\d+)\n/.exec(parent.said())![1]);
        assert.equal(folders(folder).length, 1);
        Deno.kill(parent.pid, signal);
        await until(async () => !await lives(kernel), 5);
        await until(() => folders(folder).length === 0, 5);
        await parent.ended;
      }
    }));
}

Deno.test("a kernel that is killed with its parent leaves files for the next one to remove", () =>
  withTemporaryFolder(async (folder) => {
    const file = join(folder, "parent.ts");
    await Deno.writeTextFile(file, program("while (true);"));
    const env = { TMPDIR: folder };
    const parent = start(["run", "-A", file], { env });
    await until(() => /\d+\n/.test(parent.said()), 60);
    Deno.kill(-parent.pid, "SIGKILL");
    await parent.ended;
    assert.equal(folders(folder).length, 1);
    await Deno.writeTextFile(file, program("1").concat("Deno.exit(0);"));
    assert.equal((await start(["run", "-A", file], { env }).ended).code, 0);
  }));

Deno.test("a running kernel's files are left alone by the next one", () =>
  withTemporaryFolder(async (folder) => {
    const file = join(folder, "parent.ts");
    await Deno.writeTextFile(
      file,
      `import { startKernel } from "${CLIENT}";
const first = await startKernel({ cwd: Deno.cwd() });
const second = await startKernel({ cwd: Deno.cwd() });
const names = Array.from(Deno.readDirSync("${folder}"), (e) => e.name);
console.log(names.filter((name) => name.includes("kernel")).length);
await Promise.all([first.shutdown(), second.shutdown()]);
Deno.exit(0);`,
    );
    const env = { TMPDIR: folder };
    const { stdout } = await start(["run", "-A", file], { env }).ended;
    assert.equal(stdout, "2\n");
  }));
