/** `show` and `follow` on the real Deno kernel. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import {
  type Execution,
  type Kernel,
  startKernel,
} from "../tasks/notebook/jupyter_client.ts";
import type { Output } from "../tasks/notebook/output.ts";
import { filesBelow } from "../tasks/project.ts";
import { patience } from "./patience.ts";

const notebooks = join(import.meta.dirname!, "..", "notebooks");

const IMPORTS = `
import { show, markdown } from "../viz/notebook/show.ts";
import { follow } from "../viz/notebook/progress.ts";
function* train(steps, ms, fail = Infinity) {
  let step = 0;
  while (step < steps) {
    const end = performance.now() + ms;
    while (performance.now() < end);
    step++;
    if (step === fail) throw new RangeError("loss is not finite");
    if (yield { step, loss: 1 / step }) break;
  }
  return { step };
}
function* rare(steps, ms) {
  for (let step = 1;; step++) {
    const end = performance.now() + ms;
    while (performance.now() < end);
    if (step < steps && !(yield step)) continue;
    yield { step, loss: 1 / step };
    return { step };
  }
}
const options = { label: "a model", metric: (row) => row.loss };
`;

async function withKernel(
  use: (kernel: Kernel) => Promise<void>,
): Promise<void> {
  const kernel = await startKernel({ cwd: notebooks });
  try {
    const { error } = await kernel.execute(IMPORTS);
    assert.equal(error, null);
    await use(kernel);
  } finally {
    await kernel.shutdown();
  }
}

function htmlOf(output: Output | undefined): string {
  assert.equal(output?.output_type, "display_data");
  return String(output.data["text/html"]);
}

Deno.test("on the kernel, show leaves one output and no value", async () => {
  await withKernel(async (kernel) => {
    for (let i = 0; i < 5; i++) {
      const { outputs } = await kernel.execute(
        `await show(markdown\`number \${${i}}\`, "<b>")`,
      );
      assert.equal(outputs.length, 1);
      assert.match(htmlOf(outputs[0]), new RegExp(`number ${i}</p>`));
      assert.match(htmlOf(outputs[0]), /&lt;b&gt;/);
    }
  });
});

Deno.test("on the kernel, an output above the cap is the cell's error and the next cell works", async () => {
  await withKernel(async (kernel) => {
    const { outputs, error } = await kernel.execute(
      `await show("x".repeat(1_100_000))`,
    );
    assert.match(String(error?.message), /at most 1,000,000 bytes/);
    assert.ok(outputs.every((output) => output.output_type === "error"));
    const next = await kernel.execute(`await show("fine")`);
    assert.match(htmlOf(next.outputs[0]), /fine/);
  });
});

Deno.test("on the kernel, progress moves, and its last state is the same on every run", async () => {
  await withKernel(async (kernel) => {
    const states = new Set<string>();
    const start = performance.now();
    const code =
      `const run = await follow(train(40, 15), { ...options, total: 40 });`;
    const first = await kernel.execute(code, (outputs) => {
      if (outputs.length > 0) states.add(htmlOf(outputs[0]));
    });
    // Ten updates a second at most, besides the first state and the last.
    const most = (performance.now() - start) / 100 + 2;
    assert.ok(states.size >= 4 && states.size <= most, `${states.size} states`);
    for (const state of [...states].slice(1, -1)) {
      assert.match(state, /aria-label="\d+ %".* width="\d+" height="8"/);
      assert.match(state, /\d+ of 40 steps · \d+ a second · .* left · 0\.\d+/);
    }
    assert.ok([...states].some((state) => state.includes("<polyline")));
    assert.equal(first.outputs.length, 1);
    assert.match(htmlOf(first.outputs[0]), /40 of 40 steps · 0\.0250/);
    assert.doesNotMatch(htmlOf(first.outputs[0]), / left<| a second /);
    const second = await kernel.execute(code);
    assert.deepEqual(second.outputs, first.outputs);
  });
});

Deno.test("on the kernel, progress moves between rows that are far apart", async () => {
  await withKernel(async (kernel) => {
    const steps = new Set<string>();
    const { outputs } = await kernel.execute(
      `await follow(rare(40, 15), { ...options, total: 40 })`,
      (outputs) =>
        outputs[0] &&
        steps.add(/(\d+) of 40 steps/.exec(htmlOf(outputs[0]))![1]),
    );
    assert.ok(steps.size >= 4, [...steps].join());
    assert.match(htmlOf(outputs[0]), /40 of 40 steps · 0\.0250/);
  });
});

Deno.test("on the kernel, the stop button ends training within a second and keeps the state", async () => {
  await withKernel(async (kernel) => {
    let pressed = 0;
    const { outputs, error } = await kernel.execute(
      `const { state, rows, interrupted } = await follow(train(1e6, 5), { ...options, total: 1e6 });`,
      () => {
        if (pressed > 0) return;
        pressed = performance.now();
        kernel.interrupt();
        kernel.interrupt(); // impatience must not kill the kernel
      },
    );
    const took = performance.now() - pressed;
    assert.ok(took < 1000 * patience(), `stopped after ${took} ms`);
    assert.equal(error, null);
    assert.match(htmlOf(outputs[0]), /stopped, state kept/);
    const next = await kernel.execute(
      `await show([interrupted, state.step === rows.length, state.step > 0].join())`,
    );
    assert.match(htmlOf(next.outputs[0]), /true,true,true/);
    const again = await kernel.execute(
      `const b = await follow(train(3, 1), { ...options, total: 3 }); await show(String(b.interrupted))`,
    );
    assert.match(htmlOf(again.outputs[1]), /false/);
  });
});

Deno.test("on the kernel, seeds on the worker pool show progress and end at the stop button", async () => {
  await withKernel(async (kernel) => {
    const imports = await kernel.execute(`
      import { followSeeds } from "../viz/notebook/progress.ts";
      import { experimentModule } from "../lib/run/experiment.ts";
      const module = experimentModule("two_view_agreement");
      const settings = { steps: 1e9, heldOut: 50 };`);
    assert.equal(imports.error, null);
    let pressed = 0;
    const { outputs, error } = await kernel.execute(
      `const kept = await followSeeds([5, 6, 7], { module, settings }, { label: "seeds", total: 1e9 });`,
      (outputs) => {
        if (pressed > 0 || !/ left · 0 of 3/.test(htmlOf(outputs[0]))) return;
        pressed = performance.now();
        kernel.interrupt();
      },
    );
    const took = performance.now() - pressed;
    assert.equal(error, null);
    assert.ok(took < 1000 * patience(), `stopped after ${took} ms`);
    assert.match(htmlOf(outputs[0]), /stopped, state kept · 0 of 3 seeds/);
    const next = await kernel.execute(`await show(kept.map((r) => r.seed))`);
    assert.match(htmlOf(next.outputs[0]), />5</);
  });
});

Deno.test("on the kernel, a throw inside training is the cell's error", async () => {
  await withKernel(async (kernel) => {
    const { error } = await kernel.execute(
      `await follow(train(40, 5, 20), { ...options, total: 40 })`,
    );
    assert.match(String(error?.message), /loss is not finite/);
  });
});

Deno.test("on the kernel, lines that change leave all else that a cell has shown, once and in order", async () => {
  await withKernel(async (kernel) => {
    const code = `console.log("before");
await show("a figure");
await follow(train(60, 5), { ...options, label: "first", total: 60 });
console.log("between");
await follow(train(60, 5), { ...options, label: "second", total: 60 });
await show("after");`;
    for (let run = 0; run < 3; run++) {
      const { outputs, error } = await kernel.execute(code);
      assert.equal(error, null);
      const [text, ...displays] = outputs;
      assert.equal(
        text.output_type === "stream" && text.text,
        "before\nbetween\n",
      );
      const shown = displays.map((output) =>
        /a figure|first|second|after/.exec(htmlOf(output))?.[0]
      );
      assert.deepEqual(shown, ["a figure", "first", "second", "after"]);
      assert.match(htmlOf(displays[1]), /60 of 60 steps/);
      assert.match(htmlOf(displays[2]), /60 of 60 steps/);
    }
  });
});

Deno.test("on the kernel, no line depends on an output's identifier, which VS Code forgets", async () => {
  await withKernel(async (kernel) => {
    await kernel.execute(`
      import { connected, marked } from "../viz/notebook/deno_kernel.ts";
      const socket = await connected();
      const sent = [];
      const listening = (async () => {
        while (true) {
          const frames = (await socket.receive()).map((f) => new TextDecoder().decode(f));
          sent.push(frames.slice(-4));
        }
      })();`);
    await kernel.execute(
      `await follow(train(60, 8), { ...options, total: 60 });`,
    );
    const { outputs } = await kernel.execute(`
      const has = (mark) => sent.some((m) => m[3].includes(mark));
      await marked(async (mark) => {
        while (!has(mark)) await new Promise((resolve) => setTimeout(resolve, 5));
      });
      socket.close();
      const typeOf = ([header]) => JSON.parse(header).msg_type;
      const types = new Set(sent.map(typeOf));
      // This cell's code is among what was sent, too.
      const named = sent.filter((m) =>
        typeOf(m).includes("display") && m[3].includes("display_id")).length;
      await show([types.has("clear_output"), types.has("update_display_data"), named].join());`);
    assert.match(htmlOf(outputs[0]), />true,false,0</);
  });
});

/** Runs `code` and stops it by a message; null if it has not ended in 2 s. */
async function stoppedByMessage(
  kernel: Kernel,
  code: string,
  wait: number,
): Promise<Execution | null> {
  const running = kernel.execute(code);
  running.catch(() => {}); // ended with its kernel
  await new Promise((resolve) => setTimeout(resolve, wait));
  kernel.interrupt("message");
  let timer;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), 2000);
  });
  const ended = await Promise.race([running, late]);
  clearTimeout(timer);
  return ended;
}

