import assert from "node:assert/strict";
import { exactLogLikelihood } from "./likelihood.ts";
import {
  helmholtzConfig,
  initHelmholtz,
  type OnlineUpdate,
} from "./machine.ts";
import { wakeSleep } from "./wake_sleep.ts";
import { reweightedWakeSleep } from "./reweighted_wake_sleep.ts";
import { bernoulli, type Rng, stream } from "../numeric/random.ts";
import { mean } from "../numeric/statistics.ts";

const config = helmholtzConfig({
  visible: 6,
  hidden: 4,
  top: 2,
  visibleBias: 0,
});

function sample(rng: Rng, out: Uint8Array): void {
  const right = bernoulli(rng, 0.5);
  for (let i = 0; i < 6; i++) out[i] = (i >= 3) === (right === 1) ? 1 : 0;
}

/** NLL in nats after 1,500 images, mean over five seeds. */
function learn(
  make: (params: ReturnType<typeof initHelmholtz>) => OnlineUpdate,
): number {
  return mean([1, 2, 3, 4, 5].map((seed) => {
    const params = initHelmholtz(stream(seed, "init"), config);
    const update = make(params);
    const rng = stream(seed, "train");
    for (let i = 0; i < 1500; i++) update(rng, 0.1);
    const patterns = Uint8Array.from("111000000111");
    return -mean(exactLogLikelihood(params, patterns));
  }));
}

Deno.test("five weighted recognitions learn a small world at least as well as one", () => {
  const plain = learn((params) => wakeSleep(params, sample));
  const weighted = learn((params) => reweightedWakeSleep(params, sample, 5));
  assert.ok(weighted < 1.5, `${weighted} nats`);
  assert.ok(weighted < plain + 0.1, `${weighted} against ${plain} nats`);
});
