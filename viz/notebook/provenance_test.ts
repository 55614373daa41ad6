import assert from "node:assert/strict";
import {
  cellBegan,
  declaredParameters,
  outdated,
  trainingBegan,
} from "./provenance.ts";

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

Deno.test("a cell of declarations tells its parameters, whatever their names; no other cell does", () => {
  const declared = (code: string): string[] => {
    cellBegan(code);
    return declaredParameters();
  };
  const code = `// what may be changed; see below
let seeed = 7;
let preset = "full"; // "full" or "smoke"
let sizes: number[] = [1, 2];`;
  assert.deepEqual(declared(code), ["seeed", "preset", "sizes"]);
  for (const other of ["let x = 1;\nawait show(x);", "const y = 2;", ""]) {
    assert.deepEqual(declared(other), ["seeed", "preset", "sizes"]);
  }
  assert.deepEqual(declared("seeed = 8;"), ["seeed", "preset", "sizes"]);
});
