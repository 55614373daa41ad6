/**
 * The process of a Deno kernel, which leaves nothing behind: it ends with the
 * process that started it, also where that is killed, and so do its files.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { CORES } from "../../viz/notebook/cores.ts";

/** What a kernel and its client must know to speak to each other. */
export interface Connection {
  transport: "tcp";
  ip: string;
  shell_port: number;
  iopub_port: number;
  stdin_port: number;
  control_port: number;
  hb_port: number;
  signature_scheme: "hmac-sha256";
  key: string;
}

/** A running kernel. */
export interface KernelProcess {
  pid: number;
  connection: Connection;
  /** Resolves when the process is gone, with how it ended and its last words. */
  ended: Promise<string>;
  /** Tells it how many threads it may keep busy. */
  share(cores: number): Promise<void>;
  /** Sends a signal; does nothing where the process is gone. */
  kill(signal: Deno.Signal): void;
}

/** Starts `deno jupyter --kernel` of the running Deno in a folder. */
export async function startKernelProcess(cwd: string): Promise<KernelProcess> {
  const connection = freeConnection();
  const folder = await lockedFolder();
  const file = join(folder.path, "connection.json");
  await Deno.writeTextFile(file, JSON.stringify(connection));
  const child = spawn(file, cwd);
  const said = [lastWords(child.stdout), lastWords(child.stderr)];
  const end = async (): Promise<string> => {
    const status = await child.status;
    await dismissGuard(child);
    await folder.remove();
    const how = status.signal ?? `exit code ${status.code}`;
    const [, stderr] = await Promise.all(said);
    const words = stderr.split("\n")
      .filter((line) => line && !line.includes('"deno jupyter" is unstable'))
      .slice(-8).join("\n");
    return `${how}${words && `:\n${words}`}`;
  };
  return {
    pid: child.pid,
    connection,
    ended: end(),
    async share(cores): Promise<void> {
      const file = join(folder.path, CORES_FILE);
      try {
        await Deno.writeTextFile(`${file}.new`, String(cores));
        await Deno.rename(`${file}.new`, file);
      } catch {
        // ended meanwhile, with its folder
      }
    },
    kill(signal): void {
      try {
        child.kill(signal);
      } catch {
        // already gone
      }
    },
  };
}

/** Where in its folder a kernel finds how many threads it may keep busy. */
const CORES_FILE = "cores";

/**
 * For `sh`: becomes the program that it is given, with a guard beside it that
 * waits for a line. Where none comes, as whoever was to write it was killed,
 * the guard removes the folder and ends the program, however busy that is.
 */
const GUARDED = `folder=$1; shift; exec 3<&0
{ read -r _ <&3 || { rm -rf "$folder"; kill -9 $$; } } >/dev/null 2>&1 &
exec "$0" jupyter "$@" </dev/null 3<&-`;

function spawn(connectionFile: string, cwd: string): Deno.ChildProcess {
  const deno = Deno.execPath();
  const args = ["--kernel", "--conn", connectionFile];
  const [command, ...before] = Deno.build.os === "windows"
    ? [deno, "jupyter"]
    : ["sh", "-c", GUARDED, deno, dirname(connectionFile)];
  return new Deno.Command(command, {
    args: [...before, ...args],
    cwd,
    env: {
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1",
      [CORES]: join(dirname(connectionFile), CORES_FILE),
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Tells the guard of a kernel that has ended that there is no more to do. */
async function dismissGuard({ stdin }: Deno.ChildProcess): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(new TextEncoder().encode("\n")).catch(() => {});
  await writer.close().catch(() => {});
}

async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text = (text + decoder.decode(chunk)).slice(-4096);
  }
  return text;
}

const FOLDER_PREFIX = "hidden-causes-kernel-";

/** A temporary folder with a lock that lasts as long as this process. */
async function lockedFolder(): Promise<
  { path: string; remove(): Promise<void> }
> {
  const path = await Deno.makeTempDir({ prefix: FOLDER_PREFIX });
  const lock = await Deno.open(join(path, "lock"), {
    write: true,
    create: true,
  });
  await lock.lock(true);
  await removeStaleFolders(dirname(path));
  return {
    path,
    async remove(): Promise<void> {
      lock.close();
      await Deno.remove(path, { recursive: true }).catch(() => {});
    },
  };
}

/** Removes folders that nobody has locked: whoever made them was killed. */
async function removeStaleFolders(parent: string): Promise<void> {
  for await (const { name } of Deno.readDir(parent)) {
    if (!name.startsWith(FOLDER_PREFIX)) continue;
    const path = join(parent, name);
    try {
      using lock = await Deno.open(join(path, "lock"), { write: true });
      if (!await lock.tryLock(true)) continue;
      await Deno.remove(path, { recursive: true });
    } catch {
      // just made, just removed, or another user's
    }
  }
}

function freeConnection(): Connection {
  const listeners = Array.from(
    { length: 5 },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map((l) => l.addr.port);
  for (const listener of listeners) listener.close();
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    shell_port: ports[0],
    iopub_port: ports[1],
    stdin_port: ports[2],
    control_port: ports[3],
    hb_port: ports[4],
    signature_scheme: "hmac-sha256",
    key: randomUUID(),
  };
}
