import assert from "node:assert/strict";
import { experimentModule } from "../../lib/run/experiment.ts";
import { closeSweep } from "../../lib/run/sweep.ts";
import { type Training, withRows } from "../../lib/run/training.ts";
import { follow, followSeeds, progressLine, requestStop } from "./progress.ts";

interface Row {
  step: number;
  loss: number;
}

function* train(
  steps: number,
  ms = 0,
): Training<Row, { weights: number }> {
  const state = { weights: 0 };
  for (let step = 1; step <= steps; step++) {
    const end = performance.now() + ms;
    while (performance.now() < end);
    state.weights = step;
    if (yield { step, loss: 1 / step }) break;
  }
  return state;
}

Deno.test("following returns all rows and the final state", async () => {
  const { rows, state, interrupted } = await follow(train(5), {
    label: "a model",
    total: 5,
  });
  assert.deepEqual(rows.map((row) => row.step), [1, 2, 3, 4, 5]);
  assert.deepEqual([state, interrupted], [{ weights: 5 }, false]);
});

Deno.test("following lets other work run while it trains", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 10);
  await follow(train(60, 5), { label: "a model", total: 60 });
  clearInterval(timer);
  assert.ok(ticks >= 2, `${ticks} ticks`);
});

Deno.test("a stop keeps the rows and the state that were reached", async () => {
  // After the tenth row: how many a tenth of a second holds is the machine's.
  const training = withRows(train(1e6, 2), (row) => {
    if (row.step === 10) setTimeout(requestStop, 0);
    return row;
  });
  const run = await follow(training, { label: "a model", total: 1e6 });
  assert.equal(run.interrupted, true);
  assert.ok(run.rows.length >= 10 && run.rows.length < 200);
  assert.equal(run.state.weights, run.rows.length);
});

Deno.test("a stop between two rows is heard at the next pause, and leaves a last row", async () => {
  function* rare(): Training<Row, { weights: number }> {
    for (let step = 1;; step++) {
      const end = performance.now() + 2;
      while (performance.now() < end);
      const due = step % 1e6 === 0;
      if (!due && !(yield step)) continue;
      if (yield { step, loss: 1 / step }) return { weights: step };
    }
  }
  const start = performance.now();
  setTimeout(requestStop, 100);
  const run = await follow(rare(), { label: "a model", total: 1e6 });
  assert.ok(performance.now() - start < 1000);
  assert.equal(run.interrupted, true);
  assert.deepEqual(run.rows.map((row) => row.step), [run.state.weights]);
});

Deno.test("a stop is heard by all that is followed at the time", async () => {
  setTimeout(requestStop, 50);
  const runs = await Promise.all(
    [1, 2].map(() => follow(train(1e6, 2), { label: "a model", total: 1e6 })),
  );
  assert.deepEqual(runs.map((run) => run.interrupted), [true, true]);
});

const small = {
  module: experimentModule("two_view_agreement"),
  settings: { steps: 20, heldOut: 50 },
};

Deno.test("following seeds returns them in order, and a stop the first at least", async () => {
  try {
    const all = await followSeeds([3, 1], small, { label: "two", total: 20 });
    assert.deepEqual(all.map(({ seed }) => seed), [3, 1]);
    const long = { ...small, settings: { ...small.settings, steps: 1e9 } };
    setTimeout(requestStop, 200);
    const cut = await followSeeds([1, 2, 3], long, {
      label: "all",
      total: 1e9,
    });
    assert.deepEqual(cut.map(({ seed }) => seed), [1]);
    assert.ok(Number.isFinite(cut[0].metrics.eta));
    const bad = { ...small, settings: { steps: 0 } };
    await assert.rejects(
      followSeeds([1], bad, { label: "bad", total: 1 }),
      /seed 1 failed: .*steps must be an integer ≥ 1/,
    );
  } finally {
    closeSweep();
  }
});

Deno.test("a stop of one training does not stop the next", async () => {
  requestStop();
  const run = await follow(train(3), { label: "a model", total: 3 });
  assert.equal(run.interrupted, false);
});

