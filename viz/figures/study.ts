/**
 * Many runs in few words: groups of runs that share settings, tables of their
 * means over seeds, and claims written one to a line.
 *
 * @module
 */
import { type Claim, claim, type Relation } from "../../lib/run/results.ts";
import { summarize } from "../../lib/numeric/statistics.ts";
import { type Html, html } from "../page/html.ts";
import { type Column, table, type TableOptions } from "./table.ts";
import { fixed, significant } from "../page/numbers.ts";

/** A run: what it was started with, and the numbers that it ended with. */
export interface Run {
  settings: object;
  numbers: Readonly<Record<string, number>>;
}

/** The runs that share some settings. */
export interface Group {
  values(key: string): number[];
  mean(key: string): number;
  least(key: string): number;
  most(key: string): number;
  /** The mean, with `digits` decimals. */
  text(key: string, digits?: number): string;
  /** The standard deviation of the sample. */
  sd(key: string): number;
  /** "mean ± standard deviation". */
  spread(key: string, digits?: number): string;
}

/**
 * The runs whose settings are those of `by`.
 *
 * @throws {RangeError} if there are none, or one has no number of that name
 */
export function group<R extends Run>(
  runs: readonly R[],
  by: Partial<R["settings"]>,
): Group {
  const members = runs.filter(({ settings }) =>
    Object.entries(by).every(([key, value]) =>
      (settings as Record<string, unknown>)[key] === value
    )
  );
  if (members.length === 0) {
    throw new RangeError(
      `Cannot group runs as one at least must have ${JSON.stringify(by)}`,
    );
  }
  const values = (key: string): number[] =>
    members.map(({ numbers }) => {
      if (key in numbers) return numbers[key];
      throw new RangeError(
        `Cannot read "${key}" of a run as it must be one of ${
          Object.keys(numbers).join(", ")
        }`,
      );
    });
  const of = (key: string): ReturnType<typeof summarize> =>
    summarize(values(key));
  return {
    values,
    mean: (key) => of(key).mean,
    least: (key) => of(key).min,
    most: (key) => of(key).max,
    sd: (key) => of(key).sd,
    text: (key, digits = 3) => fixed(of(key).mean, digits),
    spread: (key, digits = 3) =>
      `${fixed(of(key).mean, digits)} ± ${fixed(of(key).sd, digits)}`,
  };
}

/**
 * A table with a line for each group: mean ± standard deviation of the keys
 * of `columns`, each with its heading, or its heading and decimals.
 */
export function groupTable(
  groups: Readonly<Record<string, Group>>,
  columns: Readonly<Record<string, string | readonly [string, number]>>,
  { first, ...options }:
    & { first: string }
    & Omit<TableOptions<object>, "columns">,
): Html {
  type Line = Record<string, string>;
  const lines = Object.entries(groups).map(([name, of]): Line => {
    const cells = Object.entries(columns).map(([key, heading]) => {
      const digits = typeof heading === "string" ? 3 : heading[1];
      return [key, of.spread(key, digits)];
    });
    return { name, ...Object.fromEntries(cells) };
  });
  const headings = Object.entries(columns).map((
    [key, heading],
  ): Column<Line> => ({
    key,
    label: typeof heading === "string" ? heading : heading[0],
    align: "right",
  }));
  return table(lines, {
    ...options,
    columns: [{ key: "name", label: first }, ...headings],
  });
}

/**
 * Claims, one to a line: a sentence, a colon, the observed number, a
 * comparison and its bound.
 *
 * @example
 * ```ts
 * import { claimed } from "./study.ts";
 * claimed`
 *   the loss is small, worst seed: ${0.01} <= 0.1
 *   the mean lies near one half: ${0.52} within 0.4 to 0.6
 * `;
 * ```
 * @throws {SyntaxError} for a line that cannot be read
 */
export function claimed(
  strings: TemplateStringsArray,
  ...observed: number[]
): Claim[] {
  const marked = strings.raw.map((text, i) =>
    i < observed.length ? `${text}\uE000${i}\uE000` : text
  ).join("");
  const lines = marked.split("\n").map((line) => line.trim()).filter(Boolean);
  return lines.map((line) => {
    const form =
      /^(.*): \uE000(\d+)\uE000 (<=|>=|<|>|=|within) (\S+)(?: to (\S+))?$/;
    const found = form.exec(line);
    if (!found) {
      throw new SyntaxError(
        `Cannot read the claim "${line.replaceAll("\uE000", "")}" as it must ` +
          "end in a colon, a number, a comparison and a bound",
      );
    }
    const [, text, index, relation, low, high] = found;
    const bound = relation === "within"
      ? [Number(low), Number(high)] as const
      : Number(low);
    return claim(
      text,
      observed[Number(index)],
      relation as Relation,
      bound,
    );
  });
}

/** Claims with their verdicts, one to a line. */
export function claimLines(claims: readonly Claim[]): Html {
  const lines = claims.map(({ text, observed, bound, holds }) => {
    const mark = holds
      ? html`<span class="hc-good">✓</span>`
      : html`<span class="hc-bad">✗</span>`;
    const seen = significant(observed, 3);
    return html`<div>${mark} ${text}: <b>${seen}</b> <span class="hc-dim">(${bound})</span></div>`;
  });
  const text = claims.map(({ text, observed, bound, holds }) =>
    `${holds ? "✓" : "✗"} ${text}: ${significant(observed, 3)} (${bound})`
  ).join("\n");
  return { ...html`<div>${lines}</div>`, text };
}
