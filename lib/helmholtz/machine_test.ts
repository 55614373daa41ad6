import assert from "node:assert/strict";
import {
  bytesMoved,
  dream,
  fantasies,
  helmholtzConfig,
  type HelmholtzParams,
  initHelmholtz,
  layersOf,
  meanActivity,
  receptiveFields,
  recognize,
  reconstruct,
  trainHelmholtz,
} from "./machine.ts";
import { onlineMachine } from "./online_machine.ts";
import { exactLogLikelihood } from "./likelihood.ts";
import { sampleTwoCauses, TWO_CAUSES } from "../../tests/helmholtz_oracle.ts";
import { paramsSha256 } from "../run/results.ts";
import { mean } from "../numeric/statistics.ts";
import { bernoulli, type Rng, stream } from "../numeric/random.ts";
import { finish } from "../run/training.ts";

const config = helmholtzConfig({
  visible: 6,
  hidden: 4,
  top: 2,
  steps: 4000,
  visibleBias: 0,
  evalEvery: 1000,
});

const nll = (params: HelmholtzParams): { nll: number } => ({
  nll: -mean(exactLogLikelihood(params, TWO_CAUSES)),
});

function train(seed: number, overrides = {}): {
  rows: { step: number; nll: number }[];
  params: HelmholtzParams;
} {
  const c = { ...config, ...overrides };
  const params = initHelmholtz(stream(seed, "init"), c);
  const run = trainHelmholtz(params, {
    config: c,
    learner: onlineMachine(stream(seed, "train"), params, sampleTwoCauses),
    evaluate: nll,
  });
  const rows: { step: number; nll: number }[] = [];
  const trained = finish(run, (row) => rows.push(row));
  return { rows, params: trained };
}

Deno.test("wake-sleep learns two causes, close to one bit an image", () => {
  const { rows } = train(1);
  assert.ok(rows[0].nll > 3.5);
  assert.ok(rows.at(-1)!.nll < 0.9, `${rows.at(-1)!.nll} nats`);
});

Deno.test("with no data behind it, wake-sleep does not learn them (control)", () => {
  const c = config;
  const noise = (rng: Rng, out: Uint8Array): void => {
    for (let i = 0; i < 6; i++) out[i] = bernoulli(rng, 0.5);
  };
  const params = initHelmholtz(stream(1, "init"), c);
  const { update } = onlineMachine(stream(1, "train"), params, noise);
  for (let i = 0; i < c.steps; i++) update(c.learningRate);
  assert.ok(nll(params).nll > 3);
});

Deno.test("a seed gives the same bytes, and evaluating changes none", async () => {
  const hash = (seed: number, overrides = {}): Promise<string> =>
    paramsSha256({ ...train(seed, overrides).params });
  const first = await hash(1);
  assert.equal(await hash(1), first);
  assert.equal(await hash(1, { evalEvery: 77 }), first);
  assert.notEqual(await hash(2), first);
});

Deno.test("training that is asked to stop returns what it has", () => {
  const params = initHelmholtz(stream(1, "init"), config);
  const run = trainHelmholtz(params, {
    config,
    learner: onlineMachine(stream(1, "train"), params, sampleTwoCauses),
    evaluate: nll,
  });
  run.next();
  assert.equal(run.next().value, 500); // a pause
  const row = run.next(true).value as { step: number; nll: number };
  assert.deepEqual(row, { step: 500, ...nll(params) });
  const last = run.next(true);
  assert.ok(last.done);
  assert.equal(last.value, params);
});

