/**
 * How a notebook's cell shows something: `await show(…)` as its last act.
 *
 * The Deno kernel says that it is idle before its output has left, so the
 * value of a trailing expression may be lost. `show` sends one `display_data`
 * and waits until it has arrived. All of it is one `text/html` output, because
 * that is what VS Code, JupyterLab, nbconvert and this project's reports all
 * keep whole. Outside a kernel (tests, scripts) `show` checks its items and
 * sends nothing. `showResults` ends a notebook: a verdict, with the record that
 * reports are made from.
 *
 * @module
 */
import { reader } from "../../lib/run/reader.ts";
import {
  parseResults,
  type Results,
  RESULTS_MIME,
} from "../../lib/run/results.ts";
import { verdictTable } from "../figures/table.ts";
import { escape, type Html, html, isHtml, raw } from "../page/html.ts";
import { listen } from "./cell_outputs.ts";
import { broadcast, delivered, inKernel } from "./deno_kernel.ts";
import { formula, markdown } from "../page/markdown.ts";
import { requireParameters } from "./parameters.ts";
import { PINNED_DENO, wrongDeno } from "./pinned_deno.ts";
import { hasTrained, outdated } from "./provenance.ts";
import { inlineScript } from "../page/picture.ts";
import { staleModules } from "./stale_modules.ts";
import { styled } from "../page/style_sheet.ts";

export { escape, formula, html, markdown, raw };
export { COLORS, PALETTE } from "../page/colors.ts";
export { fixed, percent, significant } from "../page/numbers.ts";
export type { Html };

/** The largest output in bytes. Above some 5 MB the kernel's stream breaks. */
export const OUTPUT_CAP = 1_000_000;

/** What {@link show} takes: markup, a drawn element, text, or lists of these. */
export type Showable =
  | Html
  | { readonly outerHTML: string }
  | string
  | number
  | readonly Showable[];

/** MIME type → content, as one `display_data` carries it. */
export type Bundle = Record<string, string | object>;

/**
 * Displays `items`, one below the other, in one output. Text is escaped.
 *
 * Throws `TypeError` for an item that cannot be shown and `RangeError` for an
 * output above {@link OUTPUT_CAP}.
 *
 * @example
 * ```ts
 * import { markdown, show } from "./show.ts";
 * await show(markdown`The loss is **${(0.25).toFixed(2)}**.`);
 * ```
 */
export async function show(...items: Showable[]): Promise<void> {
  const changes = await changesSince();
  const stale = inKernel() && staleModules();
  await send(
    bundle([...items, ...changes.map(changed), ...(stale ? [stale] : [])]),
  );
}

/**
 * What was trained under other parameters than the notebook says now.
 *
 * @throws if the parameters were refused
 */
async function changesSince(): Promise<string[]> {
  requireParameters();
  if (!inKernel() || !hasTrained()) return [];
  await listen();
  return outdated();
}

function changed(change: string): Html {
  return html`<p><strong>Not of these parameters:</strong> trained ${change}. Run all cells again.</p>`;
}

/** The bundle that {@link show} would send. Throws as `show` does. */
export function bundle(items: readonly Showable[]): Bundle {
  const parts = items.map(toHtml);
  const body = parts.map((part) => part.html).join("\n");
  const script = body.includes('class="hc-svg"') ? inlineScript() : "";
  const text = parts.map((part) => part.text.trim()).filter(Boolean)
    .join("\n\n");
  return {
    "text/html": checkSize(
      // A blank line would end an HTML block where Markdown holds the output.
      `<div class="hc">${styled(body + script, text)}</div>`
        .replace(/\n\s*\n+/g, "\n"),
    ),
    "text/plain": text,
  };
}

/**
 * Displays the verdict of a notebook and sends the same results under
 * {@link RESULTS_MIME}, in one `display_data`: what a report puts into
 * `results.json`.
 *
 * Throws a `Refusal` when a metric or an observed number is not finite, or
 * stands there twice.
 */
export async function showResults(results: Results): Promise<void> {
  const changes = await changesSince();
  if (changes.length > 0) {
    throw new RangeError(
      "Cannot record results as they must be of the parameters that the notebook says: " +
        `trained ${changes.join(", ")}. Run all cells again`,
    );
  }
  parseResults(results, reader("show the results"));
  requireOnce(results.metrics.map(({ name }) => name));
  requireOnce(results.claims.map(({ text }) => text));
  await send({
    ...bundle([
      verdictTable(results.metrics, results.claims, results.preset),
    ]),
    [RESULTS_MIME]: results,
  });
}

/**
 * Sends one `display_data` and waits for it; does nothing outside a kernel.
 *
 * @param options `passing`: another will follow, so it need not be waited for
 */
export async function send(
  data: Bundle,
  options: { passing?: boolean } = {},
): Promise<void> {
  if (!inKernel()) return;
  broadcast("display_data", { data, metadata: {}, transient: {} });
  if (!options.passing) await delivered();
}

function toHtml(item: Showable): Html {
  if (isHtml(item)) return item;
  if (typeof item === "string" || typeof item === "number") {
    return raw(
      `<p style="white-space:pre-wrap">${escape(item)}</p>`,
      String(item),
    );
  }
  if (Array.isArray(item)) return html`${item.map(toHtml)}`;
  const markup = (item as { outerHTML?: unknown } | null)?.outerHTML;
  if (typeof markup === "string") return raw(markup);
  const kind = item === null
    ? "null"
    : item === undefined
    ? "undefined (a figure that was not returned, or an await that is missing?)"
    : item as unknown instanceof Promise
    ? "a promise: put await before it"
    : Object.prototype.toString.call(item);
  throw new TypeError(
    `Cannot show an item as it must be Html, a drawn figure, text or a list of these: current value is ${kind}`,
  );
}

function checkSize(markup: string): string {
  const bytes = new TextEncoder().encode(markup).length;
  if (bytes > OUTPUT_CAP) {
    throw new RangeError(
      `Cannot show this output as its size must be at most ${
        OUTPUT_CAP.toLocaleString("en")
      } bytes: current value is ${
        bytes.toLocaleString("en")
      }. Draw fewer points or images, or show them in several cells`,
    );
  }
  return markup;
}

function requireOnce(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new TypeError(
      `Cannot show the results as "${twice}" must stand there once: ` +
        "collectClaims keeps a cell that is run again from adding it twice",
    );
  }
}

await listen(); // so that no output of a cell is missed

// Shown and not thrown, as such a kernel may swallow what is thrown.
const wrong = inKernel() && wrongDeno(Deno.version.deno);
if (wrong) {
  await show(
    html`<p><strong>${wrong}.</strong> Run in the project's folder:
    <code>npx -y deno@${PINNED_DENO} task kernel</code>, then choose that kernel.</p>`,
  );
}
