/**
 * What commands share: options, help, one status line, one-line failures,
 * exit codes.
 *
 * @module
 */
import { PINNED_DENO, wrongDeno } from "../viz/notebook/pinned_deno.ts";
import { parseArgs } from "node:util";
import { didYouMean, Refusal, refusal } from "../lib/run/config.ts";

/** Ctrl-C, or a polite request to end. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** Options of a command, as `parseArgs` of Node takes them. */
type Options = Record<
  string,
  { type: "string" | "boolean"; multiple?: boolean; default?: string }
>;

/** What a command takes. */
export interface Usage<O extends Options> {
  options?: O;
  /** How many words beside options at most; default: none. */
  words?: number;
}

/** What a command was given. */
export interface Call<O extends Options = Record<never, never>> {
  values: {
    [K in keyof O]:
      | (O[K] extends { multiple: true } ? string[]
        : O[K] extends { type: "boolean" } ? boolean
        : string)
      | (O[K] extends { default: string } ? never : undefined);
  };
  words: string[];
  /** Aborts on SIGINT, SIGTERM and SIGHUP. */
  signal: AbortSignal;
}

/**
 * Parse arguments; an unknown option names the nearest one.
 *
 * @throws Refusal for an option or a word that the command does not take
 */
function parse<O extends Options>(
  args: string[],
  { options, words = 0 }: Usage<O>,
): Pick<Call<O>, "values" | "words"> {
  const names = Object.keys(options ?? {});
  const list = names.map((name) => `--${name}`).join(", ");
  for (const arg of args) {
    const [, name] = /^--([^=]+)/.exec(arg) ?? [];
    if (name && !names.includes(name)) {
      throw new Refusal(
        `Cannot run as --${name} is not an option${didYouMean(name, names)}: ` +
          (list ? `they are ${list}` : "the command takes none"),
      );
    }
  }
  let parsed: { values: object; positionals: string[] };
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Refusal(`Cannot run: ${(error as Error).message}`);
  }
  const { values, positionals } = parsed;
  for (const [name, value] of Object.entries(values)) {
    if (value === "") throw refusal("run", `--${name}`, "given a value", value);
  }
  if (positionals.length > words) {
    const most = words === 0 ? "no words" : `at most ${words} words`;
    throw new Refusal(
      `Cannot run as the command takes ${most} beside options: ` +
        `current value is "${positionals.join(" ")}"`,
    );
  }
  return { values: values as Call<O>["values"], words: positionals };
}

/** The comment at the top of a command's module: what `--help` prints. */
function helpOf(source: string): string {
  const [, comment] = /\/\*\*\n([^]*?)\n \* @module/.exec(source) ?? [];
  return (comment ?? "").replace(/^ \* ?/gm, "").replaceAll("`", "").trim();
}

/**
 * Run a command with the arguments of this process: `--help` prints its
 * module's comment, an option or a word that `usage` does not name is refused, a
 * failure is one line on standard error and exit code 1, Ctrl-C is exit code
 * 130, after the command has cleaned up.
 */
export async function main<const O extends Options>(
  usage: Usage<O>,
  command: (call: Call<O>) => Promise<void>,
): Promise<never> {
  if (Deno.args.some((arg) => arg === "--help" || arg === "-h")) {
    console.log(helpOf(await Deno.readTextFile(new URL(Deno.mainModule))));
    Deno.exit(0);
  }
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => abort.abort(new Interrupted(signal)));
  }
  try {
    const wrong = wrongDeno(Deno.version.deno);
    if (wrong) {
      throw new Refusal(
        `Cannot run as ${wrong}. Run  npx -y deno@${PINNED_DENO} task …`,
      );
    }
    await command({ ...parse(Deno.args, usage), signal: abort.signal });
    Deno.exit(0);
  } catch (error) {
    if (abort.signal.aborted) {
      console.error("\nInterrupted: nothing was written half.");
      Deno.exit(130);
    }
    console.error(`\n${reason(error)}`);
    Deno.exit(1);
  }
}

/** Errors that the language itself throws: what is theirs is a bug of ours. */
const BUGS: readonly unknown[] = [
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
];

/** A failure in words; with its stack only where it is a bug of ours. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug = BUGS.includes(error.constructor);
  return isBug ? error.stack ?? error.message : error.message;
}

/** A command's state on standard error: a line that changes, or plain lines. */
export interface StatusLine {
  /** Show how far the command is; where that is no terminal, each new `step`. */
  update(text: string, step?: string): void;
  /** Print a line that stays. */
  log(text: string): void;
}

/** A line that says how far a command is. */
export function statusLine(): StatusLine {
  const isTerminal = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  const write = (text: string): void => {
    Deno.stderr.writeSync(encoder.encode(text));
  };
  let last = 0;
  let plainStep = "";
  return {
    update(text: string, step = plainStep): void {
      if (!isTerminal) {
        if (step !== plainStep) write(`${plainStep = step}\n`);
        return;
      }
      const now = performance.now();
      if (now - last < 100) return;
      last = now;
      const { columns } = Deno.consoleSize();
      write(`\r\x1b[2K${text.slice(0, columns - 1)}`);
    },
    log(text: string): void {
      write(isTerminal ? `\r\x1b[2K${text}\n` : `${text}\n`);
    },
  };
}

/** Seconds as `9 s` or `2:05`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

/** A bar of 20 characters. */
export function bar(fraction: number): string {
  const filled = Math.round(20 * Math.min(1, Math.max(0, fraction)));
  return "█".repeat(filled) + "░".repeat(20 - filled);
}
