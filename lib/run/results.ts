/**
 * Claims that run: a sentence about a result, the number that was observed and
 * the bound it must meet. And the record of a run that reports are made from.
 *
 * @module
 */
import type { Reader } from "./reader.ts";

/** How an observed number is compared with one bound: sign and test. */
const RELATIONS = {
  "<=": ["≤", (a: number, b: number): boolean => a <= b],
  ">=": ["≥", (a: number, b: number): boolean => a >= b],
  "<": ["<", (a: number, b: number): boolean => a < b],
  ">": [">", (a: number, b: number): boolean => a > b],
  "=": ["=", (a: number, b: number): boolean => a === b],
} as const;

/** How an observed number is compared with its bound, or its two bounds. */
export type Relation = keyof typeof RELATIONS | "within";

/** A sentence with its evidence. */
export interface Claim {
  text: string;
  observed: number;
  /** The bound in words, as in "≥ 0.96" or "from 1 to 2". */
  bound: string;
  holds: boolean;
  /** Declared to fail, by {@link knownToFail}: a negative result. */
  knownToFail?: boolean;
}

/**
 * States a claim and tests it. A claim that fails is a result too: it does not
 * throw, it is shown as failed.
 *
 * @param bound a number, or for "within" the two ends, both included
 * @throws {TypeError} if the bound does not fit the relation
 */
export function claim(
  text: string,
  observed: number,
  relation: Relation,
  bound: number | readonly [number, number],
): Claim {
  if ((relation === "within") !== (typeof bound !== "number")) {
    throw new TypeError(
      `Cannot state a claim as its bound must be ${
        relation === "within" ? "two numbers" : "one number"
      } for "${relation}": current value is ${JSON.stringify(bound)}`,
    );
  }
  if (typeof bound !== "number") {
    const [low, high] = bound;
    const holds = observed >= low && observed <= high;
    const words = `from ${written(low)} to ${written(high)}`;
    return { text, observed, bound: words, holds };
  }
  const [sign, test] = RELATIONS[relation as Exclude<Relation, "within">];
  const holds = test(observed, bound);
  return { text, observed, bound: `${sign} ${written(bound)}`, holds };
}

/** A number as it was typed, or to four digits where it was computed. */
function written(x: number): string {
  const typed = x.toExponential().replace(/e.*|\D/g, "").length <= 6;
  return String(typed ? x : Number(x.toPrecision(4)));
}

/**
 * Declares that a claim fails: a negative result, which a notebook states with
 * its number, and for which no command fails.
 */
export function knownToFail(claim: Claim): Claim {
  return { ...claim, knownToFail: true };
}

/** The claims that fail and are not declared to, one sentence each. */
export function failures(claims: readonly Claim[]): string[] {
  return claims.filter((one) => !one.holds && !one.knownToFail)
    .map((one) => `the claim "${one.text}" fails: ${evidence(one)}`);
}

/** The claims that hold though they are declared to fail, one sentence each. */
export function unexpectedlyHolding(claims: readonly Claim[]): string[] {
  return claims.filter((one) => one.holds && one.knownToFail)
    .map((one) =>
      `the claim "${one.text}" holds, though it is declared to fail: ` +
      evidence(one)
    );
}

function evidence({ observed, bound }: Claim): string {
  return `${written(observed)}, bound ${bound}`;
}

/**
 * Adds `stated` to `claims`. A claim whose text is there takes the old one's
 * place, so that a cell that is run again states nothing twice.
 */
export function collectClaims(
  claims: Claim[],
  stated: readonly Claim[],
): void {
  for (const claim of stated) {
    const at = claims.findIndex(({ text }) => text === claim.text);
    if (at < 0) claims.push(claim);
    else claims[at] = claim;
  }
}

/** One row of a result table. Absent numbers are null. */
export interface Metric {
  name: string;
  /** Mean over seeds, or the one value. */
  value: number;
  /** Standard deviation over seeds. */
  sd?: number | null;
  /** How many seeds. */
  seeds?: number | null;
  /** "bits", "nats", "s", "1/image"; empty for a pure number. */
  unit: string;
  /** The number in the paper. */
  paper: number | null;
  /** The number of the reference program. */
  reference: number | null;
  /** What guessing reaches. */
  chance: number | null;
  /** What nothing can exceed. */
  limit: number | null;
  better: "higher" | "lower" | null;
  /** Read from the record of a longer training, whatever the preset. */
  recorded?: boolean;
}

