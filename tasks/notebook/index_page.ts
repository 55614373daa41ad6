/**
 * The page of all reports: a gallery with a picture and a verdict a notebook,
 * then their tables, with runs of other seeds and settings side by side.
 *
 * @module
 */
import type { Metric, Results } from "../../lib/run/results.ts";
import { type Html, html, raw } from "../../viz/page/html.ts";
import { significant } from "../../viz/page/numbers.ts";
import { inlined, unnamed } from "../../viz/page/picture.ts";
import { table, verdictTable } from "../../viz/figures/table.ts";
import { duration } from "../terminal.ts";
import { type Drawing, wordsOf } from "./drawings.ts";
import { fileOf, page } from "./export_html.ts";
import type { Judgement } from "./judgement.ts";
import type { Values } from "./report_name.ts";

/** An entry of the index: a run of a notebook and what it found. */
export interface IndexEntry extends Pick<Results, "metrics" | "claims"> {
  /** Name of its files. */
  name: string;
  /** Name of the notebook. */
  notebook: string;
  title: string;
  seed: number | null;
  preset: string | null;
  /** What is set otherwise than in the notebook. */
  differing: Values;
  judgement: Judgement | null;
  /** The command that makes it again. */
  command: string;
  wallSeconds: number;
  /** Its main result as an image, see `viz/page/picture.ts`. */
  picture: string | null;
}

/** A notebook's run by which it is shown, and those of other settings. */
export interface Group {
  shown: IndexEntry;
  others: IndexEntry[];
}

/** The runs of each notebook together, that of its own settings the first. */
export function groupsOf(entries: readonly IndexEntry[]): Group[] {
  return Object.values(Object.groupBy(entries, (entry) => entry.notebook))
    .map((runs) => {
      const [shown, ...others] = runs!.toSorted((a, b) =>
        Number(isOwn(b)) - Number(isOwn(a))
      );
      return { shown, others };
    });
}

/** Whether a run has the notebook's own settings. */
export function isOwn({ differing }: IndexEntry): boolean {
  return Object.keys(differing).length === 0;
}

/** Name of the page that holds a run's drawings beside the shown run's. */
export function besideName(entry: IndexEntry): string {
  return `${entry.name}.beside`;
}

