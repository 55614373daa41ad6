/**
 * Drawings that every viewer shows.
 *
 * JupyterLab before a notebook is trusted, and GitHub always, strip SVG
 * elements and leave a soup of tick labels. They keep images. So a drawing is
 * stored as an image that holds its SVG; where scripts run, a short script puts
 * the SVG itself in its place, which then takes the colours of the page. A
 * second, narrow drawing for phones travels with it.
 *
 * @module
 */

import { csv, type CsvRow } from "./csv.ts";
import { escape, unescape } from "./html.ts";

/** What stands on the root of a drawing while it is an image: light paper. */
const ALONE =
  ` xmlns='http://www.w3.org/2000/svg' style='background:#fff;color:#222'`;

/** What {@link picture} takes besides the drawing. */
export interface PictureOptions {
  /** What a reader who cannot see it is told. */
  alt: string;
  /** The drawing that phones show instead. */
  narrow?: string;
  /** What is drawn, to be kept: see `csv.ts`. */
  rows?: readonly CsvRow[];
}

/** Above this many characters rows would cost a page more than they give. */
const ROWS_CAP = 60_000;

/** The drawing `svg`, an `<svg>` element with width and height, as an image. */
export function picture(svg: string, options: PictureOptions): string {
  const { alt, narrow, rows = [] } = options;
  const table = rows.length > 0 ? csv(rows) : "";
  const kept = table !== "" && table.length <= ROWS_CAP
    ? ` data-rows="${escape(table)}"`
    : "";
  const size = /\swidth="([\d.]+)"/.exec(svg)?.[1] ?? "600";
  const more = narrow === undefined
    ? ""
    : ` data-narrow="${encode(withClass(narrow, "hc-narrow"))}"`;
  const wide = narrow === undefined ? svg : withClass(svg, "hc-wide");
  return `<img class="hc-svg" src="${encode(wide)}" width="${size}" alt="${
    escape(alt)
  }"${more}${kept}>`;
}

/** The rows of a picture's markup as comma-separated values, or null. */
export function rowsOf(image: string): string | null {
  const rows = / data-rows="([^"]*)"/.exec(image)?.[1];
  return rows === undefined ? null : unescape(rows);
}

/**
 * `markup` with every picture replaced by its drawing, for a page of ours. The
 * drawing carries the picture's rows. A picture that cannot be drawn stays an
 * image.
 *
 * @param drawn what becomes of each drawing; default: nothing
 */
export function inlined(
  markup: string,
  drawn: (svg: string) => string = (svg) => svg,
): string {
  return markup
    .replaceAll(/<script data-hc-inline>[^<]*<\/script>/g, "")
    .replaceAll(/<img class="hc-svg"[^<>]*>/g, (image) => {
      const uris = image.matchAll(/ (?:src|data-narrow)="([^"]*)"/g);
      const [rows = ""] = / data-rows="[^"]*"/.exec(image) ?? [];
      try {
        return Array.from(uris, ([, uri]) => drawn(decode(uri))).join("")
          .replace(/<svg\b/, () => `<svg${rows}`);
      } catch (error) {
        if (error instanceof URIError) return image;
        throw error;
      }
    });
}

/** The drawings in `markup` as files of their own, on light paper. */
export function drawingFiles(markup: string): string[] {
  return [...markup.matchAll(/<img class="hc-svg" src="([^"]*)"/g)]
    .map(([, uri]) => decodeURIComponent(uri.slice(uri.indexOf(",") + 1)));
}

/** The script that draws all pictures of the page inline, once they are there. */
export function inlineScript(): string {
  return `<script data-hc-inline>(${INLINE})(document.currentScript?.getRootNode()??document)</script>`;
}

function withClass(svg: string, name: string): string {
  return /^<svg[^>]*\sclass="/.test(svg)
    ? svg.replace(/\sclass="/, ` class="${name} `)
    : svg.replace("<svg", `<svg class="${name}"`);
}

function encode(svg: string): string {
  const alone = svg.replace("<svg", `<svg${ALONE}`)
    .replace(/="([^"']*)"/g, "='$1'");
  return `data:image/svg+xml,${
    alone.replace(/[^\w!$()*+,./:;=?@'~-]/gu, encodeURIComponent)
  }`;
}

function decode(uri: string): string {
  return decodeURIComponent(uri.slice(uri.indexOf(",") + 1)).replace(ALONE, "")
    .replace(/='([^']*)'/g, '="$1"');
}

/**
 * A drawing as a file of its own, for programs that know no style sheet: ink for
 * the colour of the page's text, white for its paper, mixed colours mixed. It
 * runs in a page, too.
 */
export function standingAlone(svg: string): string {
  const ink = 0x22;
  let out = svg;
  for (let before = ""; before !== out;) { // variables lie in each other
    before = out;
    out = out.replace(
      /var\(--[\w-]+(?:,\s*([^()]*))?\)/g,
      (_, other) => other === undefined || other === "Canvas" ? "#fff" : other,
    );
  }
  return out.replace(
    /color-mix\(in srgb,\s*#(..)(..)(..) (\d+)%,\s*currentColor\)/gi,
    (_, r, g, b, share) => {
      const mixed = [r, g, b].map((part) =>
        Math.round((parseInt(part, 16) * share + ink * (100 - share)) / 100)
          .toString(16).padStart(2, "0")
      );
      return `#${mixed.join("")}`;
    },
  ).replaceAll("currentColor", "#222");
}

/** A drawing without the names that Plot gives its groups: it has its own. */
export function unnamed(svg: string): string {
  return svg.replaceAll(
    /<g [^<>]*>/g,
    (group) => group.replace(/ aria-label="[^"]*"/, ""),
  );
}

/**
 * Runs in the page: draws the pictures below `root` inline. A picture that
 * cannot be drawn stays an image.
 */
export function drawInline(root: ParentNode): void {
  for (const image of root.querySelectorAll<HTMLElement>("img.hc-svg")) {
    try {
      const drawings = [image.getAttribute("src")!, image.dataset.narrow]
        .filter((uri) => uri !== undefined).map((uri) => {
          const text = decodeURIComponent(uri.slice(uri.indexOf(",") + 1));
          const page = new DOMParser().parseFromString(text, "image/svg+xml");
          const svg = page.documentElement;
          if (svg.localName !== "svg") throw new Error("no drawing");
          svg.removeAttribute("style");
          return document.importNode(svg, true);
        });
      image.replaceWith(...drawings);
    } catch {
      // The image shows the same.
    }
  }
}

const INLINE = drawInline.toString().split("\n").map((line) => line.trim())
  .filter((line) => !line.startsWith("//")).join("\n");
