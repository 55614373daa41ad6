import assert from "node:assert/strict";
import { join } from "node:path";
import { gallery } from "./gallery.ts";
import { inlined, rowsOf } from "../viz/page/picture.ts";
import { bundle } from "../viz/notebook/show.ts";

const folder = join(import.meta.dirname!, "snapshots");

/** Numbers to 3 decimals; what encodes pixels stays as it is. */
function rounded(markup: string): string {
  return markup.split(/(data:image\/png;base64,[^"]*)/).map((part, i) =>
    i % 2 === 1
      ? part
      : part.replace(/-?\d+\.\d{4,}/g, (n) => Number(n).toFixed(3))
  ).join("").replaceAll("><", ">\n<") + "\n";
}

/** Rows are told by a test of their own. */
function withoutRows(markup: string): string {
  return markup.replaceAll(/ data-rows="[^"]*"/g, "");
}

/** The names of the columns that the drawings of an example keep. */
const COLUMNS: Record<string, string> = {
  curves: "series,update (thousands),NLL (bits)",
  curves_of_seeds: "series,run,",
  scatter: ",",
  bars: "label,accuracy,sd",
  strips: "label,",
  scatter_3d: ",",
  hinton_grey: "row,column,weight",
  hinton_color: "row,column,weight",
};

Deno.test("every chart keeps the rows that it draws, each as long as their names", () => {
  for (const [name, columns] of Object.entries(COLUMNS)) {
    const rows = rowsOf(gallery()[name].html);
    assert.ok(rows, `${name} has no rows`);
    const [head, ...lines] = rows.trimEnd().split("\n");
    assert.ok(head.includes(columns), `${name}: ${head}`);
    assert.ok(lines.length > 2, name);
    for (const line of lines) {
      assert.equal(line.split(",").length, head.split(",").length, line);
    }
  }
});

for (const [name, drawn] of Object.entries(gallery())) {
  Deno.test(`the example "${name}" is drawn as its snapshot says`, async () => {
    const file = join(folder, `${name}.snap`);
    const markup = rounded(withoutRows(inlined(drawn.html)));
    // SNAPSHOTS=update deno test -A tests/gallery_test.ts
    if (Deno.env.get("SNAPSHOTS") === "update") {
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(file, markup);
    }
    assert.equal(markup, await Deno.readTextFile(file));
  });
}

Deno.test("drawing everything again gives the same bytes", () => {
  const [first, second] = [gallery(), gallery()].map((examples) =>
    JSON.stringify(bundle(Object.values(examples)))
  );
  assert.equal(first, second);
});

Deno.test("every example stays below 60 kB and has words for a reader without eyes", () => {
  for (const [name, drawn] of Object.entries(gallery())) {
    assert.ok(drawn.html.length < 60_000, `${name}: ${drawn.html.length}`);
    assert.ok(drawn.text.length > 10, `${name}: "${drawn.text}"`);
    for (
      const [svg] of drawn.html.matchAll(/<svg [^>]*class="hc-plot"[^>]*>/g)
    ) {
      assert.match(svg, /role="img"/);
      assert.match(svg, /aria-label="[^"]{5,}"/);
    }
    for (const [image] of drawn.html.matchAll(/<img [^>]*>/g)) {
      assert.match(image, / alt="/);
    }
  }
});

Deno.test("no example holds NaN, undefined, an id that could meet another or a blank line", () => {
  for (const [name, drawn] of Object.entries(gallery())) {
    const html = inlined(drawn.html);
    const shown = html.replace(/<script>[\s\S]*?<\/script>/g, "");
    assert.doesNotMatch(shown, /NaN|undefined|Infinity|\[object/, name);
    assert.doesNotMatch(html, /\sid="(?!hc-)/, name);
    assert.doesNotMatch(String(bundle([drawn])["text/html"]), /\n\s*\n/, name);
  }
});

Deno.test("every stored picture is well-formed: tags balanced, no attribute twice", () => {
  for (const [name, drawn] of Object.entries(gallery())) {
    const uris = drawn.html.matchAll(/"data:image\/svg\+xml,([^"]*)"/g);
    for (const [, uri] of uris) {
      const open: string[] = [];
      for (const [tag] of decodeURIComponent(uri).matchAll(/<[^>]+>/g)) {
        const element = /^<\/?(\w+)/.exec(tag)![1];
        const names = [...tag.matchAll(/\s([\w:-]+)=(?:'[^']*'|"[^"]*")/g)]
          .map((m) => m[1]);
        assert.equal(new Set(names).size, names.length, `${name}: ${tag}`);
        if (tag.startsWith("</")) assert.equal(open.pop(), element);
        else if (!tag.endsWith("/>")) open.push(element);
      }
      assert.deepEqual(open, []);
    }
  }
});
