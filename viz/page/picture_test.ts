import assert from "node:assert/strict";
import { DOMParser } from "linkedom";
import { inlined, picture, rowsOf, standingAlone } from "./picture.ts";

const svg = (text: string): string =>
  `<svg class="hc-plot" width="300" height="200"><text x="1" fill="#000">${text}</text></svg>`;

Deno.test("a picture holds its drawing to the last character", () => {
  for (const text of ["η² ≥ 50 % & more", "&lt;b&gt; 'x' #1"]) {
    assert.equal(inlined(picture(svg(text), { alt: "a" })), svg(text));
  }
});

Deno.test("a picture is one image with a width, a description and no markup in it", () => {
  const image = picture(svg("5 < 6"), { alt: 'say "x"' });
  assert.match(
    image,
    /^<img class="hc-svg" src="data:image\/svg\+xml,%3Csvg[^"<> ]*" width="300" alt="say &quot;x&quot;">$/,
  );
});

Deno.test("the image stands alone: a namespace, light paper and well-formed", () => {
  const uri = /src="([^"]*)"/.exec(picture(svg("a"), { alt: "" }))![1];
  const text = decodeURIComponent(uri.slice(uri.indexOf(",") + 1));
  assert.match(text, /xmlns='http:\/\/www\.w3\.org\/2000\/svg'/);
  assert.match(text, /background:#fff/);
  const page = new DOMParser().parseFromString(text, "image/svg+xml");
  assert.equal(page.querySelector("text")?.textContent, "a");
});

Deno.test("the narrow drawing travels with the wide one", () => {
  const image = picture(svg("wide"), { alt: "", narrow: svg("narrow") });
  assert.match(
    inlined(`<p>${image}</p>`),
    /^<p><svg class="hc-wide hc-plot"[^]*wide[^]*<svg class="hc-narrow hc-plot"[^]*narrow[^]*<\/p>$/,
  );
});

Deno.test("a picture that cannot be drawn stays an image", () => {
  for (const uri of ["data:image/svg+xml,%", "data:,%E0%A4%A"]) {
    const image = `<img class="hc-svg" src="${uri}" width="3" alt="a">`;
    assert.equal(inlined(`<p>${image}</p>`), `<p>${image}</p>`);
  }
});

Deno.test("drawings are found in time that grows with the markup alone", () => {
  for (const piece of ['<img class="hc-svg" ', "<script data-hc-inline>"]) {
    const markup = piece.repeat(1e5);
    assert.equal(inlined(markup), markup);
  }
});

Deno.test("a drawing that stands alone asks for nothing of a page", () => {
  assert.equal(
    standingAlone(
      '<text stroke="var(--a,var(--b,var(--c,Canvas)))" fill="color-mix(in srgb,#0072b2 50%,currentColor)" color="currentColor">Canvas</text>',
    ),
    '<text stroke="#fff" fill="#114a6a" color="#222">Canvas</text>',
  );
});

Deno.test("a picture's rows come back, and its drawing carries them", () => {
  const image = picture('<svg width="9"></svg>', {
    alt: "",
    narrow: '<svg width="3"></svg>',
    rows: [{ "a<b": 'x "y"' }],
  });
  assert.equal(rowsOf(image), 'a<b\n"x ""y"""\n');
  assert.match(
    inlined(image),
    /^<svg data-rows="a&lt;b[^"]*"[^]*<svg class="hc-narrow" width="3">/,
  );
  assert.equal(rowsOf(picture("<svg></svg>", { alt: "", rows: [] })), null);
});