const SEEDS = `import { followSeeds } from "../viz/notebook/progress.ts";
import { experimentModule } from "../lib/run/experiment.ts";
const module = experimentModule("two_view_agreement");
const settings = { steps: 1e9, heldOut: 50 };`;

for (
  const [what, code] of [
    ["a training", `await follow(train(1e6, 5), { ...options, total: 1e6 })`],
    [
      "seeds on the worker pool",
      `await followSeeds([5, 6, 7], { module, settings }, { label: "seeds", total: 1e9 })`,
    ],
  ]
) {
  Deno.test(`on the kernel, a stop by message ends ${what} within two seconds, says what is lost, and the next cell works`, async () => {
    // The kernel cannot be helped where the message finds it at rest, for a
    // moment between two slices: try again.
    const tries: string[] = [];
    for (const wait of [800, 1000, 1200, 1400, 1600]) {
      await withKernel(async (kernel) => {
        assert.equal((await kernel.execute(SEEDS)).error, null);
        const cell = `const run = ${code};`;
        const ended = await stoppedByMessage(kernel, cell, wait);
        if (ended === null) return void tries.push("at rest");
        const line = htmlOf(ended.outputs[0]);
        if (ended.error) {
          assert.match(ended.error.message, /Stopped by a message.*lost/);
          assert.match(line, /stopped by a message, state lost/);
        } else { // what waits for workers can be told to end
          assert.match(line, /stopped, state kept/);
        }
        const next = await kernel.execute(
          `const again = await follow(train(3, 1), { ...options, total: 3 });`,
        );
        assert.equal(next.error, null);
        assert.match(htmlOf(next.outputs[0]), /3 of 3 steps/);
        tries.push("ended");
      });
      if (tries.at(-1) === "ended") return;
    }
    assert.fail(`stopped by message: ${tries.join(", ")}`);
  });
}

