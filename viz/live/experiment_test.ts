import { match, ok, strictEqual, throws } from "node:assert/strict";
import { experimentModule } from "../../lib/run/experiment.ts";
import {
  experiment,
  type ExperimentFigure,
  lookAt,
  valuesOf,
} from "./experiment.ts";

/** Trainings of a moment. */
const BRIEF = {
  helmholtz_shifter: { steps: 2000, evalEvery: 1000 },
  imax_stereograms: { steps: 4, evalEvery: 2, heldOut: 100 },
  neural_em: { updates: 2, evalImages: 4, trainImages: 64 },
  population_codes: { steps: 4, evalEvery: 2, trainImages: 64 },
};

for (const [name, settings] of Object.entries(BRIEF)) {
  Deno.test(`${name}: each end of a control is accepted or refused by the experiment's words`, async () => {
    const module = await import(experimentModule(name));
    const figure = await figureOf(name);
    const notebook = module.settings(settings);
    for (const { key, ...control } of figure.controls) {
      if (control.kind !== "range") continue;
      const wrap = (x: number) => Array.isArray(notebook[key]) ? [x] : x;
      for (const value of [control.min, control.max]) {
        module.settings({ ...settings, [key]: wrap(value) });
      }
      throws(() => module.settings({ ...settings, [key]: wrap(NaN) }), /must/);
    }
  });

  Deno.test(`${name}: its model is seen while it trains, which changes no bit`, async () => {
    const module = await import(experimentModule(name));
    const figure = await figureOf(name);
    const view = {
      ...{ notebook: name, preset: "full" as const, title: name },
      ...{ settings, total: 4, metrics: {} },
    };
    const all = module.settings(settings);
    const values = valuesOf(1, all, figure);
    const shown = experiment(module, view, figure);
    const state = shown.start(values, undefined);
    const blind = experiment(module, view);
    const unseen = blind.start(values, undefined);
    while (shown.progress(state, values) < 1) {
      shown.step(state, values, undefined);
      blind.step(unseen, values, undefined);
      ok(state.outcome || lookAt(state, values));
    }
    strictEqual(
      shown.numbers(state, values).weights,
      blind.numbers(unseen, values).weights,
    );
    for (const width of [300, 860]) {
      const drawn = shown.draw(state, values, width, undefined);
      match(drawn, new RegExp(`^<svg [^>]*width="${width}"[^]*</svg>$`));
      ok(!/NaN|Infinity|undefined/.test(drawn));
      ok(drawn.length > 2000);
    }
  });
}

Deno.test("a curve may be of what stands within a row, over levels that are named", async () => {
  const module = await import(experimentModule("neural_em"));
  const settings = BRIEF.neural_em;
  const shown = experiment(module, {
    ...{ notebook: "neural_em", preset: "full", title: "t" },
    ...{ settings, total: 2, metrics: {}, curve: ["test.nmi", "NMI"] },
    lines: [{ value: 0.25, label: "half of half" }, { value: 1, label: "all" }],
  });
  const values = valuesOf(1, module.settings(settings), null);
  const state = shown.start(values, undefined);
  match(
    shown.draw(state, values, 640, undefined),
    /half of half 0.25<[^]*>all 1</,
  );
  while (shown.progress(state, values) < 1) {
    shown.step(state, values, undefined);
  }
  const drawn = shown.draw(state, values, 640, undefined);
  ok(!/NaN|undefined/.test(drawn));
  match(drawn, /half of half 0.25<[^]*>all 1</);
});

async function figureOf(name: string): Promise<ExperimentFigure> {
  return (await import(`./experiments/${name}.ts`)).figure;
}
