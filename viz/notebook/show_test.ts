import assert from "node:assert/strict";
import { claim, metric, type Results } from "../../lib/run/results.ts";
import { raw } from "../page/html.ts";
import { inKernel } from "./deno_kernel.ts";
import { bundle, OUTPUT_CAP, show, showResults } from "./show.ts";

Deno.test("outside a kernel show sends nothing and returns nothing", async () => {
  assert.equal(inKernel(), false);
  assert.equal(await show("text", raw("<p></p>")), undefined);
});

Deno.test("all items stand in one text/html output, text escaped", () => {
  const data = bundle(["<b>", 3, raw("<hr>", "a line"), [raw("<p>", "p")]]);
  assert.deepEqual(Object.keys(data), ["text/html", "text/plain"]);
  assert.match(
    String(data["text/html"]),
    /^<div class="hc"><div[^>]*><style[^>]*>[^<]*<\/style><\/div>\n<p[^>]*>&lt;b&gt;<\/p>\n<p[^>]*>3<\/p>\n<hr>\n<p><\/div>$/,
  );
  assert.equal(data["text/plain"], "<b>\n\n3\n\na line\n\np");
});

Deno.test("a drawn element is shown by its markup", () => {
  const element = { outerHTML: "<svg></svg>" };
  assert.match(String(bundle([element])["text/html"]), /<svg><\/svg>/);
});

Deno.test("an output above the cap is refused with its size, the cap and what to do", async () => {
  const big = raw("é".repeat(OUTPUT_CAP / 2));
  await assert.rejects(
    show(big),
    /^RangeError: Cannot show this output as its size must be at most 1,000,000 bytes: current value is 1,000,\d{3}\. Draw fewer points/,
  );
});

Deno.test("what cannot be shown is refused by name", async () => {
  for (
    const [item, words] of [
      [undefined, /undefined/],
      [null, /null/],
      [Promise.resolve(raw("")), /put await before it/],
      [{ a: 1 }, /\[object Object\]/],
    ] as const
  ) {
    await assert.rejects(show(item as never), (error: Error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, words);
      return true;
    });
  }
});

Deno.test("results that say something twice, or no number, are refused", async () => {
  const results: Results = {
    notebook: "x",
    preset: "full",
    seed: 1,
    config: {},
    paramsSha256: "",
    metrics: [metric("loss", 1)],
    claims: [claim("it learns", 1, ">", 0)],
  };
  await showResults(results);
  const { claims, metrics } = results;
  const wrong: [Partial<Results>, RegExp][] = [
    [{ claims: [...claims, ...claims] }, /"it learns" must stand there once/],
    [{ metrics: [...metrics, metric("loss", 2)] }, /"loss" must stand there/],
    [
      { metrics: [metric("loss", NaN)] },
      /Cannot show the results as value of the metric "loss" must be a finite number: current value is NaN$/,
    ],
  ];
  for (const [change, words] of wrong) {
    await assert.rejects(showResults({ ...results, ...change }), words);
  }
});
