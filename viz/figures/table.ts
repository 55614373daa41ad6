/**
 * Tables of results, and the verdict that ends a notebook.
 *
 * @module
 */
import type { Claim, Metric } from "../../lib/run/results.ts";
import {
  asHtml,
  frame,
  type FrameOptions,
  type Html,
  html,
  isHtml,
  raw,
} from "../page/html.ts";
import { fixed, significant } from "../page/numbers.ts";

/** One column of {@link table}. */
export interface Column<Row> {
  /** Property of the row. */
  key: keyof Row & string;
  /** Heading; default: the key. */
  label?: string | Html;
  /** Decimals for numbers, or a function of the value and the row. */
  // deno-lint-ignore no-explicit-any
  format?: number | ((value: any, row: Row) => string | Html);
  /** Default: right for numbers, else left. */
  align?: "left" | "right";
}

/** What {@link table} takes besides the rows. */
export interface TableOptions<Row> extends FrameOptions {
  /** Keys, or {@link Column}s; default: every key of the first row. */
  columns?: readonly ((keyof Row & string) | Column<Row>)[];
  /** Decimals of numbers whose column says nothing; default 3 significant. */
  digits?: number;
}

/**
 * A table with one row for each of `rows`. Numbers stand right, with three
 * significant digits unless a column's `format` says otherwise; `null` and
 * `undefined` are a dash; {@link Html} is inserted; text is escaped.
 */
export function table<Row extends object>(
  rows: readonly Row[],
  options: TableOptions<Row> = {},
): Html {
  const keys = options.columns ??
    (Object.keys(rows[0] ?? {}) as (keyof Row & string)[]);
  const columns: Column<Row>[] = keys.map((column) =>
    typeof column === "string" ? { key: column } : column
  );
  const right = columns.map((column) =>
    column.align
      ? column.align === "right"
      : rows.some((row) => typeof row[column.key] === "number")
  );
  const long = columns.map((column) =>
    rows.some((row) => String(row[column.key]).length > 30)
  );
  const mark = (i: number): string =>
    right[i] ? ' class="hc-num"' : long[i] ? ' class="hc-text"' : "";
  const head = columns.map((column, i) => {
    const label = asHtml(column.label ?? column.key);
    return `<th scope="col"${mark(i)}>${label.html}</th>`;
  }).join("");
  const cells = rows.map((row) =>
    columns.map((column, i) => cellOf(row, column, options.digits, mark(i), i))
  );
  const body = cells.map((line) =>
    `<tr>${line.map((cell) => cell.html).join("")}</tr>`
  ).join("\n");
  const markup = `<div class="hc-scroll"><table class="hc-table">` +
    `<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody></table></div>`;
  const text = [
    columns.map((column) => asHtml(column.label ?? column.key).text),
    ...cells.map((line) => line.map((cell) => cell.text)),
  ].map((line) => line.join(" | ")).join("\n");
  return raw(frame(markup, options).html, text);
}

function cellOf<Row extends object>(
  row: Row,
  column: Column<Row>,
  digits: number | undefined,
  mark: string,
  index: number,
): Html {
  const content = asHtml(formatted(row[column.key], row, column, digits));
  const [open, close] = index === 0 ? ['th scope="row"', "th"] : ["td", "td"];
  return raw(
    `<${open}${mark}>${content.html}</${close}>`,
    content.text.trim(),
  );
}

function formatted<Row>(
  value: unknown,
  row: Row,
  column: Column<Row>,
  digits: number | undefined,
): string | Html {
  if (typeof column.format === "function") return column.format(value, row);
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") {
    const decimals = column.format ?? digits;
    return decimals === undefined ? significant(value) : fixed(value, decimals);
  }
  if (typeof value === "boolean") return yesNo(value);
  return isHtml(value) ? value : String(value);
}

/** "✓ yes" in green or "✗ no" in red: never colour alone. */
function yesNo(holds: boolean, words = ["yes", "no"]): Html {
  return holds
    ? html`<span class="hc-good">✓ ${words[0]}</span>`
    : html`<span class="hc-bad">✗ ${words[1]}</span>`;
}

