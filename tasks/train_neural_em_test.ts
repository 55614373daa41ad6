import assert from "node:assert/strict";
import { task } from "../tests/processes.ts";

Deno.test("what cannot be trained is refused with one clear error", async () => {
  const refused = async (args: string[], why: RegExp): Promise<void> => {
    const { code, stderr } = await task("train_neural_em", args);
    assert.equal(code, 1);
    assert.match(stderr.trim(), why);
  };
  await refused(["--seed", "one"], /^Cannot .* --seed must be an integer ≥ 0/);
  await refused(["--stage", "3"], /^Cannot .* --stage must be 1 or 2/);
  await refused(["--set", "hiden=3"], /did you mean "hidden"/);
  await refused(
    ["--seed", "987654", "--stage", "2"],
    /run deno task train:neural_em --seed 987654 first$/,
  );
});
