/**
 * `deno task run [notebook…]`: re-executes notebooks, by default all, in place,
 * in their normal form: formatted, with ids that say what a cell is where an
 * editor made them up. A notebook is replaced only after all its cells ran.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { tagProblems } from "./notebook/check.ts";
import { executeNotebook, resultsOf } from "./notebook/execute.ts";
import {
  findNotebooks,
  formatNotebook,
  readNotebook,
  writeWhole,
} from "./notebook/notebook.ts";
import { formatted, withReadableIds } from "./notebook/tidy.ts";
import { NOTEBOOKS } from "./project.ts";
import { cellProgress, judging } from "./report.ts";
import { type Call, duration, main, statusLine } from "./terminal.ts";

/** Execute the named notebooks, or all, and write them where they were. */
export async function run({ words, signal }: Call): Promise<void> {
  const files = await findNotebooks(words, NOTEBOOKS);
  const progress = statusLine();
  const judge = judging(progress);
  for (const [i, file] of files.entries()) {
    const name = basename(file, ".ipynb");
    const label = files.length > 1
      ? `[${i + 1}/${files.length}] ${name}`
      : name;
    const notebook = await formatted(withReadableIds(await readNotebook(file)));
    for (const problem of tagProblems(notebook)) {
      progress.log(`${label}: ${problem}`);
    }
    const watch = cellProgress(
      notebook,
      {},
      (text) => progress.update(`${label}: ${text}`),
    );
    try {
      const executed = await executeNotebook(notebook, {
        name,
        cwd: dirname(file),
        signal,
        onCell: watch.onCell,
        onOutput: watch.onOutput,
      });
      await writeWhole(file, formatNotebook(executed.notebook));
      progress.log(`${label}: done in ${duration(executed.wallSeconds)}`);
      judge.hear(name, resultsOf(executed.notebook));
    } finally {
      watch.stop();
    }
  }
  judge.end();
}

if (import.meta.main) await main({ words: Infinity }, run);
