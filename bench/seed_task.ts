/**
 * What `bench --threads` trains on each seed: Imax with its data.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { stereoSampler } from "../data/worlds/stereograms.ts";
import { imaxModel, imaxStep } from "../lib/imax/imax.ts";
import { stream } from "../lib/numeric/random.ts";
import { type SeedTask, seedTask } from "../lib/run/sweep.ts";

/** Options of the task. */
export interface BenchSeed {
  steps: number;
}

/** Trains and returns the SHA-256 of the weights. */
export const trainSeed: SeedTask<BenchSeed, string> = (seed, { steps }) => {
  const model = imaxModel(stream(seed, "init"));
  const step = imaxStep(model, stereoSampler());
  const rng = stream(seed, "data");
  for (let i = 0; i < steps; i++) step(rng);
  const hash = createHash("sha256");
  for (const name of Object.keys(model.params).sort()) {
    const { data } = model.params[name];
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
};

/** `trainSeed`, as workers find it. */
export const BENCH_TASK = seedTask(import.meta.url, "trainSeed");
