/**
 * The Deno kernel, as code that runs in one of its cells sees it.
 *
 * A cell's output leaves by way of the kernel's other thread, which does not
 * wait for it before it says that the cell is done: what arrives later is lost
 * to nbclient and papermill, or lands in the next cell. {@link delivered} waits
 * until it has arrived.
 *
 * @module
 */

import { Socket } from "./zmtp.ts";

interface Jupyter {
  /** Puts a message into the queue of the thread that sends. */
  broadcast(type: string, content: Record<string, unknown>): void;
}

/** Where the kernel publishes what its cells put out. */
interface Address {
  ip: string;
  iopub_port: number;
}

function jupyter(): Jupyter | null {
  try {
    return (Deno as unknown as { jupyter: Jupyter }).jupyter;
  } catch {
    return null; // the property throws outside a kernel
  }
}

/** Whether this code runs in a cell of the Deno kernel. */
export function inKernel(): boolean {
  return jupyter() !== null;
}

/** Sends every client a message of a running cell; nothing outside a kernel. */
export function broadcast(
  type: "display_data" | "update_display_data" | "status",
  content: Record<string, unknown>,
): void {
  jupyter()?.broadcast(type, content);
}

/**
 * Resolves once all that was broadcast before is written to every client.
 *
 * It becomes a client itself and broadcasts a mark until it hears one. The
 * kernel writes message after message, each to its clients in the order of
 * their coming: whoever comes last and hears the mark knows that the others
 * have it, and all before it. The mark says what every client knows already,
 * that the kernel is busy. Where the kernel's address cannot be told, or it
 * does not answer within five seconds, time is given instead.
 */
export async function delivered(): Promise<void> {
  const at = await (address ??= findAddress());
  if (at === null || !(await heard(at))) await pause(30);
}

/** Hears a mark of its own, which is false if the kernel does not answer. */
async function heard({ ip, iopub_port }: Address): Promise<boolean> {
  let socket: Socket;
  try {
    socket = await Socket.connect("SUB", iopub_port, ip);
  } catch {
    return false;
  }
  const mark = crypto.randomUUID();
  const listening = hear(socket, mark);
  try {
    for (const end = Date.now() + 5000; Date.now() < end;) {
      broadcast("status", { execution_state: "busy", mark });
      const answer = await Promise.race([listening, pause(5)]);
      if (answer !== undefined) return answer;
    }
    return false;
  } finally {
    socket.close();
  }
}

/** Reads messages up to the one that carries `mark`. */
async function hear(socket: Socket, mark: string): Promise<boolean> {
  const decoder = new TextDecoder();
  try {
    while (true) {
      const content = (await socket.receive()).at(-1)!;
      if (content.length < 200 && decoder.decode(content).includes(mark)) {
        return true;
      }
    }
  } catch {
    return false; // closed
  }
}

let address: Promise<Address | null> | undefined;

/** The kernel is told it by a file that its command line names. */
async function findAddress(): Promise<Address | null> {
  try {
    const [, file] = /--conn[\0 ](.+?)(?:\0|\s*$)/
      .exec(await commandLine()) ?? [];
    return JSON.parse(await Deno.readTextFile(file));
  } catch {
    return null;
  }
}

/** Words of the kernel's command line, with spaces or, on Linux, NULs between. */
async function commandLine(): Promise<string> {
  if (Deno.build.os === "linux") {
    return await Deno.readTextFile("/proc/self/cmdline");
  }
  const { stdout } = await new Deno.Command("ps", {
    args: ["-ww", "-o", "args=", "-p", String(Deno.pid)],
  }).output();
  return new TextDecoder().decode(stdout);
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
