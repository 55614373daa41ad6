import assert from "node:assert/strict";
import { join } from "node:path";
import { type Ended, start, task, until } from "../tests/processes.ts";
import { ROOT } from "./project.ts";

async function inFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what is recorded is not studied again, nor what a shard has in its folder", async () => {
  await inFolder(async (folder) => {
    const run = (name: string, ...more: string[]): Promise<Ended> =>
      task(name, ["--out", folder, ...more]);
    const population = await run("study_population", "--shard=2/3");
    assert.match(population.stderr, /0 of \d+ rows to train/);
    assert.equal(population.code, 0);
    const neuralEm = await run("study_neural_em", "--shard=2/3");
    assert.match(neuralEm.stderr, /^0 of \d+ rows to train/);
    assert.equal(neuralEm.code, 0);
  });
});

Deno.test("a study of new seeds trains its shard, once, and ends at once when told to", async () => {
  await inFolder(async (folder) => {
    const args = ["--seeds=9000-9001", "--study=loss weighting"];
    const run = ["run", "-A", join(ROOT, "tasks", "study_neural_em.ts")]
      .concat(args, "--shard=1/2", "--workers=1", `--out=${folder}`);
    const first = start(run);
    await until(() => /seed 9000 · AMI/.test(first.said()), 300);
    Deno.kill(first.pid, "SIGTERM");
    const told = performance.now();
    assert.equal((await first.ended).code, 130);
    assert.ok(performance.now() - told < 10_000);
    const text = await Deno.readTextFile(
      join(folder, "neural_em_studies.jsonl"),
    );
    const row = JSON.parse(text.split("\n")[0]);
    assert.equal(row.label, "all");
    assert.ok(row.cpuSeconds > 0 && row.curve.length > 3);
    const again = start(run);
    await until(() => /2 of 3 rows to train/.test(again.said()), 60);
    Deno.kill(again.pid, "SIGKILL");
    await again.ended;
  });
});

Deno.test("a study that there is not, and a file of something else, are refused", async () => {
  for (const name of ["constructor", "nosuch"]) {
    const { code, stderr } = await task("study_population", [name]);
    assert.equal(code, 1);
    assert.match(stderr, /^\nCannot record a study as .* they are .*best/);
  }
  await inFolder(async (folder) => {
    for (const name of ["neural_em_studies", "population_best"]) {
      await Deno.writeTextFile(join(folder, `${name}.jsonl`), "notes");
    }
    for (const [name, word] of [["neural_em", ""], ["population", "best"]]) {
      const words = ["--out", folder, word].filter(Boolean);
      const { code, stderr } = await task(`study_${name}`, words);
      assert.equal(code, 1);
      assert.match(stderr, /Cannot use .* line 1 is no row/);
    }
  });
});