Deno.test("a generator that ignores the stop is one clear error", async () => {
  function* stubborn(): Training<Row, null> {
    for (let step = 1; step < 1000; step++) {
      const end = performance.now() + 5;
      while (performance.now() < end);
      yield { step, loss: 0 };
    }
    return null;
  }
  setTimeout(requestStop, 30);
  await assert.rejects(
    follow(stubborn(), { label: "a model", total: 1000 }),
    /must return when next\(true\) is called/,
  );
});

Deno.test("an error inside the training is passed on", async () => {
  // deno-lint-ignore require-yield
  function* fails(): Training<Row, null> {
    throw new RangeError("loss is not finite");
  }
  await assert.rejects(
    follow(fails(), { label: "a model", total: 1 }),
    /loss is not finite/,
  );
});

const options = { label: "a <model>", total: 2000, metric: (r: Row) => r.loss };
const rows = [{ step: 500, loss: 2 }, { step: 1000, loss: 0.5 }];

Deno.test("the line holds step, rate, remaining time and metric while it runs", () => {
  const { text, html } = progressLine(rows, { ...options, elapsed: 2000 });
  assert.equal(
    text,
    "a <model> · 1,000 of 2,000 steps · 500 a second · 2 s left · 0.500",
  );
  assert.match(html, /a &lt;model&gt;/);
  assert.match(html, /aria-label="50 %"/);
  assert.match(html, /<polyline/);
});

Deno.test("between rows the line goes on with the step that was reached", () => {
  const { text, html } = progressLine(rows, {
    ...options,
    elapsed: 3000,
    at: 1500,
  });
  assert.equal(
    text,
    "a <model> · 1,500 of 2,000 steps · 500 a second · 1 s left · 0.500",
  );
  assert.match(html, /aria-label="75 %"/);
});

Deno.test("the line that stays holds steps and metric, no times", () => {
  const done = progressLine(rows, { ...options, end: "done" });
  assert.equal(done.text, "a <model> · 1,000 of 2,000 steps · 0.500");
  const stopped = progressLine(rows, { ...options, end: "stopped" });
  assert.match(stopped.text, /stopped, state kept/);
});

Deno.test("a metric may be words, with a curve beside", () => {
  const { text, html } = progressLine(rows, {
    ...options,
    metric: (r) => `${r.loss} bits`,
    curve: (r) => r.loss,
  });
  assert.match(text, /0\.5 bits$/);
  assert.match(html, /curve from 2 to 0\.500/);
});

Deno.test("a stop within an evaluation says how far the training had come", () => {
  const options = { label: "a model", total: 1000, end: "stopped" as const };
  const rows = [{ step: 0, loss: 1 }];
  assert.match(
    progressLine(rows, { ...options, at: 700 }).text,
    /700 of 1,000 steps · stopped, state kept/,
  );
});

Deno.test("a stop within an evaluation is kept at the last pause", async () => {
  let seen = 0;
  function* evaluating(): Training<Row, number> {
    yield { step: 0, loss: 1 };
    for (let step = 1; step <= 500; step++) {
      const end = performance.now() + 2;
      while (performance.now() < end);
      seen = step;
      if (yield step) return step; // no row: the evaluation was cut short
    }
    return 500;
  }
  setTimeout(requestStop, 60);
  const run = await follow(evaluating(), { label: "a model", total: 500 });
  assert.equal(run.interrupted, true);
  assert.equal(run.state, seen);
});

Deno.test("a process that gets no turn for a while is not taken for one that was stopped", async () => {
  // Holds the thread for longer than a loop may rest, again and again.
  const busy = setInterval(() => {
    const end = performance.now() + 500;
    while (performance.now() < end);
  }, 60);
  try {
    const run = await follow(train(80, 5), { label: "a model", total: 80 });
    assert.equal(run.rows.length, 80);
  } finally {
    clearInterval(busy);
  }
});
