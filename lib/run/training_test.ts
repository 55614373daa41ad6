import assert from "node:assert/strict";
import {
  finish,
  inTurn,
  measured,
  nextRow,
  trainAndMeasure,
  type Training,
  trainingSteps,
  withHistory,
  withRows,
} from "./training.ts";

interface Row {
  step: number;
  loss: number;
}

/** The example of the protocol: a row every `every` steps. */
function* train(steps = 6, every = 3): Training<Row, { steps: number }> {
  const state = { steps: 0 };
  yield* trainingSteps({ steps, evalEvery: every }, {
    update: (step) => void (state.steps = step + 1),
    row: (step) => ({ step, loss: 1 / step }),
  });
  return state;
}

Deno.test("a training pauses between its rows, and a stop makes a row due", () => {
  assert.deepEqual([...train()], [
    ...[1, 2, { step: 3, loss: 1 / 3 }],
    ...[4, 5, { step: 6, loss: 1 / 6 }],
  ]);
  const training = train();
  training.next();
  assert.deepEqual(training.next(true), {
    done: false,
    value: { step: 1, loss: 1 },
  });
  assert.deepEqual(training.next(true), { done: true, value: { steps: 1 } });
});

Deno.test("the next row is found over pauses, and a training is finished", () => {
  const training = train();
  assert.deepEqual(nextRow(training), {
    done: false,
    value: { step: 3, loss: 1 / 3 },
  });
  assert.equal(nextRow(training).done, false);
  assert.deepEqual(nextRow(training), { done: true, value: { steps: 6 } });
  const seen: number[] = [];
  assert.deepEqual(finish(train(), (row) => seen.push(row.step)), { steps: 6 });
  assert.deepEqual(seen, [3, 6]);
});

Deno.test("a stop while the next row is sought gives the last row", () => {
  const training = train();
  training.next();
  assert.deepEqual(nextRow(training, true).value, { step: 1, loss: 1 });
});

Deno.test("a training goes on from where it was, and pauses while it measures", () => {
  const going = (): Training<Row, void> =>
    trainingSteps({ steps: 5, evalEvery: 2, from: 3 }, {
      update: () => {},
      *row(step): Training<never, Row> {
        for (let k = 0; k < 2; k++) yield k;
        return { step, loss: 0 };
      },
    });
  const rows = [{ step: 4, loss: 0 }, { step: 5, loss: 0 }];
  assert.deepEqual([...going()], [4, 4, rows[0], 5, 5, rows[1]]);
  // The first row is brought to its end, any other is given up.
  const first = going();
  first.next();
  assert.deepEqual(first.next(true).value, rows[0]);
  assert.equal(first.next().value, 5);
  assert.deepEqual(first.next(true), { done: true, value: undefined });
});

Deno.test("a stop ends a measurement that pauses, unless it is needed", () => {
  let held = 0;
  function* measuring(): Training<never, { nll: number }> {
    held++;
    try {
      for (let k = 0; k < 3; k++) yield k;
      return { nll: 5 };
    } finally {
      held--;
    }
  }
  const run = (needed: boolean): ReturnType<typeof measured> =>
    measured(measuring(), { step: 7, needed });
  const ended = (stop: boolean, needed: boolean): unknown => {
    const at = run(needed);
    assert.deepEqual(at.next(), { done: false, value: 7 });
    return at.next(stop).value;
  };
  assert.deepEqual([...run(true)], [7, 7, 7]);
  assert.deepEqual(finish(run(false)), { nll: 5 });
  assert.equal(ended(false, false), 7);
  assert.deepEqual(ended(true, true), { nll: 5 });
  held = 0;
  assert.equal(ended(true, false), null);
  assert.equal(held, 0);
  const atOnce = measured({ nll: 3 }, { step: 7, needed: false });
  assert.deepEqual(atOnce.next(), { done: true, value: { nll: 3 } });
});

Deno.test("other rows leave pauses, state and stop as they are", () => {
  const doubled = withRows(train(), ({ step }) => ({ twice: 2 * step }));
  assert.deepEqual([...doubled], [1, 2, { twice: 6 }, 4, 5, { twice: 12 }]);
  let last = 0;
  const least = withRows(train(), (row) => {
    last = row.step;
    return row;
  }, () => last >= 3);
  assert.deepEqual([...least].map((at) => (at as Row).step ?? at), [1, 2, 3]);
  const stopped = withRows(train(), ({ step }) => ({ twice: 2 * step }));
  stopped.next();
  assert.deepEqual(stopped.next(true).value, { twice: 2 });
  assert.deepEqual(stopped.next(true), { done: true, value: { steps: 1 } });
});

Deno.test("a history is returned with the state, and changes neither pauses nor rows", () => {
  const training = withHistory(train());
  const { state, rows } = finish(training);
  assert.deepEqual(state, { steps: 6 });
  assert.deepEqual(rows, [{ step: 3, loss: 1 / 3 }, { step: 6, loss: 1 / 6 }]);
  assert.deepEqual([...withHistory(train())], [...train()]);
});

Deno.test("what was learned is measured at the end, unless a stop cut it short", () => {
  function* counted(state: { steps: number }): Training<never, object> {
    yield 0;
    return state;
  }
  const run = (measure: typeof counted = counted) =>
    trainAndMeasure(train(), { steps: 6, measure });
  const whole = { state: { steps: 6 }, metrics: { steps: 6 } };
  assert.deepEqual(finish(run()), whole);
  assert.deepEqual([...run()], [...train(), 6]);
  const training = run(() => assert.fail("measured"));
  assert.equal(training.next().value, 1);
  training.next(true);
  const cut = { state: { steps: 1 }, metrics: null };
  assert.deepEqual(training.next(true), { done: true, value: cut });
  const measuring = run();
  for (let at = measuring.next(); at.value !== 6; at = measuring.next());
  const end = measuring.next(true);
  assert.deepEqual(end, { done: true, value: { ...whole, metrics: null } });
});

Deno.test("in turn, all are trained; after a stop all that follow are cut short", () => {
  const rows: { step: number }[] = [];
  const three = (): Training<{ step: number }, { steps: number }[]> =>
    inTurn([train(), train(), train()]);
  const steps = (states: { steps: number }[]): number[] =>
    states.map((state) => state.steps);
  assert.deepEqual(steps(finish(three(), (row) => rows.push(row))), [6, 6, 6]);
  assert.deepEqual(rows, [{ step: 1 }, { step: 2 }, { step: 3 }]);
  const stopped = three();
  assert.deepEqual(nextRow(stopped).value, { step: 1 });
  assert.equal(stopped.next().value, 1);
  const end = stopped.next(true);
  assert.deepEqual(end.done && steps(end.value), [6, 1, 1]);
});
