import assert from "node:assert/strict";
import { gradientCheck } from "../gradient_check.ts";
import { emStep, emStepBackward } from "./em_step.ts";
import { dot } from "./reductions.ts";
import { doubles, type Matrix, workspace } from "./workspace.ts";
import { fillNormal, fillUniform, stream } from "../random.ts";

Deno.test("predictions may overwrite the logits where the loss is the mixture's", () => {
  const run = (over: boolean): unknown[] => {
    const space = workspace("float32", { bytes: 1 << 20 });
    const rng = stream(1, "data");
    const make = (rows: number): Matrix => {
      const made = space.matrix(rows, 9);
      fillUniform(rng, made.data, 0, 1);
      return made;
    };
    const sizes = [2, 6, 6, 6, 6, 6, 6];
    const [x, logits, gamma, residual, dResidual, dLogits, other] = sizes.map(
      make,
    );
    const psi = over ? logits : other;
    const ones = space.matrix(6, 1, new Float32Array(6).fill(1));
    const step = {
      ...{ x, input: x, logits, psi, gamma, K: 3 },
      ...{ intra: 0, inter: 0, interOn: 0, interPsi: 0, mixture: 1 },
      ...{ explained: 1, proportions: ones },
    };
    const losses = space.matrix(2, 1);
    const loss = emStep({ ...step, residual, losses });
    emStepBackward({ ...step, throughGamma: true, dResidual, dLogits });
    return [
      loss,
      losses.data,
      psi.data,
      gamma.data,
      residual.data,
      dLogits.data,
    ];
  };
  assert.deepEqual(run(true), run(false));
});

Deno.test("the gradient of an EM iteration passes a finite-difference check", () => {
  const space = workspace("float64");
  const make = (rows: number) => {
    const made = space.matrix(rows, 5);
    fillNormal(stream(rows, "data"), made.data, 1);
    return made;
  };
  const x = make(2);
  x.data.forEach((value, i) => x.data[i] = value > 0 ? 1 : 0);
  const [logits, dResidual] = [make(6), make(6)];
  const { psi, gamma, residual, dLogits, losses } = space.matrices({
    losses: [2, 1],
    psi: [6, 5],
    gamma: [6, 5],
    residual: [6, 5],
    dLogits: [6, 5],
  });
  const proportions = space.matrix(6, 1, [0.5, 1.5, 1, 0.2, 2, 0.8]);
  const step = {
    ...{ x, input: make(2), logits, K: 3, psi, gamma },
    ...{ intra: 0.7, inter: 0.9, interOn: 0.2, interPsi: 0.6, mixture: 1.3 },
    ...{ explained: 0.4, proportions },
  };
  const { maxRelativeError } = gradientCheck(doubles({ logits }), () => {
    // The loss that follows is taken as linear in the residual.
    const loss = emStep({ ...step, residual, losses }) +
      dot(residual, dResidual);
    emStepBackward({ ...step, throughGamma: true, dResidual, dLogits });
    return { loss, grads: { logits: dLogits.data } };
  });
  assert.ok(maxRelativeError < 1e-8, `${maxRelativeError}`);
});
