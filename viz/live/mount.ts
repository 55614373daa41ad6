/**
 * The browser's side of a simulation: panel, picture, clock. Runs in the
 * reader's page, inside a shadow root, so that neither the page's styles nor
 * its identifiers meet those of the panel. What the notebook put into the
 * host stays to be seen until this script runs.
 *
 * @module
 */
import { COLORS } from "../page/colors.ts";
import { Refusal, refusal } from "../../lib/run/config.ts";
import {
  type Control,
  type Order,
  read,
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
const DRAWS = 30;

const CSS = `
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
  let state: S | null = null;
  let mode: "ready" | "running" | "done" | "refused" = "ready";
  let hidden = false;
  let hurry = false;
  let step = 0;
  let lastDraw = 0;
  let frames = 0;
  let worked = 0;
  let slowest = 0;

  const root = host.attachShadow({ mode: "open" });
  const section = add(root, "section");
  section.setAttribute("aria-label", simulation.title);
  add(root, "style", { textContent: CSS });
  add(section, "h3", { textContent: simulation.title });
  const form = add(section, "form");
  form.addEventListener("submit", (event) => event.preventDefault());
  const views = new Set(simulation.views?.map(({ key }) => key));
  const refreshers = [
    seedField(),
    ...simulation.controls.map(field),
    ...(simulation.views ?? []).map(field),
  ];
  const buttons = add(section, "div", { className: "buttons" });
  const main = button("", () => mode === "running" ? pause() : run(false));
  main.className = "main";
  const one = button("One step", single);
  const toEnd = button("To the end", () => run(true));
  button("Reset", reset);
  button("Copy link", () => void copyLink());
  const keep = simulation.record && button("Download results", download);
  const bar = add(section, "progress");
  bar.setAttribute("aria-label", "Progress");
  const picture = add(section, "div", { className: "picture" });
  const list = add(section, "dl");
  const status = add(section, "p");
  status.setAttribute("role", "status");
  picture.addEventListener("click", tapped);
  const linked = settingsOfLink();
  restart();
  if (ended()) {
    main.hidden =
      one.hidden =
      toEnd.hidden =
      bar.hidden =
        true;
  }
  if (simulation.steer) toEnd.hidden = true;
  simulation.listen?.(() => {
    if (mode !== "running") arrived();
  });
  new ResizeObserver(() => draw()).observe(picture);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && mode === "running") {
      pause();
      hidden = true;
    } else if (!document.hidden && hidden) run(hurry);
  });
  if (linked) {
    settings = linked;
    restart();
    host.scrollIntoView();
  }

  function button(textContent: string, act: () => void): HTMLButtonElement {
    const element = add(buttons, "button", { type: "button", textContent });
    element.addEventListener("click", act);
    return element;
  }

  function seedField(): () => void {
    const label = add(form, "label");
    add(label, "span", { textContent: "Seed" });
    const kind = { type: "number", name: "seed", step: "1" };
    const input = add(label, "input", kind);
    input.addEventListener("change", () => {
      set("seed", input.value.trim() === "" ? NaN : Number(input.value));
    });
    const mark = marking(label, "seed");
    return () => {
      if (Number.isFinite(settings.seed)) input.value = String(settings.seed);
      mark();
    };
  }

  /** Says beside a control what the notebook had; returns what updates it. */
  function marking(label: HTMLElement, key: string): () => void {
    const note = add(label, "em");
    return () => {
      const own = payload.settings[key];
      const differs = own !== settings[key] && !views.has(key);
      label.classList.toggle("changed", differs);
      // Takes its place always: a field that has changed as a button is pressed
      // must not move the button away.
      note.textContent = differs ? `notebook: ${own}` : "";
    };
  }

  /** Adds a control; returns what brings it up to the settings. */
  function field(control: Control): () => void {
    const { key: name, kind } = control;
    const label = add(form, "label", { className: kind });
    const words = { textContent: control.label };
    if (kind === "choice") {
      add(label, "span", words);
      const select = add(label, "select", { name });
      for (const [value, textContent] of control.options) {
        add(select, "option", { value, textContent });
      }
      select.addEventListener("change", () => set(name, select.value));
      const mark = marking(label, name);
      return () => {
        select.value = String(settings[name]);
        mark();
      };
    }
    if (kind === "switch") {
      const input = add(label, "input", { type: "checkbox", name });
      add(label, "span", words);
      input.addEventListener("change", () => set(name, input.checked));
      const mark = marking(label, name);
      return () => {
        input.checked = Boolean(settings[name]);
        mark();
      };
    }
    const shown = add(add(label, "span", words), "output");
    const input = add(label, "input", { type: "range", name });
    const { min, max, step } = control;
    Object.assign(input, { min, max, step });
    input.addEventListener("input", () => set(name, Number(input.value)));
    const mark = marking(label, name);
    return () => {
      input.value = shown.textContent = String(settings[name]);
      mark();
    };
  }

  function set(key: string, value: Setting): void {
    settings = { ...settings, [key]: value };
    if (views.has(key) && state !== null) {
      steer("look");
      refreshers.forEach((refresh) => refresh());
      show();
    } else restart(mode === "running");
  }

  function ended(): boolean {
    return state !== null && simulation.progress(state, settings) >= 1;
  }

  /** Back to step 0 under the present settings. */
  function restart(running = false): void {
    step = 0;
    frames = worked = slowest = 0;
    hidden = false;
    refreshers.forEach((refresh) => refresh());
    try {
      check();
      state = simulation.start(settings, data);
    } catch (error) {
      return refuse(error);
    }
    mode = ended() ? "done" : "ready";
    show();
    if (running) run(hurry);
  }

  /** What no experiment asks: a whole seed, and values that the panel has. */
  function check(): void {
    if (!Number.isSafeInteger(settings.seed)) {
      throw refusal("start", "the seed", "a whole number", settings.seed);
    }
    for (const control of [...simulation.controls, ...simulation.views ?? []]) {
      const { key, kind, label } = control;
      const value = settings[key];
      if (kind === "range") {
        const { min, max } = control;
        const inside = Number(value) >= min && Number(value) <= max;
        // What the notebook itself had is never refused.
        if (inside || value === payload.settings[key]) continue;
        throw refusal("start", label, `from ${min} to ${max}`, value);
      }
      if (kind === "choice" && !control.options.some(([of]) => of === value)) {
        const keys = control.options.map(([of]) => of).join(", ");
        throw refusal("start", label, `one of ${keys}`, value);
      }
    }
  }

  /** Says why there is nothing to start. */
  function refuse(error: unknown): void {
    mode = "refused";
    state = null;
    list.replaceChildren();
    picture.replaceChildren();
    bar.value = 0;
    main.textContent = simulation.verb ?? "Train";
    main.disabled = one.disabled = toEnd.disabled = true;
    if (keep) keep.disabled = true;
    host.dataset.state = mode;
    host.dataset.same = "";
    status.className = "bad";
    status.textContent = error instanceof Refusal || error instanceof RangeError
      ? error.message
      : String(error);
  }

  /** Hands an order to where steps are taken. */
  function steer(order: Order): void {
    if (state !== null) simulation.steer?.(state, settings, order);
  }

  /** Takes one step, or a look at what came of it. */
  function single(): void {
    if (mode === "done") restart();
    if (mode === "running") pause();
    if (state === null) return;
    if (simulation.steer) steer("one");
    else {
      simulation.step(state, settings, data);
      step++;
    }
    arrived();
  }

  function arrived(): void {
    if (state === null) return;
    if (ended()) mode = "done";
    show();
  }

  function link(): string {
    const [page] = location.href.split("#");
    const given = Object.entries(settings).map(([k, v]) => [k, String(v)]);
    return `${page}#${key}?${new URLSearchParams(given)}`;
  }

  async function copyLink(): Promise<void> {
    const href = link();
    try {
      await navigator.clipboard.writeText(href);
      status.textContent = "The link is copied.";
    } catch {
      try {
        history.replaceState(null, "", href);
        status.textContent = "The link is in the address bar.";
      } catch {
        status.textContent = href;
      }
    }
    status.className = "";
  }

  /** What the page's address asks for; null where it asks nothing of this. */
  function settingsOfLink(): V | null {
    const [of, query] = decodeURI(location.hash.slice(1)).split("?");
    if (of !== key || !query) return null;
    const asked: Record<string, Setting> = {};
    for (const [name, text] of new URLSearchParams(query)) {
      const own = payload.settings[name];
      if (own === undefined) continue;
      asked[name] = typeof own === "number"
        ? Number(text)
        : typeof own === "boolean"
        ? text === "true"
        : text;
    }
    return { ...settings, ...asked };
  }

  function download(): void {
    const record = state === null ? null : simulation.record!(state, settings);
    if (!record) return;
    const blob = new Blob([JSON.stringify(record, null, 2) + "\n"], {
      type: "application/json",
    });
    const href = URL.createObjectURL(blob);
    add(section, "a", { href, download: "results.json", hidden: true }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
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
    if (state === null) return;
    hidden = false;
    mode = "running";
    steer("go");
    lastDraw = performance.now();
    show();
    requestAnimationFrame(frame);
  }

  function pause(): void {
    mode = "ready";
    hidden = false;
    steer("pause");
    show();
  }

  function frame(): void {
    if (mode !== "running" || state === null) return;
    if (!host.isConnected) return pause();
    const start = performance.now();
    const paced = !hurry && simulation.pace !== Infinity;
    let left = paced ? simulation.pace ?? 1 : Infinity;
    let more = true;
    while (more && left-- > 0 && performance.now() - start < BUDGET) {
      simulation.step(state, settings, data);
      more = !ended();
      if (more) step++;
    }
    if (!more) mode = "done";
    if (
      paced && !simulation.steer || !more ||
      performance.now() - lastDraw > 1000 / DRAWS
    ) {
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
    if (state === null) return;
    draw();
    const numbers = simulation.numbers(state, settings);
    bar.value = simulation.progress(state, settings);
    main.textContent = mode === "running"
      ? "Pause"
      : mode === "done"
      ? "Again"
      : simulation.verb ?? "Train";
    main.disabled = false;
    one.disabled = toEnd.disabled = mode === "done";
    if (keep) keep.disabled = !simulation.record!(state, settings);
    list.replaceChildren();
    for (
      const { key, label, value, digits, unit } of read(simulation, numbers)
    ) {
      const item = add(list, "div");
      add(item, "dt", { textContent: label });
      const textContent = `${shorten(value, digits)} ${unit}`.trim();
      const { dataset } = add(item, "dd", { textContent });
      Object.assign(dataset, { key, value });
    }
    host.dataset.state = mode;
    host.dataset.step = String(step);
    compare(numbers);
  }

  /** Says whether the page arrived at the notebook's numbers. */
  function compare(numbers: Readonly<Record<string, number>>): void {
    const same = Object.entries(payload.settings).every(([key, value]) =>
      views.has(key) || settings[key] === value
    );
    const expected = Object.keys(payload.numbers);
    const comparable = mode === "done" && same && expected.length > 0;
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
    if (width === 0 || state === null) return;
    picture.innerHTML = simulation.draw(state, settings, width, data);
  }

  /** A tap sets what the simulation makes of its place; sliders do the same. */
  function tapped(event: MouseEvent): void {
    const { left, top, width, height } = picture.getBoundingClientRect();
    const x = (event.clientX - left) / width;
    const y = (event.clientY - top) / height;
    const changed = simulation.place?.(settings, x, y, width);
    if (!changed) return;
    settings = { ...settings, ...changed };
    restart();
    run(false);
  }
}

/** Adds an element with some properties below another. */
function add<K extends keyof HTMLElementTagNameMap>(
  parent: Node,
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  return parent.appendChild(Object.assign(element, properties));
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
