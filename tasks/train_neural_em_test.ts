import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { decodeSafetensors } from "../lib/run/safetensors.ts";
import { start, type Started, task, until } from "../tests/processes.ts";
import { ROOT } from "./project.ts";
import { openLocked } from "./sweep/json_lines.ts";

const SMALL = ["updates=120", "evalEvery=10", "evalImages=10", "hidden=8"]
  .flatMap((pair) => ["--set", pair]);

function train(folder: string, ...more: string[]): Started {
  const command = join(ROOT, "tasks", "train_neural_em.ts");
  return start([
    "run",
    "-A",
    command,
    "--seed=5",
    `--out=${folder}`,
    ...SMALL,
    ...more,
  ]);
}

Deno.test("what cannot be trained is refused with one clear error", async () => {
  const refused = async (args: string[], why: RegExp): Promise<void> => {
    const { code, stderr } = await task("train_neural_em", args);
    assert.equal(code, 1);
    assert.match(stderr.trim(), why);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  };
  await refused(["--seed", "one"], /^Cannot .* --seed must be an integer ≥ 0/);
  await refused(["--seed="], /^Cannot .* --seed must be given a value/);
  await refused(["--stage", "3"], /^Cannot .* --stage must be 1 or 2/);
  await refused(
    ["--scheme", "ours"],
    /--scheme must be paper or image: .* "ours"/,
  );
  await refused(
    ["--scheme", "paper", "--stage", "2"],
    /--stage must be 1 with --scheme/,
  );
  await refused(["--minutes="], /^Cannot .* --minutes must be given a value/);
  for (const minutes of ["x", "0", "1e400"]) {
    await refused([`--minutes=${minutes}`], /--minutes must be .* > 0/);
  }
  await refused(["--set", "hiden=3"], /did you mean "hidden"/);
  await refused(
    ["--set", "updates=9", "--updates", "8"],
    /updates must be .* once/,
  );
  await refused(["--updates", "x"], /updates must be a number: .* "x"/);
  await refused(
    ["--seed", "987654", "--stage", "2"],
    /run deno task train:neural_em --seed 987654 first$/,
  );
});

Deno.test("a training that is ended, or killed, goes on to the same bits", async () => {
  const folder = await Deno.makeTempDir();
  const [whole, parts] = [join(folder, "whole"), join(folder, "parts")];
  const state = join(parts, "states", "neural_em_seed5.safetensors");
  const read = (file: string): Uint8Array => Deno.readFileSync(file);
  const row = /^\d+ of 120/m;
  try {
    const run = await train(whole).ended;
    assert.equal(run.code, 0, run.stderr);

    const ended = train(parts);
    await until(() => row.test(ended.said()), 60);
    Deno.kill(ended.pid, "SIGTERM");
    const { code, stderr } = await ended.ended;
    assert.equal(code, 130);
    assert.match(stderr, /Interrupted: nothing was written half/);
    const killed = train(parts);
    await until(() => row.test(killed.said()), 60);
    Deno.kill(killed.pid, "SIGKILL");
    await killed.ended;

    const timed = await train(parts, "--minutes=1e-9").ended;
    assert.equal(timed.code, 0, timed.stderr);
    const { metadata } = decodeSafetensors(read(state));
    assert.ok(JSON.parse(metadata.progress).since.count > 0, "between rows");

    const last = await train(parts).ended;
    assert.equal(last.code, 0, last.stderr);
    const results = (folder: string): object => {
      const file = join(folder, "results", "neural_em_seed5.json");
      const run = JSON.parse(new TextDecoder().decode(read(file)));
      for (const row of run.rows) delete row.cpuSeconds;
      return run;
    };
    assert.deepEqual(results(parts), results(whole));
    const params = (folder: string): Uint8Array =>
      read(join(folder, "checkpoints", "neural_em_seed5.safetensors"));
    assert.deepEqual(params(parts), params(whole));
    const weights = (folder: string): object =>
      decodeSafetensors(
        read(join(folder, "states", "neural_em_seed5.safetensors")),
      ).tensors;
    assert.deepEqual(weights(parts), weights(whole));

    Deno.writeTextFileSync(state, "no state");
    const broken = await train(parts).ended;
    assert.match(
      broken.stderr,
      /Cannot go on from .*: delete it to start anew/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("images of a set that are shown again and again go on where they stood", async () => {
  const folder = await Deno.makeTempDir();
  const [whole, parts] = [join(folder, "whole"), join(folder, "parts")];
  // An epoch of 50 images is no whole number of updates.
  const few = ["--set=trainImages=50", "--set=batchSize=8"];
  try {
    for (
      const scheme of [
        ["--scheme=paper", "--set=steps=4", "--set=unroll=4"],
        ["--scheme=image"],
        [],
      ]
    ) {
      const end = await train(whole, ...scheme, ...few).ended;
      assert.equal(end.code, 0, end.stderr);
      for (const minutes of ["1e-9", "1e-9", "9"]) {
        const part = train(parts, ...scheme, ...few, `--minutes=${minutes}`);
        assert.equal((await part.ended).code, 0);
      }
    }
    for (const scheme of ["", "paper_scheme_", "image_"]) {
      const stem = `neural_em_${scheme}seed5`;
      const weights = (of: string): object =>
        decodeSafetensors(
          Deno.readFileSync(join(of, "states", `${stem}.safetensors`)),
        ).tensors;
      assert.deepEqual(weights(parts), weights(whole));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the authors' scheme keeps the least loss and ends when it no longer falls", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // Steps so small that no weight moves.
    const { code, stderr, stdout } = await train(
      folder,
      ...["--scheme=paper", "--set=steps=4", "--set=unroll=4"],
      ...["--set=learningRate=1e-30", "--set=trainImages=64"],
    ).ended;
    assert.equal(code, 0, stderr);
    assert.match(stdout + stderr, /Ended: no better for 10 rows/);
    const file = join(folder, "results", "neural_em_paper_scheme_seed5.json");
    const { rows, chosenStep, commands } = JSON.parse(
      Deno.readTextFileSync(file),
    );
    const losses = rows.map((row: { evalLoss: number }) => row.evalLoss);
    const best = losses.indexOf(Math.min(...losses));
    assert.equal(best, losses.length - 1 - 10);
    assert.equal(rows[best].step, chosenStep);
    assert.match(commands[0], /--seed 5 --scheme paper --set/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a training that is told to end does so between two rows", async () => {
  const folder = await Deno.makeTempDir();
  const states = join(folder, "states");
  try {
    const long = ["updates=1000000", "evalEvery=1000000", "hidden=8"];
    const { pid, ended } = start([
      ...["run", "-A", `${ROOT}/tasks/train_neural_em.ts`, "--seed", "5"],
      ...["--out", folder, ...long.flatMap((pair) => ["--set", pair])],
    ]);
    await until(() => existsSync(join(states, "neural_em_seed5.lock")), 60);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const told = performance.now();
    Deno.kill(pid, "SIGTERM");
    assert.equal((await ended).code, 130);
    assert.ok(performance.now() - told < 5000);
    const state = Deno.readFileSync(
      join(states, "neural_em_seed5.safetensors"),
    );
    assert.ok(Number(decodeSafetensors(state).metadata.step) > 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("two trainings of one seed do not write the same files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const lock = join(folder, "states", "neural_em_seed5.lock");
    using _other = await openLocked(lock);
    const { code, stderr } = await train(folder).ended;
    assert.equal(code, 1);
    assert.match(stderr, /seed5.lock as another process is writing it/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
