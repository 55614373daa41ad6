/**
 * Float32 tensors in the safetensors format: eight bytes with the length of a
 * JSON header, the header, the numbers. Little-endian.
 *
 * Format: github.com/huggingface/safetensors, version 0.5.
 *
 * @module
 */
import { reader } from "./reader.ts";

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

const FROM = reader("read the checkpoint");

/**
 * Reads a safetensors file of finite float32 tensors.
 *
 * @throws {Refusal} naming what is wrong with the bytes
 */
export function decodeSafetensors(bytes: Uint8Array): Tensors {
  if (bytes.length < 8) {
    FROM.refuse("its length", "at least 8 bytes", bytes.length);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const most = bytes.length - 8;
  if (length > most) {
    FROM.refuse(
      "its header",
      `at most ${most} bytes long, as the rest`,
      length,
    );
  }
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  const header = FROM.object(FROM.json(text, "its header"), "its header");
  const { __metadata__, ...entries } = header;
  const numbers = new DataView(
    view.buffer,
    view.byteOffset + 8 + length,
    most - length,
  );
  const tensors = Object.entries(entries).map(([name, entry]) => [
    name,
    decodeTensor(entry, `tensor "${name}"`, numbers),
  ]);
  return {
    tensors: Object.fromEntries(tensors),
    metadata: FROM.record(__metadata__ ?? {}, "its metadata", FROM.string),
  };
}

/** @param numbers the bytes behind the header */
function decodeTensor(
  value: unknown,
  name: string,
  numbers: DataView,
): Tensors["tensors"][string] {
  const entry = FROM.object(value, name);
  const counts = (key: string): number[] =>
    FROM.list(entry[key], `${key} of ${name}`).map((count) =>
      Number.isSafeInteger(count) && (count as number) >= 0
        ? count as number
        : FROM.refuse(`${key} of ${name}`, "integers ≥ 0", entry[key])
    );
  FROM.oneOf(entry.dtype, `dtype of ${name}`, ["F32"]);
  const shape = counts("shape");
  const offsets = counts("data_offsets");
  const size = shape.reduce((n, side) => n * side, 1);
  const [start, end] = offsets;
  if (offsets.length !== 2 || end - start !== 4 * size) {
    const bytes = `the start and the end of ${4 * size} bytes`;
    FROM.refuse(`data_offsets of ${name}`, bytes, offsets);
  }
  if (end > numbers.byteLength) {
    const most = `at most ${numbers.byteLength}, where the file ends`;
    FROM.refuse(`the end of ${name}`, most, end);
  }
  const data = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    data[i] = numbers.getFloat32(start + 4 * i, true);
    if (!Number.isFinite(data[i])) {
      FROM.refuse(`number ${i} of ${name}`, "finite", data[i]);
    }
  }
  return { shape, data };
}
