import assert from "node:assert/strict";
import { copy, sigmoid, sigmoidBackward } from "./elementwise.ts";
import { matmul, matmulTN } from "./products.ts";
import { columnSums } from "./reductions.ts";
import { addRow, gatherRows } from "./rows.ts";
import { type FloatArray, workspace } from "./workspace.ts";
import { adam, clipGlobalNorm, likeParams } from "../optimizers.ts";
import { fillNormal, integer, stream } from "../random.ts";

Deno.test("matrices lie at 16-byte boundaries and never overlap", () => {
  const space = workspace("float32");
  const rng = stream(1, "shapes");
  let end = 0;
  for (let i = 0; i < 50; i++) {
    const made = space.matrix(integer(rng, 9), integer(rng, 9));
    assert.equal(made.pointer % 16, 0);
    assert.ok(made.pointer >= end);
    end = made.pointer + made.data.byteLength;
  }
});

Deno.test("released memory is handed out again, zeroed", () => {
  const space = workspace("float64");
  const mark = space.mark();
  const first = space.matrix(2, 2, [1, 2, 3, 4]);
  space.release(mark);
  const second = space.matrix(2, 2);
  assert.equal(second.pointer, first.pointer);
  assert.deepEqual([...second.data], [0, 0, 0, 0]);
  assert.throws(() => space.release(mark + 999), RangeError);
});

Deno.test("a full workspace says how much is left", () => {
  const space = workspace("float64", { bytes: 65536 });
  assert.throws(() => space.matrix(100, 100), {
    name: "RangeError",
    message: /100×100 matrix as the workspace must have 80000 bytes left/,
  });
});

Deno.test("a training step makes no matrix, view or typed array", () => {
  const space = workspace("float32");
  const params = space.matrices({ w: [8, 4], b: [1, 4] });
  const s = space.matrices({ x: [16, 8], y: [16, 4], dy: [16, 4] });
  fillNormal(stream(1, "init"), params.w.data, 0.1);
  fillNormal(stream(1, "data"), s.x.data, 1);
  const grads = likeParams(params);
  const optimizer = adam(params, { learningRate: 0.01 });
  const order = Int32Array.from({ length: 16 }, (_, i) => 15 - i);
  const all = likeParams({ x: s.x });
  const step = (): void => {
    gatherRows(all.x, order, 0, s.x);
    sigmoid(addRow(matmul(s.x, params.w, s.y), params.b, s.y), s.y);
    sigmoidBackward(s.y, copy(s.y, s.dy), s.dy);
    matmulTN(s.x, s.dy, grads.w);
    columnSums(s.dy, grads.b);
    clipGlobalNorm(grads, 1);
    optimizer.update(grads);
  };
  step();
  const before = { views: space.views, bytes: space.bytesUsed };
  const made = countTypedArrays(() => {
    for (let i = 0; i < 100; i++) step();
  });
  assert.deepEqual({ views: space.views, bytes: space.bytesUsed }, before);
  assert.equal(made, 0);
  assert.equal(countTypedArrays(() => space.rows(s.x, 0, 1)), 1);
});

/** How many typed arrays `work` makes: by the constructors and by subarray. */
function countTypedArrays(work: () => void): number {
  let count = 0;
  const saved = { Float32Array, Float64Array };
  const subarray = Float32Array.prototype.subarray;
  const counting = <T extends typeof Float32Array | typeof Float64Array>(
    constructor: T,
  ): T =>
    new Proxy(constructor, {
      construct(target, args): FloatArray {
        count++;
        return Reflect.construct(target, args);
      },
    });
  globalThis.Float32Array = counting(Float32Array);
  globalThis.Float64Array = counting(Float64Array);
  saved.Float32Array.prototype.subarray = function (
    ...args
  ): Float32Array<ArrayBuffer> {
    count++;
    return subarray.apply(this, args) as Float32Array<ArrayBuffer>;
  };
  try {
    work();
  } finally {
    Object.assign(globalThis, saved);
    saved.Float32Array.prototype.subarray = subarray;
  }
  return count;
}
