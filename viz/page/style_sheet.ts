/**
 * The style sheet that every output carries, and the font of all figures.
 *
 * @module
 */
import { COLORS, inkOf } from "./colors.ts";

/** The font of all figures and tables. */
export const FONT =
  "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

/**
 * A class that the pages of nbconvert hide, and no other viewer. The style
 * sheet shows what has it, unless a sanitiser has made text of the style sheet.
 */
const SHIELD = "jp-Collapser";

/**
 * The style sheet in parts, each with the class that it is there for. All
 * rules start with `.hc`. Nothing is lost but comfort where a viewer strips it.
 */
const SHEET: readonly (readonly [string, string])[] = [
  [
    "hc",
    `.hc{font:14px/1.45 ${FONT};color:inherit;max-width:100%}
.hc>*+*,.hc>.${SHIELD}>*+*{margin-top:.8em}
.hc>.${SHIELD}{display:block}
.hc h2,.hc h3,.hc h4{font-size:1em;font-weight:600;margin:0 0 .3em}`,
  ],
  [
    "hc-fig",
    `.hc-fig{margin:0 0 .8em;max-width:100%}
.hc-fig figcaption{font-size:13px;line-height:1.4;opacity:.85;max-width:68ch;text-align:left;margin-top:.35em}
.hc-title{font-size:14px;font-weight:600;margin:0 0 .35em}
.hc-scroll{overflow-x:auto;max-width:100%}
.hc-scroll>svg{display:block;height:auto;max-width:100%;overflow:visible}
.hc svg text{white-space:pre}
.hc-scroll>svg.hc-narrow{display:none}
@media (max-width:500px){.hc-scroll>svg.hc-wide{display:none}.hc-scroll>svg.hc-narrow{display:block}}
.hc-key{display:flex;flex-wrap:wrap;align-items:center;gap:2px 12px;font-size:12px;margin:0 0 4px}
.hc-plot-swatches{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:12px;margin:0 0 4px}
.hc-plot-swatch{display:inline-flex;align-items:center;gap:6px}
.hc-grid{display:flex;flex-wrap:wrap;gap:14px 22px;align-items:flex-end}
.hc-grid>*{margin:0;min-width:0}
.hc-cell{display:flex;flex-direction:column;align-items:center;gap:3px;font-size:12px;line-height:1.25;text-align:center;font-variant-numeric:tabular-nums}
.hc-cell img,.hc-fig img{image-rendering:pixelated;display:block;max-width:none;margin:0;outline:1px solid;outline-color:color-mix(in srgb,currentColor 22%,transparent)}
.hc-fig img.hc-sheet,.hc-fig img.hc-svg,.hc-bar img{outline:0}
.hc-fig img.hc-svg{max-width:100%;height:auto;image-rendering:auto}
@media (max-width:500px){.hc-sheet{max-width:100%!important;height:auto}}`,
  ],
  [
    "hc-table",
    `.hc table.hc-table{border-collapse:collapse;border:0;font-size:13px;line-height:1.35;font-variant-numeric:tabular-nums;margin:0;width:auto;background:none;color:inherit}
.hc .hc-table th,.hc .hc-table td{padding:4px 12px 4px 0;border:0;text-align:left;vertical-align:baseline;background:none;color:inherit;white-space:normal;max-width:34em}
.hc table.hc-table tbody tr,.hc table.hc-table thead tr{background:none}
.hc .hc-table .hc-num{text-align:right;white-space:nowrap}
.hc .hc-table thead th{font-weight:600;border-bottom:1px solid;border-bottom-color:color-mix(in srgb,currentColor 45%,transparent);vertical-align:bottom}
.hc .hc-table tbody tr+tr>*{border-top:1px solid;border-top-color:color-mix(in srgb,currentColor 14%,transparent)}
.hc .hc-table th[scope=row]{font-weight:400}
.hc .hc-table .hc-text{min-width:9em}
@media (max-width:500px){.hc .hc-table th,.hc .hc-table td{padding-right:8px}.hc table.hc-table{font-size:12px}.hc .hc-table [scope=row]{min-width:6em}.hc .hc-num .hc-dim{display:block}}
.hc-good{color:${inkOf(COLORS.good)};font-weight:600}
.hc-bad{color:${inkOf(COLORS.bad)};font-weight:600}
.hc-dim{opacity:.7}`,
  ],
  [
    "hc-controls",
    `.hc-controls{display:flex;flex-wrap:wrap;align-items:center;gap:4px 12px;font-size:13px;font-variant-numeric:tabular-nums;margin-top:4px}
.hc-controls button{min-width:44px;min-height:44px;font:inherit;color:inherit;background:none;border:1px solid;border-color:color-mix(in srgb,currentColor 40%,transparent);border-radius:6px;cursor:pointer}
.hc-controls label{display:inline-flex;align-items:center;gap:6px}
.hc-controls input[type=range]{height:44px;width:160px;margin:0;accent-color:${COLORS.blue}}
.hc-controls :focus-visible{outline:2px solid ${COLORS.sky};outline-offset:2px}
@media print{.hc-controls>:not(output){display:none}}`,
  ],
  ["hc-md", `.hc-md p,.hc-md ul,.hc-md ol{margin:.4em 0;max-width:76ch}`],
];

/** The whole style sheet, for a page that holds many outputs. */
export const STYLE: string = SHEET.map(([, css]) => css).join("")
  .replaceAll("\n", "");

/** What a reader of a sanitised page is told in the place of a drawing. */
const SANITIZED =
  "“Sanitize HTML output” has removed what stood here: untick it, or run " +
  "“deno task report” for a page that is whole. In words:";

/**
 * `markup` with the parts of the style sheet that it uses, and with words for
 * who sees no pictures.
 *
 * nbconvert's "Sanitize HTML output", which JupyterLab's menu ticks, lets a
 * dozen tags through and writes out all others as text: of a figure or formula
 * it leaves the source. So it does with a style sheet, whose comments nobody
 * sees elsewhere. There stand the words, and a shield hides the source.
 */
export function styled(markup: string, words: string): string {
  const css = SHEET
    .filter(([name]) => name === "hc" || markup.includes(name))
    .map(([, css]) => css).join("").replaceAll("\n", "");
  const style = styleElement(css);
  if (!/<(?:img|svg|script|math)\b/.test(markup)) {
    return `${shielded(style)}\n${markup}`;
  }
  const comment = words.replaceAll("<", "‹").replaceAll("*/", "* /");
  return styleElement(`/* ${SANITIZED} ${comment} */`) +
    shielded(`${style}\n${markup}`);
}

function styleElement(css: string): string {
  return `<style data-hc-style>${css}</style>`;
}

function shielded(markup: string): string {
  return `<div class="${SHIELD}">${markup}</div>`;
}

/** `markup` without the style sheet and words that {@link styled} put there. */
export function withoutStyle(markup: string): string {
  const style = styleElement("[^<]*");
  return markup.replaceAll(new RegExp(`${shielded(style)}|${style}`, "g"), "");
}
