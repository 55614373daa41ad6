import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, start } from "../tests/processes.ts";

const { tasks } = JSON.parse(
  await Deno.readTextFile(join(ROOT, "deno.json")),
) as { tasks: Record<string, { command: string }> };

Deno.test("every command tells with --help what it does, and does nothing", async () => {
  assert.ok(Object.keys(tasks).length >= 14);
  for (const [name, { command }] of Object.entries(tasks)) {
    const [, ...args] = command.split(" ");
    const { code, stdout } = await start([...args, "--help"]).ended;
    assert.equal(code, 0, name);
    assert.ok(stdout.startsWith(`deno task ${name}`), `${name}: ${stdout}`);
    assert.doesNotMatch(stdout, /\*|@module/);
  }
});

Deno.test("an option or a word that a command does not take is refused in one line", async () => {
  for (
    const [name, wrong, words] of [
      ["bench", "imax", /Unexpected argument 'imax'/],
      ["bench", "--only=nosuch", /no work "nosuch": they are .*imax/],
      ["study:neural_em", "--sed=1", /--sed is not an option/],
      ["train:neural_em", "3", /Unexpected argument '3'/],
    ] as const
  ) {
    const [, ...args] = tasks[name].command.split(" ");
    const { code, stderr } = await start([...args, wrong]).ended;
    assert.equal(code, 1, name);
    assert.match(stderr, words);
    assert.doesNotMatch(stderr, /\n +at /);
  }
});
