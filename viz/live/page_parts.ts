/**
 * What panels are made of in the page.
 *
 * @module
 */
import { COLORS } from "../page/colors.ts";

/** The style of a panel, inside its shadow root. */
export const CSS = `
:host{--line:color-mix(in srgb,currentColor 38%,transparent);display:block;max-width:900px;font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:inherit}
*{box-sizing:border-box}
section{border:1px solid var(--line);border-radius:8px;padding:14px}
h3{font-size:15px;margin:0 0 10px}
form,.buttons{display:flex;flex-wrap:wrap;gap:10px 18px;align-items:end;margin:0 0 12px}
.buttons{gap:8px}
label{display:flex;flex-direction:column;gap:3px;font-size:13px;min-width:0}
label.switch{flex-direction:row;align-items:center;gap:8px;min-height:36px}
label em{font-style:normal;font-size:12px;line-height:18px;height:18px;width:0;min-width:100%;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;opacity:.8}
label.switch em{width:auto;min-width:0}
label.changed span{text-decoration:underline}
label span{display:flex;justify-content:space-between;gap:12px}
input[type=range]{width:150px;height:24px;margin:0;accent-color:${COLORS.blue}}
input[type=number],select,button{font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:6px;min-height:36px;padding:4px 10px;max-width:100%}
option{color:CanvasText;background:Canvas}
input[type=number]{width:7em}
input[type=checkbox]{width:20px;height:20px;margin:0;accent-color:${COLORS.blue}}
button{cursor:pointer;touch-action:manipulation}
button.main{background:${COLORS.blue};border-color:${COLORS.blue};color:#fff;font-weight:600;min-width:6.5em}
button:disabled{opacity:.45;cursor:default}
:focus-visible{outline:2px solid ${COLORS.sky};outline-offset:2px}
output,dd{font-variant-numeric:tabular-nums}
.picture{overflow:hidden;touch-action:pan-y}
.picture svg{display:block}
progress{width:100%;height:4px;appearance:none;border:0;background:var(--line);display:block;margin:8px 0}
progress::-webkit-progress-bar{background:transparent}
progress::-webkit-progress-value{background:${COLORS.blue}}
progress::-moz-progress-bar{background:${COLORS.blue}}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(128px,1fr));gap:8px 18px;margin:10px 0 0}
dt{font-size:12px;opacity:.8}
dd{margin:0;font-size:16px;font-weight:600}
p{font-size:13px;margin:10px 0 0;min-height:1.45em}
.seeds{border-top:1px solid var(--line);margin-top:14px;padding-top:4px}
h4{font-size:14px;margin:8px 0}
ul{list-style:none;margin:14px 0 0;padding:0;font-size:13px}
li{border-left:3px solid var(--line);padding:2px 10px;margin:0 0 8px}
li.met{border-color:${COLORS.green}}
li b{margin-left:8px;white-space:nowrap}
summary{cursor:pointer;width:max-content;padding:4px 0}
small{display:block;font-size:12px;font-weight:400;opacity:.8}
slot{display:none}
:host([data-still]) slot{display:block}
:host([data-still]) .picture{height:0}
@media print{:host([data-fresh]) slot{display:block}:host([data-fresh]) section>:not(h3,slot){display:none}}
.good{color:color-mix(in srgb,${COLORS.green} 75%,currentColor)}
.bad{color:color-mix(in srgb,${COLORS.vermilion} 75%,currentColor)}
`.replaceAll("\n", "");

/** Adds an element with some properties below another. */
export function add<K extends keyof HTMLElementTagNameMap>(
  parent: Node,
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  return parent.appendChild(Object.assign(element, properties));
}

export function progressBar(parent: Node, label: string): HTMLProgressElement {
  const bar = add(parent, "progress", { value: 0 });
  bar.setAttribute("aria-label", label);
  return bar;
}

/** A line whose words are read out when they change. */
export function statusLine(parent: Node): HTMLElement {
  const line = add(parent, "p");
  line.setAttribute("role", "status");
  return line;
}