Deno.test("one update is the delta rule, computed by hand", () => {
  // One unit a layer and certain data: every probability is known.
  const tiny = helmholtzConfig({ visible: 1, hidden: 1, top: 1, initScale: 1 });
  const params = initHelmholtz(stream(3, "init"), tiny);
  const before = structuredClone(params);
  // Draws: h on, t off, then t off, h off, v on in the dream.
  const draws = [0, 0.999999, 0.999999, 0.999999, 0];
  onlineMachine(() => draws.shift()!, params, (_, out) => out[0] = 1)
    .update(0.5);
  const s = (x: number): number => 1 / (1 + Math.exp(-x));
  const close = (a: number, b: number): void =>
    assert.ok(Math.abs(a - b) < 1e-14, `${a} is not ${b}`);
  close(params.topBias[0], 0.5 * (0 - s(0)));
  close(params.hiddenBias[0], 0.5 * (1 - s(0)));
  assert.equal(params.topToHidden[0], before.topToHidden[0]);
  const input = before.visibleBias[0] + before.hiddenToVisible[0];
  close(
    params.hiddenToVisible[0],
    before.hiddenToVisible[0] + 0.5 * (1 - s(input)),
  );
  close(params.visibleBias[0], before.visibleBias[0] + 0.5 * (1 - s(input)));
  const back = before.visibleToHidden[0];
  close(params.visibleToHidden[0], back + 0.5 * (0 - s(back)));
  close(params.hiddenRecognitionBias[0], 0.5 * (0 - s(back)));
  assert.equal(params.hiddenToTop[0], before.hiddenToTop[0]);
  close(params.topRecognitionBias[0], 0.5 * (0 - s(0)));
  assert.equal(draws.length, 0);
});

Deno.test("a clamped top layer stays as it is in a dream", () => {
  const params = initHelmholtz(stream(1, "init"), config);
  const layers = layersOf(params);
  layers.t.set([1, 0]);
  dream(stream(1, "figures"), params, layers, true);
  assert.deepEqual([...layers.t], [1, 0]);
  recognize(stream(1, "figures"), params, layers);
  assert.ok([...layers.h, ...layers.t].every((s) => s === 0 || s === 1));
});

Deno.test("a configuration that cannot work is refused", () => {
  assert.throws(
    () => helmholtzConfig({ hidden: 400 }),
    /Cannot train the Helmholtz machine as hidden must be an integer from 1 to 64/,
  );
  assert.throws(() => helmholtzConfig({ learningRate: -1 }), RangeError);
});

Deno.test("a trained machine dreams and rebuilds the patterns that it knows", () => {
  const { params } = train(1);
  const known = ["111000", "000111"];
  const dreams = fantasies(stream(1, "figures"), params, { count: 200 });
  const texts = Array.from(
    { length: 200 },
    (_, k) => dreams.subarray(6 * k, 6 * k + 6).join(""),
  );
  assert.ok(texts.filter((text) => known.includes(text)).length > 160);
  const rebuilt = reconstruct(
    stream(2, "figures"),
    params,
    Uint8Array.of(1, 1, 1, 0, 0, 0),
  );
  assert.equal([...rebuilt].map(Math.round).join(""), "111000");
});

Deno.test("a clamped top state is the same in every fantasy", () => {
  const params = initHelmholtz(stream(1, "init"), config);
  params.topToHidden.set([40, 40, 40, 40], 0);
  params.hiddenBias.fill(-20);
  params.hiddenToVisible.fill(20);
  params.visibleBias.fill(-10);
  const on = fantasies(stream(1, "figures"), params, { count: 9, top: [1, 0] });
  const off = fantasies(stream(1, "figures"), params, {
    count: 9,
    top: [0, 0],
  });
  assert.ok(on.every((pixel) => pixel === 1));
  assert.ok(off.every((pixel) => pixel === 0));
});

Deno.test("a receptive field is what one unit changes in the pixels", () => {
  const params = initHelmholtz(stream(1, "init"), config);
  params.hiddenToVisible.fill(0);
  params.hiddenToVisible[7] = 100; // unit 1, pixel 1
  const fields = receptiveFields(params);
  assert.equal(fields[7], 0.5);
  assert.ok(fields.every((value, i) => i === 7 || value === 0));
});

Deno.test("with every unit on, an update moves every weight four times", () => {
  const params = initHelmholtz(stream(1, "init"), config);
  params.hiddenRecognitionBias.fill(50);
  params.topRecognitionBias.fill(50);
  const on = meanActivity(stream(1, "eval"), params, {
    sample: (_, out) => out.fill(1),
    count: 10,
  });
  assert.deepEqual(on, { visible: 6, hidden: 4, top: 2 });
  assert.equal(bytesMoved(params, on), 8 * 4 * 2 * (6 * 4 + 4 * 2));
});
