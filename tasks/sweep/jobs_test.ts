import assert from "node:assert/strict";
import type { WorkerPool } from "../../lib/run/sweep.ts";
import {
  combinations,
  experimentNamed,
  experimentNames,
  formatSeeds,
  jobsOf,
  parseSeeds,
  runJobs,
  settingsOfGrid,
  shardOf,
  workersOf,
} from "./jobs.ts";

Deno.test("every experiment that is offered can be trained", async () => {
  assert.ok(experimentNames().length >= 5);
  for (const name of experimentNames()) {
    const { experiment } = await experimentNamed(name, "sweep");
    assert.equal(typeof experiment.trainSeed, "function", name);
    assert.equal(typeof experiment.settings({}), "object", name);
  }
  await assert.rejects(
    experimentNamed("helmholtz_shiter", "sweep"),
    /did you mean "helmholtz_shifter"/,
  );
});

Deno.test("lists of seeds are read and written, and refused with what they must be", () => {
  assert.deepEqual(parseSeeds("3,0-2,2"), [0, 1, 2, 3]);
  assert.equal(formatSeeds([0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
  assert.equal(formatSeeds([]), "");
  const last = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(parseSeeds(`${last - 1}-${last}`), [last - 1, last]);
  for (
    const wrong of [
      "5-2",
      "a",
      "",
      "1,,2",
      "-1",
      "1e3",
      "0-250000",
      "9007199254740992",
      "9007199254740991-9007199254740992",
      "99999999999999999999-99999999999999999999",
    ]
  ) {
    assert.throws(() => parseSeeds(wrong), /must be a list such as 0-9,12/);
  }
});

Deno.test("shards take turns, so that none gets all the slow ones", () => {
  assert.deepEqual(shardOf([4, 5, 6, 7, 8], "2/2"), [5, 7]);
  const [slow, fast] = [{ steps: 9 }, { steps: 1 }];
  const jobs = jobsOf([0, 1, 2, 3], [slow, fast]);
  for (const shard of ["1/2", "2/2"]) {
    const mine = shardOf(jobs, shard);
    assert.equal(mine.filter(({ settings }) => settings === slow).length, 2);
  }
  assert.deepEqual(shardOf([1], "2/2"), []);
  for (const wrong of ["0/2", "3/2", "1/0", "1", "1/2/3", "-1/2", "1.5/2"]) {
    assert.throws(() => shardOf([1], wrong), /i\/n with i from 1 to n/);
  }
});

Deno.test("a grid is every combination, its values JSON where they are JSON", () => {
  assert.deepEqual(combinations(["a=1", "b=x=y", "c=[1]"]), [
    { a: 1, b: "x=y", c: [1] },
  ]);
  assert.deepEqual(combinations(["s=7"], ["a=1,2", "b=x,true"]), [
    { s: 7, a: 1, b: "x" },
    { s: 7, a: 1, b: true },
    { s: 7, a: 2, b: "x" },
    { s: 7, a: 2, b: true },
  ]);
  assert.deepEqual(combinations([], ["a=[4],[8,8]"]), [{ a: [4] }, {
    a: [8, 8],
  }]);
  assert.throws(() => combinations(["a"]), /--set must be key=value/);
  assert.throws(() => combinations([], ["a"]), /--grid must be key=a,b,c/);
  assert.throws(() => combinations([], ["a="]), /1 to 250000 .* value is 0/);
  assert.throws(() => combinations(["a=1"], ["a=2,3"]), /a must be given once/);
  const large = Array.from({ length: 40 }, (_, i) => `k${i}=1,2`);
  assert.throws(() => combinations([], large), /1 to 250000 combinations/);
});

Deno.test("settings that a grid makes twice stand once; what cannot work is refused", async () => {
  const { experiment } = await experimentNamed("two_view_agreement", "sweep");
  const grid = ["learningRate=0.1,1e-1,0.2"];
  const settings = settingsOfGrid(experiment, ["hidden=3"], grid);
  assert.deepEqual(
    settings.map(({ hidden, learningRate }) => [hidden, learningRate]),
    [[3, 0.1], [3, 0.2]],
  );
  assert.throws(
    () => settingsOfGrid(experiment, [], ["hidden=1,0"]),
    /hidden must be an integer ≥ 1: current value is 0/,
  );
  const seeds = parseSeeds("0-249999");
  assert.throws(() => jobsOf(seeds, settings), /value is 250000 × 2/);
});

Deno.test("workers are as asked, or the cores that this process was granted", async () => {
  assert.equal(workersOf("3"), 3);
  for (const wrong of ["0", "-1", "1.5", "x", "", "9999", "1e2"]) {
    assert.throws(() => workersOf(wrong), /integer from 1 to 4096/);
  }
  const told = async (
    env: Record<string, string>,
    pin: string[] = [],
  ): Promise<number> => {
    const script = `import { workersOf } from "${new URL(
      "./jobs.ts",
      import.meta.url,
    )}"; console.log(workersOf(undefined));`;
    const [command, ...args] = [...pin, Deno.execPath(), "eval", script];
    const { stdout } = await new Deno.Command(command, {
      args,
      env: { SLURM_CPUS_PER_TASK: "", SLURM_CPUS_ON_NODE: "", ...env },
    }).output();
    return Number(new TextDecoder().decode(stdout));
  };
  const cores = navigator.hardwareConcurrency;
  assert.equal(await told({}), cores);
  assert.equal(await told({ SLURM_CPUS_PER_TASK: "1" }), 1);
  assert.equal(await told({ SLURM_CPUS_PER_TASK: "9999" }), cores);
  if (Deno.build.os === "linux") {
    const status = await Deno.readTextFile("/proc/self/status");
    const [, first] = /^Cpus_allowed_list:\s*(\d+)/m.exec(status)!;
    assert.equal(await told({}, ["taskset", "--cpu-list", first]), 1);
  }
});

Deno.test("jobs run as many at a time as there are workers, until one fails", async () => {
  let running = 0;
  let most = 0;
  const ended: number[] = [];
  const run = async (job: number): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    if (job === 7) throw new Error("seven");
    ended.push(job);
  };
  const jobs = Array.from({ length: 20 }, (_, i) => i);
  await assert.rejects(runJobs(jobs, 3, run), /seven/);
  assert.equal(most, 3);
  const begun = ended.length + running;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(ended.length <= begun + 2 && ended.length < 12, `${ended}`);
  const sizes: number[] = [];
  await runJobs([1, 2], 9, (_, pool: WorkerPool) => {
    sizes.push(pool.size);
    return Promise.resolve();
  });
  assert.deepEqual(sizes, [2, 2]);
});
