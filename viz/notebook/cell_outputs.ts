/**
 * What the running cell has put out, and an output of it that changes.
 *
 * A client may forget the identifier of an output: VS Code does when a cell
 * with stored outputs is run again, and drops every later
 * `update_display_data`. So nothing here is updated by its identifier. What
 * changes is sent anew, after a `clear_output` that waits for it, and with it
 * all else that the cell has shown, which the clearing takes away.
 *
 * The module hears what the kernel publishes, as every client does and in the
 * same order, so it knows what the cell has put out, by whatever means, and
 * when the next cell begins.
 *
 * @module
 */
import type { Socket } from "./zmtp.ts";
import { broadcast, connected, inKernel, marked } from "./deno_kernel.ts";
import { cellBegan } from "./provenance.ts";

/** One output of the cell; its content is what is shown of it now. */
interface Output {
  type: "display_data" | "stream";
  content: Record<string, unknown>;
}

/** In the order in which they came, since the cell began. */
let outputs: Output[] = [];
/** Those that clients show now, told by what was heard. */
let visible = new Set<Output>();
/** Whether the next output wipes what is visible. */
let clearing = false;
/** What this module has sent and not yet heard, by its number. */
const sent = new Map<number, Output>();
let count = 0;
let ear: Promise<Socket | null> | undefined;

/** Listens; resolves when all is heard from now on. Nothing outside a kernel. */
export async function listen(): Promise<void> {
  if (inKernel()) await caughtUp();
}

async function open(): Promise<Socket | null> {
  const socket = await connected();
  if (socket) hear(socket).catch(() => {}); // closed
  return socket;
}

/** Resolves once all that was sent before is heard; false if it never is. */
async function caughtUp(): Promise<boolean> {
  ear ??= open();
  return (await ear) !== null &&
    await marked((mark) => new Promise((resolve) => marks.set(mark, resolve)));
}

const marks = new Map<string, () => void>();

async function hear(socket: Socket): Promise<never> {
  const decoder = new TextDecoder();
  while (true) {
    const frames = (await socket.receive()).slice(-4);
    const [header, , metadata, content] = frames.map((frame) =>
      decoder.decode(frame)
    );
    const { msg_type: type } = JSON.parse(header);
    if (type === "status" && content.includes('"mark"')) {
      const { mark } = JSON.parse(content);
      marks.get(mark)?.();
      marks.delete(mark);
    } else if (type === "execute_input") {
      outputs = [];
      visible = new Set();
      clearing = false;
      cellBegan(JSON.parse(content).code);
    } else if (type === "clear_output") {
      if (JSON.parse(content).wait) clearing = true;
      else visible = new Set();
    } else if (type === "display_data" || type === "stream") {
      if (clearing) visible = new Set();
      clearing = false;
      const { number } = JSON.parse(metadata);
      let output = sent.get(number);
      sent.delete(number);
      if (!output && number === undefined) {
        output = { type, content: JSON.parse(content) };
        outputs.push(output);
      }
      if (output) visible.add(output);
    }
  }
}

/** An output of the running cell that can change; null if none can be heard. */
export class ChangingOutput {
  readonly #output: Output = { type: "display_data", content: {} };

  private constructor() {}

  /** The next output of the cell, below all that it has shown. */
  static async next(): Promise<ChangingOutput | null> {
    if (await caughtUp()) return new ChangingOutput();
    (await ear)?.close();
    ear = undefined; // deaf, as a client has ended the code that heard
    return await caughtUp() ? new ChangingOutput() : null;
  }

  /** Characters that a change sends: of all that the cell shows. */
  get cost(): number {
    return outputs.reduce(
      (sum, o) => sum + JSON.stringify(o.content).length,
      0,
    );
  }

  /** Shows `data` in its place. */
  change(data: Record<string, unknown>): void {
    this.#output.content = { data, metadata: {}, transient: {} };
    if (outputs.includes(this.#output)) return showAgain();
    outputs.push(this.#output);
    publish(this.#output);
  }

  /** Shows `data` for good: resolves when nothing of the cell is missing. */
  async finish(data: Record<string, unknown>): Promise<void> {
    this.change(data);
    for (let tries = 0; tries < 5; tries++) {
      await caughtUp();
      // Text on its way through another queue may have met the clearing.
      if (outputs.every((output) => visible.has(output))) return;
      showAgain();
    }
  }
}

function showAgain(): void {
  broadcast("clear_output", { wait: true });
  for (const output of outputs) publish(output);
}

function publish(output: Output): void {
  sent.set(++count, output);
  broadcast(output.type, output.content, { number: count });
}
