/**
 * Terminal text as HTML: colours and weights become spans, other control
 * sequences vanish, and everything else is escaped.
 *
 * @module
 */
import { escape } from "../../viz/page/html.ts";

const COLORS = [
  "black",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  "white",
];
const STYLES: Record<number, string> = {
  1: "bold",
  2: "dim",
  3: "italic",
  4: "underline",
};

const ESC = "\u001b";
/** Sequences that set something, that name something, and short ones. */
const SEQUENCE = new RegExp(
  `${ESC}\\[([\\d;:]*)([@-~])|${ESC}\\][^\u0007${ESC}]*(?:\u0007|${ESC}\\\\)|${ESC}[@-_]`,
  "g",
);

/** HTML of terminal text. A carriage return overwrites its line. */
export function ansiToHtml(text: string): string {
  const settled = text.replace(/^[^\n]*\r(?!\n)/gm, "");
  let html = "";
  let at = 0;
  const styles = new Set<string>();
  let color = "";
  const put = (piece: string): void => {
    if (piece === "") return;
    const classes = [...styles, color].filter(Boolean).map((c) => `ansi-${c}`);
    html += classes.length
      ? `<span class="${classes.join(" ")}">${escape(piece)}</span>`
      : escape(piece);
  };
  const apply = (code: number): void => {
    if (code === 0) {
      styles.clear();
      color = "";
    } else if (STYLES[code]) styles.add(STYLES[code]);
    else if (code === 22) ["bold", "dim"].forEach((s) => styles.delete(s));
    else if (code === 23) styles.delete("italic");
    else if (code === 24) styles.delete("underline");
    else if (code === 39) color = "";
    else if (code >= 30 && code < 38) color = COLORS[code - 30];
    else if (code >= 90 && code < 98) color = COLORS[code - 90];
  };
  for (const match of settled.matchAll(SEQUENCE)) {
    put(settled.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] !== "m") continue;
    // Colours out of 256 or by their parts are not shown.
    const codes = match[1].replace(/[34]8[;:](5[;:]\d+|2([;:]\d+){3})/, "39");
    for (const code of codes.split(/[;:]/)) apply(Number(code));
  }
  put(settled.slice(at));
  return html;
}
