import assert from "node:assert/strict";
import { drawFields, type Fields } from "./fields.ts";

const now = {
  ...{ step: 60_000, width: 2, height: 1, firstStage: 100_000 },
  fields: [0.9, 0, 0.01, -0.5],
  recycled: [{ unit: 1, from: 0, step: 50_000 }],
};
const pixels = (drawn: string): string[] =>
  drawn.match(/<rect[^>]*fill="#[^>]*>/g) ?? [];

/** The markup, in a picture of so many pixels. */
const drawn = (of: Fields, picture = 640): string =>
  drawFields(of, picture, 26).markup;

Deno.test("a field shows what its unit adds in red and takes away in blue", () => {
  const [adds, takes, ...others] = pixels(drawn(now));
  assert.match(adds, /fill="#d55e00" opacity="0.9"/);
  assert.match(takes, /fill="#0072b2" opacity="0.5"/);
  assert.deepEqual(others, []);
});

Deno.test("a unit split from another is outlined at first, and named for good", () => {
  const outline = /fill="none" stroke="#c8699c"/;
  assert.match(drawn(now), outline);
  assert.match(drawn(now), /h1 ← h0/);
  const later = drawn({ ...now, step: 90_000 });
  assert.doesNotMatch(later, outline);
  assert.match(later, /h1 ← h0/);
});

Deno.test("the stage is told, and fields stand within the picture at any width", () => {
  assert.match(drawn(now), /Stage 1, parts: 60,000/);
  const after = { ...now, step: 200_000 };
  assert.match(drawn(after), /Stage 2, everything: 200,000/);
  assert.match(drawn({ ...after, firstStage: 0 }), /Fields: 200,000/);
  const many = { ...now, width: 8, fields: new Array(8 * 16).fill(0.5) };
  for (const picture of [280, 330, 640]) {
    const { markup, height } = drawFields(many, picture, 26);
    for (
      const [, x, y, width, high] of markup.matchAll(
        /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
      )
    ) {
      assert.ok(Number(x) + Number(width) <= picture);
      assert.ok(Number(y) + Number(high) <= height);
    }
  }
});
