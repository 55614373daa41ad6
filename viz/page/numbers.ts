/**
 * Numbers as words: decimals, significant digits and percentages, with a true
 * minus sign.
 *
 * @module
 */

/**
 * `value` with `digits` decimals and a true minus sign; "–" when it is absent.
 *
 * @example
 * ```ts
 * import { fixed } from "./numbers.ts";
 * fixed(-0.0712, 3); // "−0.071"
 * ```
 */
export function fixed(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "undefined" : value > 0 ? "∞" : "−∞";
  }
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/**
 * `value` with `digits` significant digits, without an exponent between 10⁻⁴
 * and 10⁶, whole numbers grouped by thousands.
 */
export function significant(
  value: number | null | undefined,
  digits = 3,
): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return fixed(value);
  }
  const size = Math.abs(value);
  if (
    (Number.isInteger(value) && size < 1e15) ||
    (size >= 1000 && size < 1e6 && digits <= 4)
  ) {
    return fixed(value, 0).replace(/\B(?=(\d{3})+$)/g, ",");
  }
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    return `${mantissa.replace("-", "−")}×10${superscript(Number(exponent))}`;
  }
  const rounded = Number(value.toPrecision(digits));
  let decimals = digits - String(Math.trunc(Math.abs(rounded))).length;
  // Below 1 the leading zeros are not significant.
  for (let x = Math.abs(rounded); x > 0 && x < 1; x *= 10) decimals++;
  return fixed(rounded, Math.max(0, decimals));
}

/** `value` as a percentage with `digits` decimals: 0.875 → "87.5 %". */
export function percent(value: number | null | undefined, digits = 1): string {
  return value === null || value === undefined
    ? "–"
    : `${fixed(100 * value, digits)} %`;
}

function superscript(exponent: number): string {
  return String(exponent).replace(
    /[-\d]/g,
    (c) => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)],
  );
}
