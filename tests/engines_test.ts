/** The same seed gives the same bits in Deno, Chromium and Firefox. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { findChromium, launch } from "./browser.ts";
import { program } from "./engine_program.ts";
import { evaluateInFirefox, findFirefox } from "./firefox.ts";
import { ROOT } from "./processes.ts";

const chromium = findChromium();
const firefox = findFirefox();

/** The program as a page of its own. */
async function withPage(test: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const script = join(folder, "program.js");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--platform",
        "browser",
        "--format",
        "iife",
        "-o",
        script,
        join(ROOT, "tests", "engine_program.ts"),
      ],
      cwd: ROOT,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const page = join(folder, "page.html");
    const code = (await Deno.readTextFile(script)).replaceAll(
      "</script",
      "<\\/script",
    );
    await Deno.writeTextFile(
      page,
      `<!DOCTYPE html><meta charset="utf-8"><script>${code}</script>`,
    );
    await test(page);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "Chromium trains to the bits of Deno",
  ignore: chromium === null,
  fn: () =>
    withPage(async (file) => {
      const browser = await launch(chromium!);
      try {
        const page = await browser.newPage();
        await page.goto(`file://${file}`);
        const found = await page.evaluate("program()");
        assert.deepEqual(JSON.parse(String(found)), JSON.parse(program()));
      } finally {
        await browser.close();
      }
    }),
});

Deno.test({
  name: "Firefox, another engine, trains to the bits of Deno",
  ignore: firefox === null,
  fn: () =>
    withPage(async (file) => {
      const found = await evaluateInFirefox(firefox!, file, "program()");
      assert.deepEqual(JSON.parse(found), JSON.parse(program()));
    }),
});

Deno.test("a worker trains to the bits of the main thread", async () => {
  const code = `import { program } from ${
    JSON.stringify(new URL("./engine_program.ts", import.meta.url).href)
  };
    postMessage(program());`;
  const url = URL.createObjectURL(
    new Blob([code], { type: "application/typescript" }),
  );
  const worker = new Worker(url, { type: "module" });
  const found = await new Promise<string>((resolve, reject) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.terminate();
  URL.revokeObjectURL(url);
  assert.equal(found, program());
});
