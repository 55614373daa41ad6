import assert from "node:assert/strict";
import { gaussianBumps } from "./gaussian_bumps.ts";
import { workspace } from "./workspace.ts";

Deno.test("more bumps than the kernels have room for are refused", () => {
  const space = workspace("float32");
  const [codes, centres] = [space.matrix(1, 3), space.matrix(100_000, 3)];
  assert.throws(
    () => gaussianBumps(codes, centres, 1, space.matrix(1, 100_000)),
    /RangeError: .* centres must be fewer: current value is 100000×3/,
  );
});
