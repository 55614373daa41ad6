import assert from "node:assert/strict";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

const example = {
  tensors: {
    weights: { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-20, 7) },
    bias: { shape: [1], data: Float32Array.of(Math.fround(0.1)) },
  },
  metadata: { seed: "1", note: "σ" },
};

Deno.test("what is encoded is decoded, bit for bit", () => {
  assert.deepEqual(decodeSafetensors(encodeSafetensors(example)), example);
});

Deno.test("the numbers start at a multiple of eight bytes", () => {
  const bytes = encodeSafetensors(example);
  const length = new DataView(bytes.buffer).getBigUint64(0, true);
  assert.equal(length % 8n, 0n);
});

Deno.test("corrupt files are refused with one clear error", () => {
  const bytes = encodeSafetensors(example);
  const refused = (changed: Uint8Array, why: RegExp): void =>
    assert.throws(() => decodeSafetensors(changed), why);
  refused(bytes.subarray(0, 5), /must be a safetensors file: it has 5 bytes/);
  refused(bytes.subarray(0, -1), /bias is cut short/);
  refused(bytes.map((b, i) => i === 8 ? 65 : b), /its header is not JSON/);
  refused(bytes.map((b, i) => i === 4 ? 255 : b), /header is longer/);
});
