/**
 * Damaged notebooks: what a disk, an editor, a merge or an ill-meaning author
 * may make of a good one. The same seed gives the same damage.
 *
 * @module
 */
import { integer, type Rng, stream } from "../lib/numeric/random.ts";
import { RESULTS_MIME } from "../lib/run/results.ts";

/** A notebook that was good once. */
export interface Damaged {
  text: string;
  /** What was done to it, in order. */
  damages: string[];
}

/** A value of JSON, with the place that holds it. */
interface Place {
  holder: Holder;
  key: string | number;
}
type Holder = Record<string | number, unknown>;

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** A notebook with a cell and an output of every kind. */
function whole(): Holder {
  const display = (data: object): object => ({
    output_type: "display_data",
    data,
    metadata: {},
  });
  const code = (id: string, source: string, ...outputs: object[]): object => ({
    cell_type: "code",
    id,
    execution_count: 1,
    metadata: {},
    source: source.split(/(?<=\n)/),
    outputs,
  });
  const text = (id: string, source: string, rest = {}): object => ({
    cell_type: "markdown",
    id,
    metadata: {},
    source,
    ...rest,
  });
  const claim = { text: "it holds", observed: 1, bound: "≥ 0", holds: true };
  const metric = { name: "loss", value: 0.5, unit: "nats", better: "lower" };
  return {
    cells: [
      text("title", "# A *title* with $x^2$\n\nSomeone, A. (1999).\n"),
      {
        ...code("parameters", 'let seed = 1;\nlet preset = "full";\n'),
        metadata: { tags: ["parameters"] },
      },
      text(
        "idea",
        "## Idea\n\n![a](attachment:a.png) `code` [a](b)\n\n|a|b|\n|-|-|\n|1|2|\n\n```ts\nlet a;\n```",
        {
          attachments: { "a.png": { "image/png": PNG } },
        },
      ),
      code(
        "prints",
        "console.log(1);\n1 + 1;",
        { output_type: "stream", name: "stdout", text: ["one\n", "two"] },
        { output_type: "stream", name: "stderr", text: "\x1b[31mred\x1b[0m" },
        {
          output_type: "execute_result",
          data: { "text/plain": "2" },
          metadata: {},
          execution_count: 1,
        },
      ),
      code(
        "shows",
        "Deno.jupyter.html`<b>1</b>`;",
        display({ "text/html": "<b>1</b>", "text/plain": "1" }),
        display({ "image/svg+xml": "<svg><path/></svg>" }),
        display({ "image/png": PNG, "text/plain": "a picture" }),
        display({ "image/jpeg": PNG }),
        display({ "text/markdown": "*m* $x$" }),
        display({ "application/json": { a: [1, { b: null }] } }),
      ),
      code("failed", "// It threw once.\n1;", {
        output_type: "error",
        ename: "Error",
        evalue: "no",
        traceback: ["Error: no", "    at a"],
      }),
      {
        ...code(
          "claims",
          "1;",
          display({
            [RESULTS_MIME]: {
              notebook: "damaged",
              preset: "full",
              seed: 1,
              config: { steps: 3 },
              paramsSha256: "0",
              metrics: [metric],
              claims: [claim],
            },
            "text/plain": "results",
          }),
        ),
        metadata: { tags: ["claims"], jupyter: { source_hidden: true } },
      },
      { ...text("raw", "raw"), cell_type: "raw" },
    ],
    metadata: {
      kernelspec: {
        display_name: "Deno",
        language: "typescript",
        name: "deno",
      },
      language_info: { name: "typescript" },
      papermill: { input_path: "/home/someone/x.ipynb" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** Code that a page must not run, unless an output of markup holds it. */
function payloads(id: string): string[] {
  const say = `(globalThis.ran??=[]).push('${id}')`;
  const script = `<script>${say}</script>`;
  return [
    script,
    `">${script}`,
    `'>${script}`,
    `</script>${script}`,
    `</style></title></textarea>${script}`,
    `-->]]>${script}`,
    `" onerror="${say}" x="`,
    `x"/onerror="${say}`,
    `" autofocus tabindex="0" onfocus="${say}" x="`,
    `<img src="x:" onerror="${say}">`,
    `<svg onload="${say}">`,
    `<svg><script>${say}</script></svg>`,
    `<iframe srcdoc="&lt;script>parent.${say}&lt;/script>"></iframe>`,
    `<object data="data:text/html,<script>${say}</script>"></object>`,
    `<script src="data:,${say}"></script>`,
    `<meta http-equiv="refresh" content="0;url=javascript:${say}">`,
    `<a autofocus href="javascript:${say}">a</a>`,
    `[a](javascript:${say})`,
    `![a](x "${script}")`,
    `![" onerror="${say}](x)`,
    "```" + `"><img/src/onerror=${say}>\na\n` + "```",
    `$\\href{javascript:${say}}{a}$`,
    `![$x$ " onerror="${say}](x)`,
    `$\\text{${script}}$`,
    `\uE000m0\uE001\uE000v0\uE001${script}`,
    `\x1b]8;;javascript:${say}\x07a\x1b]8;;\x07\x1b[31"onclick="${say}m`,
    `&lt;script&gt;${say}&lt;/script&gt;`,
    `<script>/*`,
    `*/${say}/*`,
  ];
}

/** The identifiers of code that stands in outputs of markup: it may run. */
export function mayRun(text: string): Set<string> {
  const found = new Set<string>();
  const cells = JSON.parse(text).cells as { outputs?: { data?: Holder }[] }[];
  for (const { data } of cells.flatMap((cell) => cell.outputs ?? [])) {
    const markup = ["text/html", "image/svg+xml"]
      .map((type) => [data?.[type]].flat().join("")).join("\n");
    for (const [, id] of markup.matchAll(/push\('([^']+)'\)/g)) found.add(id);
  }
  return found;
}

/** Keys whose values say what the rest is: malice leaves them as they are. */
const STRUCTURE: readonly (string | number)[] = [
  "id",
  "cell_type",
  "output_type",
  "name",
];

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  "",
  " ",
  "\n",
  "\u0000",
  "\ud800",
  "__proto__",
  "constructor",
  "../../etc/passwd",
  "python3",
  [],
  [null],
  [[]],
  ["a", 1],
  {},
  { toString: 1 },
  JSON.parse('{"__proto__":{"a":1}}'),
];

/** Pieces that make quadratic work of what should be linear, once repeated. */
const PIECES: readonly string[] = [
  "\n",
  " ",
  "\r",
  "# a\n\n",
  "## a\n\n",
  "let a = 1;\n",
  "let a: number\n",
  "import a;",
  "[",
  "![a](",
  "*a ",
  "`",
  "$a ",
  "$$",
  "<a ",
  "<script>",
  "<script data-hc-inline>",
  '<img class="hc-svg" src="%">',
  '<img class="hc-svg" ',
  "<style data-hc-style>",
  "\x1b[1",
  "\x1b]",
  "${`",
  "> ",
  "- ",
  "|a",
  "{",
];

function pick<T>(rng: Rng, list: readonly T[]): T {
  return list[integer(rng, list.length)];
}

function places(value: unknown, found: Place[] = []): Place[] {
  if (typeof value !== "object" || value === null) return found;
  const holder = value as Holder;
  for (const key of Object.keys(holder)) {
    found.push({ holder, key });
    places(holder[key], found);
  }
  return found;
}

/** Ways to change one place of the notebook. */
const CHANGES: Record<string, (rng: Rng, place: Place, id: string) => void> = {
  odd: (rng, { holder, key }) => holder[key] = pick(rng, ODD),
  removed: (_, { holder, key }) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  },
  renamed: (rng, { holder, key }) => {
    const name = pick(rng, ["x", "outputs", "data", "source", "__proto__", ""]);
    Object.defineProperty(holder, name, {
      value: holder[key],
      enumerable: true,
      configurable: true,
      writable: true,
    });
    if (name !== key) delete holder[key];
  },
  twice: (_, { holder, key }) => {
    if (Array.isArray(holder)) {
      holder.push(structuredClone(holder[Number(key)]));
    } else holder[`${key}2`] = structuredClone(holder[key]);
  },
  wrapped: (rng, { holder, key }) =>
    holder[key] = pick(rng, [[holder[key]], { a: holder[key] }]),
  deep: (rng, { holder, key }) => {
    let value: unknown = holder[key];
    const depth = pick(rng, [50, 500, 3000]);
    for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
    holder[key] = value;
  },
  long: (rng, { holder, key }) =>
    holder[key] = pick(rng, PIECES).repeat(pick(rng, [2000, 20_000, 200_000])),
  many: (rng, { holder, key }) => {
    const value = holder[key];
    if (Array.isArray(value) && value.length > 0) {
      const one = pick(rng, value);
      for (let i = 0; i < 500; i++) value.push(structuredClone(one));
    }
  },
  payload: (rng, { holder, key }, id) => {
    const payload = pick(rng, payloads(id));
    if (!Array.isArray(holder) && integer(rng, 5) === 0) {
      holder[payload] = holder[key];
      delete holder[key];
      return;
    }
    const before = typeof holder[key] === "string" ? holder[key] : "";
    holder[key] = pick(rng, [payload, before + payload, payload + before]);
  },
};

/** Ways to change the file's text. */
const CUTS: Record<string, (rng: Rng, text: string) => string> = {
  "cut short": (rng, text) => text.slice(0, integer(rng, text.length)),
  "a piece lost": (rng, text) => {
    const at = integer(rng, text.length);
    return text.slice(0, at) + text.slice(at + integer(rng, 200));
  },
  "a piece twice": (rng, text) => {
    const at = integer(rng, text.length);
    return text.slice(0, at) + text.slice(at - integer(rng, 200));
  },
  "letters changed": (rng, text) => {
    const letters = Array.from(text);
    for (let i = 0; i < 3; i++) {
      letters[integer(rng, letters.length)] = pick(rng, [
        '"',
        "{",
        "]",
        ",",
        "\\",
        "\u0000",
        "9",
        "\ufeff",
      ]);
    }
    return letters.join("");
  },
  "other numbers": (rng, text) =>
    text.replace(
      /(?<=: )\d+/g,
      () => pick(rng, ["1e400", "-0", "1e-400", "7"]),
    ),
  "other text": (rng) => pick(rng, ["", "null", "[]", '"a"', "1", "{}", "# a"]),
  "a merge": (_, text) => `<<<<<<< ours\n${text}=======\n${text}>>>>>>> theirs`,
};

/** The notebook of a seed: one to four damages. */
export function damaged(seed: number): Damaged {
  const rng = stream(seed, "data");
  const notebook = whole();
  const damages: string[] = [];
  const count = 1 + integer(rng, 3);
  for (let i = 0; i < count; i++) {
    // Most damages are malice, which leaves pages to look at.
    const name = integer(rng, 3) ? "payload" : pick(rng, Object.keys(CHANGES));
    const all = places(notebook);
    const texts = all.filter(({ holder, key }) =>
      typeof holder[key] === "string" && !STRUCTURE.includes(key)
    );
    const place = pick(rng, name === "payload" ? texts : all);
    if (!place) break; // nothing is left
    CHANGES[name](rng, place, `${seed}.${i}`);
    damages.push(`${name} at ${String(place.key).slice(0, 40)}`);
  }
  let text = JSON.stringify(notebook, null, 1);
  if (integer(rng, 5) === 0) {
    const name = pick(rng, Object.keys(CUTS));
    text = CUTS[name](rng, text);
    damages.push(name);
  }
  return { text, damages };
}
