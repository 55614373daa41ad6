/**
 * Rows as comma-separated values (RFC 4180).
 *
 * @module
 */

/** A row of a figure: what each of its columns holds. */
export type CsvRow = Readonly<Record<string, string | number>>;

/** Digits that a number keeps. */
const DIGITS = 6;

/**
 * The rows with a line of names above, those of all rows in the order in which
 * they come. What is missing or no finite number is left empty.
 */
export function csv(rows: readonly CsvRow[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => names.map((name) => written(row[name])));
  return [names.map(written), ...lines].map((line) => line.join(","))
    .join("\n") + "\n";
}

function written(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") {
    return Number.isFinite(value)
      ? String(Number(value.toPrecision(DIGITS)))
      : "";
  }
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
