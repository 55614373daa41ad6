import assert from "node:assert/strict";
import { shown } from "../../tests/drawings.ts";
import { animation, contactSheet, imageAnimation } from "./animation.ts";
import { hintonDiagram as hintonDiagramPicture } from "./hinton_diagram.ts";
import { raw } from "../page/html.ts";
import { imageGrid } from "./image_grid.ts";
import { maskColors } from "./mask_colors.ts";
import { maskGrid } from "./masks.ts";

const hintonDiagram = shown(hintonDiagramPicture);

Deno.test("images keep their shape, have names and scale by whole pixels", () => {
  const { html } = imageGrid([[0, 1, 1, 0, 1, 1]], {
    width: 3,
    labels: ["a<b"],
    scale: 5,
  });
  assert.match(html, /width="15" height="10" alt="a&lt;b"/);
  assert.match(html, /<span>a&lt;b<\/span>/);
});

Deno.test("an image that is no whole number of rows is refused", () => {
  assert.throws(() => imageGrid([[1, 2, 3]]), /multiple of width.*is 3$/);
});

Deno.test("rows have their names", () => {
  const images = Array.from({ length: 4 }, () => [0, 1, 1, 0]);
  const { html } = imageGrid(images, { columns: 2, rowLabels: ["one", "two"] });
  assert.match(html, />one<[^]*>two</);
  assert.match(
    html,
    /grid-template-columns:max-content repeat\(2,max-content\)/,
  );
});

Deno.test("the area of a Hinton square is the size of the weight, its colour the sign", () => {
  const { html } = hintonDiagram([4, -1, 0, 4], {
    rows: 2,
    columns: 2,
    cell: 21,
  });
  const white = /fill="#ffffff" d="([^"]*)"/.exec(html)![1];
  const black = /fill="#000000" d="([^"]*)"/.exec(html)![1];
  assert.deepEqual(white.match(/h\d+/g), ["h20", "h20"]);
  assert.deepEqual(black.match(/h\d+/g), ["h10"]);
  assert.match(html, /largest square: \|w\| = 4/);
});

Deno.test("a weight that is no number leaves the scale to the others", () => {
  const { html, text } = hintonDiagram([2, NaN], { rows: 1, columns: 2 });
  assert.match(text, /1 × 2 weights, the largest 2/);
  assert.doesNotMatch(html, /NaN/);
});

Deno.test("a Hinton diagram of the wrong size is refused", () => {
  assert.throws(
    () => hintonDiagram([1, 2, 3], { rows: 2, columns: 2 }),
    /must hold rows × columns = 2 × 2 weights: current value is 3/,
  );
});

Deno.test("a certain responsibility has the hue of its component, a hard mask too", () => {
  const hard = maskColors([0, 1, -1]);
  const soft = maskColors({ gamma: [1, 0, 0, 1], components: 2 });
  assert.equal(hard[0], 0x0072b2);
  assert.equal(hard[2], 0);
  for (const shift of [16, 8, 0]) {
    assert.ok(
      Math.abs((soft[0] >> shift & 255) - (hard[0] >> shift & 255)) <= 4,
    );
    assert.ok(
      Math.abs((soft[1] >> shift & 255) - (hard[1] >> shift & 255)) <= 4,
    );
  }
});

Deno.test("a mask shows the image's brightness and a black background", () => {
  assert.equal(maskColors([0, 0], [1, 0])[1], 0);
  assert.deepEqual([...maskColors([0, 1], undefined, 0)].map((c) => c === 0), [
    true,
    false,
  ]);
  assert.match(maskGrid([[0]], { names: ["disc"] }).html, /■ <\/span>disc/);
});

Deno.test("a contact sheet has a line around every image", () => {
  const line = 0xb8b8b8;
  const sheet = contactSheet([[1], [2]], { columns: 2 });
  assert.equal(sheet.width, 7);
  assert.deepEqual([...sheet.colors], [
    ...[line, line, line, line, line, line, line],
    ...[line, 1, 1, line, 2, 2, line],
    ...[line, 1, 1, line, 2, 2, line],
    ...[line, line, line, line, line, line, line],
  ]);
});

Deno.test("without scripts the last frame of an animation stands alone", () => {
  const { html } = animation([
    { label: "epoch 1", content: raw("<i>1</i>") },
    { label: "epoch 2", content: raw("<i>2</i>") },
  ]);
  const [still] = html.split("<script>");
  assert.doesNotMatch(still, /<i>1<\/i>/);
  assert.match(html, /<div class="hc-frame"><i>2<\/i>/);
  assert.match(html, /<output>epoch 2<\/output>/);
});

Deno.test("no frame is one clear error", () => {
  assert.throws(
    () => animation([]),
    /frames must be at least 1: current value is 0/,
  );
});

Deno.test("fifty frames of sixteen small fields stay below 150 kB", () => {
  const frames = Array.from({ length: 50 }, (_, t) => ({
    label: `${t}`,
    images: Array.from(
      { length: 16 },
      (_, k) =>
        Array.from(
          { length: 32 },
          (_, i) => ((t + 3) * (k + 1) * (i + 7)) % 101,
        ),
    ),
  }));
  const { html } = imageAnimation(frames, { width: 8, map: "diverging" });
  assert.ok(html.length < 150_000, `${html.length}`);
});
