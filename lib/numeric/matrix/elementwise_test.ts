import assert from "node:assert/strict";
import * as numeric from "../elementary.ts";
import { exp, log, sigmoid, softplus, tanh } from "./elementwise.ts";
import { workspace } from "./workspace.ts";
import { fillUniform, stream } from "../random.ts";
import type { Dtype } from "../wasm/kernels.ts";

const dtypes: Dtype[] = ["float32", "float64"];

const functions = {
  exp: [exp, numeric.exp],
  log: [log, numeric.log],
  sigmoid: [sigmoid, numeric.sigmoid],
  tanh: [tanh, numeric.tanh],
  softplus: [softplus, numeric.softplus],
} as const;

/** Distance in units in the last place of a float32 around `want`. */
function ulps(got: number, want: number): number {
  if (Object.is(got, Math.fround(want))) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(want)) {
    return Math.abs(want) > 3.4028234e38 && got === Math.sign(want) * Infinity
      ? 0
      : Infinity;
  }
  const exponent = Math.floor(Math.log2(Math.abs(want)));
  return Math.abs(got - want) / 2 ** (Math.max(exponent, -126) - 23);
}

Deno.test("float32 functions are within 2 ulp over the whole range", () => {
  const space = workspace("float32");
  const x = space.matrix(1, 1 << 16);
  const y = space.matrix(1, 1 << 16);
  const bits = new Uint32Array(x.data.buffer, x.pointer, x.data.length);
  for (const [name, [kernel, exact]] of Object.entries(functions)) {
    // Every 65,537th bit pattern: all exponents, both signs, all mantissas.
    for (let i = 0; i < bits.length; i++) bits[i] = i * 65537;
    kernel(x, y);
    let worst = 0;
    for (let i = 0; i < bits.length; i++) {
      const want = exact(x.data[i]);
      if (Number.isNaN(want)) {
        assert.ok(Number.isNaN(y.data[i]), `${name}(${x.data[i]})`);
      } else worst = Math.max(worst, ulps(y.data[i], want));
    }
    const limit = name === "softplus" ? 3 : 2;
    assert.ok(worst <= limit, `${name}: ${worst} ulp`);
  }
});

Deno.test("special values come out as IEEE 754 asks", () => {
  const inputs = [NaN, Infinity, -Infinity, 0, -0, 88, -88, 89, -104, 1e-40];
  const wanted: Record<keyof typeof functions, (number | undefined)[]> = {
    exp: [NaN, Infinity, 0, 1, 1, , , undefined, 0, 1],
    log: [NaN, Infinity, NaN, -Infinity, -Infinity, , NaN, , NaN, undefined],
    sigmoid: [NaN, 1, 0, 0.5, 0.5, 1, undefined, 1, undefined, 0.5],
    tanh: [NaN, 1, -1, 0, -0, 1, -1, 1, -1, 1e-40],
    softplus: [NaN, Infinity, 0, , , 88, undefined, 89, undefined, undefined],
  };
  for (const dtype of dtypes) {
    const space = workspace(dtype);
    const x = space.matrix(1, inputs.length, inputs);
    const y = space.matrix(1, inputs.length);
    for (const [name, [kernel, exact]] of Object.entries(functions)) {
      kernel(x, y);
      inputs.forEach((_, i) => {
        const listed = wanted[name as keyof typeof functions][i];
        const want = listed === undefined || dtype === "float64"
          ? exact(x.data[i])
          : Math.fround(listed);
        if (Number.isNaN(want)) {
          assert.ok(Number.isNaN(y.data[i]), `${name}(${inputs[i]})`);
        } else if (!Number.isFinite(want) || want === 0) {
          assert.ok(y.data[i] === want, `${name}(${inputs[i]})`);
        } else if (dtype === "float32") {
          assert.ok(ulps(y.data[i], want) <= 2, `${name}(${inputs[i]})`);
        } else {
          const error = Math.abs(y.data[i] - want);
          assert.ok(error <= 1e-12 * Math.abs(want), `${name}(${inputs[i]})`);
        }
      });
    }
  }
});

Deno.test("float64 functions agree with lib/numeric to 1e-12", () => {
  const space = workspace("float64");
  const x = space.matrix(1, 4001);
  const y = space.matrix(1, 4001);
  fillUniform(stream(1, "data"), x.data, -1, 1);
  for (const [name, [kernel, exact]] of Object.entries(functions)) {
    const reach = {
      exp: 709,
      log: 1e300,
      sigmoid: 700,
      tanh: 5,
      softplus: 700,
    };
    for (const size of [1e-8, 1, reach[name as keyof typeof reach]]) {
      const input = space.matrix(1, 4001);
      for (let i = 0; i < 4001; i++) {
        input.data[i] = size * (name === "log" ? x.data[i] ** 2 : x.data[i]);
      }
      kernel(input, y);
      for (let i = 0; i < 4001; i++) {
        const want = exact(input.data[i]);
        const error = Math.abs(y.data[i] - want);
        assert.ok(
          error <= 1e-12 * Math.abs(want) + 1e-307,
          `${name}(${input.data[i]}) = ${y.data[i]}, exact ${want}`,
        );
      }
    }
  }
});
