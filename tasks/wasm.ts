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
import type { Binary } from "../lib/numeric/wasm/binaries.ts";
import { AREA_BYTES, AREAS, type Dtype } from "../lib/numeric/wasm/kernels.ts";
import { main } from "./terminal.ts";

const folder = fileURLToPath(new URL("../lib/numeric/wasm/", import.meta.url));

/** The compiled kernels of one dtype, and what may be written into them. */
export async function compileKernels(
  dtype: Dtype,
): Promise<{ code: Uint8Array<ArrayBuffer>; binary: Binary }> {
  const code = await compileFor(dtype, 1);
  const [elsewhere, sharing] = [
    await compileFor(dtype, 2),
    await compileFor(dtype, 1, ["--sharedMemory", "--enable", "threads"]),
  ];
  const areas = Uint16Array.from(replaced(code, elsewhere, [1, 2]));
  const [limits] = replaced(code, sharing, [1, 3]);
  return {
    code,
    binary: { bytes: base64(code), areas: base64(areas), limits },
  };
}

/** The kernels with their scratch in one area. */
function compileFor(
  dtype: Dtype,
  area: number,
  options: string[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  return compileAssembly(join(folder, "assembly"), "index.ts", [
    ...["--use", `real=${dtype === "float32" ? "f32" : "f64"}`],
    ...["--use", `AREA=${area}`, "--memoryBase", `${area * AREA_BYTES}`],
    // Pages, at least: engines need not check addresses within them.
    ...["--importMemory", "--initialMemory"],
    `${(1 + AREAS) * AREA_BYTES / 65536}`,
    ...["--maximumMemory", "65536", ...options],
  ]);
}

/** Where one byte has become another, which is all that may differ. */
function replaced(
  before: Uint8Array,
  after: Uint8Array,
  [from, to]: [number, number],
): number[] {
  const places = Array.from(before.keys()).filter((i) =>
    before[i] !== after[i]
  );
  const asTold = places.every((i) => before[i] === from && after[i] === to);
  if (before.length !== after.length || before.length > 65535 || !asTold) {
    throw new Error("Cannot tell areas as they must differ in one byte each");
  }
  return places;
}

function base64(array: Uint8Array | Uint16Array): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength)
    .toString("base64");
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
export function wasmModule(binaries: Record<Dtype, Binary>): string {
  const text = ({ bytes, areas, limits }: Binary): string =>
    `{
  bytes:
    "${bytes}",
  areas:
    "${areas}",
  limits: ${limits},
}`;
  return `// Written by \`deno task wasm\`. Do not edit.
// Base64, because it is the one form of a binary that Deno, a notebook cell, a
// worker, Node and a browser bundle all import without a loader or a request.

/** A compiled binary, and what \`wasmKernels\` may write into it. */
export interface Binary {
  /** The bytes, in base64. */
  bytes: string;
  /** Where the number of the area stands: 16 bits each, in base64. */
  areas: string;
  /** Where the memory's limits are told: 1 for its own, 3 for a shared one. */
  limits: number;
}

/** The kernels for float32 matrices. */
export const FLOAT32: Binary = ${text(binaries.float32)};

/** The kernels for float64 matrices. */
export const FLOAT64: Binary = ${text(binaries.float64)};
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
  await replaceFile("float32.wasm", float32.code);
  await replaceFile("float64.wasm", float64.code);
  const binaries = { float32: float32.binary, float64: float64.binary };
  await replaceFile("binaries.ts", wasmModule(binaries));
  console.log(
    `lib/numeric/wasm: float32.wasm ${float32.code.length} bytes, ` +
      `float64.wasm ${float64.code.length} bytes`,
  );
}

if (import.meta.main) await main({}, build);
