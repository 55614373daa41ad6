import assert from "node:assert/strict";
import {
  helmholtzConfig,
  type HelmholtzParams,
  initHelmholtz,
} from "./machine.ts";
import { wakeSleep } from "./wake_sleep.ts";
import { type Rng, stream } from "../numeric/random.ts";
import { compileWakeSleep } from "./compiled_wake_sleep.ts";

function bars(rng: Rng, out: Uint8Array): void {
  for (let i = 0; i < out.length; i++) {
    out[i] = i % 3 === 0 ? (rng() < 0.4 ? 1 : 0) : out[i - i % 3];
  }
}

const sizes = [[32, 16, 4], [7, 5, 3], [1, 1, 1], [9, 24, 10], [17, 8, 1]];

for (const [visible, hidden, top] of sizes) {
  Deno.test(
    `a compiled ${visible}-${hidden}-${top} machine learns the same bits`,
    () => {
      const config = helmholtzConfig({ visible, hidden, top });
      const machines = [0, 1].map(() =>
        initHelmholtz(stream(3, "init"), config)
      );
      const steps = 2000;
      const rng = stream(3, "train");
      const update = wakeSleep(machines[0], bars);
      for (let i = 0; i < steps; i++) update(rng, 0.1 - i * 1e-5);
      const compiled = compileWakeSleep(
        stream(3, "train"),
        machines[1],
        bars,
      );
      for (let i = 0; i < steps; i++) compiled.update(0.1 - i * 1e-5);
      compiled.store();
      for (const name in machines[0]) {
        const key = name as keyof HelmholtzParams;
        assert.deepEqual(machines[1][key], machines[0][key], name);
      }
      assert.deepEqual(compiled.state(), rng.state());
    },
  );
}
