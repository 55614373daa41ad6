import assert from "node:assert/strict";
import { cpuUsage } from "node:process";
import { createHash } from "node:crypto";
import { ansiToHtml } from "./ansi.ts";
import { notebookPage, titleOf, withNeighbours } from "./export_html.ts";
import type { MimeBundle, Output } from "./output.ts";
import type { Cell } from "./notebook.ts";

const cell = (
  type: "code" | "markdown",
  source: string,
  outputs: Output[] = [],
): Cell => ({
  id: "a-cell",
  cell_type: type,
  source,
  metadata: {},
  outputs,
});
const page = (...cells: Cell[]): string =>
  notebookPage({ cells, metadata: {} }, { name: "x" });
const body = (html: string): string =>
  html.slice(html.indexOf("<main>"), html.indexOf("</main>"));
const display = (data: MimeBundle): Output => ({
  output_type: "display_data",
  data,
  metadata: {},
});

Deno.test("what a cell prints is text, whatever it looks like", () => {
  const evil = "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;";
  const outputs: Output[] = [
    { output_type: "stream", name: "stdout", text: evil },
    { output_type: "error", ename: "Error", evalue: evil, traceback: [evil] },
    display({ "text/plain": evil }),
    display({ "text/markdown": evil }),
  ];
  const html = body(page(cell("markdown", evil), cell("code", evil, outputs)));
  assert.ok(!html.includes("<script>") && !html.includes("<img"));
  assert.ok(html.split("&lt;img src=x onerror=alert(1)&gt;").length > 5);
  assert.ok(html.includes("&amp;amp;"));
});

Deno.test("what stands in an attribute is escaped, and a picture is base64 or none", () => {
  const evil = `x"/onerror="document.title=1`;
  const pictures = ["png", "jpeg", "gif", "webp"].map((type) =>
    display({ [`image/${type}`]: evil, "text/plain": evil })
  );
  const stream = { output_type: "stream", name: evil, text: "" } as never;
  const code = { ...cell("code", "1", [...pictures, stream]), id: evil };
  const text = {
    ...cell("markdown", `![](attachment:a.png)\n\n## ${evil}`),
    attachments: { "a.png": { "image/png": evil } },
  };
  const html = body(page(code, text));
  assert.ok(!html.includes(`"/onerror`), html);
  assert.ok(!html.includes('src="data:'), "a picture that is none");
  assert.equal(html.split("<pre>x&quot;/onerror").length, 5);
});

Deno.test("the policy names the scripts of markup and drawings, and no others", () => {
  const hash = (script: string): string =>
    `'sha256-${createHash("sha256").update(script).digest("base64")}'`;
  const allowed = (html: string): string[] =>
    / script-src ([^;]*);/.exec(html)![1].split(" ");
  const own = allowed(page()).length;
  const html = page(
    cell("markdown", "<script>no()</script>"),
    cell("code", "'<script>no()</script>'", [
      display({ "text/html": `<b><SCRIPT type="x">\r\nyes(1)</script ></b>` }),
      display({ "image/svg+xml": "<svg><script>a &lt; b</script></svg>" }),
      display({ "text/plain": "<script>no()</script>" }),
      display({ "text/html": "<script>/* unclosed" }),
      { output_type: "stream", name: "stdout", text: "*/no()</script>" },
    ]),
  );
  const list = allowed(html);
  for (const script of ["\nyes(1)", "a &lt; b", "a < b"]) {
    assert.ok(list.includes(hash(script)), script);
  }
  assert.equal(list.length, own + 3);
  assert.ok(!list.some((source) => /unsafe-inline|data:|blob:/.test(source)));
});

Deno.test("a display shows its richest form, with its scripts", () => {
  const rich: [MimeBundle, string][] = [
    [{
      "text/html": "<b>h</b><script>1</script>",
      "image/png": "AA",
      "text/plain": "p",
    }, "<b>h</b><script>1</script>"],
    [{ "image/svg+xml": "<svg></svg>", "image/png": "AA" }, "<svg></svg>"],
    [
      { "image/png": "AA\nBB", "text/plain": "p" },
      'src="data:image/png;base64,AABB"',
    ],
    [{ "text/markdown": "**m**", "text/plain": "p" }, "<strong>m</strong>"],
    [{ "text/plain": "p" }, "<pre>p</pre>"],
  ];
  for (const [data, expected] of rich) {
    const html = body(page(cell("code", "1", [display(data)])));
    assert.ok(html.includes(expected), expected);
  }
  assert.ok(
    !body(page(cell("code", "1", [display({ "application/json": {} })])))
      .includes("output"),
  );
});

Deno.test("a page forbids every request and names no other host", () => {
  const html = page(cell("markdown", "# T"), cell("code", "1"));
  assert.match(html, /Content-Security-Policy" content="default-src 'none'/);
  assert.match(html, /connect-src data: blob:;/);
  assert.doesNotMatch(html, /(?:src|href)="(?:https?:)?\/\//);
});

Deno.test("headings get unique anchors and stand in the contents", () => {
  const html = page(
    cell("markdown", "# Title $x$\n\n## A & B\n\ntext\n\n## A & B\n\n### `c`"),
  );
  const links = Array.from(
    html.matchAll(/<li class="level-\d"><a href="#([^"]+)"/g),
    (m) => m[1],
  );
  assert.deepEqual(links, ["a-b", "a-b-2", "c"]);
  for (const id of links) assert.ok(html.includes(`id="${id}"`));
});

