import assert from "node:assert/strict";
import { parseHTML } from "linkedom";
import { curves } from "../viz/figures/curves.ts";
import { formatNotebook, type Notebook } from "./notebook/notebook.ts";
import { sizedFigure } from "./figures.ts";
import { task } from "../tests/processes.ts";

const figure = curves([
  { label: "a", points: [[0, 3], [10, 1]] },
  { label: "b", points: [[0, 2], [10, 2]] },
], { title: "A loss", x: "step", y: "nats", width: 600 });
const [image] = /<img class="hc-svg"[^>]*>/.exec(figure.html)!;

function notebookWith(html: string): Notebook {
  return {
    cells: [{
      id: "loss",
      cell_type: "code",
      source: "1",
      metadata: {},
      outputs: [{
        output_type: "display_data",
        data: { "text/html": html },
        metadata: {},
      }],
    }],
    metadata: {},
  };
}

Deno.test("a figure is as wide as it is asked to be, with its font named, and asks nothing of a page", () => {
  const { svg, says } = sizedFigure({ image }, { width: 84, font: "Times" });
  assert.equal(says, "84.0 × 44.8 mm, Times 4.8 pt");
  for (const size of [' width="84.0mm"', ' height="44.8mm"']) {
    assert.ok(svg.slice(0, svg.indexOf(">")).includes(size), size);
  }
  assert.match(svg, /^<svg[^>]* viewBox=['"]0 0 600 320['"]/);
  assert.match(svg, /<desc>84\.0 × 44\.8 mm, Times 4\.8 pt<\/desc>/);
  assert.doesNotMatch(svg, /var\(|currentColor|color-mix|system-ui/);
  const { document } = parseHTML(svg);
  const families = [...document.querySelectorAll("[font-family]")]
    .map((e) => e.getAttribute("font-family"));
  assert.deepEqual([...new Set(families)], ["Times"]);
  const own = sizedFigure({ image }, { width: null, font: "Times" });
  assert.equal(own.says, "158.8 × 84.7 mm, Times 9.0 pt");
});

Deno.test("deno task figures writes each drawing with its rows, and refuses what it cannot", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [file, bare] = ["drawn", "bare"].map((n) => `${folder}/${n}.ipynb`);
    await Deno.writeTextFile(file, formatNotebook(notebookWith(figure.html)));
    await Deno.writeTextFile(bare, formatNotebook(notebookWith("<p>a</p>")));
    const out = `${folder}/out`;
    const { code, stdout, stderr } = await task("figures", [
      file,
      "--out",
      out,
    ]);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /drawn_loss: 158\.8 × 84\.7 mm, Arial 9\.0 pt, with its rows/,
    );
    assert.deepEqual(
      Array.from(Deno.readDirSync(out), ({ name }) => name).sort(),
      ["drawn_loss.csv", "drawn_loss.svg"],
    );
    assert.equal(
      await Deno.readTextFile(`${out}/drawn_loss.csv`),
      "series,step,nats\na,0,3\na,10,1\nb,0,2\nb,10,2\n",
    );
    const none = `${folder}/none`;
    const cases: [string[], RegExp][] = [
      [[bare, "--out", none], /bare must hold drawings: run {2}deno task run/],
      [[file], /--out must be given/],
      [[file, "--out", none, "--width", "wide"], /--width must be a number of/],
      [["--out", none], /the notebook must be named/],
      [["drwn", "--out", none], /Cannot find the notebook "drwn"/],
    ];
    for (const [words, why] of cases) {
      const refused = await task("figures", words);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, why);
      assert.match(refused.stderr, /^\n[^\n]*\n$/);
    }
    assert.ok(!await Deno.stat(none).then(() => true, () => false));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
