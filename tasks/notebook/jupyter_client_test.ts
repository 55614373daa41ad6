import assert from "node:assert/strict";
import { Refusal } from "../../lib/run/config.ts";
import { lives } from "../../tests/processes.ts";
import { type Kernel, KernelDied, startKernel } from "./jupyter_client.ts";
import type { Output } from "./output.ts";

const cwd = new URL("../../notebooks/", import.meta.url).pathname;

async function withKernel(
  test: (kernel: Kernel) => Promise<void>,
): Promise<void> {
  const kernel = await startKernel({
    cwd: await Deno.stat(cwd).then(() => cwd, () => Deno.cwd()),
  });
  try {
    await test(kernel);
  } finally {
    await kernel.shutdown();
    assert.ok(!await lives(kernel.pid), "a kernel is left over");
  }
}

const text = (outputs: Output[]): string =>
  outputs.map((o) => o.output_type === "stream" ? o.text : `<${o.output_type}>`)
    .join("");

const display = (type: string, text: string, id?: string): string =>
  `await Deno.jupyter.broadcast("${type}", {
    data: { "text/plain": "${text}" }, metadata: {},
    transient: ${id ? `{ display_id: "${id}" }` : "{}"},
  });`;

Deno.test("three hundred printed lines stay in their cell, merged into one stream", () =>
  withKernel(async (kernel) => {
    const first = await kernel.execute(
      `for (let i = 0; i < 300; i++) console.log("line", i);`,
    );
    const second = await kernel.execute(`console.log("second cell")`);
    assert.equal(first.outputs.length, 1);
    assert.equal(text(first.outputs).split("\n").length, 301);
    assert.equal(text(second.outputs), "second cell\n");
  }));

Deno.test("sixty cells in a row keep text, display and value apart", () =>
  withKernel(async (kernel) => {
    for (let i = 0; i < 60; i++) {
      const { outputs } = await kernel.execute(
        `console.log("${i}"); ${
          display("display_data", `d${i}`)
        } console.error("e${i}"); ${i}`,
      );
      const kinds = outputs.map((o) =>
        o.output_type === "stream"
          ? o.text
          : Object.values("data" in o ? o.data : {})[0]
      );
      assert.deepEqual(
        new Set(kinds),
        new Set([`${i}\n`, `d${i}`, `e${i}\n`, `${i}`]),
      );
    }
  }));

Deno.test("an update of a display lands in the earlier cell that made it", () =>
  withKernel(async (kernel) => {
    const first = await kernel.execute(display("display_data", "before", "id"));
    const second = await kernel.execute(
      display("update_display_data", "after", "id"),
    );
    assert.deepEqual(first.outputs, [{
      output_type: "display_data",
      data: { "text/plain": "after" },
      metadata: {},
    }]);
    assert.deepEqual(second.outputs, []);
  }));

Deno.test("an error is told with its name, also one the parser finds", () =>
  withKernel(async (kernel) => {
    const thrown = await kernel.execute(
      `console.log("so far"); throw new RangeError("too far")`,
    );
    assert.deepEqual(thrown.error, { name: "RangeError", message: "too far" });
    assert.deepEqual(thrown.outputs.map((o) => o.output_type), [
      "stream",
      "error",
    ]);
    const invalid = await kernel.execute("let x: = 3;");
    assert.equal(invalid.error?.name, "SyntaxError");
    assert.equal(invalid.outputs.length, 1);
  }));

Deno.test("a kernel killed in mid-cell is noticed at once", async () => {
  const kernel = await startKernel({ cwd: Deno.cwd() });
  const kill = setTimeout(() => Deno.kill(kernel.pid, "SIGKILL"), 200);
  const start = performance.now();
  await assert.rejects(
    kernel.execute("while (true);"),
    (error) => error instanceof KernelDied && /SIGKILL/.test(error.message),
  );
  clearTimeout(kill);
  assert.ok(performance.now() - start < 2000);
  await assert.rejects(kernel.execute("1"), KernelDied);
  await kernel.shutdown();
});

Deno.test("a kernel that stops answering counts as dead", async () => {
  const kernel = await startKernel({ cwd: Deno.cwd(), heartbeatTimeout: 300 });
  Deno.kill(kernel.pid, "SIGSTOP");
  await assert.rejects(kernel.execute("1"), /has not answered/);
  await kernel.kill();
});

Deno.test("a busy cell keeps its heartbeat", async () => {
  const kernel = await startKernel({ cwd: Deno.cwd(), heartbeatTimeout: 500 });
  const { error } = await kernel.execute(
    "{ const t = Date.now(); while (Date.now() - t < 2000); }",
  );
  assert.equal(error, null);
  await kernel.shutdown();
});

Deno.test("an output above the cap is refused", async () => {
  const kernel = await startKernel({ cwd: Deno.cwd() });
  await assert.rejects(
    kernel.execute(`console.log("x".repeat(6e6))`),
    (error) =>
      error instanceof Refusal &&
      /at most 5.0 MB: current value is 6.0 MB/.test(error.message),
  );
  await kernel.shutdown();
});

Deno.test("the stop button reaches a cell that listens, and the next cell works", () =>
  withKernel(async (kernel) => {
    await kernel.execute(
      `let stop = false; Deno.addSignalListener("SIGINT", () => { stop = true; });`,
    );
    setTimeout(() => kernel.interrupt(), 200);
    await kernel.execute(
      `while (!stop) await new Promise((r) => setImmediate(r));`,
    );
    assert.equal(
      text((await kernel.execute(`console.log("still here")`)).outputs),
      "still here\n",
    );
  }));

Deno.test("what a cell sends in the wrong shape is refused by the name of its part", async () => {
  const refused: [string, unknown, RegExp][] = [
    ["display_data", null, /its content must be an object/],
    ["display_data", { data: null }, /data of an output must be an object/],
    [
      "display_data",
      { data: { "image/png": 1 } },
      /image\/png of data of an output must be text/,
    ],
    ["stream", { name: "x", text: "a" }, /name of an output must be "stdout"/],
    [
      "update_display_data",
      { data: [] },
      /data of an output must be an object/,
    ],
  ];
  for (const [type, content, message] of refused) {
    const kernel = await startKernel({ cwd: Deno.cwd() });
    await assert.rejects(
      kernel.execute(
        `Deno.jupyter.broadcast("${type}", ${JSON.stringify(content)})`,
      ),
      (error) => error instanceof Refusal && message.test(error.message),
      type,
    );
    await kernel.shutdown();
  }
});

Deno.test("a thrown value of any kind is an error of its cell", () =>
  withKernel(async (kernel) => {
    for (const thrown of ["null", "undefined", "5", "{ a: 1 }", "Symbol()"]) {
      const { error, outputs } = await kernel.execute(`throw ${thrown};`);
      assert.ok(error, thrown);
      assert.deepEqual(outputs.map((o) => o.output_type), ["error"], thrown);
    }
  }));
