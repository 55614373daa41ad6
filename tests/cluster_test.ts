import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { ROOT } from "../tasks/project.ts";
import { readLines } from "../tasks/sweep/json_lines.ts";
import { SWEEP_ROWS, type SweepRow } from "../tasks/sweep/rows.ts";
import { PINNED_DENO } from "../viz/notebook/pinned_deno.ts";
import { task, until } from "./processes.ts";
import { hasSlurm, type Slurm, startSlurm } from "./slurm.ts";

const CLUSTER = join(ROOT, "tasks", "cluster");
const VALIDATE = join(ROOT, ".venv", "bin", "kubernetes-validate");
const hasValidator = await Deno.stat(VALIDATE).then(() => true, () => false);
if (!hasSlurm) {
  console.warn("skipped: Slurm is absent (apt-get install slurm-wlm)");
}
if (!hasValidator) {
  console.warn("skipped: kubernetes-validate is absent (.ci/run installs it)");
}

async function rowsOf(file: string): Promise<SweepRow[]> {
  return (await readLines(file, SWEEP_ROWS)).rows;
}

async function countRows(file: string): Promise<number> {
  return (await rowsOf(file).catch(() => [])).length;
}

const pairs = (...settings: string[]): string[] =>
  settings.map((pair) => `--set=${pair}`);

/** 40 seeds, a fraction of a second each. */
const SMALL = pairs("steps=100000", "hidden=4", "top=1", "width=4")
  .concat(pairs("evalImages=8"));
const SWEEP = ["helmholtz_shifter", "--seeds=0-39", ...SMALL];
const TRAINING = pairs("updates=240", "evalEvery=40", "evalImages=10")
  .concat(pairs("hidden=8"));

interface Element {
  index: string;
  node: string;
}

/** Waits for an element of an array that is in the middle of its shard. */
async function inTheMiddle(
  slurm: Slurm,
  { array, folder, not }: { array: string; folder: string; not?: Element },
): Promise<Element> {
  let found: Element | undefined;
  await until(async () => {
    const list = await slurm.ask("squeue", "-hr", "-t", "R", "-o", "%F %K %N");
    for (const line of list.trim().split("\n")) {
      const [job, index, node] = line.split(" ");
      if (job !== array || index === not?.index) continue;
      const rows = await countRows(join(folder, `${index}.jsonl`));
      if (rows >= 1 && rows <= 3) found = { index, node };
    }
    return found !== undefined;
  }, 60);
  return found!;
}

Deno.test({
  name:
    "Slurm: elements whose node dies and elements whose time is over go on, to the bits of a local run",
  ignore: !hasSlurm,
  fn: async () => {
    await using slurm = await startSlurm();
    const folder = await Deno.makeTempDir();
    const submit = async (...words: string[]): Promise<string> => {
      const path = `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`;
      const { success, stdout, stderr } = await new Deno.Command(
        join(CLUSTER, "slurm.sh"),
        { args: words, env: { ...slurm.env, PATH: path } },
      ).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout).split("\n")[0];
    };
    /** As Slurm does a minute before the time is over. */
    const endTime = (element: string): Promise<string> =>
      slurm.ask("scancel", "--batch", "--signal=USR1", element);
    try {
      const trained = join(folder, "trained");
      const training = await submit(
        "1",
        trained,
        "train:neural_em",
        ...TRAINING,
      );
      const swept = join(folder, "swept");
      const sweep = await submit("4", swept, "sweep", ...SWEEP);
      const shard = (i: string): string => join(swept, `${i}.jsonl`);

      // A training is ended in the middle.
      const states = join(trained, "states", "neural_em_seed0.safetensors");
      await until(() => Deno.stat(states).then(() => true, () => false), 60);
      await endTime(`${training}_1`);

      // A node dies in the middle of a shard, and comes back.
      const dead = await inTheMiddle(slurm, { array: sweep, folder: swept });
      await slurm.killNode(dead.node);
      await slurm.startNode(dead.node);

      // The time of another shard is over.
      let late = dead;
      await until(async () => {
        const other = { array: sweep, folder: swept, not: dead };
        late = await inTheMiddle(slurm, other);
        const told = endTime(`${sweep}_${late.index}`);
        return await told.then(() => true, () => false); // it had ended
      }, 60);

      await until(
        async () => (await slurm.ask("squeue", "-h")).trim() === "",
        120,
      );
      const read = (...path: string[]): Promise<string> =>
        Deno.readTextFile(join(folder, ...path));
      for (const { index } of [dead, late]) {
        assert.match(
          await read("swept", `${index}.log`),
          /10 of 10 rows to train[^]* \d of 10 rows to train/,
        );
      }
      assert.match(await read("swept", "merge.log"), /: 40 of 40 rows\n/);
      for (const i of "1234") assert.equal(await countRows(shard(i)), 10);
      assert.match(await read("trained", "1.log"), /^Interrupted/m);
      const { rows } = JSON.parse(
        await read("trained", "results", "neural_em_seed0.json"),
      );
      assert.deepEqual(
        rows.map(({ step }: { step: number }) => step),
        [40, 80, 120, 160, 200, 240],
      );

      const local = join(folder, "local.jsonl");
      const whole = await task("sweep", [...SWEEP, "--out", local]);
      assert.equal(whole.code, 0, whole.stderr);
      const outcome = ({ seed, paramsSha256, metrics }: SweepRow): object => ({
        seed,
        paramsSha256,
        metrics,
      });
      assert.deepEqual(
        (await rowsOf(join(swept, "all.jsonl"))).map(outcome),
        (await rowsOf(local)).sort((a, b) => a.seed - b.seed).map(outcome),
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "Kubernetes: the manifests are valid, and what their pods run makes a merged sweep",
  ignore: !hasValidator,
  fn: async () => {
    const manifest = join(CLUSTER, "kubernetes.yaml");
    const { success, stdout } = await new Deno.Command(VALIDATE, {
      args: ["--strict", manifest],
    }).output();
    assert.ok(success, new TextDecoder().decode(stdout));

    const toJson = "import json, sys, yaml\n" +
      "print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    const documents = await new Deno.Command(
      join(dirname(VALIDATE), "python"),
      {
        args: ["-c", toJson, manifest],
      },
    ).output();
    const [, sweep, merge] = JSON.parse(
      new TextDecoder().decode(documents.stdout),
    );
    assert.equal(sweep.spec.completions, 40);
    const folder = await Deno.makeTempDir();
    /** What a pod runs, of two pods, in a folder here, with small seeds. */
    const run = async (job: typeof sweep, index: number): Promise<void> => {
      const [{ command, args }] = job.spec.template.spec.containers;
      const words = [...command, ...args, ...SMALL];
      const [first, ...rest] = words.map((word: string) =>
        word.replaceAll("/rows/", `${folder}/`).replace("$i/40", "$i/2")
          .replace("0-999", "0-3")
      );
      const { success, stderr } = await new Deno.Command(first, {
        args: rest,
        cwd: ROOT,
        env: {
          JOB_COMPLETION_INDEX: String(index),
          PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
        },
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
    };
    try {
      await run(sweep, 0);
      await run(sweep, 1);
      await run(merge, 0);
      assert.equal(await countRows(join(folder, "2.jsonl")), 2);
      assert.deepEqual(
        (await rowsOf(join(folder, "all.jsonl"))).map(({ seed }) => seed),
        [0, 1, 2, 3],
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("the container has the pinned Deno", () => {
  const file = Deno.readTextFileSync(join(CLUSTER, "Containerfile"));
  assert.match(file, new RegExp(`^FROM \\S+/deno:${PINNED_DENO}$`, "m"));
});
