/**
 * Float32 tensors in the safetensors format: eight bytes with the length of a
 * JSON header, the header, the numbers. Little-endian.
 *
 * Format: github.com/huggingface/safetensors, version 0.5.
 *
 * @module
 */
import { Refusal } from "./config.ts";

/** Named float32 tensors and text. */
export interface Tensors {
  tensors: Record<string, { shape: number[]; data: Float32Array }>;
  metadata: Record<string, string>;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** The bytes of a safetensors file. */
export function encodeSafetensors(
  { tensors, metadata }: Tensors,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, Entry | Record<string, string>> = {
    __metadata__: metadata,
  };
  let size = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = {
      dtype: "F32",
      shape,
      data_offsets: [size, size + 4 * data.length],
    };
    size += 4 * data.length;
  }
  const text = JSON.stringify(header);
  // Spaces at the end align the numbers to eight bytes.
  const json = new TextEncoder().encode(text);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + size).fill(32, 8, 8 + length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  let at = 8 + length;
  for (const { data } of Object.values(tensors)) {
    for (let i = 0; i < data.length; i++, at += 4) {
      view.setFloat32(at, data[i], true);
    }
  }
  return bytes;
}

/**
 * Reads a safetensors file of float32 tensors.
 *
 * @throws {Refusal} if the bytes are cut short, are no such file or hold
 *   another number type
 */
export function decodeSafetensors(bytes: Uint8Array): Tensors {
  const refuse = (why: string): never => {
    throw new Refusal(
      `Cannot read the checkpoint as it must be a safetensors file: ${why}`,
    );
  };
  if (bytes.length < 8) refuse(`it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8) refuse("its header is longer than the file");
  let header: Record<string, Entry> = {};
  try {
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    header = JSON.parse(text) as Record<string, Entry>;
  } catch {
    refuse("its header is not JSON");
  }
  const { __metadata__, ...entries } = header;
  const tensors: Tensors["tensors"] = {};
  for (
    const [name, { dtype, shape, data_offsets }] of Object.entries(entries)
  ) {
    const [start, end] = data_offsets;
    const numbers = shape.reduce((n, side) => n * side, 1);
    if (dtype !== "F32") refuse(`${name} has type ${dtype}, not F32`);
    if (end - start !== 4 * numbers) refuse(`${name} has another shape`);
    if (8 + length + end > bytes.length) refuse(`${name} is cut short`);
    const data = new Float32Array(numbers);
    for (let i = 0; i < numbers; i++) {
      data[i] = view.getFloat32(8 + length + start + 4 * i, true);
    }
    tensors[name] = { shape, data };
  }
  const metadata = (__metadata__ ?? {}) as unknown as Record<string, string>;
  return { tensors, metadata };
}
