/**
 * The parameters of a notebook, checked at one place, its settings cell.
 *
 * A kernel goes on after a cell has failed, so one mistyped parameter would
 * give an error in every cell below. Once {@link checkParameters} has refused,
 * what is missing in a later cell is told in one line that points back, and
 * nothing is shown or trained until it has passed.
 *
 * @module
 */
import {
  type Check,
  integerIn,
  nonNegativeInteger,
  oneOf,
  positiveInteger,
} from "../../lib/run/checks.ts";
import { didYouMean, Refusal, refusal } from "../../lib/run/config.ts";
import { listen } from "./cell_outputs.ts";
import { declaredParameters } from "./provenance.ts";

/** What parameters of these names must be, in every notebook. */
const KNOWN: Readonly<Record<string, Check>> = {
  seed: nonNegativeInteger,
  preset: oneOf("full", "smoke"),
  seeds: integerIn(1, 1000),
};

/** Values by name, among them a preset. */
type Parameters = Readonly<Record<string, unknown>> & { preset: unknown };

const ACTION = "run the notebook";

/** Why the parameters were refused; null while they are not. */
let refused: string | null = null;

/**
 * Checks the parameters that a notebook declares.
 *
 * @param values the parameters by name, in a function, so that one that is
 *   not declared can be told
 * @param checks what those must be that are no positive whole numbers
 * @returns whether the preset is "full"
 * @throws {Refusal} if one is missing, unknown or out of range
 *
 * @example
 * ```ts
 * import { positive } from "../../lib/run/checks.ts";
 * import { checkParameters } from "./parameters.ts";
 * const [seed, preset, steps, rate] = [1, "smoke", 100, 0.1];
 * await checkParameters(() => ({ seed, preset, steps, rate }), {
 *   rate: positive,
 * });
 * ```
 */
export async function checkParameters(
  values: () => Parameters,
  checks: Readonly<Record<string, Check>> = {},
): Promise<boolean> {
  await listen();
  try {
    const { preset } = checked(values, declaredParameters(), checks);
    tell(null);
    return preset === "full";
  } catch (error) {
    tell((error as Error).message);
    throw error;
  }
}

/**
 * The check itself; returns the values.
 *
 * @param declared names in the cell that declares parameters
 */
export function checked<P extends Parameters>(
  values: () => P,
  declared: readonly string[],
  checks: Readonly<Record<string, Check>> = {},
): P {
  const found = valuesOf(values, declared);
  const names = Object.keys(found);
  for (const name of declared) {
    if (!names.includes(name)) throw unknown(name, names);
  }
  for (const [name, value] of Object.entries(found)) {
    const check = checks[name] ?? KNOWN[name] ?? positiveInteger;
    const mustBe = check(value);
    if (mustBe) throw refusal(ACTION, name, mustBe, value);
  }
  return found;
}

function valuesOf<T>(values: () => T, declared: readonly string[]): T {
  try {
    return values();
  } catch (error) {
    const [, missing] = /^(\S+) is not defined$/
      .exec((error as Error).message) ?? [];
    if (!(error instanceof ReferenceError) || !missing) throw error;
    const typo = declared.find((name) => didYouMean(name, [missing]));
    if (typo) throw unknown(typo, [missing]);
    throw new Refusal(
      `Cannot ${ACTION} as the parameter ${missing} must be declared: ` +
        "run the cell that declares it",
    );
  }
}

function unknown(name: string, names: readonly string[]): Refusal {
  return new Refusal(
    `Cannot ${ACTION} as "${name}" is not one of its parameters` +
      didYouMean(name, names) +
      (names.length > 1 ? `: they are ${names.join(", ")}` : ""),
  );
}

/** A cell that was not run, as the parameters were refused. */
class NotRun extends Error {
  override name = "Not run";

  constructor() {
    super(notRun());
    this.stack = `${this.name}: ${this.message}`;
  }
}

function notRun(): string {
  return `the settings cell above failed. ${refused}`;
}

/** @throws {NotRun} if the parameters were refused and not mended since */
export function requireParameters(): void {
  if (refused !== null) throw new NotRun();
}

/** Cells that miss what the settings cell would have made say so, and no more. */
function tell(why: string | null): void {
  refused = why;
  const errors: { prepareStackTrace?: unknown } = Error;
  errors.prepareStackTrace = why === null ? undefined : stackOf;
}

/** How V8 asks for an error to be told, before the kernel reads its message. */
function stackOf(error: Error, calls: readonly unknown[]): string {
  if (error instanceof ReferenceError) {
    error.name = "Not run";
    error.message = notRun();
    return String(error);
  }
  return [error, ...calls.map((call) => `    at ${call}`)].join("\n");
}
