/**
 * The browser's side of a simulation: panel, picture, clock. Runs in the
 * reader's page, inside a shadow root, so that neither the page's styles nor
 * its identifiers meet those of the panel. What the notebook put into the
 * host stays to be seen until this script runs.
 *
 * @module
 */
import { COLORS } from "../../page/colors.ts";
import {
  type Control,
  numbersOf,
  type Setting,
  type Settings,
  type Simulation,
} from "./simulation.ts";

/** What the notebook hands to the page. */
export interface Payload<V, D> {
  settings: V;
  /** The notebook's numbers at these settings. */
  numbers: Record<string, number | null>;
  data: D;
}

/** Milliseconds of work between two frames. */
const BUDGET = 11;
/** Pictures a second while nothing paces the steps. */
const DRAWS = 12;

const CSS = `
:host{--line:color-mix(in srgb,currentColor 38%,transparent);display:block;max-width:900px;font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:inherit}
*{box-sizing:border-box}
section{border:1px solid var(--line);border-radius:8px;padding:14px}
h4{font-size:15px;margin:0 0 10px}
form,.buttons{display:flex;flex-wrap:wrap;gap:10px 18px;align-items:end;margin:0 0 12px}
.buttons{gap:8px}
label{display:flex;flex-direction:column;gap:3px;font-size:13px;min-width:0}
label.switch{flex-direction:row;align-items:center;gap:8px;min-height:36px}
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
.good{color:color-mix(in srgb,${COLORS.green} 75%,currentColor)}
.bad{color:color-mix(in srgb,${COLORS.vermilion} 75%,currentColor)}
`.replaceAll("\n", "");

/** Finds the host of the running script: near it, and not taken yet. */
function findHost(key: string): HTMLElement | null {
  const selector = `[data-simulation="${key}"]:not([data-state])`;
  let near: ParentNode | null = document.currentScript;
  while (near) {
    const host = near.querySelector<HTMLElement>(selector);
    if (host) return host;
    near = near.parentNode;
  }
  return document.querySelector<HTMLElement>(selector);
}