Deno.test("a figure stands above its code, and what is printed below", () => {
  const html = body(page(cell("code", "draw()", [
    { output_type: "stream", name: "stdout", text: "printed" },
    display({ "text/html": "<b>drawn</b>" }),
  ])));
  const at = ["drawn", "draw</span>()", "printed"].map((s) => html.indexOf(s));
  assert.ok(at[0] >= 0 && at[0] < at[1] && at[1] < at[2], html);
});

Deno.test("cells that only plumb are folded by a rule, or by a tag", () => {
  const open = (source: string, shows: boolean, tag?: string): boolean =>
    /<details class="code"\s+open>/.test(page({
      ...cell("code", source, shows ? [display({ "text/plain": "x" })] : []),
      metadata: tag ? { tags: [tag] } : {},
    }));
  assert.equal(open('import a from "a";', false), false);
  assert.equal(open("const rows = gather();", false), false);
  assert.equal(
    open("await show(table(rows, {\n  digits: 3,\n}));", true),
    false,
  );
  assert.equal(open("const run = train();\nawait show(run);", true), true);
  assert.equal(open("await show(a);\nconst run = train();", true), true);
  assert.equal(open("let seed = 1;", false, "parameters"), true);
  assert.equal(open("const rows = gather();", false, "shown"), true);
  assert.equal(open("const run = train();", true, "plumbing"), false);
});

Deno.test("the main result stands under the title", () => {
  const drawing =
    `<img class="hc-svg" src="data:image/svg+xml,%3Csvg%3E1%3C/svg%3E">`;
  const html = body(page(
    cell("markdown", "# Title"),
    cell("markdown", "## Later"),
    {
      ...cell("code", "draw()", [display({ "text/html": drawing })]),
      metadata: { tags: ["main-result"] },
    },
  ));
  const at = ["Title", "<svg>1</svg>", "Later"].map((s) => html.indexOf(s));
  assert.ok(at[0] >= 0 && at[0] < at[1] && at[1] < at[2], html);
});

Deno.test("equal headings take time that grows with their number alone", () => {
  const count = 10_000;
  const before = cpuUsage();
  const html = page(cell("markdown", "# T\n\n" + "## A & B\n\n".repeat(count)));
  const { user, system } = cpuUsage(before);
  assert.ok(html.includes(`id="a-b-${count}"`));
  assert.ok(user + system < 5e6, `${(user + system) / 1e6} s`);
});

Deno.test("mathematics is MathML, code is coloured", () => {
  const html = body(
    page(
      cell("markdown", "$x^2$\n\n```ts\nconst a = 1;\n```"),
      cell("code", "const b = `${2}`;"),
    ),
  );
  assert.ok(html.includes("<math") && html.includes("<msup>"));
  assert.equal(
    html.split('<span class="hljs-keyword">const</span>').length - 1,
    2,
  );
});

Deno.test("the title is the first heading without its markup", () => {
  assert.equal(
    titleOf({
      cells: [cell("code", "# no"), cell("markdown", "# The *title*")],
      metadata: {},
    }, "x"),
    "The title",
  );
  assert.equal(titleOf({ cells: [], metadata: {} }, "x"), "x");
});

Deno.test("a page leads to its neighbours, whatever their names hold, and again to others", () => {
  const bare = page(cell("markdown", "<!-- turn -->text"));
  const turned = withNeighbours(bare, {
    previous: { name: "a b", title: "<i>" },
    committed: { name: "x", title: "X" },
  });
  assert.match(
    turned,
    /<nav class="turn"[^]*settings: <a href="x\.html">X<[^]*Previous: <a href="a%20b\.html">&lt;i&gt;</,
  );
  assert.doesNotMatch(turned, /Next:/);
  const again = withNeighbours(turned, { next: { name: "n", title: "N" } });
  assert.match(again, /Next: <a href="n\.html">N/);
  assert.doesNotMatch(again, /Previous:/);
  assert.equal(withNeighbours(again, {}), bare);
  assert.equal(withNeighbours("old", {}), "old");
});

Deno.test("terminal colours become spans and other controls vanish", () => {
  assert.equal(
    ansiToHtml("\x1b[31mred\x1b[0m <b>"),
    '<span class="ansi-red">red</span> &lt;b&gt;',
  );
  assert.equal(
    ansiToHtml("\x1b[1;34mb\x1b[22mc\x1b[39md"),
    '<span class="ansi-bold ansi-blue">b</span><span class="ansi-blue">c</span>d',
  );
  assert.equal(
    ansiToHtml("\x1b[38;5;245mgrey\x1b[0m\x1b[2K\x1b]0;title\x07!"),
    "grey!",
  );
  assert.equal(ansiToHtml("10 %\r20 %\ndone\r\n"), "20 %\ndone\r\n");
});
