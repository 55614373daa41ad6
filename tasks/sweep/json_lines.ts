/**
 * Files of JSON lines that processes add to, one process at a time.
 *
 * A line is added in one write, so a process that is killed leaves at most a
 * torn last line, which the next one takes away. The lock is the kernel's: it
 * ends with the process that holds it.
 *
 * @module
 */
import { dirname } from "node:path";
import { Refusal } from "../../lib/run/config.ts";

/** What the lines of a file are. */
export interface LineFormat<Row> {
  /** As in "its line 3 is no row of a sweep". */
  name: string;
  /** How every line begins: what begins otherwise is not ours to touch. */
  begins: string;
  isRow(value: unknown): value is Row;
}

/** What stands in a file. */
export interface Lines<Row> {
  rows: Row[];
  /** Whether half a line stands at the end, which `rows` leaves out. */
  isTorn: boolean;
}

/** A file that is open, and locked, to be added to. */
export interface OpenLines<Row> extends Disposable {
  /** What it held when it was opened. */
  rows: Row[];
  /** Adds a line; a line that does not fit is taken away again. */
  append(row: Row): void;
}

const LINE_FEED = 10;

/**
 * The lines of a file's text.
 *
 * @throws {Refusal} naming the line that is no row
 */
export function parseLines<Row>(
  text: string,
  file: string,
  { name, begins, isRow }: LineFormat<Row>,
): Lines<Row> {
  const lines = text.split("\n");
  const rest = lines.pop()!;
  const refuse = (line: number): never => {
    // Where not even the first line is a row, nothing is there to be mended.
    const mend = line > 1 ? "mend or delete that line, or " : "";
    throw new Refusal(
      `Cannot use ${file} as its line ${line} is no ${name}: ` +
        `${mend}name another file`,
    );
  };
  const rows = lines.map((line, i) => {
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      // Said below.
    }
    return isRow(row) ? row : refuse(i + 1);
  });
  if (!begins.startsWith(rest.slice(0, begins.length))) {
    refuse(lines.length + 1);
  }
  return { rows, isTorn: rest !== "" };
}

/** The lines of a file, which others may be adding to. */
export async function readLines<Row>(
  file: string,
  format: LineFormat<Row>,
): Promise<Lines<Row>> {
  const text = await Deno.readTextFile(file).catch((error) => {
    throw new Error(`Cannot read ${file}: ${error.message}`);
  });
  return parseLines(text, file, format);
}

/**
 * Opens a file to add to it; makes it where there is none.
 *
 * @throws {Error} if it is not ours, cannot be written, or another process adds
 *   to it
 */
export async function openLines<Row>(
  file: string,
  format: LineFormat<Row>,
): Promise<OpenLines<Row>> {
  const handle = await openLocked(file);
  try {
    const bytes = await Deno.readFile(file);
    const { rows } = parseLines(new TextDecoder().decode(bytes), file, format);
    let size = bytes.lastIndexOf(LINE_FEED) + 1;
    if (size < bytes.length) await handle.truncate(size);
    return {
      rows,
      append(row): void {
        const line = new TextEncoder().encode(`${JSON.stringify(row)}\n`);
        try {
          for (let at = 0; at < line.length;) {
            at += handle.writeSync(line.subarray(at));
          }
          handle.syncDataSync();
          size += line.length;
        } catch (error) {
          handle.truncateSync(size);
          throw unwritable(file, error);
        }
      },
      [Symbol.dispose]: () => handle.close(),
    };
  } catch (error) {
    handle.close();
    throw error;
  }
}

/**
 * Opens a file for this process alone, to append to it.
 *
 * @throws {Error} if another process has it, or it is no file
 */
export async function openLocked(file: string): Promise<Deno.FsFile> {
  let handle: Deno.FsFile;
  try {
    await Deno.mkdir(dirname(file), { recursive: true });
    handle = await Deno.open(file, { append: true, create: true });
  } catch (error) {
    throw unwritable(file, error);
  }
  const refuse = (why: string): never => {
    handle.close();
    throw new Error(`Cannot write ${file} as ${why}`);
  };
  if (!(await handle.stat()).isFile) refuse("it must be a file");
  // A file system without locks leaves it to its users.
  const isOurs = await handle.tryLock(true).catch(() => true);
  if (!isOurs) {
    refuse(
      "another process is writing it: wait for its end, or name another file",
    );
  }
  return handle;
}

function unwritable(file: string, error: unknown): Error {
  return new Error(
    `Cannot write ${file}: ${(error as Error).message}. What has been ` +
      "written is kept: make it writable, then run the same command again",
  );
}
