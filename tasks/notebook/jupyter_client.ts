/**
 * A client of the Jupyter wire protocol for the Deno kernel.
 *
 * It starts `deno jupyter --kernel`, speaks ZMTP over TCP (viz/notebook/zmtp.ts) and
 * signs every message with HMAC-SHA256, so notebooks run without Python,
 * Jupyter or a native ZeroMQ.
 *
 * The kernel reports *idle* before its output queue is drained, and output
 * carries the parent of whichever cell runs when it leaves the queue. Parents
 * are therefore ignored. After each cell the client runs a hidden request that
 * prints and broadcasts a token: all that arrives before both copies of the
 * token belongs to the cell.
 *
 * Text and displays of one cell leave the kernel through two queues, so their
 * order is not known: text is put first, always.
 *
 * Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html
 *
 * @module
 */
import { createHmac, randomUUID } from "node:crypto";
import { Refusal } from "../../lib/run/config.ts";
import { reader } from "../../lib/run/reader.ts";
import { Socket } from "../../viz/notebook/zmtp.ts";
import { startKernelProcess } from "./kernel_process.ts";
import {
  isOutputType,
  MAX_OUTPUT_BYTES,
  type MimeBundle,
  type Output,
  receivedOutput,
  tooLarge,
} from "./output.ts";

/** What one executed cell left behind. */
export interface Execution {
  /** Live array: a later `update_display_data` still changes its entries. */
  outputs: Output[];
  /** The error the cell threw, if it did. */
  error: { name: string; message: string } | null;
}

