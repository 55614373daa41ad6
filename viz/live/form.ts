/**
 * The fields of a panel: one for the seed, one a control.
 *
 * @module
 */
import { add } from "./page_parts.ts";
import type { Control, Setting, Settings, Simulation } from "./simulation.ts";

/** What the fields are for. */
interface FormOptions<V extends Settings> {
  // deno-lint-ignore no-explicit-any
  simulation: Pick<Simulation<V, any, any>, "controls" | "views">;
  /** The notebook's settings: what differs from them is marked. */
  notebook: V;
  /** Told what the reader sets. */
  set(key: string, value: Setting): void;
}

/** Adds the fields; returns what brings them up to the settings. */
export function addForm<V extends Settings>(
  section: HTMLElement,
  { simulation, notebook, set }: FormOptions<V>,
): (settings: V) => void {
  const { controls, views = [] } = simulation;
  const form = add(section, "form");
  form.addEventListener("submit", (event) => event.preventDefault());
  const fields = [
    seedField(),
    ...controls.map((control) => field(control, true)),
    ...views.map((control) => field(control, false)),
  ];
  return (settings) => fields.forEach((refresh) => refresh(settings));

  function seedField(): (settings: V) => void {
    const label = add(form, "label");
    add(label, "span", { textContent: "Seed" });
    const kind = { type: "number", name: "seed", step: "1" };
    const input = add(label, "input", kind);
    input.addEventListener("change", () => {
      set("seed", input.value.trim() === "" ? NaN : Number(input.value));
    });
    const mark = marking(label, "seed");
    return (settings) => {
      if (Number.isFinite(settings.seed)) input.value = String(settings.seed);
      mark(settings);
    };
  }

  /** Says beside a control what the notebook had; returns what updates it. */
  function marking(
    label: HTMLElement,
    key: string,
    ofModel = true,
  ): (settings: V) => void {
    const note = add(label, "em");
    return (settings) => {
      const own = notebook[key];
      const differs = ofModel && own !== settings[key];
      label.classList.toggle("changed", differs);
      // Takes its place always: a field that has changed as a button is pressed
      // must not move the button away.
      note.textContent = differs ? `notebook: ${own}` : "";
    };
  }

  /** Adds a control; returns what brings it up to the settings. */
  function field(control: Control, ofModel: boolean): (settings: V) => void {
    const { key: name, kind } = control;
    const label = add(form, "label", { className: kind });
    const words = { textContent: control.label };
    const ready = (show: (value: Setting) => void): (settings: V) => void => {
      const mark = marking(label, name, ofModel);
      return (settings) => {
        show(settings[name]);
        mark(settings);
      };
    };
    if (kind === "choice") {
      add(label, "span", words);
      const select = add(label, "select", { name });
      for (const [value, textContent] of control.options) {
        add(select, "option", { value, textContent });
      }
      select.addEventListener("change", () => set(name, select.value));
      return ready((value) => select.value = String(value));
    }
    if (kind === "switch") {
      const input = add(label, "input", { type: "checkbox", name });
      add(label, "span", words);
      input.addEventListener("change", () => set(name, input.checked));
      return ready((value) => input.checked = Boolean(value));
    }
    const shown = add(add(label, "span", words), "output");
    const input = add(label, "input", { type: "range", name });
    const { min, max, step } = control;
    Object.assign(input, { min, max, step });
    input.addEventListener("input", () => set(name, Number(input.value)));
    return ready((value) => input.value = shown.textContent = String(value));
  }
}