/** What a notebook says of itself at its end. */
export interface Results {
  notebook: string;
  preset: "full" | "smoke";
  seed: number;
  config: Readonly<Record<string, unknown>>;
  /** SHA-256 of the trained parameters' bytes, in hexadecimal. */
  paramsSha256: string;
  metrics: Metric[];
  claims: Claim[];
}

/** What tables and indexes are made from. */
export type Verdict = Pick<Results, "metrics" | "claims">;

/** @throws Refusal where what was read has not the shape of a verdict */
export function parseVerdict(value: unknown, from: Reader): Verdict {
  const raw = from.object(value, "its content");
  const metrics = from.list(raw.metrics, "its metrics");
  const claims = from.list(raw.claims, "its claims");
  return {
    metrics: metrics.map((one, i) => parseMetric(one, `metric ${i}`, from)),
    claims: claims.map((one, i) => parseClaim(one, `claim ${i}`, from)),
  };
}

function parseMetric(value: unknown, of: string, from: Reader): Metric {
  const raw = from.object(value, of);
  const name = from.string(raw.name, `the name of ${of}`);
  const part = (key: string): string => `${key} of the metric "${name}"`;
  const number = (key: string): number | null =>
    from.optional(raw[key], part(key), from.number);
  return {
    name,
    value: from.number(raw.value, part("value")),
    sd: number("sd"),
    seeds: number("seeds"),
    unit: from.string(raw.unit, part("unit")),
    paper: number("paper"),
    reference: number("reference"),
    chance: number("chance"),
    limit: number("limit"),
    better: from.optional(
      raw.better,
      part("better"),
      (value, name) => from.oneOf(value, name, ["higher", "lower"]),
    ),
    ...(raw.recorded === undefined ? {} : {
      recorded: from.oneOf(raw.recorded, part("recorded"), [true, false]),
    }),
  };
}

function parseClaim(value: unknown, of: string, from: Reader): Claim {
  const raw = from.object(value, of);
  const part = (key: string): string => `${key} of ${of}`;
  return {
    text: from.string(raw.text, part("text")),
    observed: from.number(raw.observed, part("observed")),
    bound: from.string(raw.bound, part("bound")),
    holds: from.oneOf(raw.holds, part("holds"), [true, false]),
    ...(raw.knownToFail === undefined ? {} : {
      knownToFail: from.oneOf(raw.knownToFail, part("knownToFail"), [
        true,
        false,
      ]),
    }),
  };
}

/** @throws Refusal where what was read has not the shape of results */
export function parseResults(value: unknown, from: Reader): Results {
  const raw = from.object(value, "its content");
  return {
    notebook: from.string(raw.notebook, "its notebook"),
    preset: from.oneOf(raw.preset, "its preset", ["full", "smoke"]),
    seed: from.number(raw.seed, "its seed"),
    config: from.object(raw.config, "its config"),
    paramsSha256: from.string(raw.paramsSha256, "its paramsSha256"),
    ...parseVerdict(raw, from),
  };
}

/** The MIME type under which a notebook's last output carries its `Results`. */
export const RESULTS_MIME = "application/vnd.hidden-causes.results+json";

/** A metric with what is left out filled in as null. */
export function metric(
  name: string,
  value: number,
  rest: Partial<Omit<Metric, "name" | "value">> = {},
): Metric {
  return {
    name,
    value,
    sd: null,
    seeds: null,
    unit: "",
    paper: null,
    reference: null,
    chance: null,
    limit: null,
    better: null,
    ...rest,
  };
}

/**
 * SHA-256 over the bytes of parameter arrays, in the order of their names, in
 * hexadecimal. Equal hashes are equal weights.
 */
export async function paramsSha256(
  params: Readonly<Record<string, Float32Array | Float64Array>>,
): Promise<string> {
  const names = Object.keys(params).sort();
  const parts = names.map((name) => {
    const { buffer, byteOffset, byteLength } = params[name];
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  });
  const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join("");
}
