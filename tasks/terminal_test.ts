import assert from "node:assert/strict";
import { type Ended, start } from "../tests/processes.ts";
import { Refusal } from "../lib/run/config.ts";
import { ROOT } from "./project.ts";
import { reason } from "./terminal.ts";

const { tasks } = JSON.parse(
  await Deno.readTextFile(`${ROOT}/deno.json`),
) as { tasks: Record<string, { command: string }> };

/** Runs a task of deno.json as `deno task` would. */
function runTask(name: string, ...words: string[]): Promise<Ended> {
  const [, ...args] = tasks[name].command.split(" ");
  return start([...args, ...words]).ended;
}

function assertRefused({ code, stdout, stderr }: Ended, what: string): void {
  assert.equal(code, 1, `${what}: ${stdout}`);
  assert.equal(stdout, "", what);
  assert.match(stderr, /^\nCannot [^\n]+\n$/, `${what}: ${stderr}`);
}

// All that deno.json names, so that a new command is held to the same.
for (const name of Object.keys(tasks)) {
  Deno.test(`deno task ${name} tells what it does, and refuses what it does not take in one line`, async () => {
    const [help, word, option] = await Promise.all([
      runTask(name, "--help"),
      runTask(name, "no-such-word"),
      runTask(name, "--no-such-option"),
    ]);
    assert.equal(help.code, 0);
    assert.match(help.stdout, new RegExp(`^deno task ${name}[ :\\n]`));
    assert.doesNotMatch(help.stdout, /\*|@module/);
    assertRefused(word, "a stray word");
    assertRefused(option, "an unknown option");
  });
}

Deno.test("a mistyped option or work is told what there is", async () => {
  for (
    const [name, wrong, words] of [
      ["bench", "--only=nosuch", /no work "nosuch": they are .*imax/],
      ["kernel", "--sed=1", /--sed is not an option: the command takes none/],
      ["study:neural_em", "--sed=1", /--sed .*\(did you mean "seeds"\?\)/],
      ["train:neural_em", "3", /takes no words .*: current value is "3"/],
    ] as const
  ) {
    const refused = await runTask(name, wrong);
    assertRefused(refused, name);
    assert.match(refused.stderr, words);
  }
});

Deno.test("another minor version of Deno is refused with the command to run", async () => {
  const other = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      other,
      'Object.defineProperty(Deno, "version", { value: { deno: "2.8.3" } });',
    );
    const { code, stderr } = await start(
      ["run", "-A", `--preload=${other}`, `${ROOT}/tasks/verify.ts`],
    ).ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^\n?Cannot run as Deno must be 2\.9\.\d+.*current value is 2\.8\.3.*npx -y deno@2\.9\.\d+ task …\n$/,
    );
  } finally {
    await Deno.remove(other);
  }
});

Deno.test("a refusal is one line, what the language throws is a bug with its stack", () => {
  const thrown = (run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      return error;
    }
  };
  const nothing = JSON.parse("null");
  for (
    const bug of [
      () => nothing.claims, // "Cannot read properties of null"
      () => nothing(),
      () => new Array(-1),
      () => "a".repeat(-1),
      () => JSON.parse("{"),
      () => decodeURIComponent("%"),
    ]
  ) {
    assert.match(reason(thrown(bug)), /\n +at /, String(bug));
  }
  for (const error of [new Refusal("no"), new Error("no"), "no"]) {
    assert.equal(reason(error), "no");
  }
  const file = thrown(() => Deno.readTextFileSync("/nowhere"));
  assert.doesNotMatch(reason(file), /\n/);
});
