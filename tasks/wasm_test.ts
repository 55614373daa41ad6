import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { FLOAT32, FLOAT64 } from "../lib/numeric/wasm/binaries.ts";
import { compileKernels, wasmModule } from "./wasm.ts";

Deno.test("a fresh build gives the committed binaries, byte for byte", async () => {
  const folder = new URL("../lib/numeric/wasm/", import.meta.url);
  const float32 = await compileKernels("float32");
  const float64 = await compileKernels("float64");
  const committed = async (name: string): Promise<Uint8Array> =>
    new Uint8Array(await readFile(new URL(name, folder)));
  assert.deepEqual(float32.code, await committed("float32.wasm"));
  assert.deepEqual(float64.code, await committed("float64.wasm"));
  assert.equal(
    wasmModule({ float32: float32.binary, float64: float64.binary }),
    await readFile(new URL("binaries.ts", folder), "utf8"),
  );
});

Deno.test("the binaries fit in what browsers compile on their main thread", () => {
  // Chromium refuses `new WebAssembly.Module` above 8 MB there.
  assert.ok(FLOAT32.bytes.length + FLOAT64.bytes.length < 200_000);
});
