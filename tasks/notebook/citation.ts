/**
 * The paper that a notebook reproduces, read from the citation in its first
 * cell: authors (year). _Title._ Where, with a link to its DOI or arXiv page.
 *
 * @module
 */
import { SEEN_IDENTIFIERS } from "../../data/papers.ts";
import type { Notebook } from "./notebook.ts";

/** A paper as its citation has it. */
export interface Paper {
  /** "Becker, S.", in order. */
  authors: string[];
  year: string;
  title: string;
  /** Journal, volume and pages, as written. */
  where: string;
  doi: string | null;
  arxiv: string | null;
}

const AUTHOR = String
  .raw`(?:van (?:den )?)?\p{Lu}[\p{L}’'-]+, (?:\p{Lu}\.-?\s?)+`;
const CITATION = new RegExp(
  String
    .raw`((?:${AUTHOR}(?:,? & |, )?)+)\((\d{4})\)\. _([^_]+?)\.?_\.? ?([^]*)`,
  "u",
);

/** The first paper that the first cell of text cites, or null. */
export function paperOf({ cells }: Notebook): Paper | null {
  const text = cells.find(({ cell_type }) => cell_type === "markdown")?.source;
  const paragraph = text?.split(/\n\s*\n/)
    .map((paragraph) => paragraph.replaceAll(/\s+/g, " ").trim())
    .find((paragraph) => CITATION.test(paragraph));
  if (paragraph === undefined) return null;
  const [, names, year, title, rest] = CITATION.exec(paragraph)!;
  // What follows the first link is another paper.
  const [where] = rest.split(/\[(?:doi|arXiv):|arXiv:|; with /);
  const own = /\[(?:doi|arXiv):[^\]]*\]\([^)]*\)|arXiv:[\d.]+\d/.exec(rest)
    ?.[0];
  return {
    authors: names.match(new RegExp(AUTHOR, "gu"))!.map((name) => name.trim()),
    year,
    title: title.trim(),
    where: where.trim().replace(/\.$/, ""),
    doi: /https:\/\/doi\.org\/([^)\s]+)/.exec(own ?? "")?.[1] ?? null,
    arxiv: /arXiv:([\d.]+\d)/.exec(own ?? "")?.[1] ?? null,
  };
}

/** Whether a DOI or an arXiv number comes from memory. */
function isRecalled(identifier: string | null): boolean {
  return identifier !== null && !SEEN_IDENTIFIERS.includes(identifier);
}

/** The mark of what is recalled, as it stands after a link. */
const MARK = "(unchecked)";

/**
 * DOIs and arXiv numbers of a text that come from memory and do not say so.
 * Links of Markdown and lines of CITATION.cff are looked at.
 */
export function unmarkedIdentifiers(text: string): string[] {
  const identifier =
    /(?:doi\.org\/|^\s*doi: |arxiv\.org\/abs\/)([^)\s"]+)\)?([^\n]{0,14}\n?[^\n]{0,14})/gm;
  return Array.from(text.matchAll(identifier), ([, name, after]) => (
    { name, marked: after.replaceAll(/\s+/g, " ").trim().startsWith(MARK) }
  )).filter(({ name, marked }) => isRecalled(name) && !marked)
    .map(({ name }) => name);
}

/** A paper as a BibTeX entry. */
export function bibtex(paper: Paper): string {
  const { authors, year, title, where, doi, arxiv } = paper;
  const [surname] = authors[0].split(",");
  const key = surname.toLowerCase().replaceAll(/[^\p{L}]/gu, "") + year;
  const held = (text: string): string => text.replaceAll(/[{}\\]/g, "");
  const fields = [
    ["author", authors.join(" and ")],
    ["title", title],
    ["year", year],
    ["howpublished", where],
    ["doi", doi],
    ["eprint", arxiv],
    ["archivePrefix", arxiv && "arXiv"],
    [
      "note",
      isRecalled(doi ?? arxiv) ? "Identifier recalled, unchecked" : null,
    ],
  ].filter(([, value]) => value);
  return `@misc{${key},\n${
    fields.map(([name, value]) => `  ${name} = {${held(value!)}}`).join(",\n")
  }\n}`;
}

/** A paper as the tag `citation_reference` holds it. */
export function reference({ authors, year, title, doi, arxiv }: Paper): string {
  return [
    `citation_title=${title}`,
    ...authors.map((author) => `citation_author=${author}`),
    `citation_publication_date=${year}`,
    ...doi ? [`citation_doi=${doi}`] : [],
    ...arxiv ? [`citation_arxiv_id=${arxiv}`] : [],
  ].map((part) => part.replaceAll(";", ",")).join("; ");
}
