/**
 * `deno task figures NOTEBOOK --out DIR [--width MM] [--font NAME]`: writes the
 * drawings of an executed notebook, for a paper or a talk: an SVG each, whose
 * size is stated in millimetres and whose font is named, and its rows as CSV.
 * With --width every drawing is that wide; without it, a pixel of the report is
 * a 96th of an inch. Nothing is executed.
 *
 * @module
 */
import { basename, join, resolve } from "node:path";
import { Refusal, refusal } from "../lib/run/config.ts";
import { escape } from "../viz/page/html.ts";
import { drawingFiles, rowsOf, standingAlone } from "../viz/page/picture.ts";
import { type Drawing, drawingsOf } from "./notebook/drawings.ts";
import { findNotebooks, readNotebook, writeAll } from "./notebook/notebook.ts";
import { CALLED_FROM, NOTEBOOKS } from "./project.ts";
import { type Call, main } from "./terminal.ts";

const OPTIONS = {
  out: { type: "string" },
  width: { type: "string" },
  font: { type: "string", default: "Arial, Helvetica, sans-serif" },
} as const;

/** Millimetres of a pixel of the report. */
const PIXEL = 25.4 / 96;
/** Points of a millimetre. */
const POINT = 72 / 25.4;

/** Writes the drawings, all or none, and says what they are. */
export async function figures(
  { values, words }: Call<typeof OPTIONS>,
): Promise<void> {
  if (words.length !== 1) {
    throw refusal("save figures", "the notebook", "named", words.join(" "));
  }
  if (values.out === undefined) {
    throw new Refusal("Cannot save figures as --out must be given: a folder");
  }
  const width = values.width === undefined ? null : Number(values.width);
  if (width !== null && !(width >= 5 && width <= 2000)) {
    const range = "a number of millimetres from 5 to 2000";
    throw refusal("save figures", "--width", range, values.width);
  }
  const [file] = await findNotebooks(words, NOTEBOOKS);
  const name = basename(file, ".ipynb");
  const drawings = drawingsOf(await readNotebook(file));
  if (drawings.length === 0) {
    throw new Refusal(
      `Cannot save figures as ${name} must hold drawings: run  deno task run ${name}`,
    );
  }
  const out = resolve(CALLED_FROM, values.out);
  const files: Record<string, string> = {};
  for (const drawing of drawings) {
    const alone = drawings.filter(({ cell }) => cell === drawing.cell);
    const number = alone.length > 1 ? `_${drawing.number}` : "";
    const stem = `${name}_${drawing.cell}${number}`;
    const sized = sizedFigure(drawing, { width, font: values.font });
    files[join(out, `${stem}.svg`)] = sized.svg;
    const rows = rowsOf(drawing.image);
    if (rows !== null) files[join(out, `${stem}.csv`)] = rows;
    console.log(
      `${stem}: ${sized.says}${
        rows === null ? ", no rows" : ", with its rows"
      }`,
    );
  }
  await Deno.mkdir(out, { recursive: true });
  await writeAll(files);
  console.log(
    `${drawings.length} drawings in ${out}. Images of pixels are no drawings: ` +
      "save them from the page of  deno task report",
  );
}

/**
 * A drawing in millimetres.
 *
 * @param width millimetres, or null for the size it has in a report
 * @param font its family, as CSS names it
 */
export function sizedFigure(
  { image }: Pick<Drawing, "image">,
  { width, font }: { width: number | null; font: string },
): { svg: string; says: string } {
  const svg = standingAlone(drawingFiles(image)[0]);
  const [root] = /^<svg[^>]*>/.exec(svg)!;
  const read = (name: string): number =>
    Number(new RegExp(` ${name}=['"]([\\d.]+)['"]`).exec(root)?.[1] ?? NaN);
  const [w, h] = [read("width"), read("height")];
  const scale = width === null ? PIXEL : width / w;
  const millimetres = (pixels: number): string => (pixels * scale).toFixed(1);
  const size = `${millimetres(w)} × ${millimetres(h)} mm`;
  const points = ((read("font-size") || 12) * scale * POINT).toFixed(1);
  const says = `${size}, ${font.split(",")[0]} ${points} pt`;
  const sized = root
    .replace(/ width=['"][^'"]*['"]/, ` width="${millimetres(w)}mm"`)
    .replace(/ height=['"][^'"]*['"]/, ` height="${millimetres(h)}mm"`)
    .replace(/>$/, / viewBox=/.test(root) ? ">" : ` viewBox="0 0 ${w} ${h}">`);
  const body = `${sized}<desc>${escape(says)}</desc>${svg.slice(root.length)}`
    .replaceAll(
      /font-family=(?:'[^']*'|"[^"]*")/g,
      () => `font-family="${escape(font)}"`,
    );
  return { svg: `${body}\n`, says };
}

if (import.meta.main) await main({ options: OPTIONS, words: 1 }, figures);