/** The kernel process ended, or stopped answering, while it was needed. */
export class KernelDied extends Error {
  override name = "KernelDied";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const DELIMITER = "<IDS|MSG>";
const MESSAGE = reader("read a message of the kernel");

// ---------------------------------------------------------------------------
// Jupyter messages

interface Message {
  type: string;
  parentId: string | null;
  content: Record<string, unknown>;
}

function pack(
  key: string,
  session: string,
  type: string,
  content: unknown,
): { id: string; frames: Uint8Array[] } {
  const id = randomUUID();
  const header = {
    msg_id: id,
    session,
    username: "",
    date: new Date().toISOString(),
    msg_type: type,
    version: "5.3",
  };
  const parts = [header, {}, {}, content].map((x) => JSON.stringify(x));
  const frames = [DELIMITER, sign(key, parts), ...parts];
  return { id, frames: frames.map((x) => encoder.encode(x)) };
}

function unpack(key: string, frames: Uint8Array[]): Message {
  const text = frames.map((f) => decoder.decode(f));
  const at = text.indexOf(DELIMITER);
  const parts = text.slice(at + 2, at + 6);
  if (at < 0 || parts.length < 4 || sign(key, parts) !== text[at + 1]) {
    throw new Refusal(
      "The kernel's message stream is corrupt: an output was too large for it",
    );
  }
  const header = JSON.parse(parts[0]);
  return {
    type: header.msg_type,
    parentId: JSON.parse(parts[1]).msg_id ?? null,
    content: MESSAGE.object(JSON.parse(parts[3]), "its content"),
  };
}

function sign(key: string, parts: string[]): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

// ---------------------------------------------------------------------------
// The kernel

/** Options of {@link startKernel}. */
export interface KernelOptions {
  /** Folder in which cells run; relative imports start there. */
  cwd: string;
  /** Milliseconds without a greeting, or later a heartbeat, until it is dead. */
  heartbeatTimeout?: number;
}

/** A running Deno kernel. It owns a process: end it with `shutdown`. */
export interface Kernel {
  readonly pid: number;
  /**
   * Run one cell and collect what it put out.
   *
   * @param onOutput called after each change of `outputs`, for live progress
   * @throws KernelDied when the kernel ends or stops answering in mid-cell
   * @throws Refusal when an output is too large or has no output's shape
   */
  execute(
    code: string,
    onOutput?: (outputs: Output[]) => void,
  ): Promise<Execution>;
  /** Tell it how many threads it may keep busy: see viz/notebook/cores.ts. */
  share(cores: number): Promise<void>;
  /** Stop what runs, as a stop button does: by a signal, or by a message. */
  interrupt(how?: "signal" | "message"): void;
  /** End the process at once and wait until it is gone. */
  kill(): Promise<void>;
  /** Ask the kernel to end, and kill it if it has not after a second. */
  shutdown(): Promise<void>;
}

interface Display {
  data: MimeBundle;
  metadata: Record<string, unknown>;
}

interface Running {
  /** Id of the execute request. */
  request: string;
  outputs: Output[];
  error: Execution["error"];
  /** The error that the execute reply told, if any. */
  refusal: Execution["error"];
  token: string;
  /** What is still awaited: the reply and the token on each channel. */
  awaited: Set<string>;
  onOutput?: (outputs: Output[]) => void;
  /** `clear_output(wait=True)` was asked for. */
  clearNext: boolean;
  /** It was to stop by a message. */
  stopped: boolean;
  done: PromiseWithResolvers<void>;
}

const TOKEN_MIME = "application/vnd.hidden-causes.end+json";

/**
 * Start the kernel of the running Deno.
 *
 * @throws KernelDied when it does not come up, with what it said on stderr
 */
export async function startKernel(options: KernelOptions): Promise<Kernel> {
  let last: unknown;
  // Ports are chosen before the kernel binds them, so another process may
  // take one in between: try again with fresh ports.
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      return await launch(options);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function launch(options: KernelOptions): Promise<Kernel> {
  const process = await startKernelProcess(options.cwd);
  const { key, iopub_port, shell_port, control_port, hb_port } =
    process.connection;
  const patience = options.heartbeatTimeout ?? 60_000;
  const session = randomUUID();
  const sockets: Socket[] = [];
  let closing = false;
  let death: KernelDied | Refusal | null = null;
  const died = Promise.withResolvers<never>();
  died.promise.catch(() => {});
  let running: Running | null = null;

  const fail = (error: Error): void => {
    if (death) return;
    death = error instanceof Refusal || error instanceof KernelDied
      ? error
      : new KernelDied(String(error.message ?? error));
    died.reject(death);
  };
  const ended = process.ended.then((how) => {
    for (const socket of sockets) socket.close();
    fail(new KernelDied(`The kernel ended (${how})`));
  });
  const open = async (
    type: "DEALER" | "SUB" | "REQ",
    port: number,
  ): Promise<Socket> => {
    const socket = await retry(
      () => Socket.connect(type, port, { patience }),
      died.promise,
    );
    sockets.push(socket);
    return socket;
  };
  const kill = async (): Promise<void> => {
    closing = true;
    process.kill("SIGKILL");
    await ended;
  };

  try {
    const iopub = await open("SUB", iopub_port);
    const shell = await open("DEALER", shell_port);
    const control = await open("DEALER", control_port);
    const heart = await open("REQ", hb_port);

    const displays = new Map<string, Display[]>();
    let heard = Promise.withResolvers<void>();
    const listen = async (): Promise<void> => {
      while (true) {
        const frames = await iopub.receive();
        const size = frames.reduce((sum, f) => sum + f.length, 0);
        if (size > MAX_OUTPUT_BYTES) throw tooLarge(size);
        const message = unpack(key, frames);
        heard.resolve();
        if (running) handle(message, running, displays);
      }
    };
    const listenShell = async (): Promise<void> => {
      while (true) {
        const message = unpack(key, await shell.receive());
        if (running && message.parentId === running.request) {
          handleReply(message.content, running);
        }
      }
    };
    const ignoreReplies = async (): Promise<void> => {
      while (true) await control.receive();
    };
    const onFailure = (error: Error): void => {
      // A closed socket is the process ending: its exit says more. Wait for it.
      if (error instanceof Refusal) fail(error);
      else if (!closing) setTimeout(() => fail(error), 2000);
    };
    listen().catch(onFailure);
    listenShell().catch(onFailure);
    ignoreReplies().catch(() => {});

    // The subscription takes effect some time after connecting: ask until
    // something is heard on the output channel.
    for (let heardIt = false; !heardIt;) {
      heard = Promise.withResolvers<void>();
      await shell.send(pack(key, session, "kernel_info_request", {}).frames);
      heardIt = await Promise.race([
        heard.promise.then(() => true),
        delay(1000).then(() => false),
        died.promise,
      ]);
    }
    watchHeart(heart, patience)
      .catch((error) => closing || onFailure(error));

    const request = (
      code: string,
      silent: boolean,
    ): { id: string; frames: Uint8Array[] } =>
      pack(key, session, "execute_request", {
        code,
        silent,
        store_history: !silent,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      });

    return {
      pid: process.pid,
      share: process.share,
      async execute(code, onOutput): Promise<Execution> {
        if (death) throw death;
        if (running) throw new Error("Cannot execute as a cell is running");
        const { id, frames } = request(code, false);
        const cell: Running = running = {
          request: id,
          outputs: [],
          error: null,
          refusal: null,
          token: randomUUID(),
          awaited: new Set(["reply", "stdout", "stderr", "display"]),
          onOutput,
          clearNext: false,
          stopped: false,
          done: Promise.withResolvers<void>(),
        };
        try {
          await shell.send(frames);
          await shell.send(request(endMark(cell.token), true).frames);
          await Promise.race([cell.done.promise, died.promise]);
        } catch (error) {
          throw death ?? await Promise.race([
            died.promise,
            delay(2000).then(() => error),
          ]);
        } finally {
          running = null;
        }
        return { outputs: cell.outputs, error: cell.error };
      },
      interrupt(how = "signal"): void {
        if (how === "signal") return process.kill("SIGINT");
        if (running) running.stopped = true;
        const { frames } = pack(key, session, "interrupt_request", {});
        control.send(frames).catch(() => {});
      },
      kill,
      async shutdown(): Promise<void> {
        closing = true;
        if (!death) {
          const frames = pack(key, session, "shutdown_request", {
            restart: false,
          }).frames;
          await control.send(frames).catch(() => {});
          await Promise.race([ended, delay(1000)]);
        }
        await kill();
      },
    };
  } catch (error) {
    // Killing is a death, too: of no interest beside what went wrong before.
    const cause = death ?? error;
    await kill();
    throw cause;
  }
}

/** Code of the hidden request that marks where a cell's output ends. */
function endMark(token: string): string {
  return `console.log("${token}"); console.error("${token}");
await Deno.jupyter.broadcast("display_data", {
  data: { "${TOKEN_MIME}": "${token}" }, metadata: {}, transient: {},
});`;
}

function handle(
  { type, content }: Message,
  cell: Running,
  displays: Map<string, Display[]>,
): void {
  const push = (output: Output): void => {
    if (cell.clearNext) cell.outputs.length = 0;
    cell.clearNext = false;
    cell.outputs.push(output);
  };
  if (type === "update_display_data") {
    const output = receivedOutput("display_data", content);
    const id = displayId(content);
    for (const display of (id && displays.get(id)) || []) {
      display.data = output.data;
      display.metadata = output.metadata;
    }
  } else if (type === "clear_output") {
    if (content.wait) cell.clearNext = true;
    else cell.outputs.length = 0;
  } else if (isOutputType(type)) {
    const output: Output = receivedOutput(type, content);
    if (output.output_type === "stream") {
      const at = output.text.indexOf(cell.token);
      const text = at < 0 ? output.text : output.text.slice(0, at);
      if (at >= 0) cell.awaited.delete(output.name);
      if (text) appendStream(cell, output.name, text, push);
    } else if (output.output_type === "error") {
      cell.error = { name: output.ename, message: output.evalue };
      push(output);
    } else if (output.data[TOKEN_MIME] === cell.token) {
      cell.awaited.delete("display");
    } else if (output.data[TOKEN_MIME] === undefined) {
      push(output);
      register(displays, content, output);
    }
  } else {
    return; // status, execute_input
  }
  cell.onOutput?.(cell.outputs);
  settle(cell);
}

/** Done once nothing is awaited. */
function settle(cell: Running): void {
  if (cell.awaited.size > 0) return;
  // A syntax error is told by the reply alone, without an `error` message.
  if (cell.refusal && !cell.error) {
    cell.error = cell.refusal;
    const { name, message } = cell.refusal;
    cell.outputs.push({
      output_type: "error",
      ename: name,
      evalue: message,
      traceback: [`${name}: ${message}`],
    });
  }
  arrange(cell.outputs);
  cell.done.resolve();
}

/**
 * Text and displays leave the kernel through two queues, so their order
 * differs from run to run. Fix it: text, standard error, displays, the error.
 */
function arrange(outputs: Output[]): void {
  const isStream = (o: Output, name: string): boolean =>
    o.output_type === "stream" && o.name === name;
  const stream = (name: "stdout" | "stderr"): Output[] => {
    const text = outputs.filter((o) => isStream(o, name))
      .map((o) => (o as { text: string }).text).join("");
    return text ? [{ output_type: "stream", name, text }] : [];
  };
  const isError = (o: Output): boolean => o.output_type === "error";
  const displays = outputs.filter((o) =>
    o.output_type !== "stream" && !isError(o)
  );
  const errors = outputs.filter(isError);
  const arranged = [...stream("stdout"), ...stream("stderr"), ...displays];
  outputs.splice(0, Infinity, ...arranged, ...errors);
}

/** What the kernel says nothing about but that it failed. */
const NOT_RUN = {
  name: "SyntaxError",
  message: "The cell is not valid TypeScript, or imports a package that " +
    "deno.lock does not hold",
};
const STOPPED = { name: "Stopped", message: "The cell was stopped" };

function handleReply(content: Record<string, unknown>, cell: Running): void {
  if (content.status === "error") {
    cell.refusal = content.evalue === "Execution failed"
      ? cell.stopped ? STOPPED : NOT_RUN
      : { name: String(content.ename), message: String(content.evalue) };
  }
  cell.awaited.delete("reply");
  settle(cell);
}

function appendStream(
  cell: Running,
  name: "stdout" | "stderr",
  text: string,
  push: (output: Output) => void,
): void {
  const last = cell.outputs.at(-1);
  if (
    !cell.clearNext && last?.output_type === "stream" && last.name === name
  ) {
    last.text += text;
    if (last.text.length > MAX_OUTPUT_BYTES) throw tooLarge(last.text.length);
  } else {
    push({ output_type: "stream", name, text });
  }
}

function register(
  displays: Map<string, Display[]>,
  content: Record<string, unknown>,
  display: Display,
): void {
  const id = displayId(content);
  if (id) displays.set(id, [...displays.get(id) ?? [], display]);
}

function displayId(content: Record<string, unknown>): string | undefined {
  return (content.transient as { display_id?: string } | undefined)?.display_id;
}

/** Throws when no beat came back within `timeout` milliseconds. */
async function watchHeart(heart: Socket, timeout: number): Promise<never> {
  const beat = [new Uint8Array(0), encoder.encode("beat")];
  while (true) {
    await heart.send(beat);
    const { promise, cancel } = timer(timeout);
    const answer = await Promise.race([heart.receive(), promise]);
    cancel();
    if (!answer) {
      throw new KernelDied(
        `The kernel has not answered for ${Math.round(timeout / 1000)} s`,
      );
    }
    await delay(1000);
  }
}

async function retry<T>(
  action: () => Promise<T>,
  failure: Promise<never>,
): Promise<T> {
  for (let wait = 10;; wait = Math.min(200, wait * 1.5)) {
    try {
      return await Promise.race([action(), failure]);
    } catch (error) {
      if (error instanceof KernelDied) throw error;
      if (!(error instanceof Deno.errors.ConnectionRefused)) {
        const { message } = error as Error;
        throw new KernelDied(`The kernel cannot be reached: ${message}`);
      }
      await Promise.race([delay(wait), failure]);
    }
  }
}

function timer(ms: number): { promise: Promise<void>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const id = setTimeout(resolve, ms);
  return { promise, cancel: () => clearTimeout(id) };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}
