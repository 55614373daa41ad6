/**
 * Training as a generator, so that whoever runs it can watch it and stop it.
 *
 * The protocol, of every training in this project:
 *
 * - it yields a row of its history every so often, an object;
 * - between rows it pauses often, by yielding the number of the step it is at;
 * - it returns its final state;
 * - when `next(true)` is called, it ends: it yields one last row, of where it
 *   is, unless it has just done so or measuring pauses, and returns the state
 *   that it has; there is always one row at least;
 * - neither pauses nor rows change what is learned.
 *
 * ```ts
 * function* train(): Training<{ step: number; loss: number }, { weight: number }> {
 *   const state = { weight: 0 };
 *   yield* trainingSteps({ steps: 100, evalEvery: 10 }, {
 *     update: () => void (state.weight += 0.1),
 *     row: (step) => ({ step, loss: 1 / step }),
 *   });
 *   return state;
 * }
 * ```
 *
 * @module
 */

/** How long a training is, and how often it tells where it is. */
export interface TrainingConfig {
  /** Updates. */
  steps: number;
  /** Step size of an update. */
  learningRate: number;
  /** Updates from one row of the history to the next. */
  evalEvery: number;
}

/** A generator that trains; see the protocol above. */
export type Training<Row extends object, State> = Generator<
  Row | number,
  State,
  boolean | void
>;

/** Metrics of a row: at once, or with pauses where they take long. */
export type Measurement<Metrics extends object> =
  | Metrics
  | Training<never, Metrics>;

/**
 * Measures for a row. A stop ends a measurement that pauses, and then there is
 * no row: null. One that is `needed` is brought to its end all the same.
 *
 * @param step what its pauses yield
 */
export function* measured<Metrics extends object>(
  measurement: Measurement<Metrics>,
  { step, needed }: { step: number; needed: boolean },
): Training<never, Metrics | null> {
  if (!("next" in measurement)) return measurement;
  for (let next = measurement.next();; next = measurement.next()) {
    if (next.done) return next.value;
    if (!(yield step)) continue;
    if (needed) return finish(measurement);
    measurement.return(undefined as never); // gives back what it holds
    return null;
  }
}

/**
 * The loop of a training that keeps to the protocol: updates until `steps` are
 * made, with a pause after each; a row every `evalEvery` updates, after the
 * last, and at a stop, which is the end.
 *
 * @param size `from`: updates made before; default 0
 * @param work `update` makes the update that follows on `step` others; `row`
 *   tells where the training is after `step` updates
 */
export function* trainingSteps<Row extends object>(
  { steps, evalEvery, from = 0 }:
    & Pick<TrainingConfig, "steps" | "evalEvery">
    & { from?: number },
  { update, row }: {
    update: (step: number) => void;
    row: (step: number) => Measurement<Row>;
  },
): Training<Row, void> {
  let needed = true;
  for (let step = from; step < steps;) {
    update(step++);
    const due = step % evalEvery === 0 || step === steps;
    if (!due && !(yield step)) continue;
    const at = yield* measured(row(step), { step, needed });
    if (at === null) return;
    needed = false;
    if (yield at) return;
  }
}

/** The next row, or the end: goes on over the pauses. */
export function nextRow<Row extends object, State>(
  training: Training<Row, State>,
  stop = false,
): IteratorResult<Row, State> {
  for (let at = training.next(stop);; at = training.next(stop)) {
    if (at.done) return at;
    if (typeof at.value === "object") return { ...at, value: at.value };
  }
}

/** Trains to the end. Hands each row to `watch`; returns the final state. */
export function finish<Row extends object, State>(
  training: Training<Row, State>,
  watch: (row: Row) => void = () => {},
): State {
  for (;;) {
    const next = nextRow(training);
    if (next.done) return next.value;
    watch(next.value);
  }
}

/** The same training with other rows, which ends once `enough` says so. */
export function* withRows<Row extends object, State, Other extends object>(
  training: Training<Row, State>,
  change: (row: Row) => Other,
  enough: () => boolean = () => false,
): Training<Other, State> {
  let next = training.next();
  while (!next.done) {
    const { value } = next;
    const at = typeof value === "object" ? change(value) : value;
    next = training.next((yield at) || enough());
  }
  return next.value;
}

/** The same training, which returns its rows besides its state. */
export function* withHistory<Row extends object, State>(
  training: Training<Row, State>,
): Training<Row, { state: State; rows: Row[] }> {
  const rows: Row[] = [];
  const state = yield* withRows(training, (row) => {
    rows.push(row);
    return row;
  });
  return { state, rows };
}

/**
 * Trains to the last of `steps`, then measures what was learned. A stop ends
 * either: then nothing has been measured, and the metrics are null.
 */
export function* trainAndMeasure<
  Row extends { step: number },
  State,
  Metrics extends object,
>(
  training: Training<Row, State>,
  { steps, measure }: {
    steps: number;
    measure: (state: State) => Measurement<Metrics>;
  },
): Training<Row, { state: State; metrics: Metrics | null }> {
  const { state, rows } = yield* withHistory(training);
  const step = rows.at(-1)?.step ?? 0;
  if (step < steps) return { state, metrics: null };
  const needed = false;
  const metrics = yield* measured(measure(state), { step, needed });
  return { state, metrics };
}

/**
 * Trainings one after the other, as one whose steps are they. Asked to stop,
 * it cuts short the one that it is at and all that follow, so that no state is
 * missing. Returns their states.
 */
export function* inTurn<State>(
  trainings: Iterable<Training<object, State>>,
): Training<{ step: number }, State[]> {
  const states: State[] = [];
  let stop: boolean | void = false;
  for (const training of trainings) {
    let next = training.next();
    while (!next.done) {
      stop ||= yield states.length;
      next = training.next(stop);
    }
    states.push(next.value);
    stop ||= yield { step: states.length };
  }
  return states;
}
