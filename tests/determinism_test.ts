/** The same seed gives the same weights in five JavaScript engines. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type SeedOutcome, WorkerPool } from "../lib/run/sweep.ts";
import { findChromium, launch } from "./browser.ts";
import { program } from "./determinism_program.ts";
import { evaluateInFirefox, findFirefox } from "./firefox.ts";
import { ROOT } from "../tasks/project.ts";

type Hashes = Record<string, string>;

const PROGRAM = join(ROOT, "tests", "determinism_program.ts");
const chromium = findChromium();
const firefox = findFirefox();
const node = await findNode();

let here: Promise<Hashes> | undefined;

/** Compares with what this process computes. */
async function agrees(found: Hashes): Promise<void> {
  here ??= program();
  const wanted = await here;
  assert.equal(Object.keys(wanted).length, 10);
  const inShares = Object.keys(wanted).filter((key) => /Shares/.test(key));
  assert.equal(inShares.length, 3);
  assert.equal(new Set(inShares.map((key) => wanted[key])).size, 1);
  for (const hash of Object.values(wanted)) {
    assert.match(hash, /^[0-9a-f]{64}$/);
  }
  assert.deepEqual(found, wanted);
}

async function findNode(): Promise<boolean> {
  try {
    return (await new Deno.Command("node", { args: ["--version"] }).output())
      .success;
  } catch {
    console.log("skipped: no Node");
    return false;
  }
}

/** The program in one file, as a browser and Node load it. */
async function bundled<T>(test: (script: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    const script = join(folder, "program.mjs");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--platform", "browser"],
        ...["-o", script, PROGRAM],
      ],
      cwd: ROOT,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return await test(script);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A page that holds the script; a file's page may hash, as https may. */
async function pageOf(script: string): Promise<string> {
  const page = script.replace(/mjs$/, "html");
  const code = (await Deno.readTextFile(script)).replaceAll(
    "</script",
    "<\\/script",
  );
  await Deno.writeTextFile(
    page,
    `<!DOCTYPE html><meta charset="utf-8"><script type="module">${code}</script>`,
  );
  return page;
}

Deno.test("a worker trains to the bits of the main thread", async () => {
  const pool = new WorkerPool(1);
  try {
    const task = { module: pathToFileURL(PROGRAM).href, name: "programOfSeed" };
    const [outcome]: SeedOutcome<Hashes>[] = await pool.sweep<null, Hashes>(
      task,
      { seeds: [1], options: null },
    );
    assert.equal(outcome.status, "done", JSON.stringify(outcome));
    if (outcome.status === "done") await agrees(outcome.value);
  } finally {
    pool.close();
  }
});

Deno.test({
  name: "Node trains to the bits of Deno",
  ignore: !node,
  fn: () =>
    bundled(async (script) => {
      const call =
        `await import(${JSON.stringify(pathToFileURL(script).href)});` +
        "console.log(JSON.stringify(await globalThis.program()));";
      const { success, stdout, stderr } = await new Deno.Command("node", {
        args: ["--input-type=module", "--eval", call],
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const lines = new TextDecoder().decode(stdout).trim().split("\n");
      await agrees(JSON.parse(lines[lines.length - 1]));
    }),
});

Deno.test({
  name: "Chromium trains to the bits of Deno",
  ignore: chromium === null,
  fn: () =>
    bundled(async (script) => {
      const browser = await launch(chromium!);
      try {
        const page = await browser.newPage();
        await page.goto(`file://${await pageOf(script)}`);
        await agrees(await page.evaluate("program()"));
      } finally {
        await browser.close();
      }
    }),
});

Deno.test({
  name: "Firefox, another engine, trains to the bits of Deno",
  ignore: firefox === null,
  fn: () =>
    bundled(async (script) => {
      const found = await evaluateInFirefox(
        firefox!,
        await pageOf(script),
        "program().then(JSON.stringify)",
      );
      await agrees(JSON.parse(found));
    }),
});
