/**
 * `deno task wasm`: compiles `lib/numeric/wasm/assembly/` to WebAssembly.
 *
 * The same source is compiled twice, with `real` as f32 and as f64. Each
 * binary is written to `lib/numeric/wasm/`, and both together, as base64, to
 * `lib/numeric/wasm/binaries.ts`, the form that every engine can import.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import type { Dtype } from "../lib/numeric/wasm/kernels.ts";
import { main } from "./terminal.ts";

const folder = fileURLToPath(new URL("../lib/numeric/wasm/", import.meta.url));

/** The compiled kernels of one dtype. */
export function compileKernels(
  dtype: Dtype,
): Promise<Uint8Array<ArrayBuffer>> {
  return compileAssembly(join(folder, "assembly"), "index.ts", [
    "--use",
    `real=${dtype === "float32" ? "f32" : "f64"}`,
    "--importMemory",
    "--initialMemory",
    "16", // pages, at least: engines need not check addresses within them
  ]);
}

/** Compiles AssemblyScript: `entry` and what it imports, all in `source`. */
export async function compileAssembly(
  source: string,
  entry: string,
  options: readonly string[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([
    entry,
    "--outFile",
    "out.wasm",
    "-O3",
    "--converge",
    "--noAssert",
    "--runtime",
    "stub",
    "--noExportMemory",
    "--enable",
    "simd",
    ...options,
  ], {
    readFile: async (name: string) => {
      try {
        return unrolled(await readFile(join(source, name), "utf8"));
      } catch {
        return null; // The compiler tries names that need not exist.
      }
    },
    writeFile: (_name: string, contents: Uint8Array | string) => {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error || binary === undefined) {
    throw new Error(
      `Cannot compile ${entry}: ${error?.message}\n${stderr}`,
    );
  }
  return new Uint8Array(binary);
}

/** Writes lines between `// repeat n` and `// end` n times: `$` is 0 … n − 1. */
function unrolled(source: string): string {
  return source.replace(
    /^ *\/\/ repeat (\d+)\n([^]*?)^ *\/\/ end\n/gm,
    (_, n, lines) =>
      Array.from({ length: n }, (_, i) => lines.replaceAll("$", `${i}`))
        .join(""),
  );
}

/** The text of `lib/numeric/wasm/binaries.ts`. */
export function wasmModule(
  binaries: Record<Dtype, Uint8Array<ArrayBuffer>>,
): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return `// Written by \`deno task wasm\`. Do not edit.
// Base64, because it is the one form of a binary that Deno, a notebook cell, a
// worker, Node and a browser bundle all import without a loader or a request.

/** The kernels for float32 matrices. */
export const FLOAT32 =
  "${base64(binaries.float32)}";

/** The kernels for float64 matrices. */
export const FLOAT64 =
  "${base64(binaries.float64)}";
`;
}

async function replaceFile(
  name: string,
  contents: string | Uint8Array,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.part`), contents);
  await rename(join(folder, `${name}.part`), join(folder, name));
}

async function build(): Promise<void> {
  const float32 = await compileKernels("float32");
  const float64 = await compileKernels("float64");
  await replaceFile("float32.wasm", float32);
  await replaceFile("float64.wasm", float64);
  await replaceFile("binaries.ts", wasmModule({ float32, float64 }));
  console.log(
    `lib/numeric/wasm: float32.wasm ${float32.length} bytes, ` +
      `float64.wasm ${float64.length} bytes`,
  );
}

if (import.meta.main) await main({}, build);
