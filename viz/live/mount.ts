/**
 * The browser's side of a simulation: panel, picture, clock. Runs in the
 * reader's page, inside a shadow root, so that neither the page's styles nor
 * its identifiers meet those of the panel. What the notebook put into the
 * host stays to be seen until this script runs.
 *
 * @module
 */
import { refusal } from "../../lib/run/config.ts";
import { tick } from "./draw.ts";
import { addForm } from "./form.ts";
import { add, CSS, progressBar, statusLine } from "./page_parts.ts";
import { addSeeds } from "./seeds_panel.ts";
import {
  type Challenge,
  type Order,
  read,
  type Setting,
  type Settings,
  type Simulation,
  within,
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
/** Milliseconds after which a panel that left the page is let go. */
const GONE = 10_000;

/** The title, which the panel has, and the word that this is a still. */
const STILL_ONLY = ".hc-title,.hc-still";

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

/** Calls `act` once the page has been painted, or is not to be soon. */
function afterPaint(act: () => void): void {
  let done = false;
  const once = (): void => {
    if (!done) act();
    done = true;
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, 500); // a hidden page has no frames
}

/** Puts the panel of a simulation into its host, once the page is painted. */
export function mount<V extends Settings, S, D>(
  simulation: Simulation<V, S, D>,
  key: string,
): void {
  const found = findHost(key);
  const json = found?.querySelector("script")?.textContent;
  if (!found || !json) return;
  found.dataset.state = "waiting"; // taken
  afterPaint(() => mountIn(found, json, simulation, key));
}

/** Builds the panel, and waits for the reader. */
function mountIn<V extends Settings, S, D>(
  found: HTMLElement,
  json: string,
  simulation: Simulation<V, S, D>,
  key: string,
): void {
  // What the still has of its own where no script runs.
  for (const part of found.querySelectorAll(STILL_ONLY)) part.remove();
  const host: HTMLElement = found;
  const payload: Payload<V, D> = JSON.parse(json);
  const { data, settings: notebook } = payload;
  let settings: V = { ...notebook };
  let state: S | null = null;
  let mode: "ready" | "running" | "done" | "refused" = "ready";
  let hidden = false;
  let hurry = false;
  let step = 0;
  let lastDraw = 0;
  let frames = 0;
  let worked = 0;
  let slowest = 0;
  let asked = false;
  let gone: ReturnType<typeof setTimeout> | undefined;

  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const root = host.attachShadow({ mode: "open" });
  const section = add(root, "section");
  section.setAttribute("aria-label", simulation.title);
  add(root, "style", { textContent: CSS });
  add(section, "h3", { textContent: simulation.title });
  const views = new Set(simulation.views?.map(({ key }) => key));
  const refreshForm = addForm(section, { simulation, notebook, set });
  const buttons = add(section, "div", { className: "buttons" });
  const main = button("", () => mode === "running" ? pause() : run(false));
  main.className = "main";
  // A worker takes a moment to start: it does while the hand moves.
  for (const near of ["pointerenter", "focus"]) {
    main.addEventListener(near, () => mode === "ready" && steer("ready"));
  }
  const one = button("One step", single);
  const toEnd = button("To the end", () => run(true));
  button("Reset", reset);
  const ten = simulation.sweep && button("Ten seeds", () => seeds?.press());
  button("Copy link", () => void copyLink());
  const keep = simulation.record && button("Download results", download);
  const bar = progressBar(section, "Progress");
  const picture = add(section, "div", { className: "picture" });
  add(section, "slot"); // the still: before the first picture, and for print
  const list = add(section, "dl");
  const status = statusLine(section);
  const seeds = ten && addSeeds(section, {
    ...{ button: ten, host },
    comparable,
    start: (changed) => simulation.sweep!(settings, changed),
    refuse,
  });
  const challenges = addChallenges();
  picture.addEventListener("click", tapped);
  restart();
  if (ended()) {
    main.hidden =
      one.hidden =
      toEnd.hidden =
      bar.hidden =
        true;
  }
  if (simulation.steer) toEnd.hidden = true;
  simulation.listen?.((failure) => {
    if (failure !== undefined) refuse(failure);
    else arrived();
  });
  // Told of its size when it enters the page, and when it leaves.
  new ResizeObserver(() => {
    clearTimeout(gone);
    if (host.isConnected) {
      document.addEventListener("visibilitychange", seen);
      addEventListener("hashchange", follow);
      if (!document.hidden) back();
    } else {
      document.removeEventListener("visibilitychange", seen);
      removeEventListener("hashchange", follow);
      leave();
      gone = setTimeout(restart, GONE);
    }
    draw();
    seeds?.draw();
  }).observe(picture);
  follow();

  function button(textContent: string, act: () => void): HTMLButtonElement {
    const element = add(buttons, "button", { type: "button", textContent });
    element.addEventListener("click", act);
    return element;
  }

  function addChallenges(): ChallengePart[] {
    const given = simulation.challenges ?? [];
    if (given.length === 0) return [];
    const list = add(section, "ul");
    return given.map((challenge) => {
      const item = add(list, "li");
      add(item, "span", { textContent: `Try: ${challenge.text}` });
      const mark = add(item, "b");
      mark.setAttribute("role", "status");
      const fold = add(item, "details");
      add(fold, "summary", { textContent: "A hint" });
      add(fold, "span", { textContent: challenge.hint });
      return { challenge, item, mark };
    });
  }

  /** Takes what the page's address asks for, if it asks this panel. */
  function follow(): void {
    const linked = settingsOfLink();
    if (!linked) return;
    settings = linked;
    restart();
    host.scrollIntoView();
  }

  function seen(): void {
    if (document.hidden) leave();
    else back();
  }

  /** Nobody looks: what runs waits. */
  function leave(): void {
    if (mode === "running") {
      pause();
      hidden = true;
    }
    seeds?.leave();
  }

  function back(): void {
    if (hidden) run(hurry);
    seeds?.back();
  }

  function set(key: string, value: Setting): void {
    settings = { ...settings, [key]: value };
    if (views.has(key) && state !== null) {
      steer("look");
      refreshForm(settings);
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
    refreshForm(settings);
    seeds?.stop();
    try {
      check();
      state = simulation.start(settings, data);
    } catch (error) {
      return refuse(error);
    }
    if (ten) ten.disabled = false;
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
        if (inside || value === notebook[key]) continue;
        throw refusal("start", label, `from ${min} to ${max}`, value);
      }
      if (kind === "choice" && !control.options.some(([of]) => of === value)) {
        const keys = control.options.map(([of]) => of).join(", ");
        throw refusal("start", label, `one of ${keys}`, value);
      }
    }
  }

  /** Says why there is nothing to start, or to go on with. */
  function refuse(error: unknown): void {
    mode = "refused";
    state = null;
    seeds?.stop();
    list.replaceChildren();
    picture.replaceChildren();
    bar.value = 0;
    main.textContent = simulation.verb ?? "Train";
    main.disabled = one.disabled = toEnd.disabled = true;
    if (keep) keep.disabled = true;
    if (ten) ten.disabled = true;
    host.dataset.state = mode;
    host.dataset.same = "";
    setFresh(false);
    status.className = "bad";
    status.textContent = reasonOf(error);
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
    if (simulation.steer) return steer("one");
    try {
      simulation.step(state, settings, data);
    } catch (error) {
      return refuse(error);
    }
    step++;
    if (ended()) mode = "done";
    show();
  }

  /** Something has come from where steps are taken: seen in the next frame. */
  function arrived(): void {
    if (state === null) return;
    if (ended()) mode = "done";
    if (mode !== "running") return show();
    if (asked) return;
    asked = true;
    requestAnimationFrame((start) => {
      asked = false;
      if (mode !== "running") return;
      show();
      measure(performance.now() - start);
    });
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
    const [of, query] = location.hash.slice(1).split("?");
    if (of !== key || !query) return null;
    const asked: Record<string, Setting> = {};
    for (const [name, text] of new URLSearchParams(query)) {
      const own = notebook[name];
      if (own === undefined) continue;
      asked[name] = typeof own === "number"
        ? Number(text)
        : typeof own === "boolean"
        ? text === "true"
        : text;
    }
    return { ...notebook, ...asked };
  }

  function download(): void {
    const record = state === null ? null : simulation.record!(state, settings);
    if (!record) return;
    const blob = new Blob([JSON.stringify(record, null, 2) + "\n"], {
      type: "application/json",
    });
    const href = URL.createObjectURL(blob);
    const anchor = { href, download: "results.json", hidden: true };
    const saved = add(section, "a", anchor);
    saved.click();
    saved.remove();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }

  function reset(): void {
    settings = { ...notebook };
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
    if (!simulation.steer) requestAnimationFrame(frame);
  }

  function pause(): void {
    mode = "ready";
    hidden = false;
    steer("pause");
    show();
  }

  function frame(): void {
    if (mode !== "running" || state === null) return;
    const start = performance.now();
    const paced = !hurry && simulation.pace !== Infinity;
    let left = paced ? simulation.pace ?? 1 : Infinity;
    let more = true;
    try {
      while (more && left-- > 0 && performance.now() - start < BUDGET) {
        simulation.step(state, settings, data);
        more = !ended();
        if (more) step++;
      }
    } catch (error) {
      return refuse(error);
    }
    if (!more) mode = "done";
    if (
      paced || !more ||
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
    const ranges = comparable() ? simulation.ranges?.(settings) ?? {} : {};
    list.replaceChildren();
    for (
      const { key, label, value, digits, unit } of read(simulation, numbers)
    ) {
      const item = add(list, "div");
      add(item, "dt", { textContent: label });
      const textContent = `${shorten(value, digits)} ${unit}`.trim();
      const shown = add(item, "dd", { textContent });
      Object.assign(shown.dataset, { key, value });
      if (ranges[key]) addRange(shown, value, ranges[key]);
    }
    host.dataset.state = mode;
    host.dataset.step = String(step);
    setFresh(bar.value === 0);
    compare(numbers, ranges);
    for (const { challenge, item, mark } of challenges) {
      if (!challenge.met(settings, numbers, mode === "done")) continue;
      item.className = "met";
      mark.textContent = "✓ done";
    }
  }

  /** Before the first step the still may stand where the picture will. */
  function setFresh(fresh: boolean): void {
    host.toggleAttribute("data-fresh", fresh);
    host.toggleAttribute("data-still", fresh && simulation.still === true);
  }

  /** Whether the settings are the notebook's, but for the seed. */
  function comparable(): boolean {
    return Object.entries(notebook).every(([key, value]) =>
      key === "seed" || views.has(key) || settings[key] === value
    );
  }

  /** Says whether the page arrived at the notebook's numbers. */
  function compare(
    numbers: Readonly<Record<string, number>>,
    ranges: Readonly<Record<string, readonly [number, number]>>,
  ): void {
    const same = comparable() && settings.seed === notebook.seed;
    const expected = Object.keys(payload.numbers);
    const held = mode === "done" && same && expected.length > 0;
    // JSON holds no NaN: it arrives as null.
    const apart = expected.filter((key) =>
      numbers[key] !== payload.numbers[key] &&
      !(Number.isNaN(numbers[key]) && payload.numbers[key] === null)
    );
    host.dataset.same = held ? String(apart.length === 0) : "";
    const say: string[] = [];
    if (held && apart.length === 0) {
      say.push(
        `All ${expected.length} numbers are the notebook's, to the last bit.`,
      );
    } else if (held) {
      say.push(`These differ from the notebook's: ${apart.join(", ")}.`);
    } else if (mode === "done" && !same && !comparable()) {
      say.push("Not the notebook's settings.");
    } else if (mode === "done" && !same) say.push("Not the notebook's seed.");
    const known = Object.entries(ranges);
    if (mode === "done" && known.length > 0) {
      const inside = known.filter(([key, range]) =>
        within(numbers[key], range)
      );
      say.push(
        `${inside.length} of ${known.length} fell where 95 % of seeds should, ` +
          "by the other seeds that the notebook recorded.",
      );
    }
    const words = say.join(" ");
    if (status.textContent === words) return;
    status.textContent = words;
    status.className = held ? apart.length === 0 ? "good" : "bad" : "";
  }

  /** Where motion is unwelcome, the model is seen when it rests. */
  function draw(): void {
    const width = Math.floor(picture.clientWidth);
    if (width === 0 || state === null) return;
    if (mode === "running" && calm.matches && picture.firstChild) return;
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

/** What the panel has of a challenge. */
interface ChallengePart {
  // deno-lint-ignore no-explicit-any
  challenge: Challenge<any>;
  item: HTMLElement;
  mark: HTMLElement;
}

/** Where a number should fall, and whether one that is there has. */
function addRange(
  shown: HTMLElement,
  value: number,
  range: readonly [number, number],
): void {
  const [low, high] = range.map(tick);
  const held = within(value, range);
  const verdict = Number.isNaN(value) ? "" : held ? ", inside" : ", outside";
  add(shown, "small", { textContent: `95 %: ${low} to ${high}${verdict}` });
  if (verdict) shown.dataset.inside = String(held);
}

/** Why a simulation cannot go on, in words. */
function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  // A reader may have it switched off, which V8 tells as a missing name.
  return typeof WebAssembly === "undefined"
    ? "Cannot train here as WebAssembly must be switched on in this browser: " +
      "current value is off"
    : String(error);
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
