import assert from "node:assert/strict";
import { join } from "node:path";
import { type LineFormat, openLines, parseLines } from "./json_lines.ts";

interface Row {
  n: number;
}

const ROWS: LineFormat<Row> = {
  name: "numbered row",
  begins: '{"n":',
  isRow: (row): row is Row => typeof (row as Row | null)?.n === "number",
};

async function withFile(
  text: string | null,
  body: (file: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "rows.jsonl");
  if (text !== null) await Deno.writeTextFile(file, text);
  try {
    await body(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("lines are read, and the line that is none of ours is named", () => {
  const rows = [{ n: 1 }, { n: 2 }];
  const text = '{"n":1}\n{"n":2}\n';
  assert.deepEqual(parseLines(text, "x", ROWS), { rows, isTorn: false });
  for (const torn of ["{", '{"n":', '{"n":3', '{"n":3}']) {
    const lines = parseLines(text + torn, "x", ROWS);
    assert.deepEqual(lines, { rows, isTorn: true });
  }
  for (const other of ["null", "3", "{}", '{"n":"1"}', "", "not JSON"]) {
    assert.throws(
      () => parseLines(`${text}${other}\n`, "x", ROWS),
      /^(Error|RangeError): Cannot use x as its line 3 is no numbered row/,
    );
  }
  assert.throws(() => parseLines(`${text}a letter`, "x", ROWS), /line 3/);
});

Deno.test("a torn line is taken away, bytes that are no text included", async () => {
  await withFile(null, async (file) => {
    const torn = [...new TextEncoder().encode('{"n":2'), 0xff, 0xc3];
    const bytes = [...new TextEncoder().encode('{"n":1,"é":"ß"}\n'), ...torn];
    await Deno.writeFile(file, new Uint8Array(bytes));
    {
      using lines = await openLines(file, ROWS);
      assert.deepEqual(lines.rows.map(({ n }) => n), [1]);
      lines.append({ n: 3 });
    }
    const text = await Deno.readTextFile(file);
    assert.equal(text, '{"n":1,"é":"ß"}\n{"n":3}\n');
  });
});

Deno.test("a file of something else is left as it is", async () => {
  for (const text of ["my notes", "my notes\n", '{"n":1}\n{}', "\n"]) {
    await withFile(text, async (file) => {
      await assert.rejects(openLines(file, ROWS), /is no numbered row/);
      assert.equal(await Deno.readTextFile(file), text);
    });
  }
  await assert.rejects(openLines("/dev/null", ROWS), /it must be a file/);
});

Deno.test("one at a time adds to a file", async () => {
  await withFile(null, async (file) => {
    {
      using lines = await openLines(file, ROWS);
      lines.append({ n: 1 });
      await assert.rejects(openLines(file, ROWS), /another process is writing/);
    }
    using lines = await openLines(file, ROWS);
    assert.deepEqual(lines.rows, [{ n: 1 }]);
  });
});
