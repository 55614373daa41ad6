/**
 * Driving the simulations of an output as a reader does, in any page.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import {
  type Control,
  play,
  type Settings,
  type Simulation,
} from "../viz/live/simulation.ts";
import { agree } from "../viz/live/simulations/agree.ts";
import { collapse } from "../viz/live/simulations/collapse.ts";
import { encoders } from "../viz/live/simulations/encoders.ts";
import { imax } from "../viz/live/simulations/imax.ts";
import { landscape } from "../viz/live/simulations/landscape.ts";
import { masked } from "../viz/live/simulations/masked.ts";

// Simulations of all kinds, driven by the same code.
// deno-lint-ignore no-explicit-any
export type AnySimulation = Simulation<any, any, any>;

/** All of the tutorial on two views, in its order. */
export const SIMULATIONS: AnySimulation[] = [
  agree,
  collapse,
  imax,
  masked,
  landscape,
  encoders,
];

/** A simulation in a page, with what it was started from. */
export interface Driven {
  page: Page;
  /** The element that holds it. */
  host: Locator;
  simulation: AnySimulation;
  settings: Settings;
  data?: unknown;
}

/** Milliseconds that a training may take on a busy machine. */
const PATIENCE = 60_000;

/** Play to the end, and return the numbers that the page shows, all digits. */
export async function toEnd(
  { page, host }: Driven,
): Promise<Record<string, number>> {
  const button = host.getByRole("button", { name: "To the end" });
  if (await button.isVisible() && await button.isEnabled()) {
    await button.click();
  }
  await page.waitForFunction(
    (element) => (element as HTMLElement).dataset.state === "done",
    await host.elementHandle(),
    { timeout: PATIENCE },
  );
  const numbers = await host.locator("dd").evaluateAll((elements) =>
    elements.map((element) => {
      const { key, value } = (element as HTMLElement).dataset;
      return [key, value];
    })
  );
  return Object.fromEntries(
    numbers.map(([key, value]) => [key, Number(value)]),
  );
}

/** The picture as markup. */
export function picture({ host }: Driven): Promise<string> {
  return host.locator(".picture").innerHTML();
}

/** What the same model gives in this process. */
export function expected(
  { simulation, settings, data }: Driven,
  overrides: Record<string, unknown>,
): Record<string, number> {
  return play(simulation, { ...settings, ...overrides }, data).numbers;
}

/** Move one control away from where it stands; returns the new value. */
export async function move(
  { host, settings }: Driven,
  control: Control | { kind: "seed"; key: "seed" },
): Promise<number | boolean | string> {
  const field = host.locator(`[name=${control.key}]`);
  if (control.kind === "seed") {
    await field.fill(String(settings.seed + 6));
    await field.press("Enter");
    return settings.seed + 6;
  }
  if (control.kind === "switch") {
    await field.focus();
    await field.press("Space");
    return !settings[control.key];
  }
  if (control.kind === "choice") {
    const [value] = control.options.find(([value]) =>
      value !== settings[control.key]
    )!;
    await field.selectOption(value);
    return value;
  }
  await field.focus();
  await field.press("ArrowRight");
  await field.press("ArrowRight");
  return Number(await field.inputValue());
}

/**
 * Moves every control of a simulation, each from the first state, and holds
 * the end to what the same settings give here, to the last bit.
 */
export async function driveAll(driven: Driven): Promise<void> {
  const { host, simulation } = driven;
  const { name } = simulation;
  const first = await toEnd(driven);
  assert.deepEqual(first, expected(driven, {}), `${name}: the first end`);
  assert.equal(await host.getAttribute("data-same"), "true", name);
  const before = await picture(driven);
  const seed = { kind: "seed", key: "seed" } as const;
  for (const control of [seed, ...simulation.controls]) {
    await host.getByRole("button", { name: "Reset" }).click();
    const value = await move(driven, control);
    const end = await toEnd(driven);
    const changed = { [control.key]: value };
    assert.deepEqual(
      end,
      expected(driven, changed),
      `${name}: ${control.key} = ${value}`,
    );
    assert.notEqual(
      await picture(driven),
      before,
      `${name}: the picture does not show ${control.key} = ${value}`,
    );
    assert.notEqual(await host.getAttribute("data-same"), "true");
  }
  await host.getByRole("button", { name: "Reset" }).click();
  assert.deepEqual(await toEnd(driven), first, `${name}: after a reset`);
  assert.equal(await picture(driven), before, `${name}: after a reset`);
}
