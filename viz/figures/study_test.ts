import {
  deepStrictEqual,
  match,
  strictEqual,
  throws,
} from "node:assert/strict";
import { claimed, group, groupTable } from "./study.ts";

const runs = [
  { settings: { loss: "a", seed: 1 }, numbers: { r2: 0.5 } },
  { settings: { loss: "a", seed: 2 }, numbers: { r2: 0.7 } },
  { settings: { loss: "b", seed: 1 }, numbers: { r2: 0.1 } },
];

Deno.test("a group holds the runs with the settings asked for", () => {
  const a = group(runs, { loss: "a" });
  deepStrictEqual(a.values("r2"), [0.5, 0.7]);
  strictEqual(a.mean("r2"), 0.6);
  strictEqual(a.least("r2"), 0.5);
  strictEqual(a.most("r2"), 0.7);
  strictEqual(a.spread("r2", 2), "0.60 ± 0.14");
});

Deno.test("an empty group and an unknown number are refused", () => {
  throws(() => group(runs, { loss: "c" }), RangeError);
  throws(() => group(runs, { loss: "a" }).mean("r3"), /must be one of r2/);
});

Deno.test("a table has a line for each group", () => {
  const groups = {
    A: group(runs, { loss: "a" }),
    B: group(runs, { loss: "b" }),
  };
  const { html } = groupTable(groups, { r2: ["R²", 1] }, { first: "loss" });
  match(html, /0\.6 ± 0\.1/);
  match(html, /0\.1 ± 0\.0/);
});

Deno.test("claims are read one to a line", () => {
  const [first, second] = claimed`
    of three, one: ${0.5} <= 1
    between: ${2} within -1 to 1
  `;
  strictEqual(first.text, "of three, one");
  strictEqual(first.holds, true);
  strictEqual(second.bound, "from -1 to 1");
  strictEqual(second.holds, false);
});

Deno.test("a claim that cannot be read is named", () => {
  throws(() => claimed`no bound: ${1}`, /no bound/);
});
