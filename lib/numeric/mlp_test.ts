import assert from "node:assert/strict";
import { gradientCheck } from "./gradient_check.ts";
import { doubles, workspace } from "./matrix/workspace.ts";
import { type Activation, initMlp, mlp } from "./mlp.ts";
import { fillNormal, stream } from "./random.ts";

Deno.test("back-propagation agrees with finite differences for every activation", () => {
  for (const activation of ["sigmoid", "tanh", "relu"] as Activation[]) {
    const space = workspace("float64", { bytes: 1 << 20 });
    const net = mlp(space, { sizes: [3, 5, 4, 2], activation }, { rows: 6 });
    initMlp(stream(1, "init"), net.params, 1);
    for (const b of ["b1", "b2"]) {
      fillNormal(stream(b, "init"), net.params[b].data, 0.3);
    }
    fillNormal(stream(1, "data"), net.input.data);
    const d = space.matrix(6, 2);
    const check = gradientCheck(doubles(net.params), () => {
      net.forward();
      const y = net.output.data;
      d.data.set(y);
      net.backward(d);
      let loss = 0;
      for (const v of y) loss += 0.5 * v * v;
      return { loss, grads: doubles(net.grads) };
    });
    assert.ok(check.maxRelativeError < 1e-7, activation);
  }
});

Deno.test("a second view of the weights gives the same outputs; gradients can be added", () => {
  const space = workspace("float64", { bytes: 1 << 20 });
  const shape = { sizes: [2, 3, 1], activation: "tanh" as const };
  const net = mlp(space, shape, { rows: 4 });
  initMlp(stream(2, "init"), net.params, 1);
  const view = mlp(space, shape, { ...net, rows: 2 });
  fillNormal(stream(2, "data"), net.input.data);
  view.input.data.set(net.input.data.subarray(4, 8));
  net.forward();
  view.forward();
  assert.deepEqual([...view.output.data], [...net.output.data.subarray(2)]);
  const d = space.matrix(4, 1);
  d.data.fill(1);
  net.backward(d);
  const once = net.grads.w1.data.slice();
  net.backward(d, true);
  once.forEach((g, i) =>
    assert.ok(Math.abs(net.grads.w1.data[i] - 2 * g) < 1e-12)
  );
});
