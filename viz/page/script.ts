/**
 * Markup that comes alive where scripts run, and stays a still picture where
 * they do not.
 *
 * The function to run is written in TypeScript and sent as its own source, so
 * it must stand alone: it may use its arguments and the page, and nothing else
 * of its module. It finds its element from the place of its script, not by an
 * identifier: an output can stand twice on a page, and pages hold several
 * notebooks. JupyterLab runs a copy of the script in place, VS Code moves it to
 * the end of the output; both are covered by searching upwards.
 *
 * @module
 */

import { contentHash } from "./html.ts";
import { drawInline } from "./picture.ts";

/** What {@link scripted} runs. */
export interface Script<Data> {
  /** Called with the element, once. */
  run: (root: HTMLElement, data: Data) => void;
  /** Named functions that `run` calls; they stand alone too. */
  // deno-lint-ignore no-explicit-any
  uses?: readonly ((...args: any[]) => unknown)[];
  /** Must survive JSON. */
  data: Data;
}

/**
 * `body` in an element, and a script that runs on it. Its controls keep their
 * keys to themselves.
 */
export function scripted<Data>(body: string, script: Script<Data>): string {
  const uses = (script.uses ?? []).map((f) => compact(f.toString())).join("\n");
  const call = `${uses}(${compact(script.run.toString())})(r,${
    scriptJson(script.data)
  })`;
  const id = contentHash(body + call);
  return `<div data-hc="${id}">${body}</div>` +
    `<script>(()=>{let p=document.currentScript?.parentNode,r=null;` +
    `const q='[data-hc="${id}"]:not([data-hc-on])';` +
    `while(p&&!r){r=p.querySelector?.(q);p=p.parentNode}` +
    `r??=document.querySelector(q);if(!r)return;` +
    `r.setAttribute("data-hc-on","");` +
    `${compact(drawInline.toString())}\ndrawInline(r);${call};` +
    // JupyterLab takes arrow keys for itself unless the focused element says so.
    `r.querySelectorAll("button,input,select").forEach(e=>` +
    `e.setAttribute("data-lm-suppress-shortcuts","true"))})()</script>`;
}

/** JSON that cannot end the script it stands in. */
export function scriptJson(data: unknown): string {
  return JSON.stringify(data ?? null)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

/** Source without indentation, comments on lines of their own, blank lines. */
function compact(source: string): string {
  return source.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("//"))
    .join("\n");
}
