/**
 * ZMTP 3.0 with the NULL mechanism over TCP: how the Deno kernel is spoken to
 * without a native ZeroMQ.
 *
 * Source: https://rfc.zeromq.org/spec/23/
 *
 * @module
 */

const encoder = new TextEncoder();

/** A ZMTP 3.0 connection of one socket type; messages are lists of frames. */
export class Socket {
  #buffer = new Uint8Array(1 << 16);
  #start = 0;
  #end = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(private readonly conn: Deno.TcpConn) {}

  /**
   * @throws Deno.errors.TimedOut when nobody greets in `patience` milliseconds
   */
  static async connect(
    type: "DEALER" | "SUB" | "REQ",
    port: number,
    { hostname = "127.0.0.1", patience = 5000 } = {},
  ): Promise<Socket> {
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay(true);
    const socket = new Socket(conn);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      socket.close();
    }, patience);
    try {
      await socket.#greet(type);
    } catch (error) {
      socket.close();
      if (!late) throw error;
      throw new Deno.errors.TimedOut(`Nobody greets at port ${port}`);
    } finally {
      clearTimeout(timer);
    }
    if (type === "SUB") await socket.send([Uint8Array.of(1)]);
    return socket;
  }

  async #greet(type: string): Promise<void> {
    const greeting = new Uint8Array(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]);
    greeting.set(encoder.encode("NULL"), 12);
    await this.#write(greeting);
    await this.#read(64);
    await this.#write(frame(readyCommand(type), 4));
    await this.#frame();
  }

  send(frames: Uint8Array[]): Promise<void> {
    const parts = frames.map((body, i) =>
      frame(body, i < frames.length - 1 ? 1 : 0)
    );
    return this.#write(concatenate(parts));
  }

  async receive(): Promise<Uint8Array[]> {
    const frames: Uint8Array[] = [];
    while (true) {
      const { flags, body } = await this.#frame();
      if (flags & 4) continue; // a command: nothing to do in ZMTP 3.0
      frames.push(body);
      if (!(flags & 1)) return frames;
    }
  }

  close(): void {
    try {
      this.conn.close();
    } catch {
      // already closed
    }
  }

  #write(bytes: Uint8Array): Promise<void> {
    const write = async (): Promise<void> => {
      for (let at = 0; at < bytes.length;) {
        at += await this.conn.write(bytes.subarray(at));
      }
    };
    return this.#writing = this.#writing.then(write);
  }

  async #frame(): Promise<{ flags: number; body: Uint8Array }> {
    const flags = (await this.#read(1))[0];
    let length: number;
    if (flags & 2) {
      const view = new DataView((await this.#read(8)).buffer);
      length = Number(view.getBigUint64(0));
    } else {
      length = (await this.#read(1))[0];
    }
    return { flags, body: await this.#read(length) };
  }

  async #read(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#buffer.length - this.#start < length) {
      const held = this.#buffer.subarray(this.#start, this.#end);
      this.#buffer = new Uint8Array(Math.max(length, 1 << 16));
      this.#buffer.set(held);
      this.#end -= this.#start;
      this.#start = 0;
    }
    while (this.#end - this.#start < length) {
      const n = await this.conn.read(this.#buffer.subarray(this.#end));
      if (n === null) throw new Error("The kernel closed its connection");
      this.#end += n;
    }
    const bytes = this.#buffer.slice(this.#start, this.#start + length);
    this.#start += length;
    return bytes;
  }
}

function frame(body: Uint8Array, flags: number): Uint8Array {
  if (body.length < 256) {
    return concatenate([Uint8Array.of(flags, body.length), body]);
  }
  const head = new Uint8Array(9);
  head[0] = flags | 2;
  new DataView(head.buffer).setBigUint64(1, BigInt(body.length));
  return concatenate([head, body]);
}

function readyCommand(socketType: string): Uint8Array {
  const property = (name: string, value: string): Uint8Array => {
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, value.length);
    return concatenate([
      Uint8Array.of(name.length),
      encoder.encode(name),
      size,
      encoder.encode(value),
    ]);
  };
  return concatenate([
    Uint8Array.of(5),
    encoder.encode("READY"),
    property("Socket-Type", socketType),
    property("Identity", ""),
  ]);
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
