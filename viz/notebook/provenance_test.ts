import assert from "node:assert/strict";
import { cellBegan, outdated, trainingBegan } from "./provenance.ts";

const PARAMETERS = 'let seed = 1;\nlet preset = "full"; // or "smoke"';

Deno.test("a figure of a training under other parameters is told, one of the same is not", () => {
  const [data, train, figure] = ["// data", "// train", "// figure"];
  for (const code of [PARAMETERS, data, train]) cellBegan(code);
  trainingBegan("Imax");
  cellBegan(figure);
  assert.deepEqual(outdated(), []);

  cellBegan(PARAMETERS.replace("1", "7"));
  cellBegan(data); // stands before the training, and knows nothing of it
  assert.deepEqual(outdated(), []);
  cellBegan(figure);
  assert.deepEqual(outdated(), ["Imax with seed = 1, now 7"]);
  cellBegan("// a cell that is new");
  assert.equal(outdated().length, 1);

  cellBegan(train);
  trainingBegan("Imax");
  cellBegan(figure);
  assert.deepEqual(outdated(), []);

  cellBegan('// Parameters\nseed = 3;\npreset = "smoke";\nvoid 0;\n');
  cellBegan(figure);
  assert.deepEqual(outdated(), [
    'Imax with seed = 7, now 3; preset = "full", now "smoke"',
  ]);
  cellBegan("seed = 7;");
  cellBegan('preset = "full";');
  cellBegan(figure);
  assert.deepEqual(outdated(), []);
});
