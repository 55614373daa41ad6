import assert from "node:assert/strict";
import {
  helmholtzConfig,
  type HelmholtzParams,
  initHelmholtz,
  type OnlineMachine,
  type Phase,
} from "./machine.ts";
import {
  FREE,
  type Learning,
  onlineMachine,
  WAKE_SLEEP,
} from "./online_machine.ts";
import { type Rng, stream } from "../numeric/random.ts";
import { compileWakeSleep } from "./compiled_wake_sleep.ts";

function bars(rng: Rng, out: Uint8Array): void {
  for (let i = 0; i < out.length; i++) {
    out[i] = i % 3 === 0 ? (rng() < 0.4 ? 1 : 0) : out[i - i % 3];
  }
}

/** Teaches both machines alike and holds one against the other. */
function alike(
  [visible, hidden, top]: number[],
  learning: Learning,
  { phase = FREE, steps }: { phase?: Phase; steps: number },
): void {
  const config = helmholtzConfig({ visible, hidden, top });
  const params = [0, 1].map(() => initHelmholtz(stream(3, "init"), config));
  const rng = stream(3, "train");
  const compiled = compileWakeSleep(
    stream(3, "train"),
    params[1],
    bars,
    learning,
  );
  const machines = [onlineMachine(rng, params[0], bars, learning), compiled];
  const [plain, fast] = machines.map((machine: OnlineMachine) => {
    machine.enter(phase);
    for (let i = 0; i < steps; i++) machine.update(0.1 - i * 1e-5);
    machine.see();
    const explained = [
      machine.explain(),
      machine.explain(0),
      machine.explain(hidden - 1),
    ];
    machine.store();
    return { explained, explanation: Array.from(machine.explanation) };
  });
  for (const name in params[0]) {
    const key = name as keyof HelmholtzParams;
    assert.deepEqual(params[1][key], params[0][key], name);
  }
  assert.deepEqual(fast, plain);
  assert.deepEqual(compiled.state(), rng.state());
}

const sizes = [[32, 16, 4], [7, 5, 3], [1, 1, 1], [9, 24, 10], [17, 8, 1]];

for (const [visible, hidden, top] of sizes) {
  Deno.test(`a compiled ${visible}-${hidden}-${top} machine learns the same bits`, () => {
    alike([visible, hidden, top], WAKE_SLEEP, { steps: 2000 });
    const gibbs = { inference: "gibbs", samples: 2, holdTopBias: 0 } as const;
    alike([visible, hidden, top], gibbs, { steps: 300 });
  });
}

const LEARNING: Learning[] = [
  { inference: "weighted", samples: 5, holdTopBias: 0 },
  { inference: "drawn", samples: 3, holdTopBias: 1 },
  { inference: "gibbs", samples: 2, holdTopBias: 0 },
  { inference: "chains", samples: 4, holdTopBias: 1 },
];
for (const learning of LEARNING) {
  const { inference } = learning;
  Deno.test(`compiled inference by ${inference} has the same bits, free and constrained`, () => {
    for (const size of [[12, 6, 2], [7, 5, 3]]) {
      alike(size, learning, { steps: 400 });
      for (const dropout of [0, 0.3]) {
        alike(size, learning, {
          phase: { constrained: true, dropout },
          steps: 400,
        });
      }
    }
  });
}
