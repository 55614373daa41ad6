/**
 * The Jupyter kernel of Deno, as code that runs in one of its cells sees it.
 * (The kernels of `lib/numeric` are compiled arithmetic.)
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
  broadcast(
    type: string,
    content: Record<string, unknown>,
    extra?: { metadata?: Record<string, unknown> },
  ): void;
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
  type: "display_data" | "stream" | "clear_output" | "status",
  content: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
): void {
  jupyter()?.broadcast(type, content, { metadata });
}

/**
 * Resolves once all that was broadcast before is written to every client.
 *
 * It becomes a client itself and waits for a mark. The kernel writes message
 * after message, each to its clients in the order of their coming: whoever
 * comes last and hears the mark knows that the others have it, and all before
 * it. Where the kernel's address cannot be told, or it does not answer, time
 * is given instead.
 */
export async function delivered(): Promise<void> {
  const socket = await connected();
  const heard = socket && await marked((mark) => hear(socket, mark));
  socket?.close();
  if (!heard) await pause(30);
}

/** A client of what the kernel publishes; null where it cannot be reached. */
export async function connected(): Promise<Socket | null> {
  const at = await (address ??= findAddress());
  if (at === null) return null;
  return await Socket.connect("SUB", at.iopub_port, { hostname: at.ip })
    .catch(() => null);
}

/**
 * Broadcasts a mark until it is heard: all that was broadcast before has then
 * been heard, too. The mark says what every client knows already, that the
 * kernel is busy.
 *
 * @param hear resolves when the mark is heard, with false when it cannot be
 * @returns whether it was heard within five seconds
 */
export async function marked(
  hear: (mark: string) => Promise<boolean | void>,
): Promise<boolean> {
  const mark = crypto.randomUUID();
  const heard = hear(mark).then((answer) => answer !== false);
  for (const end = Date.now() + 5000; Date.now() < end;) {
    broadcast("status", { execution_state: "busy", mark });
    const answer = await Promise.race([heard, pause(5)]);
    if (answer !== undefined) return answer;
  }
  return false;
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
  const [program, ...args] = Deno.build.os === "windows"
    ? [
      "powershell",
      "-NoProfile",
      "-Command",
      `(Get-CimInstance Win32_Process -Filter "ProcessId=${Deno.pid}").CommandLine`,
    ]
    : ["ps", "-ww", "-o", "args=", "-p", String(Deno.pid)];
  const { stdout } = await new Deno.Command(program, { args }).output();
  return new TextDecoder().decode(stdout);
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
