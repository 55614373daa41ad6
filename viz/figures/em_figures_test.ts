import assert from "node:assert/strict";
import { predictionGrid, slotFilm, slotGrid } from "./em_figures.ts";

const state = {
  gamma: Float32Array.from([1, 0, 0.5, 0.5, 0, 1, 0.2, 0.8]),
  psi: [new Float32Array(4).fill(0.5), new Float32Array(4).fill(1)],
};
const batch = { canvas: 2, images: Float32Array.of(1, 0, 1, 1) };

Deno.test("a slot grid shows the steps asked for", () => {
  const all = slotGrid([[state, state, state]], batch, { title: "Slots" }).html;
  assert.match(all, /Slots/);
  assert.match(all, /step 3/);
  const two = slotGrid([[state, state, state]], batch, { steps: [1, 2] }).html;
  assert.doesNotMatch(two, /step 3/);
});

Deno.test("a prediction grid has the image, each component and the mixture", () => {
  const { html } = predictionGrid([state], batch);
  for (const head of ["image", "ψ1", "ψ2", "Σ γψ"]) {
    assert.ok(html.includes(head), head);
  }
});

Deno.test("a film has a frame for each of its labels", () => {
  const frames = ["a", "b"].map((label) => ({
    label: `epoch ${label}`,
    recorded: [[state]],
    batch,
  }));
  const { html } = slotFilm(frames, { steps: [1] });
  assert.ok(html.includes("epoch a") && html.includes("epoch b"));
});