/** Puts the panel of a simulation into its host, and waits for the reader. */
export function mount<V extends Settings, S, D>(
  simulation: Simulation<V, S, D>,
  key: string,
): void {
  const found = findHost(key);
  const json = found?.querySelector("script")?.textContent;
  if (!found || !json) return;
  const host: HTMLElement = found;
  const payload: Payload<V, D> = JSON.parse(json);
  const { data } = payload;
  let settings: V = { ...payload.settings };
  let state = simulation.start(settings, data);
  let mode: "ready" | "running" | "done" = "ready";
  let hurry = false;
  let step = 0;
  let lastDraw = 0;
  let frames = 0;
  let worked = 0;
  let slowest = 0;

  const root = host.attachShadow({ mode: "open" });
  const section = add(root, "section");
  add(root, "style").textContent = CSS;
  section.setAttribute("aria-label", simulation.title);
  add(section, "h4").textContent = simulation.title;
  const form = add(section, "form");
  form.addEventListener("submit", (event) => event.preventDefault());
  const refreshers = [
    seedField(),
    ...simulation.controls.map((control) => field(control)),
  ];
  const buttons = add(section, "div", "buttons");
  const main = button("", () => mode === "running" ? pause() : run(false));
  main.className = "main";
  const toEnd = button("To the end", () => run(true));
  button("Reset", reset);
  const bar = add(section, "progress");
  bar.setAttribute("aria-label", "Progress");
  const picture = add(section, "div", "picture");
  const list = add(section, "dl");
  const status = add(section, "p");
  status.setAttribute("role", "status");
  listenToPlace();
  if (simulation.progress(state, settings) >= 1) {
    main.hidden = toEnd.hidden = bar.hidden = true;
  }
  new ResizeObserver(() => draw()).observe(picture);
  restart();

  function add<K extends keyof HTMLElementTagNameMap>(
    parent: Node,
    tag: K,
    className = "",
  ): HTMLElementTagNameMap[K] {
    const element = document.createElement(tag);
    if (className) element.className = className;
    parent.appendChild(element);
    return element;
  }

  function button(text: string, act: () => void): HTMLButtonElement {
    const element = add(buttons, "button");
    element.type = "button";
    element.textContent = text;
    element.addEventListener("click", act);
    return element;
  }

  function seedField(): () => void {
    const label = add(form, "label");
    add(label, "span").textContent = "Seed";
    const input = add(label, "input");
    input.type = "number";
    input.name = "seed";
    input.step = "1";
    input.addEventListener("change", () => {
      const seed = Math.trunc(Number(input.value));
      set("seed", Number.isSafeInteger(seed) ? seed : settings.seed);
    });
    return () => input.value = String(settings.seed);
  }

  function field(control: Control): () => void {
    const { key } = control;
    const label = add(form, "label", control.kind);
    if (control.kind === "choice") {
      add(label, "span").textContent = control.label;
      const select = add(label, "select");
      select.name = key;
      for (const [value, text] of control.options) {
        const option = add(select, "option");
        option.value = value;
        option.textContent = text;
      }
      select.addEventListener("change", () => set(key, select.value));
      return () => select.value = String(settings[key]);
    }
    if (control.kind === "switch") {
      const input = add(label, "input");
      input.type = "checkbox";
      input.name = key;
      add(label, "span").textContent = control.label;
      input.addEventListener("change", () => set(key, input.checked));
      return () => input.checked = Boolean(settings[key]);
    }
    const name = add(label, "span");
    name.textContent = control.label;
    const shown = add(name, "output");
    const input = add(label, "input");
    input.type = "range";
    input.name = key;
    input.min = String(control.min);
    input.max = String(control.max);
    input.step = String(control.step);
    input.addEventListener("input", () => set(key, Number(input.value)));
    return () => {
      input.value = String(settings[key]);
      shown.textContent = String(settings[key]);
    };
  }

  function set(key: string, value: Setting): void {
    settings = { ...settings, [key]: value };
    restart(mode === "running");
  }

  /** Back to step 0 under the present settings. */
  function restart(running = false): void {
    state = simulation.start(settings, data);
    step = 0;
    frames = worked = slowest = 0;
    mode = simulation.progress(state, settings) >= 1 ? "done" : "ready";
    refreshers.forEach((refresh) => refresh());
    show();
    if (running) run(hurry);
  }

  function reset(): void {
    settings = { ...payload.settings };
    hurry = false;
    restart();
  }

  function run(fast: boolean): void {
    hurry = fast;
    if (mode === "running") return;
    if (mode === "done") restart();
    mode = "running";
    lastDraw = performance.now();
    show();
    requestAnimationFrame(frame);
  }

  function pause(): void {
    mode = "ready";
    show();
  }

  function frame(): void {
    if (mode !== "running") return;
    if (!host.isConnected) return pause();
    const start = performance.now();
    const paced = !hurry && simulation.pace !== Infinity;
    let left = paced ? simulation.pace ?? 1 : Infinity;
    let more = true;
    while (more && left-- > 0 && performance.now() - start < BUDGET) {
      more = simulation.step(state, settings, data);
      if (more) step++;
    }
    if (!more) mode = "done";
    if (paced || !more || performance.now() - lastDraw > 1000 / DRAWS) {
      lastDraw = performance.now();
      show();
    }
    measure(performance.now() - start);
    if (more) requestAnimationFrame(frame);
  }

  /** Work and drawing of a frame in milliseconds: the mean, and the most. */
  function measure(spent: number): void {
    frames++;
    worked += spent;
    slowest = Math.max(slowest, spent);
    host.dataset.frame = (worked / frames).toFixed(1);
    host.dataset.slowest = slowest.toFixed(1);
  }

  function show(): void {
    draw();
    bar.value = simulation.progress(state, settings);
    main.textContent = mode === "running"
      ? "Pause"
      : mode === "done"
      ? "Again"
      : simulation.verb ?? "Train";
    toEnd.disabled = mode === "done";
    list.replaceChildren();
    for (const readout of simulation.readouts(state, settings)) {
      const { key, label, value, digits = 3, unit = "" } = readout;
      const item = add(list, "div");
      add(item, "dt").textContent = label;
      const number = add(item, "dd");
      number.dataset.key = key;
      number.dataset.value = String(value);
      number.textContent = `${shorten(value, digits)} ${unit}`.trim();
    }
    host.dataset.state = mode;
    host.dataset.step = String(step);
    compare();
  }

  /** Says whether the page arrived at the notebook's numbers. */
  function compare(): void {
    const same = Object.entries(payload.settings).every(([key, value]) =>
      settings[key] === value
    );
    const expected = Object.keys(payload.numbers);
    const comparable = mode === "done" && same && expected.length > 0;
    const numbers = comparable ? numbersOf(simulation, state, settings) : {};
    // JSON holds no NaN: it arrives as null.
    const apart = expected.filter((key) =>
      numbers[key] !== payload.numbers[key] &&
      !(Number.isNaN(numbers[key]) && payload.numbers[key] === null)
    );
    host.dataset.same = comparable ? String(apart.length === 0) : "";
    const say = !comparable
      ? mode === "done" && !same ? "Not the notebook's settings." : ""
      : apart.length === 0
      ? `All ${expected.length} numbers are the notebook's, to the last bit.`
      : `These differ from the notebook's: ${apart.join(", ")}.`;
    if (status.textContent === say) return;
    status.textContent = say;
    status.className = comparable ? apart.length === 0 ? "good" : "bad" : "";
  }

  function draw(): void {
    const width = Math.floor(picture.clientWidth);
    if (width === 0) return;
    picture.innerHTML = simulation.draw(state, settings, width, data);
  }

  /** A tap sets what the simulation makes of its place; sliders do the same. */
  function listenToPlace(): void {
    picture.addEventListener("click", (event) => {
      const { left, top, width, height } = picture.getBoundingClientRect();
      const changed = simulation.place?.(
        settings,
        (event.clientX - left) / width,
        (event.clientY - top) / height,
        width,
      );
      if (!changed) return;
      settings = { ...settings, ...changed };
      restart();
      run(false);
    });
  }
}

function shorten(value: number, digits: number): string {
  if (Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  const text =
    (digits > 0 && size >= 1e6) || (size > 0 && size < 0.5 * 10 ** -digits)
      ? value.toExponential(1)
      : value.toFixed(digits);
  return text.replaceAll("-", "−");
}