/** Arrow of a metric's better direction. */
const ARROW = { higher: "↑", lower: "↓" };

/**
 * The verdict: every metric beside the paper, the reference program, chance
 * and the limit, then every claim with its evidence. A number says when it is
 * recorded, or of the smoke preset, so that nobody compares the two.
 */
export function verdictTable(
  metrics: readonly Metric[],
  claims: readonly Claim[],
  preset: string | null = "full",
): Html {
  const smoke = preset === "smoke";
  const has = (key: keyof Metric): boolean =>
    metrics.some((m) => m[key] !== null && m[key] !== undefined);
  const given = (...keys: (keyof Metric)[]): Column<Metric>[] =>
    keys.filter(has).map((key) => ({ key, align: "right", format: plain }));
  const columns: Column<Metric>[] = [
    {
      key: "name",
      label: "result",
      format: (name: string, m: Metric) =>
        html`${name}${
          m.unit
            ? html`
              <span class="hc-dim">${m.unit}</span>
            `
            : ""
        }`,
    },
    ...given("paper", "reference"),
    {
      key: "value",
      label: "here",
      align: "right",
      format: (_, row) => hereCell(row, smoke),
    },
    ...given("chance", "limit"),
    {
      key: "better",
      align: "right",
      format: (better: Metric["better"]) =>
        better === null ? "–" : html`
          <span title="${better} is better"
            aria-label="${better} is better">${ARROW[better]}</span>
        `,
    },
  ];
  const verdicts = claims.length === 0 ? "" : table(claims, {
    columns: [
      { key: "holds", label: "verdict", format: verdictCell },
      { key: "text", label: "claim" },
      { key: "observed", format: plain },
      { key: "bound", align: "right" },
    ],
    caption: verdictCaption(claims) +
      (smoke
        ? " Preset smoke: seconds of training, which say nothing of the paper."
        : ""),
  });
  return html`${[table(metrics, { columns }), verdicts]}`;
}

function verdictCell(holds: boolean, { knownToFail }: Claim): Html {
  return yesNo(
    holds,
    knownToFail
      ? ["holds, declared to fail", "fails, as declared"]
      : ["holds", "fails"],
  );
}

/** How many hold, fail, and fail as they are declared to, in words. */
function verdictCaption(claims: readonly Claim[]): string {
  const failed = claims.filter((c) => !c.holds);
  if (failed.length === 0) {
    return claims.length === 1
      ? "The claim holds."
      : `All ${claims.length} claims hold.`;
  }
  const declared = failed.filter((c) => c.knownToFail).length;
  return `${claims.length - failed.length} of ${claims.length} claims hold, ` +
    `${failed.length} ${failed.length === 1 ? "fails" : "fail"}` +
    (declared ? `, ${declared} as declared.` : ".");
}

/** At most four significant digits, no zeros that say nothing: 0.9, 28.2. */
function plain(x: number | null): string {
  if (x === null || !Number.isFinite(x)) return fixed(x);
  return significant(x, 4).replace(/(\.\d*?)0+(?=$|×)/, "$1")
    .replace(/\.(?=$|×)/, "");
}

/** Mean and standard deviation, both to the deviation's second digit. */
function hereCell(
  { value, sd, seeds, recorded }: Metric,
  smoke: boolean,
): Html {
  const kind = recorded ? "recorded" : smoke ? "smoke" : "";
  const count = sd && seeds ? `${seeds} seeds` : "";
  const notes = [count, kind].filter(Boolean).join(", ");
  const note = notes && html`
    <span class="hc-dim">${notes}</span>
  `;
  if (!sd) return html`<b>${plain(value)}</b>${note}`;
  const spread = significant(sd, 2);
  const digits = spread.includes("×") ? 4 : spread.split(".")[1]?.length ?? 0;
  return html`<b>${fixed(value, digits)}</b> ± ${spread}${note}`;
}
