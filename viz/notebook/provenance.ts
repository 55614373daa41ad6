/**
 * Whose the results are: the parameters under which each training was run,
 * held against those that the notebook says now.
 *
 * A reader may set another seed and run a figure alone: what is drawn is still
 * the old training. So what is followed remembers the parameters, as the cells
 * that ran last have set them; `show` says below a figure when they have
 * changed since, and `showResults` refuses.
 *
 * @module
 */

/** Parameters by name, as the source writes their values. */
type Parameters = Record<string, string>;

interface Trained {
  parameters: Parameters;
  /** Place of its cell, in the order in which cells first ran. */
  place: number;
}

let parameters: Parameters = {};
/** Code of the cells, in the order in which they first ran. */
const cells: string[] = [];
let place = -1;
const trainings = new Map<string, Trained>();

/** Tells that a cell with this code has begun. */
export function cellBegan(code: string): void {
  place = cells.indexOf(code);
  if (place < 0) place = cells.push(code) - 1;
  const found = assignments(code);
  if (isDeclaring(code)) parameters = found;
  // What papermill and the command line put below the parameters cell.
  else if (onlyAssigns(code, parameters)) {
    parameters = { ...parameters, ...found };
  }
}

/** Names that the cell of parameters declares, and what assigns them below. */
export function declaredParameters(): string[] {
  return Object.keys(parameters);
}

/** Whether the code is a cell of parameters: declarations and nothing else. */
function isDeclaring(code: string): boolean {
  const bare = code.replace(/^\s*\/\/.*$|;[ \t]*\/\/.*$/gm, ";");
  return /^(?:[\s;]*let\s[^;]*)+[\s;]*$/.test(bare);
}

function assignments(code: string): Parameters {
  const lines = code.matchAll(/^(?:let\s+)?([\w$]+)\s*(?::[^=]+)?=\s*(.+?);/gm);
  return Object.fromEntries(
    Array.from(lines, ([, name, value]) => [name, value]),
  );
}

function onlyAssigns(code: string, known: Parameters): boolean {
  const lines = code.split("\n")
    .filter((line) => !/^\s*(?:\/\/.*|void 0;)?$/.test(line));
  return lines.length > 0 &&
    lines.every((line) =>
      Object.hasOwn(known, /^([\w$]+)\s*=[^=]/.exec(line)?.[1] ?? "")
    );
}

/** Tells that the training of this label begins. */
export function trainingBegan(label: string): void {
  trainings.set(label, { parameters, place });
}

/**
 * What was trained, in cells before the running one, under other parameters
 * than the notebook says now: "Imax with seed = 1, now 7". Empty if nothing.
 */
export function outdated(): string[] {
  return Array.from(trainings, ([label, trained]) => {
    if (trained.place > place) return "";
    const names = Object.keys({ ...trained.parameters, ...parameters });
    const changes = names.map((name) => {
      const [then, now] = [trained.parameters, parameters].map((values) =>
        values[name] ?? "none"
      );
      return then === now ? "" : `${name} = ${then}, now ${now}`;
    }).filter(Boolean);
    return changes.length > 0 ? `${label} with ${changes.join("; ")}` : "";
  }).filter(Boolean);
}

/** Whether anything has been trained. */
export function hasTrained(): boolean {
  return trainings.size > 0;
}
