/**
 * What is set right in a notebook that was written in an editor: cells get ids
 * that say what they are, sections begin slides, and the format is `deno fmt`'s.
 *
 * @module
 */
import { ROOT } from "../project.ts";
import {
  type Cell,
  formatNotebook,
  type Notebook,
  parseNotebook,
} from "./notebook.ts";

const SLUG = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** What JupyterLab, VS Code and nbformat make: a UUID, or its first part. */
const RANDOM = /^(?=.*\d)[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?$/;

/** Whether an id says what the cell is: a slug, and not an editor's. */
export function isReadableId(id: string): boolean {
  return SLUG.test(id) && !RANDOM.test(id);
}

/** The same notebook, with ids from headings and tags where editors made them. */
export function withReadableIds(notebook: Notebook): Notebook {
  const taken = new Set(
    notebook.cells.map(({ id }) => id).filter(isReadableId),
  );
  let section = "start";
  const cells = notebook.cells.map((cell) => {
    const [, level, heading] = /^(#+)\s+(.+)/m.exec(cell.source) ?? [];
    const isHeading = cell.cell_type === "markdown" && heading !== undefined;
    const readable = isReadableId(cell.id);
    if (isHeading && level !== "#") {
      section = readable ? cell.id.replace(/-text$/, "") : slugOf(heading);
    }
    if (readable) return cell;
    const name = isHeading && level === "#" ? "title" : nameOf(cell, section);
    let id = name;
    for (let n = 2; taken.has(id); n++) id = `${name}-${n}`;
    taken.add(id);
    return { ...cell, id };
  });
  return { ...notebook, cells };
}

/** Whether the cell begins a slide: it has a heading of the first two levels. */
export function beginsSlide(cell: Cell): boolean {
  return cell.cell_type === "markdown" && /^##?\s+\S/m.test(cell.source);
}

/**
 * The same notebook, each section on a slide of its own where nothing else is
 * said: what `jupyter nbconvert --to slides` cuts it by.
 */
export function withSlides(notebook: Notebook): Notebook {
  const cells = notebook.cells.map((cell) =>
    beginsSlide(cell) && !cell.metadata.slideshow
      ? {
        ...cell,
        metadata: { ...cell.metadata, slideshow: { slide_type: "slide" } },
      }
      : cell
  );
  return { ...notebook, cells };
}

function nameOf(cell: Cell, section: string): string {
  const tag = cell.metadata.tags?.find(isReadableId);
  if (tag !== undefined) return tag;
  if (cell.cell_type !== "code") return `${section}-text`;
  const rest = cell.source.replace(/^import\b[^;]*;|\/\/.*$/gm, "");
  return cell.source.trim() && !rest.trim() ? "imports" : section;
}

/** The first words of a heading, as an id. */
function slugOf(heading: string): string {
  const words = heading.normalize("NFD").toLowerCase()
    .replace(/\p{M}|['’]/gu, "").match(/[a-z0-9]+/g) ?? [];
  const first = words.findIndex((word) => /^[a-z]/.test(word));
  const slug = words.slice(first < 0 ? words.length : first)
    .filter((word) => !["a", "an", "the"].includes(word)).slice(0, 4).join("-");
  return isReadableId(slug) ? slug : "cell";
}

/** The text in the format of `deno fmt`. */
export async function denoFmt(
  text: string,
  extension: "ts" | "ipynb",
): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", extension, "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stdout, stderr, success } = await child.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot format: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** The same notebook in the format of `deno fmt`; what is no code stays. */
export async function formatted(notebook: Notebook): Promise<Notebook> {
  const text = await denoFmt(formatNotebook(notebook), "ipynb");
  const { cells } = parseNotebook(text, "notebook");
  return {
    ...notebook,
    cells: notebook.cells.map((cell, i) => ({
      ...cell,
      source: cells[i].source,
    })),
  };
}
