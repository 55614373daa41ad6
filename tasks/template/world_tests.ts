import assert from "node:assert/strict";
import { stream } from "../../lib/numeric/random.ts";
import { correlation, variance } from "../../lib/numeric/statistics.ts";
import { bestCorrelation, sampleWorld, worldConfig } from "./world.ts";

Deno.test("the world is the paper's", () => {
  assert.fail(
    "data/worlds/template.ts still draws the example's world: write there how " +
      "the paper makes its data, test here what is known of it (sizes, how " +
      "often each cause is on, limits in closed form), then delete this test",
  );
});

Deno.test("a sensor varies by cause and noise, and shares the cause alone", () => {
  const config = worldConfig({ sensors: 2, strength: 2, noise: 1 });
  const n = 20_000;
  const { inputs, causes } = sampleWorld(stream(1, "data"), n, config);
  const sensor = (j: number): Float64Array =>
    causes.map((_, i) => inputs[2 * i + j]);
  assert.ok(Math.abs(variance(sensor(0)) - 5) < 0.2);
  assert.ok(Math.abs(correlation(sensor(0), sensor(1)) - 4 / 5) < 0.02);
});

Deno.test("the mean of the sensors reaches the limit", () => {
  const config = worldConfig();
  const { sensors } = config;
  const n = 20_000;
  const { inputs, causes } = sampleWorld(stream(2, "data"), n, config);
  const sums = causes.map((_, i) =>
    inputs.subarray(i * sensors, (i + 1) * sensors).reduce((a, b) => a + b)
  );
  const reached = correlation(sums, causes);
  assert.ok(Math.abs(reached - bestCorrelation(config)) < 0.01, `${reached}`);
  assert.equal(bestCorrelation(worldConfig({ strength: 0 })), 0);
});

Deno.test("a world that cannot be is refused", () => {
  assert.throws(() => worldConfig({ noise: 0 }), /noise must be .* > 0/);
  assert.throws(() => worldConfig({ noize: 1 } as never), /mean "noise"/);
});
