import assert from "node:assert/strict";
import { oneAtATime } from "./report.ts";

Deno.test("what writes into a folder runs one after the other, also after one that fails", async () => {
  const inTurn = oneAtATime();
  const said: string[] = [];
  const work = (name: string, fails = false) => async (): Promise<string> => {
    said.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    said.push(`${name} ends`);
    if (fails) throw new Error(name);
    return name;
  };
  const all = await Promise.allSettled([
    inTurn(work("a", true)),
    inTurn(work("b")),
    inTurn(work("c")),
  ]);
  assert.deepEqual(all.map(({ status }) => status), [
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  assert.deepEqual(
    said,
    ["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
});
