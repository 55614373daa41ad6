import assert from "node:assert/strict";
import { drawFields } from "./fields.ts";

const view = { width: 2, height: 1, units: 2, firstStage: 100_000 };
const row = {
  step: 60_000,
  fields: [0.9, 0, 0.01, -0.5],
  recycled: [{ unit: 1, from: 0, step: 50_000 }],
};
const pixels = (drawn: string): string[] =>
  drawn.match(/<rect[^>]*fill="#[^>]*>/g) ?? [];

Deno.test("a field shows what its unit adds in red and takes away in blue", () => {
  const [adds, takes, ...others] = pixels(drawFields([row], view, 640));
  assert.match(adds, /fill="#d55e00" opacity="0.9"/);
  assert.match(takes, /fill="#0072b2" opacity="0.5"/);
  assert.deepEqual(others, []);
});

Deno.test("a unit split from another is outlined at first, and named for good", () => {
  const outline = /fill="none" stroke="#c8699c"/;
  const now = drawFields([row], view, 640);
  assert.match(now, outline);
  assert.match(now, /h1 ← h0/);
  const later = drawFields([row, { ...row, step: 90_000 }], view, 640);
  assert.doesNotMatch(later, outline);
  assert.match(later, /h1 ← h0/);
});

Deno.test("the stage is told, and fields stand within the picture at any width", () => {
  const before = drawFields([], view, 640);
  assert.match(before, /Stage 1, parts: 0 images/);
  assert.deepEqual(pixels(before), []);
  const after = [{ ...row, step: 200_000 }];
  assert.match(drawFields(after, view, 640), /Stage 2, everything: 200,000/);
  const many = { ...view, width: 8, units: 16 };
  for (const picture of [280, 330, 640]) {
    for (
      const [, x, width] of drawFields(after, many, picture)
        .matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)
    ) {
      assert.ok(Number(x) + Number(width) <= picture);
    }
  }
});
