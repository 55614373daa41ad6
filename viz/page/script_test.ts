import assert from "node:assert/strict";
import { scripted, scriptJson } from "./script.ts";

/** As much of a page as the script needs: nested elements and a script. */
function page(id: string, copies: number): {
  elements: { on: boolean }[];
  document: unknown;
} {
  const elements = Array.from({ length: copies }, () => ({
    on: false,
    setAttribute(): void {
      this.on = true;
    },
    querySelectorAll: () => [],
  }));
  const find = (query: string): unknown => {
    assert.equal(query, `[data-hc="${id}"]:not([data-hc-on])`);
    return elements.find((element) => !element.on) ?? null;
  };
  const body = { querySelector: find, parentNode: null };
  const output = { querySelector: () => null, parentNode: body };
  return {
    elements,
    document: { currentScript: { parentNode: output }, querySelector: find },
  };
}

const greet = (root: HTMLElement, data: { word: string }): void => {
  // a comment
  (root as unknown as { said: string }).said = twice(data.word);
};
function twice(word: string): string {
  return word + word;
}

Deno.test("the function runs once on each copy, with its helpers and its data", () => {
  const markup = scripted("<p></p>", {
    run: greet,
    uses: [twice],
    data: { word: "</script>" },
  });
  const id = /data-hc="(\w+)"/.exec(markup)![1];
  const code = /<script>(.*)<\/script>$/s.exec(markup)![1];
  assert.doesNotMatch(code, /<\/script|a comment/);
  const { elements, document } = page(id, 2);
  const run = new Function("document", code);
  run(document);
  assert.deepEqual(elements.map((e) => e.on), [true, false]);
  run(document);
  run(document);
  assert.deepEqual(
    elements.map((e) => (e as unknown as { said: string }).said),
    ["</script></script>", "</script></script>"],
  );
});

Deno.test("equal content has an equal name, other content another", () => {
  const make = (word: string): string =>
    scripted("", { run: greet, data: { word } });
  assert.equal(make("a"), make("a"));
  assert.notEqual(make("a").slice(0, 40), make("b").slice(0, 40));
});

Deno.test("data cannot end its script", () => {
  const text = scriptJson({ a: "</script><!--\u2028" });
  assert.doesNotMatch(text, /[<\u2028]/);
  assert.deepEqual(JSON.parse(text), { a: "</script><!--\u2028" });
});