Deno.test("on the kernel, a cell that a message has ended is not called a syntax error", async () => {
  await withKernel(async (kernel) => {
    const ended = await stoppedByMessage(kernel, `while (true);`, 300);
    assert.ok(ended?.error, "not ended in two seconds");
    assert.equal(ended.error.name, "Stopped");
  });
});

Deno.test("on the kernel of another Deno, the first cell says so", async () => {
  const kernel = await startKernel({ cwd: notebooks });
  try {
    const { outputs } = await kernel.execute(`
Object.defineProperty(Deno, "version", { value: { deno: "2.8.3" } });
await import("../viz/notebook/show.ts");`);
    assert.match(
      htmlOf(outputs[0]),
      /current value is 2\.8\.3, which may hide errors.*deno@2\.9\.\d+ task kernel/s,
    );
  } finally {
    await kernel.shutdown();
  }
});

Deno.test("on the kernel, modules that changed after its start are named, once", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const root = join(notebooks, "..");
    for (const name of ["lib", "data", "deno.json", "deno.lock"]) {
      await Deno.symlink(join(root, name), join(folder, name));
    }
    for (const room of ["page", "figures", "notebook"]) {
      await Deno.mkdir(join(folder, "viz", room), { recursive: true });
      for (const path of filesBelow(join(root, "viz", room), ".ts")) {
        await Deno.copyFile(path, join(folder, "viz", room, basename(path)));
      }
    }
    const kernel = await startKernel({ cwd: folder });
    try {
      const show = `import { show } from "./viz/notebook/show.ts";
await show("a figure");`;
      const first = await kernel.execute(show);
      const later = new Date(Date.now() + 60_000);
      await Deno.utime(join(folder, "viz/page/png.ts"), later, later);
      const second = await kernel.execute(show);
      const third = await kernel.execute(show);
      assert.match(
        htmlOf(second.outputs[0]),
        /viz\/page\/png\.ts changed after this kernel started/,
      );
      assert.deepEqual(third.outputs, first.outputs);
    } finally {
      await kernel.shutdown();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("on the kernel, trainings side by side, whose steps take longer than a loop may rest, are not taken for stopped", async () => {
  await withKernel(async (kernel) => {
    const { outputs, error } = await kernel.execute(
      `const runs = await Promise.all([1, 2, 3].map(() => follow(train(3, 500), { ...options, total: 3 })));`,
    );
    assert.equal(error, null);
    for (const output of outputs) assert.match(htmlOf(output), /3 of 3 steps/);
  });
});

Deno.test("on the kernel, a figure of another seed's training says so, and results of it are refused", async () => {
  await withKernel(async (kernel) => {
    const run = async (code: string) => await kernel.execute(code);
    await run(`import { showResults } from "../viz/notebook/show.ts";`);
    await run(`let seed = 1;\nlet preset = "full";`);
    await run(
      `const run = await follow(train(3, 1), { ...options, total: 3 });`,
    );
    const figure = `await show("a figure");`;
    const results = `await showResults({ notebook: "x", preset: "full", seed,
      config: {}, paramsSha256: "", metrics: [], claims: [] });`;
    const same = await run(figure);
    assert.equal((await run(results)).error, null);
    await run(`let seed = 7;\nlet preset = "full";`);
    const other = await run(figure);
    assert.doesNotMatch(htmlOf(same.outputs[0]), /Not of these parameters/);
    assert.match(
      htmlOf(other.outputs[0]),
      /Not of these parameters:<\/strong> trained a model with seed = 1, now 7\./,
    );
    const { error } = await run(results);
    assert.match(
      String(error?.message),
      /seed = 1, now 7\. Run all cells again/,
    );
    await run(
      `const again = await follow(train(3, 1), { ...options, total: 3 });`,
    );
    assert.equal((await run(results)).error, null);
    assert.deepEqual((await run(figure)).outputs, same.outputs);
  });
});
