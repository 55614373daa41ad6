/**
 * Takes the names of the machine out of what its cells put out.
 *
 * @module
 */
import { homedir, hostname } from "node:os";

/** Text without the machine's names. */
export type Scrub = (text: string) => string;

/** What has no place in a notebook. */
export interface Names {
  /** The project's folder: what lies in it keeps its path from there. */
  root: string;
  /** The user's folder; default: this user's. */
  home?: string;
  /** The machine's name; default: this machine's. */
  host?: string;
}

/** Shorter host names are words that mean something else, too. */
const SHORTEST_HOST = 4;

/**
 * Makes the function that scrubs text: paths of the project become relative,
 * the user's folder becomes `~`, the host `localhost`, also where a path stands
 * in a URL or is encoded as a part of one.
 */
export function scrubber(
  { root, home = homedir(), host = hostname() }: Names,
): Scrub {
  const rules: [RegExp, string][] = [
    ...folderRules(root, "", "."),
    ...folderRules(home, "~/", "~"),
  ];
  if (host.length >= SHORTEST_HOST && host !== "localhost") {
    const name = RegExp.escape(host);
    rules.push([new RegExp(`(?<![\\w-])${name}(?![\\w-])`, "g"), "localhost"]);
  }
  return (text) =>
    rules.reduce((clean, [name, to]) => clean.replace(name, to), text);
}

/** Rules for a folder: `inside` takes the place of it and its slash. */
function folderRules(
  folder: string,
  inside: string,
  bare: string,
): [RegExp, string][] {
  if (folder.length <= 1) return [];
  const rules = [encodeURIComponent, encodeURI, String].flatMap(
    (encode): [RegExp, string][] => {
      const [name, slash] = [folder, "/"].map((s) => RegExp.escape(encode(s)));
      const start = `(?:file://)?(?<![\\w.-])${name}`;
      return [
        [new RegExp(`${start}${slash}`, "gi"), inside],
        [new RegExp(`${start}(?!\\.?[\\w-])`, "gi"), bare],
      ];
    },
  );
  return rules;
}
