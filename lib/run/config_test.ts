import assert from "node:assert/strict";
import * as is from "./checks.ts";
import {
  checkedConfig,
  checkPreset,
  type Configure,
  partOf,
  refusal,
  startingFrom,
  withDefaults,
} from "./config.ts";

interface Toy {
  batchSize: number;
  learningRate: number;
  noise: number;
  optimizer: string;
}

const trainConfig: Configure<Toy> = checkedConfig(
  "train a toy",
  {
    batchSize: [32, is.positiveInteger],
    learningRate: [0.1, is.positive],
    noise: [0.2, is.probability],
    optimizer: ["adam", is.oneOf("adam", "sgd")],
  },
  ({ optimizer, learningRate }) => [
    [
      "learningRate",
      optimizer !== "sgd" || learningRate <= 1,
      "at most 1 with sgd",
    ],
  ],
);

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  throw new Error("nothing was thrown");
}

Deno.test("overrides are laid over the defaults and frozen", () => {
  const config = trainConfig({ batchSize: 8, noise: undefined });
  assert.deepEqual(config, {
    batchSize: 8,
    learningRate: 0.1,
    noise: 0.2,
    optimizer: "adam",
  });
  assert.ok(Object.isFrozen(config));
});

Deno.test("an unknown key is answered with the nearest and with all keys", () => {
  assert.equal(
    messageOf(() => trainConfig({ learninRate: 1 } as never)),
    'RangeError: Cannot train a toy as "learninRate" is not one of its settings' +
      ' (did you mean "learningRate"?): they are batchSize, learningRate, noise, optimizer',
  );
});

Deno.test("a value out of range is answered with what it must be", () => {
  assert.equal(
    messageOf(() => trainConfig({ batchSize: 0 })),
    "RangeError: Cannot train a toy as batchSize must be an integer ≥ 1: current value is 0",
  );
  assert.match(messageOf(() => trainConfig({ noise: 1.5 })), /from 0 to 1/);
  assert.match(messageOf(() => trainConfig({ learningRate: NaN })), /NaN/);
  assert.match(
    messageOf(() => trainConfig({ optimizer: "adamw" })),
    /one of "adam", "sgd": current value is "adamw"/,
  );
});

Deno.test("a value of another type is refused", () => {
  assert.equal(
    messageOf(() => trainConfig({ batchSize: "8" as never })),
    'RangeError: Cannot train a toy as batchSize must be a number: current value is "8"',
  );
});

Deno.test("a rule between keys is checked", () => {
  assert.match(
    messageOf(() => trainConfig({ optimizer: "sgd", learningRate: 2 })),
    /learningRate must be at most 1 with sgd: current value is 2/,
  );
});

Deno.test("settings of several parts are checked together, then by each part's rules", () => {
  const settings: Configure<Toy & { images: number }> = checkedConfig(
    "study the toy",
    {
      ...withDefaults(trainConfig.fields, { noise: 0 }),
      images: [4, is.positiveInteger],
    },
    (all) => void partOf(trainConfig, all),
  );
  const all = settings({ batchSize: 8 });
  assert.deepEqual(Object.keys(all), [...Object.keys(trainConfig()), "images"]);
  assert.deepEqual(
    partOf(trainConfig, all),
    trainConfig({ batchSize: 8, noise: 0 }),
  );
  assert.match(messageOf(() => settings({ images: 0 })), /Cannot study the/);
  assert.match(
    messageOf(() => settings({ noise: 2 })),
    /Cannot study the toy as noise/,
  );
  assert.match(
    messageOf(() => settings({ optimizer: "sgd", learningRate: 2 })),
    /Cannot train a toy as learningRate/,
  );
});

Deno.test("numbers are finite, whether or not a key asks for more", () => {
  const config: Configure<{ bias: number }> = checkedConfig("be finite", {
    bias: [0],
  });
  assert.equal(config({ bias: -1e300 }).bias, -1e300);
  for (const bias of [NaN, Infinity, -Infinity]) {
    assert.match(
      messageOf(() => config({ bias })),
      /bias must be a finite number: current value is/,
    );
  }
  assert.match(messageOf(() => config({ bias: null as never })), /a number/);
});

Deno.test("a key names where the others start from, and overrides lie on top", () => {
  const starts = { adam: { noise: 0.1 }, sgd: { learningRate: 0.5 } };
  const config = startingFrom<Toy, "optimizer">(
    "optimizer",
    starts as Record<string, Partial<Toy>>,
    trainConfig,
  );
  assert.deepEqual(config(), trainConfig({ noise: 0.1 }));
  const named = config({ optimizer: "sgd", learningRate: undefined });
  assert.deepEqual(named, trainConfig({ optimizer: "sgd", learningRate: 0.5 }));
  assert.equal(config({ optimizer: "sgd", learningRate: 1 }).learningRate, 1);
  assert.match(messageOf(() => config({ optimizer: "lion" })), /one of "adam"/);
});

Deno.test("a share is less than the whole", () => {
  assert.equal(is.share(0), undefined);
  assert.match(is.share(1)!, /in \[0, 1\)/);
});

Deno.test("a preset is full or smoke", () => {
  assert.equal(checkPreset("smoke"), "smoke");
  assert.match(messageOf(() => checkPreset("quick")), /preset must be one of/);
});

Deno.test("a refusal is one line, however long or odd the value and its name", () => {
  const { message } = refusal("run", "a\nb", "short", "x\u0007\n".repeat(1e5));
  assert.match(message, /^Cannot run as a\\u000ab must be short: .{200,250}…$/);
});
