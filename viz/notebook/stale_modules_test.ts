import assert from "node:assert/strict";
import { join } from "node:path";
import { changedModules } from "./stale_modules.ts";

Deno.test("modules that changed later are named, tests and other files are not", async () => {
  const root = await Deno.makeTempDir();
  try {
    for (const room of ["lib/model", "data", "viz"]) {
      await Deno.mkdir(join(root, room), { recursive: true });
    }
    const start = Date.now() - 1000;
    const write = async (name: string, at: number): Promise<void> => {
      const path = join(root, name);
      await Deno.writeTextFile(path, "");
      await Deno.utime(path, new Date(at), new Date(at));
    };
    await write("lib/model/old.ts", start - 5000);
    await write("lib/model/new.ts", start + 500);
    await write("lib/model/new_test.ts", start + 500);
    await write("data/rows.jsonl", start + 500);
    assert.deepEqual(changedModules(root, start), ["lib/model/new.ts"]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
