/**
 * The part of a panel in which more seeds train, hidden until it is asked for.
 *
 * @module
 */
import { add, progressBar, statusLine } from "./page_parts.ts";
import type { Sweep } from "./simulation.ts";

/** What surrounds the seeds. */
interface SeedsOptions {
  /** Starts and stops them. */
  button: HTMLButtonElement;
  /** Its `data-seeds` says how they are. */
  host: HTMLElement;
  /** Whether the reader's settings are the notebook's. */
  comparable(): boolean;
  start(changed: (failure?: string) => void): Sweep;
  /** Told why nothing will come. */
  refuse(why: string): void;
}

/** Adds the part; returns what acts on it. */
export function addSeeds(
  section: HTMLElement,
  { button, host, comparable, start, refuse }: SeedsOptions,
): {
  press(): void;
  stop(): void;
  leave(): void;
  back(): void;
  draw(): void;
} {
  const [begin, end] = [button.textContent, "Stop the seeds"];
  const part = add(section, "div", { className: "seeds", hidden: true });
  const title = add(part, "h4");
  const bar = progressBar(part, "Progress of the seeds");
  const picture = add(part, "div", { className: "picture" });
  const status = statusLine(part);
  let sweep: Sweep | null = null;
  const isRunning = (): boolean => sweep !== null && sweep.progress() < 1;

  function changed(of: Sweep, failure?: string): void {
    if (sweep !== of) return;
    if (failure !== undefined) return refuse(failure);
    show();
  }

  function show(): void {
    host.dataset.seeds = isRunning() ? "running" : "done";
    button.textContent = isRunning() ? end : begin;
    bar.value = sweep!.progress();
    const words = sweep!.words(comparable());
    if (status.textContent === words) return;
    status.textContent = words;
    draw();
  }

  function draw(): void {
    const width = Math.floor(picture.clientWidth);
    if (!sweep || width === 0) return;
    picture.innerHTML = sweep.draw(width, comparable());
  }

  function halt(): void {
    sweep?.close();
    sweep = null;
    button.textContent = begin;
    delete host.dataset.seeds;
  }

  return {
    press(): void {
      if (isRunning()) return halt();
      const started: Sweep = sweep = start((why) => changed(started, why));
      part.hidden = false;
      title.textContent = started.title;
      started.order("go");
      show();
    },
    stop(): void {
      halt();
      part.hidden = true;
    },
    leave: () => sweep?.order("pause"),
    back: () => isRunning() && sweep!.order("go"),
    draw,
  };
}
