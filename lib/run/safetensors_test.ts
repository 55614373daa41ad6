import assert from "node:assert/strict";
import { integer, stream } from "../numeric/random.ts";
import { Refusal } from "./config.ts";
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

/** A file with another header, before the same numbers. */
function withHeader(header: unknown): Uint8Array {
  const bytes = encodeSafetensors(example);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const json = new TextEncoder().encode(JSON.stringify(header));
  const changed = new Uint8Array(8 + json.length + bytes.length - 8 - length);
  new DataView(changed.buffer).setBigUint64(0, BigInt(json.length), true);
  changed.set(json, 8);
  changed.set(bytes.subarray(8 + length), 8 + json.length);
  return changed;
}

Deno.test("the part of a file that is wrong is named", () => {
  const bytes = encodeSafetensors(example);
  const good = { dtype: "F32", shape: [1], data_offsets: [24, 28] };
  const bias = (change: object): Uint8Array =>
    withHeader({ bias: { ...good, ...change } });
  assert.equal(decodeSafetensors(bias({})).tensors.bias.data.length, 1);
  const cases: [Uint8Array, RegExp][] = [
    [bytes.subarray(0, 5), /its length must be at least 8 bytes: .* 5/],
    [bytes.subarray(0, -1), /the end of tensor "bias" must be at most 27/],
    [bytes.map((b, i) => i === 8 ? 65 : b), /its header must be JSON/],
    [bytes.map((b, i) => i === 4 ? 255 : b), /its header must be at most/],
    [withHeader([]), /its header must be an object/],
    [
      withHeader({ bias: null }),
      /tensor "bias" must be an object: .* null/,
    ],
    [bias({ dtype: "F64" }), /dtype of tensor "bias" must be "F32": .* "F64"/],
    [bias({ shape: 1 }), /shape of tensor "bias" must be a list/],
    [bias({ shape: [-1] }), /shape of tensor "bias" must be integers ≥ 0/],
    [
      bias({ shape: [2 ** 40] }),
      /data_offsets of tensor "bias" .* 4398046511104 bytes/,
    ],
    [
      bias({ data_offsets: undefined }),
      /data_offsets of tensor "bias" .* a list/,
    ],
    [bias({ data_offsets: [0] }), /must be the start and the end of 4 bytes/],
    [bias({ data_offsets: [28, 24] }), /must be the start and the end of 4/],
    [withHeader({ __metadata__: { a: 1 } }), /a of its metadata must be text/],
    [withHeader({ __metadata__: 1 }), /its metadata must be an object/],
  ];
  for (const [changed, message] of cases) {
    assert.throws(
      () => decodeSafetensors(changed),
      (error) => error instanceof Refusal && message.test(error.message),
      String(message),
    );
  }
});

Deno.test("weights that are no numbers are refused", () => {
  for (const wrong of [NaN, Infinity, -Infinity]) {
    const data = Float32Array.of(1, wrong);
    const tensors = { w: { shape: [2], data } };
    assert.throws(
      () => decodeSafetensors(encodeSafetensors({ tensors, metadata: {} })),
      /number 1 of tensor "w" must be finite: current value is/,
    );
  }
});

Deno.test("whatever bytes change, a file is read or refused", () => {
  const bytes = encodeSafetensors(example);
  for (let seed = 0; seed < 3000; seed++) {
    const rng = stream(seed, "data");
    const changed = bytes.slice(0, bytes.length - integer(rng, 3));
    for (let i = 0; i <= integer(rng, 4); i++) {
      changed[integer(rng, changed.length)] = integer(rng, 256);
    }
    try {
      decodeSafetensors(changed);
    } catch (error) {
      assert.ok(error instanceof Refusal, `seed ${seed}: ${error}`);
      assert.doesNotMatch(error.message, /\n/);
    }
  }
});
