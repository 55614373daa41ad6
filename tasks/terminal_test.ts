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
