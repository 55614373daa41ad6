/**
 * `deno task run [notebook…] [--jobs N]`: re-executes notebooks, by default all,
 * in place, in their normal form: formatted, with ids that say what a cell is
 * where an editor made them up. A notebook is replaced only after all its cells
 * ran. N run side by side, by default one a core.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { tagProblems } from "./notebook/check.ts";
import { resultsOf } from "./notebook/execute.ts";
import {
  findNotebooks,
  formatNotebook,
  readNotebook,
  writeWhole,
} from "./notebook/notebook.ts";
import { CoreBudget } from "./notebook/core_budget.ts";
import { jobsOf, sideBySide, type Work } from "./notebook/side_by_side.ts";
import { formatted, withReadableIds, withSlides } from "./notebook/tidy.ts";
import { executeWatched } from "./notebook/watched.ts";
import { NOTEBOOKS } from "./project.ts";
import { judging, knownSeconds } from "./report.ts";
import { workersOf } from "./sweep/jobs.ts";
import { type Call, duration, main, statusLine } from "./terminal.ts";

const OPTIONS = { jobs: { type: "string" } } as const;

/** Execute the named notebooks, or all, and write them where they were. */
export async function run(
  { values, words, signal }: Call<typeof OPTIONS>,
): Promise<void> {
  const budget = new CoreBudget(workersOf(undefined));
  const atATime = jobsOf(values.jobs, budget.cores);
  const files = await findNotebooks(words, NOTEBOOKS);
  const progress = statusLine();
  const judge = judging(progress);
  const work = await Promise.all(files.map(async (file): Promise<Work> => {
    const name = basename(file, ".ipynb");
    const known = await knownSeconds(name, "full");
    return {
      name,
      known,
      async run(say): Promise<void> {
        const notebook = await formatted(
          withSlides(withReadableIds(await readNotebook(file))),
        );
        for (const problem of tagProblems(notebook)) {
          progress.log(`${name}: ${problem}`);
        }
        const executed = await executeWatched(
          notebook,
          { name, cwd: dirname(file), signal, budget },
          { say, known },
        );
        await writeWhole(file, formatNotebook(executed.notebook));
        progress.log(`${name}: done in ${duration(executed.wallSeconds)}`);
        judge.hear(name, resultsOf(executed.notebook));
      },
    };
  }));
  await sideBySide(work, { atATime, progress, signal });
  judge.end();
}

if (import.meta.main) await main({ options: OPTIONS, words: Infinity }, run);
