import assert from "node:assert/strict";
import { helmholtzConfig, initHelmholtz } from "./machine.ts";
import { onlineMachine } from "./online_machine.ts";
import { splitAndMerge, usage } from "./split_and_merge.ts";
import { bernoulli, type Rng, stream } from "../numeric/random.ts";
import { summarize } from "../numeric/statistics.ts";

const config = helmholtzConfig({
  visible: 8,
  hidden: 4,
  top: 1,
  visibleBias: -4,
  hiddenBias: -1,
});

/** Four parts of two pixels each, on or off independently. */
function parts(rng: Rng, out: Uint8Array): void {
  for (let j = 0; j < 4; j++) out.fill(bernoulli(rng, 0.3), 2 * j, 2 * j + 2);
}

/** A code with parts 0, 1, the whole of 2 and 3 in one unit, and an idle unit. */
function stuck(): ReturnType<typeof initHelmholtz> {
  const params = initHelmholtz(stream(1, "init"), config);
  params.topToHidden.fill(0);
  params.hiddenToVisible.fill(0);
  params.visibleToHidden.fill(0);
  params.hiddenRecognitionBias.fill(-4);
  [[0, 1], [2, 3], [4, 5, 6, 7], []].forEach((pixels, j) => {
    for (const i of pixels) {
      params.hiddenToVisible[j * 8 + i] = 7;
      params.visibleToHidden[i * 4 + j] = 4;
    }
  });
  return params;
}

for (const inference of ["gibbs", "drawn"] as const) {
  Deno.test(`by ${inference}, the idle unit is found useless and takes half of the one that explains worst`, () => {
    const params = stuck();
    const learning = { inference, samples: 2, holdTopBias: 0 };
    const rng = stream(1, "train");
    const machine = onlineMachine(rng, params, parts, learning);
    const found = usage(machine, params, { images: 200, on: "all" });
    assert.ok(
      found.use.subarray(0, 3).every((use) => use > 0.5),
      `${found.use}`,
    );
    const before = params.hiddenToVisible.slice();
    const done = splitAndMerge(rng, params, found);
    assert.equal(done?.unit, 3);
    assert.equal(done?.from, 2);
    for (let i = 0; i < 8; i++) {
      const [whole, left, taken] = [
        before[16 + i],
        params.hiddenToVisible[16 + i],
        params.hiddenToVisible[24 + i],
      ];
      // A weight is shared out one and a half times, each at least half of it.
      assert.ok(Math.abs(left + taken - 1.5 * whole) < 1e-12);
      assert.ok(left >= whole / 2 && taken >= whole / 2);
      assert.equal(
        params.visibleToHidden[4 * i + 3],
        params.visibleToHidden[4 * i + 2],
      );
    }
  });
}

Deno.test("on the images that it explains, an idle unit's use is the same with less noise", () => {
  const params = stuck();
  const [all, explained] = (["all", "explained"] as const).map((on) =>
    summarize(
      Array.from({ length: 20 }, (_, n) => {
        const machine = onlineMachine(stream(n, "train"), params, parts, {
          inference: "gibbs",
          samples: 2,
          holdTopBias: 0,
        });
        return usage(machine, params, { images: 50, on }).use[3];
      }),
    )
  );
  const apart = explained.mean - all.mean;
  assert.ok(Math.abs(apart) < all.sd, `${apart}`);
  assert.ok(explained.sd < 0.7 * all.sd, `${explained.sd}, ${all.sd}`);
});

Deno.test("where every unit is of use, nothing is recycled", () => {
  const params = stuck();
  const before = structuredClone(params);
  const use = Float64Array.of(1, 1.2, 0.3, 0.9);
  const blame = Float64Array.of(1, 2, 3, 4);
  const rng = stream(1, "train");
  assert.equal(splitAndMerge(rng, params, { use, blame }), null);
  assert.deepEqual(params, before);
});