/** What a run was set to otherwise, in words. */
function settingOf(entry: IndexEntry): string {
  const parts = Object.entries(entry.differing).map(([name, value]) =>
    `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  return parts.join(", ") || `as committed, seed ${entry.seed ?? "–"}`;
}

/** The page of all reports. */
export function indexPage(entries: readonly IndexEntry[]): string {
  const groups = groupsOf(entries);
  return page({
    title: "Hidden Causes: verdicts",
    home: html`<span class="home">Hidden Causes</span>`,
    body: html`
      <div class="page">
        <main><h1>Hidden Causes</h1>
      <div class="text"><p>Papers in which a network discovers the hidden cause of its
      input, reproduced. Below the pictures, each table holds the paper’s number, the
      reference program’s, ours, the level of chance and the limit.</p></div>
      <ul class="gallery">${groups.map(card)}</ul>
      ${groups.map(section)}</main>
      </div>
    `,
  });
}

const CHIPS = {
  reproduced: "✓ reproduced",
  partly: "◐ partly",
  not: "✗ not",
} as const;

function card({ shown, others }: Group): Html {
  const { judgement, claims, picture } = shown;
  const held = claims.filter((one) => one.holds).length;
  const facts = [
    ...isOwn(shown) ? [] : [settingOf(shown)],
    `${held} of ${claims.length} claims hold`,
    duration(shown.wallSeconds),
    ...others.length ? [`${others.length} more with other settings`] : [],
  ].join(" · ");
  return html`
    <li class="card hc">${picture !== null && html`
      <div class="hc-scroll">${raw(inlined(picture, unnamed))}</div>
    `}
    <h2><a href="${fileOf(shown.name)}">${shown.title}</a></h2>
    <p>${judgement === null
      ? "No verdict in a word is stated."
      : html`<b class="chip ${judgement.word}">${
        CHIPS[judgement.word]
      }</b> ${judgement.reason}`}</p>
    <p class="facts">${facts} · <a href="#${anchorOf(
      shown,
    )}">the numbers</a></p>
    <pre class="command">${shown.command}</pre></li>
  `;
}

function anchorOf({ notebook }: IndexEntry): string {
  return `of-${encodeURIComponent(notebook)}`;
}

function section({ shown, others }: Group): Html {
  const file = fileOf(shown.name);
  const { metrics, claims } = shown;
  const verdict = metrics.length || claims.length
    ? html`
      <div class="output">
        <div class="hc">${verdictTable(metrics, claims, shown.preset)}</div>
      </div>
    `
    : html`<p class="facts">This notebook states no claims.</p>`;
  const facts = [
    `preset ${shown.preset ?? "–"}`,
    `seed ${shown.seed ?? "–"}`,
    `executed in ${duration(shown.wallSeconds)}`,
    `${claims.filter((c) => c.holds).length} of ${claims.length} claims hold`,
  ].join(" · ");
  return html`
    <section
      class="verdict"
      id="${anchorOf(shown)}"><h2><a class="anchor" href="${file}">${shown
        .title}</a></h2>
    <p class="facts">${facts} · <a href="${file}">open the report</a></p>
    ${verdict}${others.length > 0 && sideBySide(shown, others)}</section>
  `;
}

/** Numbers and main results of all runs of a notebook, side by side. */
function sideBySide(shown: IndexEntry, others: readonly IndexEntry[]): Html {
  return html`
    <h3>Other seeds and settings</h3>
    <ul class="runs">${others.map((entry) => runLine(shown, entry))}</ul>
    <div class="output">
      <div class="hc">${metricsBeside(shown, others)}</div>
    </div>
    ${others.map((entry) =>
      shown.picture !== null && entry.picture !== null &&
      pair([shown.picture, settingOf(shown)], [
        entry.picture,
        settingOf(entry),
      ])
    )}
  `;
}

function runLine(shown: IndexEntry, entry: IndexEntry): Html {
  const held = entry.claims.filter((one) => one.holds).length;
  const run = html`<a href="${fileOf(entry.name)}">${settingOf(entry)}</a>`;
  const pairs = entry.picture !== null && shown.picture !== null &&
    html`, <a href="${fileOf(besideName(entry))}">all figures in pairs</a>`;
  const facts = `${held} of ${entry.claims.length} claims hold, ` +
    duration(entry.wallSeconds);
  return html`<li>${run}: ${facts}${pairs}</li>`;
}

function metricsBeside(
  shown: IndexEntry,
  others: readonly IndexEntry[],
): Html {
  const runs = [shown, ...others];
  const names = [
    ...new Set(runs.flatMap(({ metrics }) => metrics.map(({ name }) => name))),
  ];
  const rows = names.map((name) => {
    const found = runs.map(({ metrics }) =>
      metrics.find((metric) => metric.name === name)
    );
    const unit = found.find((metric) => metric?.unit)?.unit;
    const cells = found.flatMap((metric, i) =>
      i === 0
        ? [[`run ${i}`, valueOf(metric)]]
        : [[`run ${i}`, valueOf(metric)], [`by ${i}`, change(found[0], metric)]]
    );
    return {
      result: unit ? `${name} (${unit})` : name,
      ...Object.fromEntries(cells) as Record<string, string>,
    };
  });
  return table<Record<string, string>>(rows, {
    columns: [
      "result",
      ...runs.flatMap((run, i) => [
        { key: `run ${i}`, label: settingOf(run), align: "right" as const },
        ...i === 0 ? [] : [
          { key: `by ${i}`, label: "difference", align: "right" as const },
        ],
      ]),
    ],
  });
}

function valueOf(metric: Metric | undefined): string {
  return metric === undefined ? "–" : significant(metric.value, 4);
}

function change(from?: Metric, to?: Metric): string {
  if (from === undefined || to === undefined) return "–";
  const by = to.value - from.value;
  return by === 0 ? "0" : `${by > 0 ? "+" : ""}${significant(by, 2)}`;
}

/** Two drawings beside each other, each with its run. */
function pair(
  ...sides: readonly (readonly [image: string, label: string])[]
): Html {
  return html`
    <div class="pair">${sides.map(([image, label]) =>
      html`
        <figure class="hc">
          <div class="hc-scroll">${raw(
            inlined(image, unnamed),
          )}</div>
          <figcaption>${label}</figcaption>
        </figure>
      `
    )}</div>
  `;
}

/** A run and what its notebook shows. */
export interface Shown {
  entry: IndexEntry;
  drawings: readonly Drawing[];
}

/** All that both of two runs of a notebook have drawn, in pairs. */
export function besidePage(shown: Shown, other: Shown): string {
  const key = ({ cell, number }: Drawing): string => `${cell} ${number}`;
  const theirs = new Map(other.drawings.map((one) => [key(one), one]));
  const pairs = shown.drawings.flatMap((one) => {
    const twin = theirs.get(key(one));
    return twin === undefined ? [] : [{ one, twin }];
  });
  const alone = shown.drawings.length + other.drawings.length -
    2 * pairs.length;
  const labels = [settingOf(shown.entry), settingOf(other.entry)] as const;
  const title = `${shown.entry.title}: ${labels[1]}, beside ${labels[0]}`;
  return page({
    title,
    home: html`<a class="home" href="index.html">Hidden Causes</a>`,
    body: html`
      <div class="page">
        <main><h1>${shown.entry.title}</h1>
      <p class="facts">${pairs.length} drawings of both, <a href="${fileOf(
        shown.entry.name,
      )}">${labels[0]}</a> and <a href="${fileOf(
        other.entry.name,
      )}">${labels[1]}</a>${alone > 0 &&
        `; ${alone} that only one of them has are left out`}.</p>
      ${pairs.map(({ one, twin }) =>
        html`
          <section class="pairing"><h2>${wordsOf(one).split(
            ". ",
          )[0]}</h2>${pair([one.image, labels[0]], [
            twin.image,
            labels[1],
          ])}</section>
        `
      )}</main>
      </div>
    `,
  });
}
