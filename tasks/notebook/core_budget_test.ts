import assert from "node:assert/strict";
import { CoreBudget } from "./core_budget.ts";

Deno.test("cores are shared evenly, each member hears its share, none is without", () => {
  const budget = new CoreBudget(5);
  const shares: Record<string, number> = {};
  const join = (name: string): () => void => {
    const leave = budget.join((cores) => shares[name] = cores);
    return () => {
      leave();
      delete shares[name];
    };
  };
  const leave = ["a", "b", "c"].map(join);
  assert.deepEqual(shares, { a: 2, b: 2, c: 1 });
  leave[0]();
  leave[0]();
  assert.deepEqual(shares, { b: 3, c: 2 });
  leave[2]();
  assert.deepEqual(shares, { b: 5 });
  for (let i = 0; i < 8; i++) join(`more ${i}`);
  assert.deepEqual(Object.values(shares), new Array(9).fill(1));
});
